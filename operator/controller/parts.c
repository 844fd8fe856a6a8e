#include "controller/parts.h"

#include "base/clock.h"
#include "base/mem.h"
#include "proto/fleet.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t part_rv(struct span version)
{
	char text[24];

	return span_text(version, text, sizeof(text)) ? strtoull(text, NULL, 10) : 0;
}

int64_t part_time(struct span text)
{
	char copy[64];
	int64_t at;

	return span_text(text, copy, sizeof(copy)) && clock_parse(copy, &at) ? at : 0;
}

int part_finalizer(struct span finalizers)
{
	int i = 0;

	for (struct span item; span_item(&finalizers, &item); i++) {
		if (span_eq(item, FINALIZER))
			return i;
	}
	return -1;
}

enum tristate part_status(struct span status)
{
	if (span_kind(status) != '"')
		return STATUS_ABSENT;
	if (span_eq(status, "True"))
		return STATUS_TRUE;
	return span_eq(status, "False") ? STATUS_FALSE : STATUS_UNKNOWN;
}

struct own_cond part_own_cond(struct span condition, const char *type)
{
	if (!span_eq(span_get(condition, "type"), type))
		return (struct own_cond){ 0 };
	AUTO_STR reason = xspan_dup(span_get(condition, "reason"));
	AUTO_STR message = xspan_dup(span_get(condition, "message"));
	return (struct own_cond){
		.status = part_status(span_get(condition, "status")),
		.since = part_time(span_get(condition, "lastTransitionTime")),
		.observed_generation = span_int_or(span_get(condition, "observedGeneration"), 0),
		.text = text_hash(reason ? reason : "", message ? message : ""),
	};
}

uint64_t text_hash(const char *reason, const char *message)
{
	return fleet_hash(fleet_hash(FLEET_SEED, reason), message);
}

uint64_t part_scores(struct span scores)
{
	uint64_t sum = 0;

	for (struct span item; span_item(&scores, &item);) {
		AUTO_STR name = xspan_dup(span_get(item, "name"));

		sum += fleet_score(name ? name : "", span_int_or(span_get(item, "value"), -1));
	}
	return sum;
}

const char *const known_scores[KNOWN_SCORES] = { "overall", "cpu", "cpu-all", "memory",
	"memory-latency", "disk", "disk-sync", "network", "network-latency" };

void part_known_scores(struct span scores, unsigned char ret[KNOWN_SCORES])
{
	for (struct span item; span_item(&scores, &item);) {
		int64_t value = span_int_or(span_get(item, "value"), -1);

		for (unsigned i = 0; value >= 0 && value <= 100 && i < KNOWN_SCORES; i++)
			if (span_eq(span_get(item, "name"), known_scores[i]))
				ret[i] = (unsigned char)(value + 1);
	}
}

char *part_copy(struct span text)
{
	AUTO_STR copy = xspan_dup(text);

	return copy && *copy ? STEAL(copy) : NULL;
}

static uint64_t read_hex(const char *hex)
{
	char digits[PART_ID_LEN];

	snprintf(digits, sizeof(digits), "%s", hex);
	return strlen(digits) == PART_ID_LEN - 1 ? strtoull(digits, NULL, 16) : 0;
}

uint64_t part_id(struct span claim)
{
	AUTO_STR text = part_copy(claim);

	return text ? fleet_hash(FLEET_SEED, text) : 0;
}

uint64_t part_id_read(struct span hex)
{
	char text[PART_ID_LEN];

	return span_text(hex, text, sizeof(text)) ? read_hex(text) : 0;
}

const char *part_id_text(uint64_t id, char out[PART_ID_LEN])
{
	*out = '\0';
	if (id)
		snprintf(out, PART_ID_LEN, "%016" PRIx64, id);
	return out;
}

bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

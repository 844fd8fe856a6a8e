#include "proto/inputs.h"

#include "base/hash.h"
#include "base/mem.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static char *canonical(const cJSON *j)
{
	char *text = json_canonical(j);

	if (!text)
		mem_exhausted();
	return text;
}

const char *inputs_digest(const cJSON *inputs, char out[INPUTS_DIGEST_LEN])
{
	AUTO_STR text = canonical(inputs);
	char hex[HASH_HEX_LEN];

	snprintf(out, INPUTS_DIGEST_LEN, "v1:%.32s", hash_hex(text, strlen(text), hex));
	return out;
}

const char *inputs_scheduler_state(const char *uid, int64_t generation, bool deleting,
	char out[INPUTS_SCHEDULER_LEN])
{
	*out = '\0';
	if (uid && deleting)
		snprintf(out, INPUTS_SCHEDULER_LEN, INPUTS_DELETING);
	else if (uid)
		snprintf(out, INPUTS_SCHEDULER_LEN, "%.40s.%" PRId64, uid, generation);
	return out;
}

/* "True" or "False" if the agent has judged this generation of the work, else NULL: what it reports
 * then belongs to an older one.  An absent generation is like none, not even like another absent. */
static const char *applied(const cJSON *work)
{
	const cJSON *c = json_find(json_at(work, "status.conditions"), "type", "Applied", NULL);
	int64_t generation = json_int_or(work, "metadata.generation", -1);
	int64_t observed = json_int_or(c, "observedGeneration", -2);

	return observed == generation ? json_str(c, "status") : NULL;
}

static bool is_any(const char *value, const char *a, const char *b)
{
	return value && (!strcmp(value, a) || !strcmp(value, b));
}

/* A pod that comes up or runs reports this; nothing is decided by it. */
static bool is_progress(const char *name, const char *text)
{
	if (!strcmp(name, "started"))
		return true;
	if (!strcmp(name, "phase"))
		return is_any(text, "Pending", "Running");
	return !strcmp(name, "waiting") && is_any(text, "ContainerCreating", "PodInitializing");
}

/* Adds what one feedback value says under manifest and name; the canonical text sorts by them. */
static void add_value(cJSON *facts, int64_t ordinal, const cJSON *value)
{
	const char *name = json_str(value, "name");
	const char *text = json_str(value, "fieldValue.string");
	AUTO_STR key = NULL;
	cJSON *fact;

	if (!name || !json_key(value, "fieldValue") || is_progress(name, text))
		return;
	key = xprintf("%lld/%s", (long long)ordinal, name);
	fact = xjson_dup(json_key(value, "fieldValue"));
	if (!strcmp(name, "waiting") && is_any(text, "ErrImagePull", "ImagePullBackOff"))
		xjson_set_str(fact, "string", "ImagePullBackOff");
	xjson_put(facts, key, fact);
}

static void add_feedback(cJSON *facts, const cJSON *manifests)
{
	const cJSON *manifest, *value;

	json_each(manifest, manifests)
		json_each(value, json_at(manifest, "statusFeedback.values"))
			add_value(facts, json_int_or(manifest, "resourceMeta.ordinal", -1), value);
}

char *inputs_feedback_state(bool is_applied, const cJSON *manifests)
{
	AUTO_JSON facts = xjson_object();
	AUTO_STR text = NULL;
	char hex[HASH_HEX_LEN];

	add_feedback(facts, manifests);
	if (!is_applied)
		xjson_set_str(facts, "applied", "False");
	if (!facts->child)
		return NULL;
	text = canonical(facts);
	return xprintf("%.16s", hash_hex(text, strlen(text), hex));
}

char *inputs_work_state(const cJSON *work, bool leaving)
{
	const char *verdict;

	if (json_at(work, "metadata.deletionTimestamp"))
		return leaving ? xstrdup(INPUTS_TERMINATING) : NULL;
	verdict = applied(work);
	if (!verdict)
		return NULL;
	return inputs_feedback_state(strcmp(verdict, "False") != 0,
		json_at(work, "status.resourceStatus.manifests"));
}

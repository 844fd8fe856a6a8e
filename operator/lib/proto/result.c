#include "proto/result.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "proto/field.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

enum {
	MAX_MESSAGE = 1024,
};

#define NAME(n) #n,
static const char *const names[] = { RESULT_OUTCOMES(NAME) };
_Static_assert(COUNT(names) == RESULT_N, "a name for each outcome");

const char *result_outcome_name(enum result_outcome o)
{
	assert(o < RESULT_N);
	return names[o];
}

void result_clear(struct result *r)
{
	mem_free(r->id);
	mem_free(r->subject);
	mem_free(r->resource_version);
	mem_free(r->message);
	*r = (struct result){ 0 };
}

static bool add_message(cJSON *obj, const char *message)
{
	AUTO_STR cut = NULL;

	if (!message)
		return true;
	cut = mem_strndup(message, utf8_cut(message, MAX_MESSAGE));
	/* Nothing stays of a lone first byte, and a member that is there must not be empty. */
	return cut && (!*cut || field_add(obj, "message", cut));
}

char *result_line(const struct result *r)
{
	AUTO_JSON obj = cJSON_CreateObject();
	bool ok;

	assert(r->id && r->subject);
	ok = obj && field_add(obj, "id", r->id) && field_add(obj, "subject", r->subject) &&
		field_add(obj, "outcome", result_outcome_name(r->outcome)) &&
		field_add(obj, "resourceVersion", r->resource_version) &&
		add_message(obj, r->message);
	return ok ? field_line(obj) : NULL;
}

static int take_outcome(const cJSON *obj, enum result_outcome *ret, struct err *e)
{
	const char *name = json_str_or(obj, "outcome", "");

	for (unsigned i = 0; i < RESULT_N; i++) {
		if (!strcmp(name, names[i])) {
			*ret = (enum result_outcome)i;
			return 0;
		}
	}
	return err_set(e, EPROTO, "outcome: `%.32s` is none", name);
}

int result_parse(const char *line, size_t len, struct result *ret, struct err *e)
{
	AUTO_JSON obj = NULL;
	AUTO(result_clear) struct result r = { 0 };
	int rc;

	if ((rc = field_object(line, len, &obj, e)) < 0 ||
		(rc = field_copy(obj, "id", &r.id, e)) < 0 ||
		(rc = field_copy(obj, "subject", &r.subject, e)) < 0 ||
		(rc = take_outcome(obj, &r.outcome, e)) < 0 ||
		(rc = field_copy_optional(obj, "resourceVersion", &r.resource_version, e)) < 0 ||
		(rc = field_copy_optional(obj, "message", &r.message, e)) < 0)
		return err_wrap(e, rc, "result");
	*ret = r;
	r = (struct result){ 0 };
	return 0;
}

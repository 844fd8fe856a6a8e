/* call_answer.c — what a server answered, and what is made of it. */
#include "workers/steps/call.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "workers/names.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool has_credential(const cJSON *request)
{
	const cJSON *header;

	json_each(header, json_key(request, "headers"))
		if (json_key(header, "secretKeyRef"))
			return true;
	return false;
}

void call_describe(const struct world *w, const cJSON *request, char *text, size_t size)
{
	const char *method = json_str_or(request, "method", ""),
		   *url = json_str_or(request, "url", "");
	const char *body = has_credential(request) ? "" : json_str_or(w->answer, "body", "");
	int status = (int)json_int_or(w->answer, "status", 0);

	if (!status)
		snprintf(text, size, "%s %.300s: %.200s", method, url,
			json_str_or(w->answer, "text", ""));
	else
		snprintf(text, size, "%s %.300s answered %d%s%.*s", method, url, status,
			*body ? ": " : "", (int)utf8_cut(body, 200), body);
}

static bool is_expected(const cJSON *expect, int64_t status)
{
	const cJSON *codes = json_key(expect, "status"), *code;

	json_each(code, codes)
		if (cJSON_IsNumber(code) && (int64_t)cJSON_GetNumberValue(code) == status)
			return true;
	return !codes && status >= 200 && status <= 299;
}

/* ".a.b" of the answer. */
static const cJSON *member(const cJSON *answer, const char *path)
{
	return json_at(answer, path + (*path == '.'));
}

/* Numbers as JSON writes them.  NULL: it is absent, or no value.  Caller frees. */
static char *text_of(const cJSON *value)
{
	if (cJSON_IsString(value))
		return xstrdup(cJSON_GetStringValue(value));
	if (cJSON_IsNumber(value) || cJSON_IsBool(value)) {
		char *text = json_text(value);

		if (!text)
			mem_exhausted();
		return text;
	}
	return NULL;
}

static int check_equals(const struct world *w, const cJSON *expect, const cJSON *answer,
	struct err *e)
{
	const char *path = json_str(expect, "path");
	const cJSON *wanted = json_key(expect, "equals");
	struct names names = { .w = w };
	AUTO_JSON value = NULL;
	cJSON *made = NULL;
	int rc;

	if (!path)
		return 0;
	rc = wanted ? expr_json(wanted, names_look_up, &names, &made, e) : 0;
	value = made;
	if (rc < 0)
		return rc;
	if (wanted ? !json_equal(member(answer, path), value) : !member(answer, path))
		return err_set(e, EINVAL, "its %.100s is not what was expected", path);
	return 0;
}

/* It may be an echo of a header. */
static bool tells_credential(const struct world *w, const cJSON *request, const char *text)
{
	const cJSON *header;

	json_each(header, json_key(request, "headers")) {
		const cJSON *ref = json_key(header, "secretKeyRef");
		AUTO_STR secret = ref ? call_secret(w->objects, ref) : NULL;

		if (secret && *secret && strstr(text, secret))
			return true;
	}
	return false;
}

static int take_output(const struct world *w, const cJSON *request, const cJSON *answer,
	const cJSON *output, cJSON *list, struct err *e)
{
	const char *name = json_str_or(output, "name", ""), *path = json_str_or(output, "path", "");
	AUTO_STR text = text_of(member(answer, path));
	enum value_type type;
	cJSON *o;
	int rc;

	if (!text || !*text)
		return err_set(e, EINVAL, "it has no %.100s for output %.63s", path, name);
	if (tells_credential(w, request, text))
		return err_set(e, EINVAL, "its %.100s, for output %.63s, holds a credential", path,
			name);
	rc = value_type_of(json_str(output, "type"), &type) ? value_check(type, text, e) : -EINVAL;
	if (rc < 0)
		return err_set(e, EINVAL, "its %.100s, for output %.63s, is no %.32s", path, name,
			json_str_or(output, "type", "value"));
	o = xjson_object();
	xjson_set_str(o, "name", name);
	xjson_set_str(o, "type", value_type_name(type));
	xjson_set_str(o, "value", text);
	cJSON_AddItemToArray(list, o);
	return 0;
}

int call_judge(const struct world *w, const cJSON *request, const cJSON *spec, cJSON **ret_outputs,
	struct err *e)
{
	const char *body = json_str_or(w->answer, "body", "");
	int64_t status = json_int_or(w->answer, "status", 0);
	AUTO_JSON answer = json_parse(body, strlen(body), NULL);
	AUTO_JSON outputs = xjson_array();
	const cJSON *output;
	int rc = 0;

	if (!is_expected(json_key(spec, "expect"), status))
		return err_set(e, EINVAL, "which was not expected");
	rc = check_equals(w, json_key(spec, "expect"), answer, e);
	json_each(output, json_key(spec, "outputs"))
		if (rc == 0)
			rc = take_output(w, request, answer, output, outputs, e);
	if (rc == 0)
		*ret_outputs = STEAL(outputs);
	return rc;
}

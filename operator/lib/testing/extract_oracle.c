#include "testing/extract_oracle.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char said[512];

/* ---- the paths, on a tree ---- */

static const cJSON *by_place(const cJSON *list, const char *step)
{
	return cJSON_IsArray(list) ? cJSON_GetArrayItem(list, atoi(step + 1)) : NULL;
}

/* [?(@.key=="value")] */
static const cJSON *by_member(const cJSON *list, const char *step)
{
	const char *equals = strstr(step, "==\""), *close = strstr(step, "\")]");
	AUTO_STR key = mem_strndup(step + 5, (size_t)(equals - step - 5));
	AUTO_STR value = mem_strndup(equals + 3, (size_t)(close - equals - 3));

	return json_find(list, key, value, NULL);
}

static const cJSON *by_name(const cJSON *object, const char *name, size_t len)
{
	AUTO_STR key = mem_strndup(name, len);

	return json_key(object, key);
}

static const cJSON *find(const cJSON *at, const char *path)
{
	while (at && path[0] && strcmp(path, ".") != 0) {
		const char *step = path;

		if (!strncmp(step, "[?", 2)) {
			at = by_member(at, step);
			path = strstr(step, ")]") + 2;
		} else if (!strncmp(step, "['", 2)) {
			path = strstr(step, "']") + 2;
			at = by_name(at, step + 2, (size_t)(path - step - 4));
		} else if (*step == '[') {
			at = by_place(at, step);
			path = strchr(step, ']') + 1;
		} else {
			path = step + 1 + strcspn(step + 1, ".[");
			at = by_name(at, step + 1, (size_t)(path - step - 1));
		}
	}
	return at;
}

/* ---- where cJSON is not the measure ---- */

struct oddities {
	bool lenient; /* it accepts what is no JSON */
	bool severe;  /* it refuses what is */
	bool nul;
};

static size_t look_at_number(const char *p, size_t left, struct oddities *o)
{
	static const char shape[] = "^-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][-+]?[0-9]+)?$";
	static regex_t compiled;
	static bool ready;
	char number[256];
	size_t n = 0;

	if (!ready && regcomp(&compiled, shape, REG_EXTENDED | REG_NOSUB) != 0)
		abort();
	ready = true;
	while (n < left && p[n] && strchr("0123456789+-.eE", p[n]))
		n++;
	snprintf(number, sizeof(number), "%.*s", (int)n, p);
	o->lenient |= n >= sizeof(number) || regexec(&compiled, number, 0, NULL, 0) != 0;
	o->severe |= n > 60;
	return n;
}

static size_t look_at_escape(const char *p, size_t left, struct oddities *o)
{
	if (left >= 6 && p[1] == 'u') {
		AUTO_STR digits = mem_strndup(p + 2, 4);

		o->nul |= !strcmp(digits, "0000");
		o->lenient |= strspn(digits, "0123456789abcdefABCDEF") < 4;
		o->severe |= (p[2] | ' ') == 'd' && strchr("89abcdefABCDEF", p[3]);
	}
	return left > 1 ? 2 : 1;
}

static struct oddities look(const char *text, size_t len)
{
	struct oddities o = { .lenient = len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3) };
	bool in_string = false;

	for (size_t i = 0; i < len;) {
		unsigned char c = (unsigned char)text[i];

		if (c < ' ' && (in_string || !c || !strchr("\t\r\n", c)))
			o.lenient = true;
		if (c == '"')
			in_string = !in_string;
		if (in_string && c == '\\')
			i += look_at_escape(text + i, len - i, &o);
		else if (!in_string && c && strchr("0123456789+-.", c))
			i += look_at_number(text + i, len - i, &o);
		else
			i++;
	}
	return o;
}

/* ---- comparing ---- */

static bool only_space(const char *from, const char *end)
{
	while (from < end && strchr(" \t\r\n", *from) && *from)
		from++;
	return from == end;
}

static const char *string_differs(struct span got, const char *want)
{
	AUTO_STR text = mem_alloc(got.len + 1);

	if (!span_text(got, text, got.len + 1) || strcmp(text, want) != 0)
		return "span_text()";
	if (!span_text(got, text, strlen(want) + 1))
		return "span_text() of exactly its size";
	if (*want && span_text(got, text, strlen(want)))
		return "span_text() of one byte less";
	return span_eq(got, want) ? NULL : "span_eq()";
}

static const char *value_differs(struct span got, const cJSON *want)
{
	AUTO_JSON tree = NULL;
	AUTO_STR a = NULL;
	AUTO_STR b = NULL;

	if (!got.at || !want)
		return !got.at && !want ? NULL : got.at ? "found" : "not found";
	tree = cJSON_ParseWithLength(got.at, got.len);
	a = json_text(tree);
	b = json_text(want);
	if (!a || strcmp(a, b) != 0)
		return "another value";
	return cJSON_IsString(want) ? string_differs(got, want->valuestring) : NULL;
}

const char *oracle_differs(const struct extract *x, const char *const *paths, const char *text,
	size_t len)
{
	struct oddities o = look(text, len);
	struct span fields[EXTRACT_FIELDS];
	const char *stop = text;
	bool ours = extract_run(x, text, len, fields) == 0, theirs;
	AUTO_JSON tree = cJSON_ParseWithLengthOpts(text, len, &stop, false);

	theirs = tree && only_space(stop, text + len);
	if (o.nul)
		return NULL;
	if (ours && !theirs)
		return o.severe ? NULL : "accepted, refused by cJSON";
	if (!ours && theirs)
		return o.lenient ? NULL : "refused, accepted by cJSON";
	for (size_t i = 0; ours && paths[i]; i++) {
		const char *why = value_differs(fields[i], find(tree, paths[i]));
		if (why) {
			snprintf(said, sizeof(said), "%s: %s", paths[i], why);
			return said;
		}
	}
	return NULL;
}

#include "base/options.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct key {
	char text[64];
};

/* "metrics-address" to "metricsAddress". */
static const char *file_key(const char *flag, struct key *out)
{
	bool upper = false;
	size_t n = 0;

	assert(strlen(flag) < sizeof(out->text));
	for (; *flag; flag++) {
		if (*flag != '-')
			out->text[n++] = (char)(upper ? toupper((unsigned char)*flag) : *flag);
		upper = *flag == '-';
	}
	out->text[n] = '\0';
	return out->text;
}

static int parse_int(const struct option_def *d, const char *name, const char *text, long *ret,
	struct err *e)
{
	char *end;
	long number;

	errno = 0;
	number = strtol(text, &end, 10);
	if (isspace((unsigned char)*text) || end == text || *end || errno || number < d->min ||
		number > d->max)
		return err_set(e, EINVAL, "%s: `%s` is not a whole number from %ld to %ld", name,
			text, d->min, d->max);
	*ret = number;
	return 0;
}

static int parse_bool(const char *name, const char *text, long *ret, struct err *e)
{
	if (strcmp(text, "true") && strcmp(text, "false"))
		return err_set(e, EINVAL, "%s: `%s` is neither true nor false", name, text);
	*ret = !strcmp(text, "true");
	return 0;
}

/* Checks the text and puts it into `v` unless `keep`; name is how the user wrote the option. */
static int set(const struct option_def *d, struct option_value *v, const char *name,
	const char *text, bool keep, struct err *e)
{
	long number = 0;
	char *copy;
	int rc = 0;

	if (d->type == OPTION_INT)
		rc = parse_int(d, name, text, &number, e);
	else if (d->type == OPTION_BOOL)
		rc = parse_bool(name, text, &number, e);
	if (rc < 0 || keep)
		return rc;
	copy = d->type == OPTION_LIST && v->text ? mem_printf("%s\n%s", v->text, text)
						 : mem_strdup(text);
	if (!copy)
		return err_set(e, ENOMEM, "out of memory");
	mem_free(v->text);
	v->text = copy;
	v->number = number;
	return 0;
}

int options_init(const struct option_def *defs, unsigned n, struct option_value *values,
	struct err *e)
{
	int rc = 0;

	for (unsigned i = 0; i < n; i++)
		values[i] = (struct option_value){ 0 };
	for (unsigned i = 0; i < n && rc == 0; i++)
		if (defs[i].preset)
			rc = set(&defs[i], &values[i], defs[i].flag, defs[i].preset, false, e);
	if (rc < 0)
		options_clear(n, values);
	return rc;
}

void options_clear(unsigned n, struct option_value *values)
{
	for (unsigned i = 0; i < n; i++) {
		mem_free(values[i].text);
		values[i] = (struct option_value){ 0 };
	}
}

/* --- the command line --- */

static int unknown_flag(const struct option_def *defs, unsigned n, const char *word, struct err *e)
{
	AUTO(mem_free) const char **names = mem_alloc(n * sizeof(*names));
	const char *near = NULL;

	for (unsigned i = 0; names && i < n; i++)
		names[i] = defs[i].flag;
	if (names)
		near = options_nearest(word, names, n);
	return near ? err_set(e, EINVAL, "unknown option --%s; did you mean --%s?", word, near)
		    : err_set(e, EINVAL, "unknown option --%s; see --help", word);
}

static int find_flag(const struct option_def *defs, unsigned n, const char *word, struct err *e)
{
	for (unsigned i = 0; i < n; i++)
		if (!strcmp(defs[i].flag, word))
			return (int)i;
	return unknown_flag(defs, n, word, e);
}

/* The option at argv[0]; its value may be argv[1] (NULL at the end).  Returns how many it took. */
static int parse_one(const struct option_def *defs, unsigned n, char **argv,
	struct option_value *values, struct err *e)
{
	size_t len = strcspn(argv[0], "=");
	AUTO_STR name = NULL;
	const char *text;
	int i, rc, taken = 1;

	if (strncmp(argv[0], "--", 2) != 0)
		return err_set(e, EINVAL, "unexpected argument `%s`: options begin with --",
			argv[0]);
	name = mem_strndup(argv[0], len);
	if (!name)
		return err_set(e, ENOMEM, "out of memory");
	i = find_flag(defs, n, name + 2, e);
	if (i < 0)
		return i;
	if (argv[0][len])
		text = argv[0] + len + 1;
	else if (defs[i].type == OPTION_BOOL)
		text = "true";
	else
		text = argv[taken++];
	if (!text)
		return err_set(e, EINVAL, "%s needs a value: %s %s", name, name, defs[i].arg);
	rc = set(&defs[i], &values[i], name, text, false, e);
	values[i].given |= rc == 0;
	return rc < 0 ? rc : taken;
}

int options_parse(const struct option_def *defs, unsigned n, int argc, char **argv,
	struct option_value *values, struct err *e)
{
	for (int i = 1, taken; i < argc; i += taken) {
		taken = parse_one(defs, n, argv + i, values, e);
		if (taken < 0)
			return taken;
	}
	return 0;
}

/* --- the config file --- */

static int unknown_key(const struct option_def *defs, unsigned n, const char *word, struct err *e)
{
	AUTO(mem_free) struct key *keys = mem_alloc(n * sizeof(*keys));
	AUTO(mem_free) const char **names = mem_alloc(n * sizeof(*names));
	const char *near = NULL;

	if (keys && names) {
		for (unsigned i = 0; i < n; i++)
			names[i] = file_key(defs[i].flag, &keys[i]);
		near = options_nearest(word, names, n);
	}
	return near ? err_set(e, EINVAL, "unknown key `%s`; did you mean `%s`?", word, near)
		    : err_set(e, EINVAL, "unknown key `%s`", word);
}

static int find_key(const struct option_def *defs, unsigned n, const char *word, struct err *e)
{
	struct key key;

	for (unsigned i = 0; i < n; i++)
		if (!strcmp(file_key(defs[i].flag, &key), word))
			return (int)i;
	return unknown_key(defs, n, word, e);
}

static int check_type(const struct option_def *d, const cJSON *item, struct err *e)
{
	static const char *const wanted[] = { "a string", "a whole number", "true or false",
		"a list of strings" };
	bool ok = d->type == OPTION_STRING ? cJSON_IsString(item)
		: d->type == OPTION_LIST   ? cJSON_IsArray(item)
		: d->type == OPTION_INT    ? cJSON_IsNumber(item)
					   : cJSON_IsBool(item);

	return ok ? 0 : err_set(e, EINVAL, "%s: must be %s", item->string, wanted[d->type]);
}

static int apply_list(const struct option_def *d, const cJSON *list, struct option_value *v,
	struct err *e)
{
	const cJSON *item;
	int rc = 0;

	json_each(item, list) {
		if (!cJSON_IsString(item))
			return err_set(e, EINVAL, "%s: must be a list of strings", list->string);
		if (rc == 0)
			rc = set(d, v, list->string, item->valuestring, v->given, e);
	}
	return rc;
}

static int apply_one(const struct option_def *d, const cJSON *item, struct option_value *v,
	struct err *e)
{
	AUTO_STR text = NULL;
	int rc = check_type(d, item, e);

	if (rc < 0 || d->type == OPTION_LIST)
		return rc < 0 ? rc : apply_list(d, item, v, e);
	text = cJSON_IsString(item) ? mem_strdup(item->valuestring) : json_text(item);
	if (!text)
		return err_set(e, ENOMEM, "out of memory");
	return set(d, v, item->string, text, v->given, e);
}

int options_apply_file(const struct option_def *defs, unsigned n, const cJSON *file,
	struct option_value *values, struct err *e)
{
	const cJSON *item;

	if (!cJSON_IsObject(file))
		return err_set(e, EINVAL, "the file must be a map of keys and values");
	json_each(item, file) {
		int i = find_key(defs, n, item->string, e);
		int rc = i < 0 ? i : apply_one(&defs[i], item, &values[i], e);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* --- help --- */

static int width(const struct option_def *d)
{
	return (int)(strlen("--") + strlen(d->flag) + (d->arg ? 1 + strlen(d->arg) : 0));
}

char *options_help(const struct option_def *defs, unsigned n)
{
	AUTO_BUF out = { 0 };
	int widest = 0;

	for (unsigned i = 0; i < n; i++)
		if (width(&defs[i]) > widest)
			widest = width(&defs[i]);
	for (unsigned i = 0; i < n; i++) {
		const struct option_def *d = &defs[i];
		buf_printf(&out, "  --%s%s%s%*s  %s", d->flag, d->arg ? " " : "",
			d->arg ? d->arg : "", widest - width(d), "", d->help);
		if (d->preset && d->type != OPTION_BOOL)
			buf_printf(&out, " (default: %s)", d->preset);
		buf_str(&out, "\n");
	}
	return buf_steal(&out);
}

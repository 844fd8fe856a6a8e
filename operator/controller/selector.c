#include "controller/selector.h"

#include "base/mem.h"

#include <string.h>

static const char *const op_names[] = {
	[SELECTOR_IN] = "In",
	[SELECTOR_NOT_IN] = "NotIn",
	[SELECTOR_EXISTS] = "Exists",
	[SELECTOR_DOES_NOT_EXIST] = "DoesNotExist",
};

static bool op_parse(const char *name, enum selector_op *ret)
{
	for (size_t i = 0; name && i < COUNT(op_names); i++) {
		if (strcmp(name, op_names[i]) == 0) {
			*ret = (enum selector_op)i;
			return true;
		}
	}
	return false;
}

static char **copy_values(const cJSON *values)
{
	size_t n = 0;
	char **copy = xalloc(((size_t)cJSON_GetArraySize(values) + 1) * sizeof(*copy));
	const cJSON *item;

	json_each(item, values)
		copy[n++] = xstrdup(cJSON_GetStringValue(item));
	return copy;
}

static struct selector_rule *add_rule(struct selector *s, const char *key, enum selector_op op)
{
	struct selector_rule *rule;

	s->rules = xrealloc(s->rules, (s->n + 1) * sizeof(*s->rules));
	rule = &s->rules[s->n++];
	*rule = (struct selector_rule){ .key = xstrdup(key), .op = op };
	return rule;
}

static void add_label(struct selector *s, const cJSON *label)
{
	struct selector_rule *rule = add_rule(s, label->string, SELECTOR_IN);

	rule->values = xalloc(2 * sizeof(*rule->values));
	rule->values[0] = xstrdup(cJSON_GetStringValue(label));
}

static void add_expression(struct selector *s, const cJSON *expression)
{
	enum selector_op op;

	if (!json_str(expression, "key") || !op_parse(json_str(expression, "operator"), &op))
		s->none = true;
	else
		add_rule(s, json_str(expression, "key"), op)->values =
			copy_values(json_key(expression, "values"));
}

void selector_parse(const cJSON *json, struct selector *ret)
{
	const cJSON *item;

	*ret = (struct selector){ .none = !cJSON_IsObject(json) };
	json_each(item, json_key(json, "matchLabels"))
		add_label(ret, item);
	json_each(item, json_key(json, "matchExpressions"))
		add_expression(ret, item);
}

void selector_clear(struct selector *s)
{
	for (size_t i = 0; i < s->n; i++) {
		for (char **v = s->rules[i].values; v && *v; v++)
			mem_free(*v);
		mem_free(s->rules[i].values);
		mem_free(s->rules[i].key);
	}
	mem_free(s->rules);
	*s = (struct selector){ .none = true };
}

const char *labels_get(const char *labels, const char *key, size_t *ret_len)
{
	size_t n = strlen(key);

	for (const char *line = labels; line && *line;) {
		const char *end = strchrnul(line, '\n');

		if (strncmp(line, key, n) == 0 && line[n] == '=') {
			*ret_len = (size_t)(end - line) - n - 1;
			return line + n + 1;
		}
		line = *end ? end + 1 : end;
	}
	return NULL;
}

static bool is_one_of(char *const *values, const char *value, size_t len)
{
	for (; values && *values; values++) {
		if (strlen(*values) == len && memcmp(*values, value, len) == 0)
			return true;
	}
	return false;
}

static bool rule_matches(const struct selector_rule *rule, const char *labels)
{
	size_t len = 0;
	const char *value = labels_get(labels, rule->key, &len);

	switch (rule->op) {
	case SELECTOR_IN:
		return value && is_one_of(rule->values, value, len);
	case SELECTOR_NOT_IN: /* an absent label is in no set */
		return !value || !is_one_of(rule->values, value, len);
	case SELECTOR_EXISTS:
		return value;
	case SELECTOR_DOES_NOT_EXIST:
		return !value;
	}
	return false;
}

bool selector_matches(const struct selector *s, const char *labels)
{
	for (size_t i = 0; i < s->n; i++) {
		if (!rule_matches(&s->rules[i], labels))
			return false;
	}
	return !s->none;
}

/* Appends "key=value\n"; what is no text is left out.  There is room: quoted it was longer. */
static char *pack_label(char *at, char *end, struct span key, struct span value)
{
	char *equals;

	if (!span_text(key, at, (size_t)(end - at)))
		return at;
	equals = at + strlen(at);
	if (!span_text(value, equals + 1, (size_t)(end - equals - 1)))
		return at;
	*equals = '=';
	at = equals + strlen(equals);
	*at = '\n';
	return at + 1;
}

char *labels_pack(struct span labels)
{
	char *packed = xalloc(labels.len + 1), *at = packed, *end = packed + labels.len + 1;

	for (struct span key, value; span_member(&labels, &key, &value);)
		at = pack_label(at, end, key, value);
	*at = '\0';
	return xrealloc(packed, (size_t)(at - packed) + 1);
}

#include "kube/yaml_scalar.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS "0123456789"

enum kind { KIND_NULL, KIND_BOOL, KIND_INT, KIND_FLOAT, KIND_NOT_JSON, KIND_STRING };

static bool is_one_of(const char *s, const char *const *words)
{
	for (; *words; words++)
		if (!strcmp(s, *words))
			return true;
	return false;
}

static bool is_null(const char *s)
{
	return is_one_of(s, (const char *const[]){ "", "~", "null", "Null", "NULL", NULL });
}

static bool is_true(const char *s)
{
	return is_one_of(s, (const char *const[]){ "true", "True", "TRUE", NULL });
}

static bool is_false(const char *s)
{
	return is_one_of(s, (const char *const[]){ "false", "False", "FALSE", NULL });
}

static const char *past_sign(const char *s)
{
	return *s == '-' || *s == '+' ? s + 1 : s;
}

/* [-+]?[0-9]+ | 0o[0-7]+ | 0x[0-9a-fA-F]+; the number's base, or 0 if it is none. */
static int int_base(const char *s)
{
	if (s[0] == '0' && s[1] == 'o')
		return s[2] && !s[2 + strspn(s + 2, "01234567")] ? 8 : 0;
	if (s[0] == '0' && s[1] == 'x')
		return s[2] && !s[2 + strspn(s + 2, DIGITS "abcdefABCDEF")] ? 16 : 0;
	s = past_sign(s);
	return *s && !s[strspn(s, DIGITS)] ? 10 : 0;
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool is_float(const char *s)
{
	s = past_sign(s);
	size_t whole = strspn(s, DIGITS), fraction = 0;
	s += whole;
	if (*s == '.') {
		fraction = strspn(s + 1, DIGITS);
		s += 1 + fraction;
	}
	if (whole + fraction == 0)
		return false;
	if (*s == 'e' || *s == 'E') {
		s = past_sign(s + 1);
		size_t exponent = strspn(s, DIGITS);
		if (exponent == 0)
			return false;
		s += exponent;
	}
	return *s == '\0';
}

static bool is_not_json(const char *s)
{
	return is_one_of(past_sign(s), (const char *const[]){ ".inf", ".Inf", ".INF", NULL }) ||
		is_one_of(s, (const char *const[]){ ".nan", ".NaN", ".NAN", NULL });
}

static enum kind kind_of(const char *s)
{
	if (is_null(s))
		return KIND_NULL;
	if (is_true(s) || is_false(s))
		return KIND_BOOL;
	if (int_base(s))
		return KIND_INT;
	if (is_float(s))
		return KIND_FLOAT;
	return is_not_json(s) ? KIND_NOT_JSON : KIND_STRING;
}

/* The kind that a tag demands; false if the text is not of it, or if we do not know the tag. */
static bool kind_of_tag(const char *tag, const char *s, enum kind *ret)
{
	static const struct {
		const char *tag;
		enum kind kind;
	} tags[] = {
		{ "!", KIND_STRING },
		{ YAML_STR_TAG, KIND_STRING },
		{ YAML_NULL_TAG, KIND_NULL },
		{ YAML_BOOL_TAG, KIND_BOOL },
		{ YAML_INT_TAG, KIND_INT },
		{ YAML_FLOAT_TAG, KIND_FLOAT },
	};
	for (size_t i = 0; i < COUNT(tags); i++) {
		if (strcmp(tag, tags[i].tag))
			continue;
		*ret = tags[i].kind;
		enum kind is = kind_of(s);
		return *ret == KIND_STRING || is == *ret || (*ret == KIND_FLOAT && is == KIND_INT);
	}
	return false;
}

static int number(const char *s, enum kind kind, cJSON **ret, const char **ret_problem)
{
	double value = 0;
	if (kind == KIND_INT) {
		int base = int_base(s);
		errno = 0;
		long long n = strtoll(base == 8 ? s + 2 : s, NULL, base);
		/* The tree keeps doubles: beyond 2^53 they would silently become other numbers. */
		if (errno || n > (1LL << 53) || n < -(1LL << 53)) {
			*ret_problem = "integer is too large";
			return -EINVAL;
		}
		value = (double)n;
	} else {
		value = strtod(s, NULL);
		if (!isfinite(value)) {
			*ret_problem = "number is too large";
			return -EINVAL;
		}
	}
	*ret = cJSON_CreateNumber(value);
	return *ret ? 0 : -ENOMEM;
}

static int make(const char *s, enum kind kind, cJSON **ret, const char **ret_problem)
{
	switch (kind) {
	case KIND_NULL:
		*ret = cJSON_CreateNull();
		break;
	case KIND_BOOL:
		*ret = cJSON_CreateBool(is_true(s));
		break;
	case KIND_STRING:
		*ret = cJSON_CreateString(s);
		break;
	case KIND_NOT_JSON:
		*ret_problem = "infinity and NaN are not understood";
		return -EINVAL;
	default:
		return number(s, kind, ret, ret_problem);
	}
	return *ret ? 0 : -ENOMEM;
}

int yaml_scalar(const yaml_event_t *event, cJSON **ret, const char **ret_problem)
{
	const char *s = (const char *)event->data.scalar.value;
	const char *tag = (const char *)event->data.scalar.tag;
	enum kind kind = KIND_STRING;
	if (memchr(s, '\0', event->data.scalar.length)) {
		*ret_problem = "a string must not hold a NUL character";
		return -EINVAL;
	}
	if (!tag && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		kind = kind_of(s);
	else if (tag && !kind_of_tag(tag, s, &kind)) {
		*ret_problem = "tag is not understood here";
		return -EINVAL;
	}
	return make(s, kind, ret, ret_problem);
}

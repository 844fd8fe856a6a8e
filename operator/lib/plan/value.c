#include "plan/value.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[VALUE_N_TYPES] = {
	[VALUE_STRING] = "String",
	[VALUE_INTEGER] = "Integer",
	[VALUE_NUMBER] = "Number",
	[VALUE_BOOLEAN] = "Boolean",
	[VALUE_IP] = "IP",
	[VALUE_HOST] = "Host",
};

bool value_type_of(const char *name, enum value_type *ret)
{
	for (int i = 0; name && i < VALUE_N_TYPES; i++)
		if (!strcmp(names[i], name)) {
			*ret = (enum value_type)i;
			return true;
		}
	return false;
}

const char *value_type_name(enum value_type type)
{
	return names[type];
}

bool host_is_ip(const char *host)
{
	unsigned char bytes[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

static bool is_label(const char *s, size_t n)
{
	if (!n || n > 63 || s[0] == '-' || s[n - 1] == '-')
		return false;
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)s[i]) && s[i] != '-' && s[i] != '_')
			return false;
	return true;
}

/* "127", "0x7f", "0177": inet_aton() would take it. */
static bool is_number(const char *s)
{
	if (s[0] == '0' && tolower((unsigned char)s[1]) == 'x')
		return !s[2 + strspn(s + 2, "0123456789abcdefABCDEF")];
	return !s[strspn(s, "0123456789")];
}

bool host_is_valid(const char *host)
{
	const char *label = host;

	if (host_is_ip(host))
		return true;
	if (strlen(host) > 253)
		return false;
	for (;;) {
		size_t n = strcspn(label, ".");

		if (!is_label(label, n))
			return false;
		if (!label[n])
			return !is_number(label);
		label += n + 1;
	}
}

static bool is_integer(const char *s)
{
	const char *digits = s + (*s == '-');
	size_t n = strlen(digits);

	return n && n <= 15 && !digits[strspn(digits, "0123456789")] && (n == 1 || *digits != '0');
}

/* As JSON writes them. */
static bool is_number_text(const char *s)
{
	AUTO_JSON j = NULL;

	if (strlen(s) > 32 || s[strspn(s, "-0123456789.eE+")])
		return false;
	j = json_parse(s, strlen(s), NULL);
	return cJSON_IsNumber(j) && cJSON_GetNumberValue(j) - cJSON_GetNumberValue(j) == 0;
}

static bool is_text(const char *s)
{
	size_t left = strlen(s), n;

	for (; left; s += n, left -= n)
		if (!(n = utf8_char(s, left, NULL)))
			return false;
	return true;
}

int value_check(enum value_type type, const char *text, struct err *e)
{
	bool ok = false;

	if (!*text)
		return err_set(e, EINVAL, "it is empty");
	if (strlen(text) > VALUE_MAX)
		return err_set(e, EINVAL, "it is longer than %d bytes", VALUE_MAX);
	switch (type) {
	case VALUE_STRING:
		ok = is_text(text);
		break;
	case VALUE_INTEGER:
		ok = is_integer(text);
		break;
	case VALUE_NUMBER:
		ok = is_number_text(text);
		break;
	case VALUE_BOOLEAN:
		ok = !strcmp(text, "true") || !strcmp(text, "false");
		break;
	case VALUE_IP:
		ok = host_is_ip(text);
		break;
	case VALUE_HOST:
		ok = host_is_valid(text);
		break;
	case VALUE_N_TYPES:
		break;
	}
	return ok ? 0 : err_set(e, EINVAL, "it is no %s", names[type]);
}

cJSON *value_json(enum value_type type, const char *text)
{
	cJSON *j;

	if (type == VALUE_INTEGER || type == VALUE_NUMBER)
		j = cJSON_CreateNumber(strtod(text, NULL));
	else if (type == VALUE_BOOLEAN)
		j = cJSON_CreateBool(!strcmp(text, "true"));
	else
		j = cJSON_CreateString(text);
	if (!j)
		mem_exhausted();
	return j;
}

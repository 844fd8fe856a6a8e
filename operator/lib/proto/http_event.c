#include "proto/http_event.h"

#include "base/mem.h"
#include "proto/field.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#define STRUCTURED "application/cloudevents+json"
#define ANY_EVENTS "application/cloudevents"

enum { CONTENT_TYPE, FIRST_ATTRIBUTE };

const char *const http_event_headers[] = {
	[CONTENT_TYPE] = "content-type:",
	[FIRST_ATTRIBUTE] = "ce-specversion:",
	"ce-type:",
	"ce-source:",
	"ce-id:",
	"ce-subject:",
	"ce-apiversion:", /* these say what an ApiServerSource tells of */
	"ce-kind:",
	"ce-name:",
	NULL,
};

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* In place; false if it is no percent-encoding of text without NUL. */
static bool decode(char *s)
{
	char *to = s;

	for (; *s; s++, to++) {
		*to = *s;
		if (*s != '%')
			continue;
		int high = hex(s[1]), low = high < 0 ? -1 : hex(s[2]);

		if (low < 0 || high + low == 0)
			return false;
		*to = (char)(high * 16 + low);
		s += 2;
	}
	*to = '\0';
	return true;
}

/* "ce-id:" is the attribute id. */
static int add_attribute(cJSON *obj, const char *header, const char *value, struct err *e)
{
	AUTO_STR text = mem_strdup(value);
	AUTO_STR name = mem_printf("%.*s", (int)strlen(header) - 4, header + 3);

	if (!text || !name)
		return err_set(e, ENOMEM, "out of memory");
	if (!decode(text))
		return err_set(e, EPROTO, "header %s no percent-encoding: %.64s", header, value);
	return field_add(obj, name, text) ? 0 : err_set(e, ENOMEM, "out of memory");
}

static int add_data(cJSON *obj, const char *body, size_t len, struct err *e)
{
	cJSON *data = json_parse(body, len, e);

	if (!data)
		return err_wrap(e, errno == ENOMEM ? -ENOMEM : -EPROTO, "data");
	return field_add_item(obj, "data", data) ? 0 : err_set(e, ENOMEM, "out of memory");
}

static int binary_parse(const char *const *values, const char *body, size_t len,
	struct work_event *ret, struct err *e)
{
	AUTO_JSON obj = cJSON_CreateObject();
	int rc = obj ? 0 : err_set(e, ENOMEM, "out of memory");

	for (unsigned i = FIRST_ATTRIBUTE; rc == 0 && http_event_headers[i]; i++)
		if (values[i])
			rc = add_attribute(obj, http_event_headers[i], values[i], e);
	if (rc == 0)
		rc = add_data(obj, body, len, e);
	return rc < 0 ? rc : work_event_take(obj, ret, e);
}

int http_event_parse(const char *const *values, const char *body, size_t len,
	struct work_event *ret, struct err *e)
{
	const char *type = values[CONTENT_TYPE] ? values[CONTENT_TYPE] : "";

	if (!strncasecmp(type, STRUCTURED, strlen(STRUCTURED)))
		return work_event_parse(body, len, ret, e);
	if (!strncasecmp(type, ANY_EVENTS, strlen(ANY_EVENTS)))
		return err_set(e, EPROTO, "Content-Type %.64s: one event at a time, as JSON", type);
	return binary_parse(values, body, len, ret, e);
}

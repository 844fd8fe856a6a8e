/* Any request as an event over HTTP: the headers that matter, a line each, then the body.  Refused with a reason, or
 * an event that says what it must. */
#include "base/mem.h"
#include "proto/http_event.h"
#include "testing/fuzz.h"

#include <string.h>

#define MOST 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_STR text = mem_strndup((const char *)data, size);
	const char *values[MOST] = { NULL };
	struct work_event ev = { 0 };
	struct err e = { "" };
	char *at = text;

	for (unsigned i = 0; http_event_headers[i]; i++) {
		FUZZ_CHECK(i < MOST);
		char *end = strchr(at, '\n');
		if (!end)
			return 0;
		*end = '\0';
		values[i] = *at ? at : NULL;
		at = end + 1;
	}
	if (http_event_parse(values, at, strlen(at), &ev, &e) < 0)
		FUZZ_CHECK(e.msg[0]);
	else
		FUZZ_CHECK(ev.id && *ev.id && ev.type && ev.subject && *ev.subject);
	work_event_clear(&ev);
	return 0;
}

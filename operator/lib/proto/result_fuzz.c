/* Any line as a worker's result: refused with a reason, or written again the same. */
#include "base/mem.h"
#include "proto/result.h"
#include "testing/fuzz.h"

#include <string.h>

static int same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct result r = { 0 }, again = { 0 };
	struct err e = { "" };

	if (result_parse((const char *)data, size, &r, &e) < 0) {
		FUZZ_CHECK(e.msg[0]);
		return 0;
	}
	AUTO_STR line = result_line(&r);
	FUZZ_CHECK(strchr(line, '\n') == line + strlen(line) - 1);
	FUZZ_CHECK(result_parse(line, strlen(line), &again, &e) == 0, "%s: %s\n", line, e.msg);
	FUZZ_CHECK(same(r.id, again.id) && same(r.subject, again.subject));
	FUZZ_CHECK(r.outcome == again.outcome && same(r.resource_version, again.resource_version));
	/* The message may be cut, even to nothing if it is not UTF-8; the rest is as it was. */
	FUZZ_CHECK(!again.message || (r.message && strlen(again.message) <= strlen(r.message)));
	result_clear(&r);
	result_clear(&again);
	return 0;
}

/* Any line as the event that asks for work: refused with a reason, or, if it is our own, written again the same. */
#include "base/mem.h"
#include "proto/event.h"
#include "testing/fuzz.h"

#include <string.h>

static void check_same(const struct work_event *a, const struct work_event *b)
{
	FUZZ_CHECK(!strcmp(a->id, b->id) && !strcmp(a->type, b->type));
	FUZZ_CHECK(!strcmp(a->source, b->source) && !strcmp(a->subject, b->subject));
	FUZZ_CHECK(!strcmp(a->uid, b->uid));
	AUTO_STR inputs = json_text(a->inputs);
	AUTO_STR again = json_text(b->inputs);
	FUZZ_CHECK(!strcmp(inputs, again), "%s\n%s\n", inputs, again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct work_event ev = { 0 }, again = { 0 };
	struct err e = { "" };

	if (work_event_parse((const char *)data, size, &ev, &e) < 0) {
		FUZZ_CHECK(e.msg[0]);
		return 0;
	}
	if (!ev.uid) { /* a Knative source's: never written by us */
		FUZZ_CHECK(!ev.inputs && ev.subject[0]);
		work_event_clear(&ev);
		return 0;
	}
	AUTO_STR line = work_event_line(&ev, 0);
	FUZZ_CHECK(strchr(line, '\n') == line + strlen(line) - 1);
	FUZZ_CHECK(work_event_parse(line, strlen(line), &again, &e) == 0, "%s: %s\n", line, e.msg);
	check_same(&ev, &again);
	work_event_clear(&ev);
	work_event_clear(&again);
	return 0;
}

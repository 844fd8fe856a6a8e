#include "proto/batch.h"

#include "testing/t.h"

#include <stdio.h>

static struct told {
	unsigned events, bad;
	char subjects[64], why[256];
} told;

static void on_event(void *arg, struct work_event *ev)
{
	(void)arg;
	told.events++;
	strncat(told.subjects, ev->subject, 8);
	work_event_clear(ev);
}

static void on_bad(void *arg, const char *why)
{
	(void)arg;
	told.bad++;
	snprintf(told.why, sizeof(told.why), "%s", why);
}

static int parse(const char *text)
{
	struct err e = { "" };

	told = (struct told){ 0 };
	return batch_parse(text, strlen(text), on_event, on_bad, NULL, &e);
}

#define EVENT(subject)                                                                             \
	"{\"specversion\":\"1.0\",\"type\":\"dev.berth.onboarding.advance\",\"source\":\"s\","     \
	"\"id\":\"i\",\"subject\":\"" subject "\",\"data\":{\"uid\":\"u\",\"inputs\":{}}}"

static void what_was_added_is_told(void **state)
{
	static const char *const names[] = { "a", "b", "c" };
	AUTO_BUF text = { 0 };

	(void)state;
	for (unsigned i = 0; i < COUNT(names); i++) {
		AUTO_JSON inputs = xjson_object();
		struct work_event ev = { .id = (char *)"i",
			.type = (char *)EVENT_ADVANCE,
			.source = (char *)"s",
			.subject = (char *)(uintptr_t)names[i],
			.uid = (char *)"u",
			.inputs = inputs };

		batch_add(&text, &ev, 0);
	}
	batch_end(&text);
	T_FALSE(text.oom);
	T_EQ(parse(text.s), 0);
	T_EQ(told.events, 3);
	T_STR(told.subjects, "abc");
}

static void texts(void **state)
{
	static const struct {
		const char *text;
		int rc;
		unsigned events, bad;
	} cases[] = {
		{ EVENT("a"), 0, 1, 0 },
		{ " \n" EVENT("a") "\n", 0, 1, 0 },
		{ "[]", 0, 0, 0 },
		{ "[" EVENT("a") " , " EVENT("b") "]", 0, 2, 0 },
		{ "[" EVENT("a") ",{},5," EVENT("b") "]", 0, 2, 2 },
		{ "{}", 0, 0, 1 },
		{ "", -EPROTO, 0, 0 },
		{ "\"a\"", -EPROTO, 0, 0 },
		{ "[" EVENT("a"), -EPROTO, 0, 0 },
		{ EVENT("a") EVENT("b"), -EPROTO, 0, 0 },
	};

	(void)state;
	for (unsigned i = 0; i < COUNT(cases); i++) {
		T_EQ(parse(cases[i].text), cases[i].rc);
		T_EQ(told.events, cases[i].events);
		T_EQ(told.bad, cases[i].bad);
	}
}

static void out_of_memory(void **state)
{
	int rc;

	(void)state;
	T_OOM(rc, rc = parse("[" EVENT("a") "," EVENT("b") "]"));
	T_EQ(told.events, 2);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_added_is_told),
		cmocka_unit_test(texts),
		cmocka_unit_test(out_of_memory),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

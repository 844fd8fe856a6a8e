#include "dispatch/sink_answer.h"

#include "testing/t.h"

static void every_answer_has_its_meaning(void **state)
{
	static const struct {
		int status;
		enum sink_meaning meaning;
		const char *advice;
	} cases[] = {
		{ 202, SINK_ACCEPTED, "" },
		{ 200, SINK_WORKED, "" },
		{ 204, SINK_WORKED, "" },
		{ 0, SINK_AGAIN, "does the sink run" },
		{ 500, SINK_AGAIN, "own log" }, /* JobSink's, of two deliveries at once */
		{ 503, SINK_AGAIN, "own log" },
		{ 429, SINK_AGAIN, "--max-workers" },
		{ 408, SINK_AGAIN, "" },
		{ 425, SINK_AGAIN, "" },
		{ 302, SINK_REFUSED, "redirects" },
		{ 400, SINK_REFUSED, "get jobsinks" },
		{ 404, SINK_REFUSED, "get jobsinks" },
		{ 403, SINK_REFUSED, "EventPolicy" },
		{ 413, SINK_REFUSED, "size" },
		{ 415, SINK_REFUSED, "a sink of CloudEvents" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		T_EQ(sink_meaning(cases[i].status), cases[i].meaning);
		T_HAS(sink_advice(cases[i].status), cases[i].advice);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_answer_has_its_meaning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

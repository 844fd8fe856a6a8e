#include "dispatch/sink_answer.h"

#include "testing/t.h"

static void every_answer_has_its_meaning(void **state)
{
	static const struct {
		int rc, status;
		enum sink_meaning meaning;
		const char *advice;
	} cases[] = {
		{ 0, 202, SINK_ACCEPTED, "" },
		{ 0, 200, SINK_WORKED, "" },
		{ 0, 204, SINK_WORKED, "" },
		{ -ENOTCONN, 0, SINK_AGAIN, "does the sink run" },
		{ -EMSGSIZE, 0, SINK_AGAIN, "does the sink run" },
		{ 0, 500, SINK_AGAIN, "own log" }, /* JobSink's, of two deliveries at once */
		{ 0, 503, SINK_AGAIN, "own log" },
		{ 0, 429, SINK_AGAIN, "--max-workers" },
		{ 0, 408, SINK_AGAIN, "" },
		{ 0, 425, SINK_AGAIN, "" },
		{ 0, 302, SINK_REFUSED, "redirects" },
		{ 0, 400, SINK_REFUSED, "get jobsinks" },
		{ 0, 404, SINK_REFUSED, "get jobsinks" },
		{ 0, 403, SINK_REFUSED, "EventPolicy" },
		{ 0, 413, SINK_REFUSED, "size" },
		{ 0, 415, SINK_REFUSED, "a sink of CloudEvents" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		T_EQ(sink_meaning(cases[i].rc, cases[i].status), cases[i].meaning);
		T_HAS(sink_advice(cases[i].rc, cases[i].status), cases[i].advice);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_answer_has_its_meaning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "controller/latency_decide.h"

#include "testing/t.h"

#include <string.h>

#define UNKNOWN "restart it when a cluster has joined or left"
#define FOURTH  "its scheduler ends when a node after the first 3 gets a pod"

static void test_what_is_said(void **state)
{
	static const struct {
		struct latency_view v;
		int64_t pairs;
		const char *reason; /* of False; NULL: True */
		const char *parts[3], *not ;
	} cases[] = {
		{ { .sums = true }, 0, NULL, { "in latency_between_nodes: 0, pairs: 0.", UNKNOWN },
			FOURTH },
		{ { .clusters = 1, .sums = true }, 2, NULL, { ": 1, pairs: 2.", "is 0 to it" },
			FOURTH },
		{ { .clusters = 2, .sums = true }, 6, NULL, { ": 2, pairs: 6.", UNKNOWN }, FOURTH },
		{ { .clusters = 3, .sums = true }, 12, NULL, { ": 3, pairs: 12.", FOURTH },
			"not measured" },
		{ { .clusters = 3 }, 6, NULL, { ": 3, pairs: 6." }, "not measured" },
		{ { .clusters = 3, .unmeasured = 2, .sums = true }, 12, NULL,
			{ "pairs: 12; not measured any more: 2." }, "register fewer" },
		{ { .clusters = 64, .sums = true }, 4160, NULL, { ": 64, pairs: 4160." },
			"register fewer" },
		{ { .clusters = 65, .sums = true }, 4160, "TooManyPairs",
			{ ": 64, pairs: 4160, for of 65 only those are told whose names sort first",
				FOURTH },
			"not measured" },
		{ { .clusters = 3, .sums = true, .rival = "a" }, 0, "MetricTaken",
			{ "FunctionScheduler a has latency_between_nodes already" }, UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct status_text t;

		latency_text(&cases[i].v, &t);
		if (latency_pairs(&cases[i].v) != cases[i].pairs || t.ready != !cases[i].reason ||
			strcmp(t.reason, cases[i].reason ? cases[i].reason : "Accepted") != 0 ||
			strstr(t.message, cases[i].not ))
			fail_msg("case %zu: %s: %s", i, t.reason, t.message);
		for (size_t k = 0; k < COUNT(cases[i].parts) && cases[i].parts[k]; k++)
			T_HAS(t.message, cases[i].parts[k]);
	}
}

/* Nothing is cut off at its end. */
static void test_the_longest_is_whole(void **state)
{
	struct latency_view v = { .clusters = INT64_MAX - 1, .unmeasured = INT64_MAX };
	struct status_text t;

	(void)state;
	latency_text(&v, &t);
	T_HAS(t.message, "takes them for the fastest");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_said),
		cmocka_unit_test(test_the_longest_is_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

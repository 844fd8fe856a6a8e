#include "workers/schedulers/faast_weights.h"

#include "testing/t.h"

#include <string.h>

/* Of three nodes, whose function has pods on the first and the last: as miporin's source makes it. */
#define THREE "[[91,0,9],[50,0,50],[9,0,91]]"

static void test_answers(void **state)
{
	static const struct {
		int status;
		const char *body;
		int nodes;
		const char *verdict, *reason, *part;
	} cases[] = {
		{ 200, THREE, 3, "True", "Seen", "as many nodes as the hub has: 3;" },
		{ 200, "[[100,0],[100,0]]", 2, "True", "Seen", "has: 2;" },
		{ 200, THREE, 4, "False", "NotSeen", "knows 3 nodes and the hub has 4: " },
		{ 200, THREE, 2, "False", "NotSeen", "kubectl rollout restart" },
		{ 200, "[[100,0,0],[0,100,0],[0,0,100]]", 3, "Unknown", "Unverified",
			"has no pod" },
		{ 200, "[[100,0,0],[0,100,0],[0,0,100]]", 4, "Unknown", "Unverified",
			"has no pod" },
		{ 200, "[]", 0, "Unknown", "Unverified", "no matrix" },
		{ 200, "{}", 1, "Unknown", "Unverified", "no matrix" },
		{ 200, "\"NotFound\"", 1, "Unknown", "Unverified", "no matrix" },
		{ 200, "[[91,9],[50]]", 2, "Unknown", "Unverified", "no matrix" },
		{ 200, "[[91,9],[\"50\",50]]", 2, "Unknown", "Unverified", "no matrix" },
		{ 200, "[[91,9],[-1,50]]", 2, "Unknown", "Unverified", "no matrix" },
		{ 200, "[[91,9],[101,50]]", 2, "Unknown", "Unverified", "no matrix" },
		{ 200, "[[91,9],null]", 2, "Unknown", "Unverified", "no matrix" },
		{ 200, "<html>", 2, "Unknown", "Unverified", "no matrix" },
		{ 200, "", 2, "Unknown", "Unverified", "no matrix" },
		{ 404, "\"NotFound\"", 3, "Unknown", "Unverified", "is there one of that name" },
		{ 500, "", 3, "Unknown", "Unverified", "miporin answers 500" },
		{ 0, "connection refused", 3, "Unknown", "Unverified",
			"answer: connection refused" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct faast_verdict v;

		faast_weights_judge(cases[i].status, cases[i].body, cases[i].nodes, &v);
		if (strcmp(v.status, cases[i].verdict) != 0 ||
			strcmp(v.reason, cases[i].reason) != 0 || !strstr(v.message, cases[i].part))
			fail_msg("case %zu: %s, %s: %s", i, v.status, v.reason, v.message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

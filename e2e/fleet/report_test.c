#include "e2e/fleet/report.h"

#include "base/json.h"
#include "testing/t.h"

static const struct profile sample = { .number = 3,
	.kind = KIND_LYING,
	.cpu_ops = 215473123.4,
	.memory_mb = 31281.62 };

/* Field by field what benchmarks/edge/report.c writes. */
static void test_the_whole_line(void **state)
{
	AUTO_STR text = report_text(&sample, "4f2a", "cpu,memory", LIE_NONE);
	AUTO_STR want = xprintf(
		"{\"schema\":1,\"run\":\"4f2a\",\"version\":\"%s\",\"probes\":["
		"{\"name\":\"cpu\",\"unit\":\"ops/s\",\"value\":215473000,\"n\":12,\"low\":212241000,"
		"\"high\":219783000,\"cvPerMille\":8,\"settled\":true,\"version\":1},"
		"{\"name\":\"memory\",\"unit\":\"MB/s\",\"value\":31281.6,\"n\":12,\"low\":30812.4,"
		"\"high\":31907.3,\"cvPerMille\":8,\"settled\":true,\"version\":1}],"
		"\"pressure\":{\"cpuBefore\":1.5,\"cpuAfter\":12.25,\"memoryBefore\":0,\"memoryAfter\":0,"
		"\"ioBefore\":0.25,\"ioAfter\":0.5},\"cpuModel\":\"AMD EPYC\",\"memoryLimitMiB\":128}",
		BERTH_VERSION);

	(void)state;
	T_STR(text, want);
}

static void test_lies(void **state)
{
	(void)state;
	for (enum lie lie = LIE_NONE; lie < N_LIES; lie++) {
		AUTO_STR text = report_text(&sample, "4f2a", "cpu", lie);
		AUTO_JSON j = json_parse(text, strlen(text), NULL);
		const cJSON *probes = json_at(j, "probes");
		const cJSON *probe = probes ? probes->child : NULL;

		T_EQ(!j, lie == LIE_MALFORMED);
		T_EQ(strlen(text) > 4096, lie == LIE_HUGE);
		if (!j)
			continue;
		T_EQ(strcmp(json_str(j, "run"), "4f2a") != 0, lie == LIE_STALE);
		T_EQ(json_num_or(probe, "value", 0) < 0, lie == LIE_ABSURD);
		T_EQ(strcmp(json_str(probe, "unit"), "ops/s") != 0, lie == LIE_UNIT);
	}
}

static void test_liars_tell_every_lie_and_others_none(void **state)
{
	struct profile honest = { .number = 3, .kind = KIND_SLOW };
	bool told[N_LIES] = { false };

	(void)state;
	for (unsigned n = 0; n < N_LIES; n++) {
		told[lie_of(&sample, n)] = true;
		T_EQ(lie_of(&honest, n), LIE_NONE);
	}
	T_FALSE(told[LIE_NONE]);
	for (enum lie lie = LIE_NONE + 1; lie < N_LIES; lie++)
		T_TRUE(told[lie]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_whole_line),
		cmocka_unit_test(test_lies),
		cmocka_unit_test(test_liars_tell_every_lie_and_others_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

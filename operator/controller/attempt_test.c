#include "controller/attempt.h"
#include "testing/t.h"

#include "base/clock.h"

#include <stdio.h>

static struct attempt a;
static int64_t when;

static int setup(void **state)
{
	(void)state;
	clock_fake(INT64_C(1795238640000));
	a = (struct attempt){ 0 };
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	clock_unfake();
	return 0;
}

static bool may(uint64_t seen)
{
	return attempt_may(&a, seen, clock_mono_ms(), &when);
}

static bool ends(int rc, const char *rv)
{
	struct kube_reply r = { .rc = rc };
	bool ok;

	if (rv)
		r.json = xjson_lit("{\"metadata\":{\"resourceVersion\":\"%s\"}}", rv);
	snprintf(r.err.msg, sizeof(r.err.msg), "answer %d", rc);
	a.busy = true;
	ok = attempt_end(&a, &r, "write", "cluster", "edge1");
	cJSON_Delete(r.json);
	return ok;
}

static void test_one_at_a_time(void **state)
{
	(void)state;
	T_TRUE(may(0));
	a.busy = true;
	T_FALSE(may(0));
	T_EQ(when, 0);
	T_TRUE(ends(0, NULL));
	T_TRUE(may(0));
}

static void test_failures_wait_longer_and_longer(void **state)
{
	int64_t longest = 0;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		T_FALSE(ends(-EACCES, NULL));
		T_FALSE(may(0));
		T_TRUE(when - clock_mono_ms() >= 100 && when - clock_mono_ms() <= 60000);
		if (when - clock_mono_ms() > longest)
			longest = when - clock_mono_ms();
		clock_fake_add(when - clock_mono_ms());
		T_TRUE(may(0));
	}
	T_TRUE(longest > 10000);
	T_TRUE(ends(0, NULL));
	T_FALSE(ends(-EACCES, NULL));
	T_FALSE(may(0));
	T_TRUE(when - clock_mono_ms() <= 300); /* a success forgets them */
}

static void test_a_crowd_of_failures_is_told_in_a_few_lines(void **state)
{
	unsigned told = 0;

	(void)state;
	clock_fake_add(86400000); /* longer than any test before */
	for (int i = 0; i < 100; i++) {
		a = (struct attempt){ 0 };
		T_FALSE(ends(-EACCES, NULL));
		told += a.told != 0;
	}
	T_EQ(told, 9);
	clock_fake_add(60000);
	T_FALSE(ends(-EACCES, NULL)); /* what was not told is told later */
	T_TRUE(a.told != 0);
}

static void test_waits_for_the_view(void **state)
{
	(void)state;
	T_TRUE(ends(0, "42"));
	T_FALSE(may(41));
	T_TRUE(when > clock_mono_ms());
	T_TRUE(may(42));
	T_TRUE(may(43));
	T_FALSE(may(41));
	clock_fake_add(10000); /* a hub restored from a backup never gets there */
	T_TRUE(may(41));
}

static void test_the_latest_write_counts(void **state)
{
	(void)state;
	attempt_await(&a, 50, clock_mono_ms());
	attempt_await(&a, 40, clock_mono_ms());
	T_FALSE(may(49));
	attempt_forget(&a);
	T_TRUE(may(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_one_at_a_time, setup, teardown),
		cmocka_unit_test_setup_teardown(test_failures_wait_longer_and_longer, setup,
			teardown),
		cmocka_unit_test_setup_teardown(test_a_crowd_of_failures_is_told_in_a_few_lines,
			setup, teardown),
		cmocka_unit_test_setup_teardown(test_waits_for_the_view, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_latest_write_counts, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "base/buf.h"
#include "testing/t.h"

static void appends_stay_terminated(void **state)
{
	AUTO_BUF b = { 0 };

	(void)state;
	buf_str(&b, "a");
	buf_add(&b, "bcd", 2);
	buf_printf(&b, "-%05d-%s", 42, "");
	T_STR(b.s, "abc-00042-");
	T_EQ(b.len, strlen(b.s));
	buf_reset(&b);
	T_STR(b.s, "");
	buf_add(&b, "", 0);
	T_EQ(b.len, 0);
	T_FALSE(b.oom);
}

static void grows_past_every_size(void **state)
{
	AUTO_BUF bytes = { 0 }, prints = { 0 };

	(void)state;
	for (size_t i = 0; i < 5000; i++) {
		buf_add(&bytes, "x", 1);
		buf_printf(&prints, "%c", 'x');
		T_TRUE(bytes.cap > bytes.len);
		T_EQ(strlen(bytes.s), i + 1);
		T_EQ(strlen(prints.s), i + 1);
	}
}

static void keeps_embedded_nul(void **state)
{
	AUTO_BUF b = { 0 };

	(void)state;
	buf_add(&b, "a\0b", 3);
	T_EQ(b.len, 3);
	assert_memory_equal(b.s, "a\0b", 4);
}

static void steal_leaves_it_empty(void **state)
{
	struct buf b = { 0 };
	AUTO_STR empty = buf_steal(&b);
	AUTO_STR full = NULL;

	(void)state;
	T_STR(empty, "");
	buf_str(&b, "full");
	full = buf_steal(&b);
	T_STR(full, "full");
	T_NULL(b.s);
	T_EQ(b.len + b.cap, 0);
}

static void fill(struct buf *b)
{
	for (int i = 0; i < 30; i++)
		buf_printf(b, "%d bottles on the wall; ", i);
	buf_str(b, "end");
}

static void out_of_memory_sticks(void **state)
{
	int rc;

	(void)state;
	T_OOM(rc, {
		struct buf b = { 0 };
		fill(&b);
		T_TRUE(!b.oom || !b.s || strlen(b.s) == b.len);
		AUTO_STR s = buf_steal(&b);
		T_TRUE(!s || strlen(s) > 3);
		T_FALSE(b.oom);
		rc = s ? 0 : -ENOMEM;
	});
	T_OOM(rc, {
		struct buf b = { 0 };
		AUTO_STR s = buf_steal(&b);
		rc = s ? 0 : -ENOMEM;
	});
}

static void reset_forgives(void **state)
{
	AUTO_BUF b = { 0 };

	(void)state;
	oom_fail_at(0);
	buf_str(&b, "lost");
	T_TRUE(oom_off());
	buf_str(&b, "lost too");
	T_TRUE(b.oom);
	T_NULL(b.s);
	buf_reset(&b);
	buf_str(&b, "kept");
	T_STR(b.s, "kept");
}

static void absurd_length_is_out_of_memory(void **state)
{
	AUTO_BUF b = { 0 };

	(void)state;
	buf_str(&b, "a");
	buf_add(&b, "x", SIZE_MAX - 1);
	T_TRUE(b.oom);
	T_STR(b.s, "a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(appends_stay_terminated),
		cmocka_unit_test(grows_past_every_size),
		cmocka_unit_test(keeps_embedded_nul),
		cmocka_unit_test(steal_leaves_it_empty),
		cmocka_unit_test(out_of_memory_sticks),
		cmocka_unit_test(reset_forgives),
		cmocka_unit_test(absurd_length_is_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

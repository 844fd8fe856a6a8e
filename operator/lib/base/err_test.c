#include "base/err.h"
#include "testing/t.h"

static void set_returns_minus_code(void **state)
{
	struct err e;

	(void)state;
	T_EQ(err_set(&e, ENOENT, "no %s in %d", "x", 7), -ENOENT);
	T_STR(e.msg, "no x in 7");
	T_EQ(err_set(NULL, EINVAL, "unheard"), -EINVAL);
}

static void wrap_puts_context_before(void **state)
{
	struct err e = { "bottom" };

	(void)state;
	T_EQ(err_wrap(&e, -EPROTO, "load `%s`", "f"), -EPROTO);
	T_EQ(err_wrap(&e, -EPROTO, "start"), -EPROTO);
	T_STR(e.msg, "start: load `f`: bottom");
	T_EQ(err_wrap(NULL, -EPROTO, "start"), -EPROTO);
}

static void own_text_may_be_an_argument(void **state)
{
	struct err e = { "inner" };

	(void)state;
	err_set(&e, EIO, "<%s>", e.msg);
	T_STR(e.msg, "<inner>");
	err_wrap(&e, -EIO, "again %s", e.msg);
	T_STR(e.msg, "again <inner>: <inner>");
}

/* A cut inside "é" would leave bytes that no JSON may hold. */
static void long_text_is_cut_between_characters(void **state)
{
	char text[sizeof(struct err) + 10];
	struct err e;

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memcpy(text + sizeof(e.msg) - 2, "é", 2);
	err_set(&e, EIO, "%s", text);
	T_EQ(strlen(e.msg), sizeof(e.msg) - 2);
	err_wrap(&e, -EIO, "%.*s", (int)sizeof(e.msg) - 4, "é");
	T_HAS(e.msg, "é: aaa");
	T_EQ(strlen(e.msg), sizeof(e.msg) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_returns_minus_code),
		cmocka_unit_test(wrap_puts_context_before),
		cmocka_unit_test(own_text_may_be_an_argument),
		cmocka_unit_test(long_text_is_cut_between_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

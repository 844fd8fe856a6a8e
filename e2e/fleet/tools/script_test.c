#include "e2e/fleet/tools/script.h"

#include "testing/t.h"

#define ANSWER                                                                                         \
	"{\"metadata\":{\"managedFields\":[{\"f:uid\":{}}],\"resourceVersion\":\"7\",\"uid\":\"u1\"}," \
	"\"spec\":{\"uid\":\"other\"}}"

static struct script parsed(const char *text)
{
	struct script s;
	struct err e = { "" };

	T_EQ(script_parse(xstrdup(text), &s, &e), 0);
	return s;
}

static const char two_chains[] =
	"a\t0\t201\tPOST\t/one\tapplication/json\tthings//a\t{}\n"
	"b\t1\t200\tGET\t/two\t\t\t\n"
	"a\t1\t200\tPATCH\t/three\tapplication/json-patch+json\t\t[\"@uid:things//a@\",\"@rv:things//a@\",\"x@y\"]\n"
	"b\t0\t404\tGET\t/four\t\t\t\n";

static void takes(struct script *s, const char *path, const char *answer)
{
	struct request *r = script_take(s);

	assert_non_null(r);
	T_STR(r->path, path);
	if (answer)
		script_done(s, r, answer);
}

static void test_a_chain_waits_for_its_answer(void **state)
{
	struct script s = parsed(two_chains);
	struct request *one, *two;

	(void)state;
	T_EQ(s.n, 4);
	one = script_take(&s);
	two = script_take(&s);
	T_STR(one->path, "/one");
	T_STR(two->path, "/two");
	T_EQ(one->status, 201);
	T_EQ(two->user, 1);
	T_NULL(script_take(&s));
	script_done(&s, two, "");
	takes(&s, "/four", "");
	T_NULL(script_take(&s));
	script_done(&s, one, ANSWER);
	takes(&s, "/three", "");
	T_NULL(script_take(&s));
	script_clear(&s);
}

static void test_the_old_order_is_kept_between_chains(void **state)
{
	struct script s = parsed(two_chains);

	(void)state;
	takes(&s, "/one", ANSWER);
	takes(&s, "/two", "");
	takes(&s, "/three", "");
	takes(&s, "/four", "");
	script_clear(&s);
}

static void test_one_that_is_sent_again(void **state)
{
	struct script s = parsed(two_chains);
	struct request *r = script_take(&s);

	(void)state;
	script_again(&s, r);
	takes(&s, "/one", ANSWER);
	script_clear(&s);
}

static void test_what_the_answers_said_is_put_in(void **state)
{
	struct script s = parsed(two_chains);
	struct request *r;
	AUTO_STR before = NULL;
	AUTO_STR after = NULL;

	(void)state;
	before = script_body(&s, &s.requests[2]);
	T_STR(before, "[\"@uid:things//a@\",\"@rv:things//a@\",\"x@y\"]");
	takes(&s, "/one", ANSWER);
	takes(&s, "/two", "");
	r = script_take(&s);
	after = script_body(&s, r);
	T_STR(after, "[\"u1\",\"7\",\"x@y\"]");
	script_clear(&s);
}

static void test_a_line_too_short(void **state)
{
	struct script s;
	struct err e = { "" };

	(void)state;
	T_EQ(script_parse(xstrdup("a\t0\t200\tGET\n"), &s, &e), -EPROTO);
	T_HAS(e.msg, "request 1 has 4 columns");
	script_clear(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_chain_waits_for_its_answer),
		cmocka_unit_test(test_the_old_order_is_kept_between_chains),
		cmocka_unit_test(test_one_that_is_sent_again),
		cmocka_unit_test(test_what_the_answers_said_is_put_in),
		cmocka_unit_test(test_a_line_too_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

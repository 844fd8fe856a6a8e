#include "proto/result.h"

#include "base/json.h"
#include "testing/t.h"

static const struct result waiting = {
	.id = (char *)"51f0.1234.c0ffee-1",
	.subject = (char *)"edge1",
	.outcome = RESULT_Waiting,
	.resource_version = (char *)"1234",
	.message = (char *)"for the benchmark",
};

static int parse(const char *line, struct result *ret, struct err *e)
{
	return result_parse(line, strlen(line), ret, e);
}

static void line_and_parse_agree(void **state)
{
	AUTO_STR line = result_line(&waiting);
	AUTO(result_clear) struct result r = { 0 };

	(void)state;
	T_STR(line,
		"{\"id\":\"51f0.1234.c0ffee-1\",\"subject\":\"edge1\",\"outcome\":\"Waiting\","
		"\"resourceVersion\":\"1234\",\"message\":\"for the benchmark\"}\n");
	T_EQ(parse(line, &r, NULL), 0);
	T_STR(r.id, waiting.id);
	T_STR(r.subject, waiting.subject);
	T_EQ(r.outcome, RESULT_Waiting);
	T_STR(r.resource_version, "1234");
	T_STR(r.message, waiting.message);
}

static void every_outcome_travels(void **state)
{
	(void)state;
	for (enum result_outcome o = 0; o < RESULT_N; o++) {
		struct result out = { .id = (char *)"i", .subject = (char *)"s", .outcome = o };
		AUTO_STR line = result_line(&out);
		AUTO(result_clear) struct result in = { 0 };
		T_HAS(line, result_outcome_name(o));
		T_EQ(parse(line, &in, NULL), 0);
		T_EQ(in.outcome, o);
		T_NULL(in.resource_version);
		T_NULL(in.message);
	}
	T_STR(result_outcome_name(RESULT_Superseded), "Superseded");
	T_ABORTS(result_outcome_name(RESULT_N));
}

static void long_message_is_cut(void **state)
{
	struct result out = { .id = (char *)"i", .subject = (char *)"s" };
	AUTO_STR message = mem_alloc(3000);
	AUTO_STR line = NULL;
	AUTO(result_clear) struct result in = { 0 };

	(void)state;
	memset(message, 'x', 1023);
	memcpy(message + 1023, "éé", 4); /* the cut falls inside a character */
	out.message = message;
	line = result_line(&out);
	T_EQ(parse(line, &in, NULL), 0);
	T_EQ(strlen(in.message), 1023);
}

/* Cutting a lone first byte leaves nothing, and an empty member would be refused on the other side. */
static void message_of_which_nothing_is_left_is_none(void **state)
{
	static const char *const messages[] = { "\xf1", "\xc3", "" };

	(void)state;
	for (size_t i = 0; i < COUNT(messages); i++) {
		struct result out = { .id = (char *)"i", .subject = (char *)"s" };
		AUTO(result_clear) struct result in = { 0 };
		AUTO_STR line = NULL;

		out.message = (char *)messages[i];
		line = result_line(&out);
		T_EQ(parse(line, &in, NULL), 0);
		T_NULL(in.message);
	}
}

static void what_is_no_result_is_refused(void **state)
{
	static const struct {
		const char *line, *want;
	} cases[] = {
		{ "", "JSON" },
		{ "Segmentation fault", "JSON" },
		{ "[]", "not a JSON object" },
		{ "{}", "id: missing" },
		{ "{\"id\":\"i\"}", "subject: missing" },
		{ "{\"id\":\"i\",\"subject\":\"s\"}", "outcome" },
		{ "{\"id\":\"i\",\"subject\":\"s\",\"outcome\":\"done\"}", "`done`" },
		{ "{\"id\":\"i\",\"subject\":\"s\",\"outcome\":3}", "outcome" },
		{ "{\"id\":7,\"subject\":\"s\",\"outcome\":\"Done\"}", "id: must be" },
		{ "{\"id\":\"i\",\"subject\":\"\",\"outcome\":\"Done\"}", "subject: must be" },
		{ "{\"id\":\"i\",\"subject\":\"s\",\"outcome\":\"Done\",\"resourceVersion\":7}",
			"resourceVersion: must be" },
		{ "{\"id\":\"i\",\"subject\":\"s\",\"outcome\":\"Done\",\"message\":[]}",
			"message: must be" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct result r = { 0 };
		struct err e = { "" };
		T_EQ(parse(cases[i].line, &r, &e), -EPROTO);
		T_HAS(e.msg, "result: ");
		T_HAS(e.msg, cases[i].want);
		T_NULL(r.id);
	}
}

static void survives_lack_of_memory(void **state)
{
	AUTO_STR line = result_line(&waiting);
	int rc;

	(void)state;
	T_OOM(rc, {
		AUTO_STR text = result_line(&waiting);
		rc = text ? 0 : -ENOMEM;
	});
	T_OOM(rc, {
		struct result r = { 0 };
		rc = parse(line, &r, NULL);
		T_EQ(r.id != NULL, rc == 0);
		result_clear(&r);
	});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(line_and_parse_agree),
		cmocka_unit_test(every_outcome_travels),
		cmocka_unit_test(long_message_is_cut),
		cmocka_unit_test(message_of_which_nothing_is_left_is_none),
		cmocka_unit_test(what_is_no_result_is_refused),
		cmocka_unit_test(survives_lack_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

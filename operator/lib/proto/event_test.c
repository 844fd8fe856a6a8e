#include "proto/event.h"

#include "testing/t.h"

#define NOON INT64_C(1795262400123)

static const char line_of_edge1[] =
	"{\"specversion\":\"1.0\",\"type\":\"dev.berth.onboarding.advance\","
	"\"source\":\"urn:berth:8a1c\",\"id\":\"51f0.1234.c0ffee-1\",\"subject\":\"edge1\","
	"\"time\":\"2026-11-21T12:00:00Z\",\"datacontenttype\":\"application/json\","
	"\"data\":{\"uid\":\"51f0\",\"inputs\":{\"generation\":3,\"rerun\":\"\"}}}\n";

static int parse(const char *line, struct work_event *ret, struct err *e)
{
	return work_event_parse(line, strlen(line), ret, e);
}

static void line_is_a_cloud_event(void **state)
{
	AUTO_JSON inputs = xjson_lit("{\"generation\":3,\"rerun\":\"\"}");
	const struct work_event ev = {
		.id = (char *)"51f0.1234.c0ffee-1",
		.type = (char *)EVENT_ADVANCE,
		.source = (char *)"urn:berth:8a1c",
		.subject = (char *)"edge1",
		.uid = (char *)"51f0",
		.inputs = inputs,
	};
	AUTO_STR line = NULL;
	int rc;

	(void)state;
	T_OOM(rc, {
		AUTO_STR text = work_event_line(&ev, NOON);
		rc = text ? 0 : -ENOMEM;
	});
	line = work_event_line(&ev, NOON);
	T_STR(line, line_of_edge1);
	T_EQ(json_int_or(inputs, "generation", 0), 3); /* still whole, still ours */
}

static void parse_takes_what_line_gave(void **state)
{
	AUTO(work_event_clear) struct work_event ev = { 0 };
	struct err e;
	AUTO_STR again = NULL;

	(void)state;
	T_EQ(parse(line_of_edge1, &ev, &e), 0);
	T_STR(ev.id, "51f0.1234.c0ffee-1");
	T_STR(ev.type, EVENT_ADVANCE);
	T_STR(ev.source, "urn:berth:8a1c");
	T_STR(ev.subject, "edge1");
	T_STR(ev.uid, "51f0");
	T_EQ(json_int_or(ev.inputs, "generation", 0), 3);
	again = work_event_line(&ev, NOON);
	T_STR(again, line_of_edge1);
}

static void parse_survives_lack_of_memory(void **state)
{
	int rc;

	(void)state;
	T_OOM(rc, {
		struct work_event ev = { 0 };
		rc = parse(line_of_edge1, &ev, NULL);
		T_EQ(ev.inputs != NULL, rc == 0);
		work_event_clear(&ev);
	});
}

static void strange_text_stays_one_line(void **state)
{
	AUTO_JSON inputs = xjson_lit("{\"ready\":\"a\\nb\"}");
	struct work_event ev = { (char *)"i\n\"}", (char *)EVENT_ADVANCE, (char *)"s\\",
		(char *)"\x1b", (char *)"é", inputs, false };
	AUTO(work_event_clear) struct work_event back = { 0 };
	AUTO_STR line = work_event_line(&ev, 0);

	(void)state;
	T_TRUE(strchr(line, '\n') == line + strlen(line) - 1);
	T_EQ(parse(line, &back, NULL), 0);
	T_STR(back.id, ev.id);
	T_STR(back.source, ev.source);
	T_STR(back.subject, ev.subject);
	T_STR(back.uid, ev.uid);
	T_TRUE(json_equal(back.inputs, inputs));
}

static void what_is_held_is_told(void **state)
{
	static const char *const others[] = { "true", "null", "0", "\"false\"", "{}" };
	AUTO(work_event_clear) struct work_event ev = { 0 };
	AUTO(work_event_clear) struct work_event held = { 0 };
	AUTO_STR line = NULL;
	int rc;

	(void)state;
	T_EQ(parse(line_of_edge1, &ev, NULL), 0);
	T_FALSE(ev.holds_refresh);
	ev.holds_refresh = true;
	T_OOM(rc, {
		AUTO_STR text = work_event_line(&ev, NOON);
		rc = text ? 0 : -ENOMEM;
	});
	line = work_event_line(&ev, NOON);
	T_HAS(line, "\"refresh\":false}}");
	T_EQ(parse(line, &held, NULL), 0);
	T_TRUE(held.holds_refresh);
	for (size_t i = 0; i < COUNT(others); i++) {
		AUTO(work_event_clear) struct work_event other = { 0 };
		AUTO_JSON j = xjson_lit("%s", line);
		AUTO_STR text = NULL;

		xjson_set(j, "data.refresh", xjson_lit("%s", others[i]));
		text = json_text(j);
		T_EQ(parse(text, &other, NULL), 0);
		T_FALSE(other.holds_refresh);
	}
}

static void unknown_attributes_are_ignored(void **state)
{
	AUTO_JSON j = xjson_lit("%s", line_of_edge1);
	AUTO(work_event_clear) struct work_event ev = { 0 };
	AUTO_STR line = NULL;

	(void)state;
	xjson_set_str(j, "traceparent", "00-ab-cd-01");
	xjson_set_int(j, "data.later", 1);
	xjson_remove(j, "time");
	xjson_remove(j, "datacontenttype");
	line = json_text(j);
	T_EQ(parse(line, &ev, NULL), 0);
}

static void what_is_no_event_is_refused(void **state)
{
	static const struct {
		const char *path, *value, *want; /* value: JSON, NULL removes */
	} cases[] = {
		{ "specversion", NULL, "specversion" },
		{ "specversion", "\"0.3\"", "`0.3` is not 1.0" },
		{ "specversion", "1.0", "specversion" },
		{ "type", NULL, "type" },
		{ "type", "\"dev.berth.other\"", "`dev.berth.other`" },
		{ "id", NULL, "id: missing" },
		{ "id", "\"\"", "id: must be a string" },
		{ "id", "7", "id: must be a string" },
		{ "source", NULL, "source: missing" },
		{ "subject", NULL, "subject: missing" },
		{ "subject", "{}", "subject: must be" },
		{ "data", NULL, "data.uid: missing" },
		{ "data", "[]", "data.uid: missing" },
		{ "data.uid", "null", "data.uid: must be" },
		{ "data.inputs", NULL, "data.inputs: must be an object" },
		{ "data.inputs", "\"x\"", "data.inputs: must be an object" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_JSON j = xjson_lit("%s", line_of_edge1);
		struct work_event ev = { 0 };
		struct err e = { "" };
		AUTO_STR line = NULL;
		if (cases[i].value)
			xjson_set(j, cases[i].path, xjson_lit("%s", cases[i].value));
		else
			xjson_remove(j, cases[i].path);
		line = json_text(j);
		T_EQ(parse(line, &ev, &e), -EPROTO);
		T_HAS(e.msg, "event: ");
		T_HAS(e.msg, cases[i].want);
		T_NULL(ev.id);
	}
}

#define KNATIVE(more)                                                                                \
	"{\"specversion\":\"1.0\",\"type\":\"dev.knative.apiserver.resource.update\",\"id\":\"x\","  \
	"\"source\":\"https://10.0.0.1:443\",\"subject\":\"/apis/x/namespaces//managedclusters/e\"," \
	"\"data\":{\"metadata\":{\"name\":\"e\"}}" more "}"
#define ABOUT(api, kind, name)                                                                     \
	",\"apiversion\":\"" api "\",\"kind\":\"" kind "\",\"name\":\"" name "\",\"namespace\":\"\""

static void knative_tells_of_clusters(void **state)
{
	static const struct {
		const char *line;
		int rc;
	} cases[] = {
		{ KNATIVE(ABOUT("cluster.open-cluster-management.io/v1", "ManagedCluster", "e")),
			0 },
		{ KNATIVE(ABOUT("cluster.open-cluster-management.io/v1", "ManagedClusterSet", "e")),
			-EPROTO },
		{ KNATIVE(ABOUT("example.com/v1", "ManagedCluster", "e")), -EPROTO },
		{ KNATIVE(ABOUT("cluster.open-cluster-management.io/v1", "ManagedCluster", "")),
			-EPROTO },
		{ KNATIVE(""), -EPROTO },
	};

	(void)state;
	for (unsigned i = 0; i < COUNT(cases); i++) {
		AUTO(work_event_clear) struct work_event ev = { 0 };
		struct err e;

		T_EQ(parse(cases[i].line, &ev, &e), cases[i].rc);
		if (cases[i].rc)
			continue;
		T_STR(ev.subject, "e");
		T_NULL(ev.uid);
		T_NULL(ev.inputs);
	}
}

static void what_is_no_object_is_refused(void **state)
{
	static const char *const cases[] = { "", "\n", "[]", "\"x\"", "{", "nonsense", "{}{}" };
	struct work_event ev;
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		T_EQ(parse(cases[i], &ev, &e), -EPROTO);
}

static void half_an_event_is_a_bug(void **state)
{
	struct work_event ev = { .id = (char *)"i" };

	(void)state;
	T_ABORTS((void)!work_event_line(&ev, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(line_is_a_cloud_event),
		cmocka_unit_test(parse_takes_what_line_gave),
		cmocka_unit_test(parse_survives_lack_of_memory),
		cmocka_unit_test(strange_text_stays_one_line),
		cmocka_unit_test(what_is_held_is_told),
		cmocka_unit_test(unknown_attributes_are_ignored),
		cmocka_unit_test(what_is_no_event_is_refused),
		cmocka_unit_test(knative_tells_of_clusters),
		cmocka_unit_test(what_is_no_object_is_refused),
		cmocka_unit_test(half_an_event_is_a_bug),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

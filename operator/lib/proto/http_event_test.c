#include "proto/http_event.h"

#include "testing/t.h"

#define ADVANCE                                                                                    \
	"{\"specversion\":\"1.0\",\"type\":\"" EVENT_ADVANCE "\",\"source\":\"urn:berth:8a1c\","   \
	"\"id\":\"i\",\"subject\":\"edge1\",\"data\":{\"uid\":\"u\",\"inputs\":{\"plan\":\"p\"}}}"
#define DATA "{\"uid\":\"u\",\"inputs\":{\"plan\":\"p\"}}"

enum { TYPE, SPEC, CE_TYPE, SOURCE, ID, SUBJECT, API, KIND, NAME, N };

static const char *const binary[N] = { [TYPE] = "application/json",
	[SPEC] = "1.0",
	[CE_TYPE] = EVENT_ADVANCE,
	[SOURCE] = "urn:berth:8a1c",
	[ID] = "i",
	[SUBJECT] = "edge1" };

/* As the adapter of Knative Eventing 0.47 sends it. */
static const char *const knative[N] = { [TYPE] = "application/json",
	[SPEC] = "1.0",
	[CE_TYPE] = "dev.knative.apiserver.resource.add",
	[SOURCE] = "https://10.0.0.1:443",
	[ID] = "5b2b6f4e-0000-4000-8000-000000000000",
	[SUBJECT] = "/apis/cluster.open-cluster-management.io/v1/namespaces//managedclusters/edge1",
	[API] = "cluster.open-cluster-management.io/v1",
	[KIND] = "ManagedCluster",
	[NAME] = "edge1" };

static void there_is_a_value_for_each_header(void **state)
{
	(void)state;
	T_STR(http_event_headers[TYPE], "content-type:");
	T_STR(http_event_headers[NAME], "ce-name:");
	T_NULL(http_event_headers[N]);
}

static void both_modes_say_the_same(void **state)
{
	static const char *const structured[N] = {
		[TYPE] = "application/CloudEvents+JSON; charset=UTF-8"
	};
	static const struct {
		const char *const *values;
		const char *body;
	} cases[] = { { structured, ADVANCE }, { binary, DATA }, { knative, "{}" } };
	int rc;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO(work_event_clear) struct work_event ev = { 0 };
		const char *body = cases[i].body;

		T_EQ(http_event_parse(cases[i].values, body, strlen(body), &ev, NULL), 0);
		T_STR(ev.subject, "edge1");
		if (cases[i].values == knative) {
			T_NULL(ev.uid);
			T_NULL(ev.inputs);
		} else {
			T_STR(ev.type, EVENT_ADVANCE);
			T_STR(ev.source, "urn:berth:8a1c");
			T_STR(ev.id, "i");
			T_STR(ev.uid, "u");
			T_STR(json_str(ev.inputs, "plan"), "p");
		}
		T_OOM(rc, {
			struct work_event again = { 0 };

			rc = http_event_parse(cases[i].values, body, strlen(body), &again, NULL);
			work_event_clear(&again);
		});
	}
}

static void attributes_are_decoded(void **state)
{
	static const struct {
		const char *sent, *meant; /* NULL: refused */
	} cases[] = {
		{ "edge1", "edge1" },
		{ "%65dge%31", "edge1" },
		{ "%C3%A9%c3%a9", "éé" },
		{ "a%20b", "a b" },
		{ "%", NULL },
		{ "%4", NULL },
		{ "%4g", NULL },
		{ "%g4", NULL },
		{ "%00", NULL },
		{ "100%", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO(work_event_clear) struct work_event ev = { 0 };
		const char *values[N];
		struct err e;

		memcpy(values, binary, sizeof(values));
		values[SUBJECT] = cases[i].sent;
		T_EQ(http_event_parse(values, DATA, strlen(DATA), &ev, &e),
			cases[i].meant ? 0 : -EPROTO);
		if (cases[i].meant)
			T_STR(ev.subject, cases[i].meant);
		else
			T_HAS(e.msg, "ce-subject:");
	}
}

static void what_is_refused(void **state)
{
	static const struct {
		unsigned header;
		const char *value, *body, *why;
	} cases[] = {
		{ TYPE, "application/cloudevents-batch+json", "[]", "one event at a time" },
		{ TYPE, "application/cloudevents+json", "nonsense", "event: " },
		{ TYPE, "application/cloudevents+json", "", "event: " },
		{ ID, NULL, DATA, "id: missing" },
		{ SPEC, NULL, DATA, "specversion" },
		{ SPEC, "0.3", DATA, "specversion" },
		{ CE_TYPE, "dev.other", DATA, "type" },
		{ SUBJECT, NULL, DATA, "subject" },
		{ SUBJECT, "edge1", "", "data" },
		{ SUBJECT, "edge1", "nonsense", "data" },
		{ SUBJECT, "edge1", "{}", "data.uid" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *values[N];
		struct work_event ev = { 0 };
		struct err e = { "" };

		memcpy(values, binary, sizeof(values));
		values[cases[i].header] = cases[i].value;
		T_EQ(http_event_parse(values, cases[i].body, strlen(cases[i].body), &ev, &e),
			-EPROTO);
		T_HAS(e.msg, cases[i].why);
		T_NULL(ev.id);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_is_a_value_for_each_header),
		cmocka_unit_test(both_modes_say_the_same),
		cmocka_unit_test(attributes_are_decoded),
		cmocka_unit_test(what_is_refused),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

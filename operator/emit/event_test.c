/* What is sent, word for word. */
#include "emit/event.h"
#include "testing/t.h"

#include "base/clock.h"

#define T0 INT64_C(1795238640000) /* 2026-11-21T05:24:00Z */

static const struct event_kind clusters = { .source = "https://hub:6443",
	.api_version = "cluster.open-cluster-management.io/v1",
	.kind = "ManagedCluster",
	.plural = "managedclusters",
	.namespace = "berth-system" };
static const struct event_kind pods = { .source = "https://hub:6443",
	.api_version = "v1",
	.kind = "Pod",
	.plural = "pods",
	.namespace = "berth-system" };

static struct span span(const char *text)
{
	return (struct span){ text, strlen(text) };
}

static void check_body(const struct event_kind *k, const char *key, struct span object,
	const char *want)
{
	struct event *ev = event_new(k, EVENT_ADD, key, object, "u1", 42);

	T_STR(ev->body, want);
	T_EQ(ev->len, strlen(want));
	event_free(ev);
}

static void the_body_is_the_object_as_it_was_written(void **state)
{
	static const char text[] = "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"a\": 1.0}";

	(void)state;
	check_body(&pods, "ns/p", span(text), text);
}

static void an_item_of_a_list_gets_what_it_lacks(void **state)
{
	(void)state;
	check_body(&pods, "ns/p", span("{\"metadata\":{}}"),
		"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{}}");
}

static void of_what_nobody_saw_it_says_who_it_was(void **state)
{
	(void)state;
	check_body(&pods, "ns/p", (struct span){ 0 },
		"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\","
		"\"namespace\":\"ns\",\"uid\":\"u1\",\"resourceVersion\":\"42\"}}");
	check_body(&clusters, "c", (struct span){ 0 },
		"{\"apiVersion\":\"cluster.open-cluster-management.io/v1\",\"kind\":\"ManagedCluster\","
		"\"metadata\":{\"name\":\"c\",\"uid\":\"u1\",\"resourceVersion\":\"42\"}}");
}

static void a_reference_is_short(void **state)
{
	struct event_kind k = pods, c = clusters;

	(void)state;
	k.reference = c.reference = true;
	check_body(&k, "ns/p", span("{\"kind\":\"Pod\"}"),
		"{\"kind\":\"Pod\",\"namespace\":\"ns\",\"name\":\"p\",\"apiVersion\":\"v1\"}");
	check_body(&c, "c", span("{\"kind\":\"ManagedCluster\"}"),
		"{\"kind\":\"ManagedCluster\",\"name\":\"c\","
		"\"apiVersion\":\"cluster.open-cluster-management.io/v1\"}");
}

static const char *value(const struct attributes *a, const char *name)
{
	for (unsigned i = 0; i < a->n; i++)
		if (strcmp(a->list[i].name, name) == 0)
			return a->list[i].value;
	return "(none)";
}

static void check_attributes(const struct event_kind *k, enum event_verb verb, const char *key,
	const char *const want[][2])
{
	struct event *ev = event_new(k, verb, key, (struct span){ 0 }, "u1", 42);
	struct attributes a;
	unsigned n = 0;

	event_attributes(k, key, ev, &a);
	for (; want[n][0]; n++)
		T_STR(value(&a, want[n][0]), want[n][1]);
	T_EQ(a.n, n);
	T_STR(a.list[ATTRIBUTE_ID].value, value(&a, "Ce-Id"));
	attributes_clear(&a);
	event_free(ev);
}

static void the_attributes_are_those_of_knative(void **state)
{
	static const char *const cluster[][2] = { { "Ce-Specversion", "1.0" },
		{ "Ce-Id", "u1.42.update" }, { "Ce-Source", "https://hub:6443" },
		{ "Ce-Type", "dev.knative.apiserver.resource.update" },
		{ "Ce-Subject",
			"/apis/cluster.open-cluster-management.io/v1/namespaces//managedclusters/c" },
		{ "Ce-Time", "2026-11-21T05:24:00.000Z" },
		{ "Ce-Apiversion", "cluster.open-cluster-management.io/v1" },
		{ "Ce-Kind", "ManagedCluster" }, { "Ce-Name", "c" }, { "Ce-Namespace", "" },
		{ "Ce-Uid", "u1" }, { "Ce-Resourceversion", "42" },
		{ "Kn-Namespace", "berth-system" }, { 0 } };
	static const char *const pod[][2] = { { "Ce-Specversion", "1.0" },
		{ "Ce-Id", "u1.42.delete" }, { "Ce-Source", "https://hub:6443" },
		{ "Ce-Type", "dev.knative.apiserver.ref.delete" },
		{ "Ce-Subject", "/apis/v1/namespaces/ns/pods/p" },
		{ "Ce-Time", "2026-11-21T05:24:00.000Z" }, { "Ce-Apiversion", "v1" },
		{ "Ce-Kind", "Pod" }, { "Ce-Name", "p" }, { "Ce-Namespace", "ns" },
		{ "Ce-Uid", "u1" }, { "Ce-Resourceversion", "42" },
		{ "Kn-Namespace", "berth-system" }, { 0 } };
	struct event_kind k = pods;

	(void)state;
	k.reference = true;
	clock_fake(T0);
	check_attributes(&clusters, EVENT_UPDATE, "c", cluster);
	check_attributes(&k, EVENT_DELETE, "ns/p", pod);
	clock_unfake();
}

static void what_no_header_can_hold_is_encoded(void **state)
{
	struct event_kind k = pods;
	struct event *ev = event_new(&k, EVENT_ADD, "ns/p", (struct span){ 0 }, "u1", 42);
	struct attributes a;

	(void)state;
	k.source = "a \"b\" 50% \xc3\xa9\r\nX: y";
	event_attributes(&k, "ns/p", ev, &a);
	T_STR(value(&a, "Ce-Source"), "a%20%22b%22%2050%25%20%C3%A9%0D%0AX:%20y");
	attributes_clear(&a);
	event_free(ev);
}

static void a_dead_letter_tells_who_refused_it(void **state)
{
	struct attributes a = { 0 };
	char large[2000];

	(void)state;
	event_attributes_failed(&a, "http://sink/x", 500, "no!", 3);
	T_STR(value(&a, "Ce-Knativeerrordest"), "http://sink/x");
	T_STR(value(&a, "Ce-Knativeerrorcode"), "500");
	T_STR(value(&a, "Ce-Knativeerrordata"), "bm8h");
	attributes_clear(&a);
	event_attributes_failed(&a, "http://sink/x", 0, NULL, 0);
	T_STR(value(&a, "Ce-Knativeerrorcode"), "-1");
	T_EQ(a.n, 2);
	attributes_clear(&a);
	memset(large, 'x', sizeof(large));
	event_attributes_failed(&a, "http://sink/x", 500, large, sizeof(large));
	T_EQ(strlen(value(&a, "Ce-Knativeerrordata")), 1024);
	attributes_clear(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_body_is_the_object_as_it_was_written),
		cmocka_unit_test(an_item_of_a_list_gets_what_it_lacks),
		cmocka_unit_test(of_what_nobody_saw_it_says_who_it_was),
		cmocka_unit_test(a_reference_is_short),
		cmocka_unit_test(the_attributes_are_those_of_knative),
		cmocka_unit_test(what_no_header_can_hold_is_encoded),
		cmocka_unit_test(a_dead_letter_tells_who_refused_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "kube/watch_fault.h"

#include "testing/t.h"

static const struct {
	int http;
	unsigned retry_after_s;
	bool closed;
	enum kube_watch_trouble trouble;
	int64_t delay_ms;
	bool steady, forget;
	const char *text;
} ends[] = {
	{ 0, 0, false, WATCH_UNREACHABLE, 0, false, true, "connection refused" },
	{ 0, 0, true, WATCH_UNREACHABLE, 0, false, false, "connection refused" },
	{ 400, 0, false, WATCH_REFUSED, 10000, true, false, "HTTP 400" },
	{ 401, 0, false, WATCH_UNAUTHORIZED, 0, false, false, "credential" },
	{ 403, 0, false, WATCH_FORBIDDEN, 10000, true, false,
		"needs verb \"list\", \"watch\" on managedclusters.cluster.open-cluster-management.io; "
		"add to its ClusterRole: {apiGroups: [\"cluster.open-cluster-management.io\"], "
		"resources: [\"managedclusters\"], verbs: [\"list\", \"watch\"]}" },
	{ 404, 0, false, WATCH_NO_CRD, 5000, true, false,
		"waiting for CRD managedclusters.cluster.open-cluster-management.io" },
	{ 410, 0, false, WATCH_UNREACHABLE, 0, false, true, "HTTP 410" },
	{ 422, 0, false, WATCH_REFUSED, 10000, true, false,
		"the server refuses the watch: HTTP 422" },
	{ 429, 7, false, WATCH_UNREACHABLE, 7000, false, true, "HTTP 429" },
	{ 500, 0, false, WATCH_UNREACHABLE, 0, false, true, "HTTP 500" },
	{ 503, 1, false, WATCH_UNREACHABLE, 1000, false, true, "HTTP 503" },
	{ 503, 86400, false, WATCH_UNREACHABLE, 120000, false, true,
		"HTTP 503" }, /* not for a day */
	{ 302, 0, false, WATCH_UNREACHABLE, 0, false, true, "HTTP 302" },
	{ 200, 0, false, WATCH_UNREACHABLE, 0, false, true,
		"HTTP 200" }, /* no upgrade: a proxy, say */
};

static void of_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(ends); i++) {
		const struct stream_end end = {
			.http = ends[i].http,
			.retry_after_s = ends[i].retry_after_s,
			.closed = ends[i].closed,
			.text = "connection refused",
		};
		struct watch_fault f = watch_fault_of_end(&KUBE_MANAGED_CLUSTER, &end);
		T_EQ(f.trouble, ends[i].trouble);
		T_EQ(f.delay_ms, ends[i].delay_ms);
		T_EQ(f.steady, ends[i].steady);
		T_EQ(f.forget, ends[i].forget);
		T_HAS(f.text.msg, ends[i].text);
	}
}

static void core_types_have_no_crd(void **state)
{
	(void)state;
	struct watch_fault f =
		watch_fault_of_end(&KUBE_NAMESPACE, &(struct stream_end){ .http = 404 });
	T_STR(f.text.msg, "the server does not know namespaces");
}

static void forbidden_out_of_memory(void **state)
{
	(void)state;
	oom_fail_at(0);
	struct watch_fault f =
		watch_fault_of_end(&KUBE_NAMESPACE, &(struct stream_end){ .http = 403 });
	T_TRUE(oom_off());
	T_EQ(f.trouble, WATCH_FORBIDDEN);
	T_STR(f.text.msg, "forbidden: namespaces");
}

static void of_message(void **state)
{
	(void)state;
	struct watch_fault f = watch_fault_of_message(-ESTALE, 3, "expired");
	T_TRUE(f.forget);
	T_EQ(f.delay_ms, 0);
	f = watch_fault_of_message(-EBUSY, 3, "busy");
	T_FALSE(f.forget);
	T_FALSE(f.steady);
	T_EQ(f.delay_ms, 3000);
	T_STR(f.text.msg, "busy");
	T_EQ(f.trouble, WATCH_UNREACHABLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_end),
		cmocka_unit_test(core_types_have_no_crd),
		cmocka_unit_test(forbidden_out_of_memory),
		cmocka_unit_test(of_message),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

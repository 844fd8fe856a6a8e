#include "base/buf.h"
#include "kube/type.h"
#include "testing/t.h"

static void paths(void **state)
{
	static const struct {
		const struct kube_type *type;
		const char *ns, *name, *sub, *want;
	} cases[] = {
		{ &KUBE_NAMESPACE, NULL, NULL, NULL, "/api/v1/namespaces" },
		{ &KUBE_NAMESPACE, NULL, "edge1", NULL, "/api/v1/namespaces/edge1" },
		{ &KUBE_CLUSTER_ONBOARDING, NULL, "edge1", "status",
			"/apis/berth.dev/v1alpha1/clusteronboardings/edge1/status" },
		{ &KUBE_MANIFEST_WORK, NULL, NULL, NULL,
			"/apis/work.open-cluster-management.io/v1/manifestworks" },
		{ &KUBE_MANIFEST_WORK, "edge1", "bench", NULL,
			"/apis/work.open-cluster-management.io/v1/namespaces/edge1/manifestworks/"
			"bench" },
		{ &KUBE_ADDON_PLACEMENT_SCORE, "e", "berth", "status",
			"/apis/cluster.open-cluster-management.io/v1alpha1/namespaces/e/"
			"addonplacementscores/berth/status" },
		{ &KUBE_EVENT, "default", NULL, NULL, "/api/v1/namespaces/default/events" },
		{ &KUBE_CONTROLLER_REVISION, "berth", "a.b-c_d~e", NULL,
			"/apis/apps/v1/namespaces/berth/controllerrevisions/a.b-c_d~e" },
		/* what a stranger may call himself leaves the path as it is */
		{ &KUBE_NAMESPACE, NULL, "a/../b?c=d#e%f g", NULL,
			"/api/v1/namespaces/a%2F..%2Fb%3Fc%3Dd%23e%25f%20g" },
		{ &KUBE_NAMESPACE, NULL, "\xc3\xa9", NULL, "/api/v1/namespaces/%C3%A9" },
		/* and is never the collection or the parent */
		{ &KUBE_NAMESPACE, NULL, "", NULL, "/api/v1/namespaces/%20" },
		{ &KUBE_NAMESPACE, NULL, "..", NULL, "/api/v1/namespaces/%20.." },
		{ &KUBE_EVENT, "", ".", NULL, "/api/v1/namespaces/%20/events/%20." },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_STR path = kube_path(cases[i].type, cases[i].ns, cases[i].name, cases[i].sub);
		T_STR(path, cases[i].want);
	}
}

static void api_versions(void **state)
{
	static const struct {
		const char *api_version, *kind;
		const struct kube_type *want;
	} cases[] = {
		{ "v1", "Namespace", &KUBE_NAMESPACE },
		{ "apps/v1", "ControllerRevision", &KUBE_CONTROLLER_REVISION },
		{ "v1", "Event", &KUBE_EVENT },
		{ "cluster.open-cluster-management.io/v1", "ManagedCluster",
			&KUBE_MANAGED_CLUSTER },
		{ "work.open-cluster-management.io/v1", "ManifestWork", &KUBE_MANIFEST_WORK },
		{ "cluster.open-cluster-management.io/v1alpha1", "AddOnPlacementScore",
			&KUBE_ADDON_PLACEMENT_SCORE },
		{ "berth.dev/v1alpha1", "OnboardingPlan", &KUBE_ONBOARDING_PLAN },
		{ "berth.dev/v1alpha1", "FunctionScheduler", &KUBE_FUNCTION_SCHEDULER },
		{ "berth.dev/v1alpha1", "ClusterOnboarding", &KUBE_CLUSTER_ONBOARDING },
		{ "events.k8s.io/v1", "Event", NULL },
		{ "v1", "Pod", NULL },
		{ "apps/v1", "Namespace", NULL },
		{ "berth.dev", "ClusterOnboarding", NULL },
		{ "berth.dev/v1", "ClusterOnboarding", NULL },
		{ "berth.developer/v1alpha1", "ClusterOnboarding", NULL },
		{ "", "Namespace", NULL },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct kube_type *t = kube_type_of(cases[i].api_version, cases[i].kind);
		T_TRUE(t == cases[i].want);
		AUTO_STR back = t ? kube_api_version(t) : NULL;
		if (t)
			T_STR(back, cases[i].api_version);
	}
}

static void rbac_hints(void **state)
{
	static const struct {
		const struct kube_type *type;
		const char *sub, *verb, *want;
	} cases[] = {
		{ &KUBE_CLUSTER_ONBOARDING, "status", "patch",
			"needs verb \"patch\" on clusteronboardings.berth.dev/status; add to its "
			"ClusterRole: {apiGroups: [\"berth.dev\"], resources: "
			"[\"clusteronboardings/status\"], verbs: [\"patch\"]}" },
		{ &KUBE_NAMESPACE, NULL, "watch",
			"needs verb \"watch\" on namespaces; add to its ClusterRole: "
			"{apiGroups: [\"\"], resources: [\"namespaces\"], verbs: [\"watch\"]}" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_BUF b = { 0 };
		kube_rbac_hint(cases[i].type, cases[i].sub, cases[i].verb, &b);
		T_STR(b.s, cases[i].want);
	}
}

static void survives_want_of_memory(void **state)
{
	int rc;
	(void)state;
	T_OOM(rc, {
		AUTO_STR path = kube_path(&KUBE_MANIFEST_WORK, "a b", "c", "status");
		rc = path ? 0 : -ENOMEM;
		mem_free(STEAL(path));
	});
	T_OOM(rc, {
		AUTO_STR version = kube_api_version(&KUBE_EVENT);
		rc = version ? 0 : -ENOMEM;
		mem_free(STEAL(version));
	});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths),
		cmocka_unit_test(api_versions),
		cmocka_unit_test(rbac_hints),
		cmocka_unit_test(survives_want_of_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

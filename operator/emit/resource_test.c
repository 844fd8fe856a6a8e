#include "emit/resource.h"
#include "testing/t.h"

#include <stdio.h>

static const struct {
	const char *text, *group, *version, *plural, *namespace, *selector;
} good[] = {
	{ "v1/pods", "", "v1", "pods", NULL, NULL },
	{ "apps/v1/deployments", "apps", "v1", "deployments", NULL, NULL },
	{ "apps/v1/deployments@shop", "apps", "v1", "deployments", "shop", NULL },
	{ "v1/nodes?a in (b,c),d/e=f@g", "", "v1", "nodes", NULL, "a in (b,c),d/e=f@g" },
	{ "cluster.open-cluster-management.io/v1/managedclusters@n?x=y",
		"cluster.open-cluster-management.io", "v1", "managedclusters", "n", "x=y" },
};
static const char *const bad[] = { "", "pods", "v1/", "/v1/pods", "a/b/c", "a/v1/b/c", "v1/Pods",
	"v1/pods@", "v1/pods?", "v1/pods@a/b", "v1/..", "v1/pods/status", "v1/p ods" };

static void same(const char *got, const char *want)
{
	if (want)
		T_STR(got, want);
	else
		T_NULL(got);
}

static void what_it_understands(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct resource r;

		T_EQ(resource_parse(good[i].text, strlen(good[i].text), &r, NULL), 0);
		T_STR(r.text, good[i].text);
		T_STR(r.group, good[i].group);
		T_STR(r.version, good[i].version);
		T_STR(r.plural, good[i].plural);
		same(r.namespace, good[i].namespace);
		same(r.selector, good[i].selector);
		resource_clear(&r);
	}
}

static void what_it_refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct resource r;
		struct err e = { "" };
		long before = mem_live();

		if (resource_parse(bad[i], strlen(bad[i]), &r, &e) != -EINVAL)
			fail_msg("taken: %s", bad[i]);
		T_HAS(e.msg, "apps/v1/deployments");
		T_EQ(mem_live(), before);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_understands),
		cmocka_unit_test(what_it_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

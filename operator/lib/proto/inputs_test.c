#include "proto/inputs.h"

#include "testing/t.h"

/* --- the digest --- */

static const char example[] =
	"{\"generation\":3,\"deleting\":false,\"rerun\":\"bench\",\"ready\":\"ClusterReady\","
	"\"plan\":\"edge-5d4f9c\",\"schedulers\":{\"continuum\":\"51f0.2\"},"
	"\"works\":{\"berth-bench-ab12\":\"00ff\"},\"drift\":false}";

/* The formula is an agreement with what is stored in status.observedDigest: a change of this value
 * wakes every onboarding once after an upgrade and needs a new prefix. */
static void digest_is_fixed(void **state)
{
	AUTO_JSON inputs = xjson_lit("%s", example);
	char digest[INPUTS_DIGEST_LEN];

	(void)state;
	T_STR(inputs_digest(inputs, digest), "v1:c28d49da380a1046e7e4a29be88cd30f");
}

static void digest_ignores_the_order_of_keys(void **state)
{
	AUTO_JSON a = xjson_lit("%s", example);
	AUTO_JSON b =
		xjson_lit("{\"drift\":false,\"works\":{\"berth-bench-ab12\":\"00ff\"},"
			  "\"schedulers\":{\"continuum\":\"51f0.2\"},\"plan\":\"edge-5d4f9c\","
			  "\"ready\":\"ClusterReady\",\"rerun\":\"bench\",\"deleting\":false,"
			  "\"generation\":3}");
	char one[INPUTS_DIGEST_LEN], other[INPUTS_DIGEST_LEN];

	(void)state;
	T_STR(inputs_digest(a, one), inputs_digest(b, other));
	T_EQ(strlen(one), 35);
}

static void digest_tells_every_input(void **state)
{
	static const struct {
		const char *path, *value;
	} cases[] = {
		{ "generation", "4" },
		{ "deleting", "true" },
		{ "rerun", "\"\"" },
		{ "ready", "\"Unreachable\"" },
		{ "plan", "\"edge-000000\"" },
		{ "schedulers.continuum", "\"51f0.3\"" },
		{ "schedulers.other", "\"\"" },
		{ "works.berth-bench-ab12", "\"00fe\"" },
		{ "works.berth-bench-cd34", "\"00ff\"" },
		{ "drift", "true" },
	};
	AUTO_JSON inputs = xjson_lit("%s", example);
	char before[INPUTS_DIGEST_LEN], after[INPUTS_DIGEST_LEN];

	(void)state;
	inputs_digest(inputs, before);
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_JSON changed = xjson_dup(inputs);
		xjson_set(changed, cases[i].path, xjson_lit("%s", cases[i].value));
		T_TRUE(strcmp(inputs_digest(changed, after), before) != 0);
	}
}

/* --- the state of a work --- */

/* As OCM's work agent leaves it: generation 2, a ConfigMap and a Pod, `values` of the Pod. */
static cJSON *work(const char *applied, int observed, const char *values)
{
	return xjson_lit(
		"{\"apiVersion\":\"work.open-cluster-management.io/v1\",\"kind\":\"ManifestWork\","
		"\"metadata\":{\"name\":\"berth-bench-ab12\",\"namespace\":\"edge1\","
		"\"generation\":2,\"resourceVersion\":\"7\","
		"\"finalizers\":[\"cluster.open-cluster-management.io/manifest-work-cleanup\"]},"
		"\"spec\":{\"workload\":{\"manifests\":[]}},"
		"\"status\":{\"conditions\":["
		"{\"type\":\"Available\",\"status\":\"True\",\"observedGeneration\":2,"
		"\"reason\":\"ResourcesAvailable\"},"
		"{\"type\":\"Applied\",\"status\":\"%s\",\"observedGeneration\":%d,"
		"\"lastTransitionTime\":\"2026-11-21T12:00:00Z\","
		"\"reason\":\"AppliedManifestWorkComplete\"}],"
		"\"resourceStatus\":{\"manifests\":["
		"{\"resourceMeta\":{\"ordinal\":0,\"group\":\"\",\"version\":\"v1\","
		"\"kind\":\"ConfigMap\",\"resource\":\"configmaps\",\"name\":\"b\","
		"\"namespace\":\"n\"},\"statusFeedback\":{}},"
		"{\"resourceMeta\":{\"ordinal\":1,\"group\":\"\",\"version\":\"v1\","
		"\"kind\":\"Pod\",\"resource\":\"pods\",\"name\":\"b\",\"namespace\":\"n\"},"
		"\"statusFeedback\":{\"values\":[%s]},"
		"\"conditions\":[{\"type\":\"StatusFeedbackSynced\",\"status\":\"True\"}]}]}}}",
		applied, observed, values);
}

#define STRING(name, text)                                                                         \
	"{\"name\":\"" name "\",\"fieldValue\":{\"type\":\"String\",\"string\":\"" text "\"}}"
#define INTEGER(name, number)                                                                      \
	"{\"name\":\"" name "\",\"fieldValue\":{\"type\":\"Integer\",\"integer\":" number "}}"

static char *state_of(const char *applied, int observed, const char *values)
{
	AUTO_JSON w = work(applied, observed, values);

	return inputs_work_state(w, false);
}

static char *applied_state(const char *values)
{
	return state_of("True", 2, values);
}

static void applied_alone_says_nothing(void **state)
{
	AUTO_JSON fresh = xjson_lit("{\"metadata\":{\"generation\":1}}");

	(void)state;
	T_NULL(inputs_work_state(fresh, false));
	T_NULL(inputs_work_state(fresh, true));
	T_NULL(applied_state(""));
}

static void progress_says_nothing(void **state)
{
	static const char *const cases[] = {
		STRING("phase", "Pending"),
		STRING("phase", "Running"),
		STRING("waiting", "ContainerCreating"),
		STRING("waiting", "PodInitializing"),
		STRING("started", "2026-11-21T12:00:00Z"),
		STRING("phase", "Running") "," STRING("started", "2026-11-21T12:00:00Z"),
		"{\"name\":\"result\"}",
		"{\"fieldValue\":{\"type\":\"String\",\"string\":\"nameless\"}}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		T_NULL(applied_state(cases[i]));
}

/* Each of these is another fact than each other one. */
static void what_decides_is_told_apart(void **state)
{
	static const char *const cases[] = {
		STRING("result", "{}"),
		STRING("result", "{\\\"run\\\":\\\"ab12\\\"}"),
		INTEGER("exitCode", "0"),
		INTEGER("exitCode", "1"),
		STRING("exitCode", "0"),
		STRING("message", "0"),
		STRING("waiting", "ImagePullBackOff"),
		STRING("waiting", "InvalidImageName"),
		STRING("waiting", "CrashLoopBackOff"),
		STRING("phase", "Succeeded"),
		STRING("phase", "Failed"),
		STRING("failed", "DeadlineExceeded"),
		STRING("JobComplete", "True"),
		STRING("JobComplete", "True") "," STRING("result", "{}"),
		STRING("message", "Running"), /* only a phase runs */
		STRING("message", "ErrImagePull"),
		STRING("message", "ImagePullBackOff"),
		"{\"name\":\"ok\",\"fieldValue\":{\"type\":\"Boolean\",\"boolean\":true}}",
	};
	char *states[COUNT(cases)];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		states[i] = applied_state(cases[i]);
		T_TRUE(states[i]);
		for (size_t j = 0; j < i; j++)
			T_TRUE(strcmp(states[i], states[j]) != 0);
	}
	for (size_t i = 0; i < COUNT(cases); i++)
		mem_free(states[i]);
}

static void check_same(const char *values, const char *others)
{
	AUTO_STR a = applied_state(values);
	AUTO_STR b = applied_state(others);

	T_STR(a, b);
}

static void what_decides_nothing_changes_nothing(void **state)
{
	(void)state;
	check_same(STRING("waiting", "ErrImagePull"), STRING("waiting", "ImagePullBackOff"));
	check_same(STRING("waiting", "ErrImagePull") "," STRING("phase", "Pending"),
		STRING("waiting", "ImagePullBackOff"));
	check_same(STRING("result", "r") "," INTEGER("exitCode", "0"),
		INTEGER("exitCode", "0") "," STRING("result", "r"));
	check_same(STRING("result", "r") "," STRING("phase", "Running"),
		STRING("started", "2026-11-21T12:00:00Z") "," STRING("result", "r"));
}

static void manifests_are_known_by_ordinal(void **state)
{
	AUTO_JSON w = work("True", 2, STRING("result", "r"));
	cJSON *manifests = json_at(w, "status.resourceStatus.manifests");
	AUTO_STR before = inputs_work_state(w, false);
	AUTO_STR swapped = NULL;
	AUTO_STR moved = NULL;

	(void)state;
	cJSON_AddItemToArray(manifests, cJSON_DetachItemFromArray(manifests, 0));
	swapped = inputs_work_state(w, false);
	T_STR(swapped, before);
	xjson_set_int(cJSON_GetArrayItem(manifests, 0), "resourceMeta.ordinal", 5);
	moved = inputs_work_state(w, false);
	T_TRUE(strcmp(moved, before) != 0);
}

/* Resource versions, condition times and messages move all the time. */
static void noise_changes_nothing(void **state)
{
	AUTO_JSON w = work("True", 2, STRING("result", "r"));
	AUTO_STR before = inputs_work_state(w, false);
	AUTO_STR after = NULL;

	(void)state;
	xjson_set_str(w, "metadata.resourceVersion", "8");
	xjson_set_str(json_find(json_at(w, "status.conditions"), "type", "Applied", NULL),
		"lastTransitionTime", "2026-11-22T00:00:00Z");
	xjson_set_str(json_find(json_at(w, "status.conditions"), "type", "Available", NULL),
		"status", "False");
	after = inputs_work_state(w, false);
	T_STR(before, after);
}

static void failure_to_apply_counts(void **state)
{
	AUTO_STR failed = state_of("False", 2, "");
	AUTO_STR running = state_of("False", 2, STRING("phase", "Running"));
	AUTO_STR result = state_of("False", 2, STRING("result", "r"));
	AUTO_STR applied = applied_state(STRING("result", "r"));

	(void)state;
	T_TRUE(failed);
	T_STR(running, failed);
	T_TRUE(strcmp(result, failed) != 0);
	T_TRUE(strcmp(result, applied) != 0);
}

static void another_generation_says_nothing(void **state)
{
	(void)state;
	T_NULL(state_of("False", 1, ""));
	T_NULL(state_of("False", 3, ""));
	T_NULL(state_of("True", 1, STRING("result", "r")));
}

static void without_generation_it_says_nothing(void **state)
{
	AUTO_JSON no_observed = work("False", 2, STRING("result", "r"));
	AUTO_JSON neither = work("False", 2, STRING("result", "r"));
	cJSON *conditions = json_at(no_observed, "status.conditions");

	(void)state;
	xjson_remove(json_find(conditions, "type", "Applied", NULL), "observedGeneration");
	T_NULL(inputs_work_state(no_observed, false));
	conditions = json_at(neither, "status.conditions");
	xjson_remove(json_find(conditions, "type", "Applied", NULL), "observedGeneration");
	xjson_remove(neither, "metadata.generation");
	T_NULL(inputs_work_state(neither, false));
}

static void deleted_work_counts_only_for_who_leaves(void **state)
{
	AUTO_JSON w = work("False", 2, STRING("result", "r"));
	AUTO_STR leaving = NULL;

	(void)state;
	xjson_set_str(w, "metadata.deletionTimestamp", "2026-11-21T12:00:00Z");
	T_NULL(inputs_work_state(w, false));
	leaving = inputs_work_state(w, true);
	T_STR(leaving, "terminating");
}

static void state_of_living_work_is_the_same_for_who_leaves(void **state)
{
	AUTO_JSON w = work("True", 2, STRING("result", "r"));
	AUTO_STR stays = inputs_work_state(w, false);
	AUTO_STR leaves = inputs_work_state(w, true);

	(void)state;
	T_STR(stays, leaves);
	T_EQ(strspn(stays, "0123456789abcdef"), 16);
	T_EQ(strlen(stays), 16);
}

/* The tree comes from the network: any shape must be survived. */
static void odd_shapes_say_nothing(void **state)
{
	static const char *const cases[] = {
		"[]",
		"\"x\"",
		"{\"metadata\":7,\"status\":\"x\"}",
		"{\"metadata\":{\"generation\":\"2\"},\"status\":{\"conditions\":{}}}",
		"{\"metadata\":{\"generation\":2},\"status\":{\"conditions\":[7,null,{\"type\":7}]}}",
		"{\"metadata\":{\"generation\":2},\"status\":{\"conditions\":[{\"type\":\"Applied\","
		"\"observedGeneration\":2}],\"resourceStatus\":{\"manifests\":[1]}}}",
		"{\"metadata\":{\"generation\":2},\"status\":{\"conditions\":[{\"type\":\"Applied\","
		"\"status\":\"True\",\"observedGeneration\":2}],\"resourceStatus\":{\"manifests\":"
		"[1,{\"statusFeedback\":[]},{\"statusFeedback\":{\"values\":\"x\"}},"
		"{\"statusFeedback\":{\"values\":[7,{\"name\":7,\"fieldValue\":{}}]}}]}}}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_JSON j = xjson_lit("%s", cases[i]);
		T_NULL(inputs_work_state(j, false));
	}
}

static void values_of_any_shape_are_facts(void **state)
{
	static const char *const cases[] = {
		"{\"name\":\"waiting\",\"fieldValue\":7}",
		"{\"name\":\"phase\",\"fieldValue\":{\"string\":7}}",
		"{\"name\":\"a.b/c\",\"fieldValue\":null}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_STR fact = applied_state(cases[i]);
		T_TRUE(fact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digest_is_fixed),
		cmocka_unit_test(digest_ignores_the_order_of_keys),
		cmocka_unit_test(digest_tells_every_input),
		cmocka_unit_test(applied_alone_says_nothing),
		cmocka_unit_test(progress_says_nothing),
		cmocka_unit_test(what_decides_is_told_apart),
		cmocka_unit_test(what_decides_nothing_changes_nothing),
		cmocka_unit_test(manifests_are_known_by_ordinal),
		cmocka_unit_test(noise_changes_nothing),
		cmocka_unit_test(failure_to_apply_counts),
		cmocka_unit_test(another_generation_says_nothing),
		cmocka_unit_test(without_generation_it_says_nothing),
		cmocka_unit_test(deleted_work_counts_only_for_who_leaves),
		cmocka_unit_test(state_of_living_work_is_the_same_for_who_leaves),
		cmocka_unit_test(odd_shapes_say_nothing),
		cmocka_unit_test(values_of_any_shape_are_facts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

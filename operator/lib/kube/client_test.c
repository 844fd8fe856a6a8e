/* What goes over the wire, and what the caller learns of the answer. */
#include "testing/fake_api.h"
#include "testing/t.h"

#include "kube/client_fixture.h"

static void a_get_brings_the_object(void **state)
{
	(void)state;
	PLAY({ 200, .body = "{\"kind\":\"Namespace\"}" });
	open_client(0, 0);
	const struct outcome *o = get_one();
	T_EQ(o->rc, 0);
	T_EQ(o->http, 200);
	T_STR(o->body, "{\"kind\":\"Namespace\"}");
	T_STR(o->text, "");
	T_STR(o->reason, "");
	T_STR(asked(0)->method, "GET");
	T_STR(asked(0)->path, "/api/v1/namespaces/x");
	T_STR(asked(0)->agent, "berth-test/1");
	T_STR(asked(0)->authorization, "");
	T_STR(asked(0)->body, "");
}

static void every_call_has_its_form(void **state)
{
	static const char onb[] = "/apis/berth.dev/v1alpha1/clusteronboardings";
	struct kube_object o = { &KUBE_CLUSTER_ONBOARDING, NULL, "e", NULL };
	struct kube_object status = { &KUBE_CLUSTER_ONBOARDING, NULL, "e", "status" };
	struct kube_object all = { &KUBE_CLUSTER_ONBOARDING, NULL, NULL, NULL };
	char path[200];
	(void)state;
	AUTO_JSON body = xjson_lit("{\"a\":1}");
	AUTO_JSON patch = xjson_array();
	xpatch_add(patch, "test", "/metadata/uid", cJSON_CreateString("u"));
	PLAY({ 200, .body = "{}" });
	open_client(1, 0);
	T_EQ(kube_create(k, o, body, keep, &out[0]), 0);
	T_EQ(kube_apply(k, o, body, keep, &out[1]), 0);
	T_EQ(kube_merge_patch(k, o, body, keep, &out[2]), 0);
	T_EQ(kube_json_patch(k, status, patch, keep, &out[3]), 0);
	T_EQ(kube_delete(k, o, "u-1", keep, &out[4]), 0);
	T_EQ(kube_delete(k, o, NULL, keep, &out[5]), 0);
	T_EQ(kube_list(k, &KUBE_MANIFEST_WORK, NULL, "a=b,c in (d)", keep, &out[6]), 0);
	T_EQ(kube_list(k, &KUBE_MANIFEST_WORK, "edge1", NULL, keep, &out[7]), 0);
	T_EQ(kube_get_path(k, "/readyz?verbose", keep, &out[8]), 0);
	T_EQ(kube_list_page(k, all, 250, NULL, keep, &out[9]), 0);
	T_EQ(kube_list_page(k, all, 2, "a=&b", keep, &out[10]), 0);
	all = (struct kube_object){ &KUBE_SUBMARINER_CLUSTER, "edge-broker", NULL, NULL };
	T_EQ(kube_list_page(k, all, 250, NULL, keep, &out[11]), 0);
	run_until(12);
	for (size_t i = 0; i < 12; i++)
		T_EQ(out[i].rc, 0);
	snprintf(path, sizeof(path), "%s%s", onb, WRITE_QUERY);
	check_asked(0, "POST", path, "application/json", "{\"a\":1}");
	snprintf(path, sizeof(path), "%s/e%s&force=true", onb, WRITE_QUERY);
	check_asked(1, "PATCH", path, "application/apply-patch+yaml", "{\"a\":1}");
	snprintf(path, sizeof(path), "%s/e%s", onb, WRITE_QUERY);
	check_asked(2, "PATCH", path, "application/merge-patch+json", "{\"a\":1}");
	snprintf(path, sizeof(path), "%s/e/status%s", onb, WRITE_QUERY);
	check_asked(3, "PATCH", path, "application/json-patch+json",
		"[{\"op\":\"test\",\"path\":\"/metadata/uid\",\"value\":\"u\"}]");
	snprintf(path, sizeof(path), "%s/e", onb);
	check_asked(4, "DELETE", path, "application/json",
		"{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\",\"propagationPolicy\":"
		"\"Background\",\"preconditions\":{\"uid\":\"u-1\"}}");
	check_asked(5, "DELETE", path, "application/json",
		"{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\",\"propagationPolicy\":"
		"\"Background\"}");
	check_asked(6, "GET",
		"/apis/work.open-cluster-management.io/v1/manifestworks?labelSelector="
		"a%3Db%2Cc%20in%20%28d%29",
		"", "");
	check_asked(7, "GET",
		"/apis/work.open-cluster-management.io/v1/namespaces/edge1/manifestworks", "", "");
	check_asked(8, "GET", "/readyz?verbose", "", "");
	snprintf(path, sizeof(path), "%s?limit=250", onb);
	check_asked(9, "GET", path, "", "");
	snprintf(path, sizeof(path), "%s?limit=2&continue=a%%3D%%26b", onb);
	check_asked(10, "GET", path, "", "");
}

static void a_plain_path_need_not_be_json(void **state)
{
	(void)state;
	PLAY({ 200, .body = "ok" });
	open_client(0, 0);
	T_EQ(kube_get_path(k, "/readyz", keep, &out[0]), 0);
	run_until(1);
	T_EQ(out[0].rc, 0);
	T_STR(out[0].body, "");
}

static void answers_become_errors(void **state)
{
	static const struct {
		struct fake_answer answer;
		int rc;
		const char *reason, *text;
	} cases[] = {
		{ { 404, .body = NOT_FOUND }, -ENOENT, "NotFound",
			"get namespaces x: HTTP 404 NotFound: namespaces \"x\" not found" },
		{ { 409, .body = "{\"reason\":\"Conflict\",\"message\":\"m\"}" }, -EAGAIN,
			"Conflict", "get namespaces x: HTTP 409 Conflict: m" },
		{ { 409, .body = "{\"reason\":\"AlreadyExists\"}" }, -EEXIST, "AlreadyExists",
			"get namespaces x: HTTP 409 AlreadyExists" },
		{ { 410, .body = "{\"reason\":\"Expired\"}" }, -ESTALE, "Expired",
			"get namespaces x: HTTP 410 Expired" },
		{ { 422, .body = "{\"reason\":\"Invalid\",\"message\":\"no\"}" }, -EINVAL,
			"Invalid", "get namespaces x: HTTP 422 Invalid: no" },
		{ { .status = 401 }, -EACCES, "", "get namespaces x: HTTP 401" },
		{ { 403, .body = "not for you" }, -EACCES, "", "get namespaces x: HTTP 403" },
		{ { .status = 501 }, -EBUSY, "", "get namespaces x: HTTP 501" },
		{ { 302, .headers = "Location: https://127.0.0.1:1/\r\n" }, -EINVAL, "",
			"get namespaces x: HTTP 302: redirects are not followed" },
		{ { 200, .body = "<html>" }, -EPROTO, "",
			"get namespaces x: HTTP 200 with a body that is no JSON" },
		{ { .status = 200 }, -EPROTO, "", "get namespaces x: HTTP 200 without a body" },
		{ { 200, .filler = (8 << 20) + 1 }, -EMSGSIZE, "",
			"get namespaces x: the answer is larger than 8388608 bytes" },
		{ { 200, .filler = (8 << 20) + 1, .unsized = true }, -EMSGSIZE, "",
			"get namespaces x: the answer is larger than 8388608 bytes" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		over = 0;
		fake_api_play(&api, &cases[i].answer, 1);
		open_client(0, 0);
		const struct outcome *o = get_one();
		T_EQ(o->rc, cases[i].rc);
		T_STR(o->reason, cases[i].reason);
		T_HAS(o->text, cases[i].text);
		T_EQ(api.script->asked_len, 1);
	}
}

static void a_forbidden_call_names_the_rule_to_add(void **state)
{
	struct kube_object status = { &KUBE_CLUSTER_ONBOARDING, NULL, "e", "status" };
	AUTO_JSON body = xjson_object();
	(void)state;
	PLAY({ 403,
		.body = "{\"reason\":\"Forbidden\",\"message\":\"clusteronboardings.berth.dev \\\"e\\\" "
			"is forbidden: User \\\"u\\\" cannot create resource \\\"clusteronboardings/"
			"status\\\" in API group \\\"berth.dev\\\" at the cluster scope\"}" });
	open_client(0, 0);
	T_EQ(kube_apply(k, status, body, keep, &out[0]), 0);
	run_until(1);
	T_EQ(out[0].rc, -EACCES);
	/* `create`: what the server missed, though we sent a patch */
	T_HAS(out[0].text,
		"apply clusteronboardings.berth.dev/status e: forbidden: needs verb \"create\" on "
		"clusteronboardings.berth.dev/status; add to its ClusterRole: {apiGroups: "
		"[\"berth.dev\"], resources: [\"clusteronboardings/status\"], verbs: [\"create\"]} (");
	T_HAS(out[0].text, "User \"u\" cannot create");
}

static void what_no_rule_can_help_names_none(void **state)
{
	(void)state;
	PLAY({ 403, .body = "{\"reason\":\"Forbidden\",\"message\":\"exceeded quota: q\"}" });
	open_client(0, 0);
	const struct outcome *o = get_one();
	T_STR(o->text, "get namespaces x: forbidden: exceeded quota: q");
}

static void a_forbidden_path_names_the_rule_too(void **state)
{
	(void)state;
	PLAY({ 403,
		.body = "{\"message\":\"forbidden: User \\\"u\\\" cannot get path \\\"/readyz\\\"\"}" });
	open_client(0, 0);
	T_EQ(kube_get_path(k, "/readyz?verbose", keep, &out[0]), 0);
	run_until(1);
	T_HAS(out[0].text, "{nonResourceURLs: [\"/readyz\"], verbs: [\"get\"]}");
}

#define PATCH_REFUSED "{\"reason\":\"Invalid\",\"message\":\"rejected\",\"details\":{}}"
#define PATCH_INVALID                                                                              \
	"{\"reason\":\"Invalid\",\"message\":\"bad\",\"details\":{\"causes\":[{\"message\":\"bad\"}]}}"

static void a_failed_test_is_told_from_an_invalid_outcome(void **state)
{
	struct kube_object o = { &KUBE_CLUSTER_ONBOARDING, NULL, "e", NULL };
	AUTO_JSON patch = xjson_array();
	(void)state;
	PLAY({ 422, .body = PATCH_REFUSED }, { 422, .body = PATCH_INVALID },
		{ 422, .body = PATCH_REFUSED });
	open_client(1, 0);
	T_EQ(kube_json_patch(k, o, patch, keep, &out[0]), 0);
	T_EQ(kube_json_patch(k, o, patch, keep, &out[1]), 0);
	T_EQ(kube_merge_patch(k, o, patch, keep, &out[2]), 0);
	run_until(3);
	T_EQ(out[0].rc, -EAGAIN);
	T_HAS(out[0].text, "a `test` of the patch failed, or a path in it is missing");
	T_EQ(out[1].rc, -EINVAL);
	T_HAS(out[1].text, "HTTP 422 Invalid: bad");
	T_EQ(out[2].rc, -EINVAL);
}

static void a_long_message_keeps_its_end(void **state)
{
	(void)state;
	PLAY({ 400,
		.body = "{\"reason\":\"BadRequest\",\"message\":\"begin "
			"................................................................"
			"................................................................"
			"................................................................"
			"................................................................"
			"................................................................"
			" unknown field \\\"spec.foo\\\"\"}" });
	open_client(0, 0);
	const struct outcome *o = get_one();
	T_HAS(o->text, "BadRequest: begin ...");
	T_HAS(o->text, " … ");
	T_HAS(o->text, "unknown field \"spec.foo\"");
	T_TRUE(strlen(o->text) < 400);
}

static void a_server_of_another_authority_is_refused(void **state)
{
	struct pki other;
	(void)state;
	pki_make_ca(&other);
	config.ca_pem = other.cert;
	PLAY({ 200, .body = "{}" });
	open_client(0, 1000);
	const struct outcome *o = get_one();
	T_EQ(o->rc, -ETIMEDOUT);
	T_HAS(o->text,
		"unreachable: the server's certificate is not signed by the given "
		"certificate-authority");
	T_EQ(api.script->asked_len, 0);
	pki_clear(&other);
}

static void the_name_must_be_the_certificates(void **state)
{
	struct fake_api named;
	char server[64];
	(void)state;
	fake_api_start(&named, "DNS:hub.example");
	fake_api_play(&named, &(struct fake_answer){ 200, .body = "{}" }, 1);
	snprintf(server, sizeof(server), "https://127.0.0.1:%d", named.port);
	mem_free(config.server);
	config.server = mem_strdup(server);
	config.port = named.port;
	config.ca_pem = named.ca.cert;
	open_client(0, 1000);
	T_EQ(get_one()->rc, -ETIMEDOUT);
	T_HAS(out[0].text, "unreachable: SSL:");
	T_EQ(named.script->asked_len, 0);
	over = 0;
	config.tls_server_name = (char *)(uintptr_t) "hub.example";
	open_client(0, 0);
	T_EQ(get_one()->rc, 0);
	T_STR(named.script->asked[0].path, "/api/v1/namespaces/x");
	fake_api_stop(&named);
}

static void a_client_certificate_is_shown(void **state)
{
	struct pki client;
	int64_t now = clock_real_ms();
	(void)state;
	pki_issue(&api.ca, "DNS:client", now - 60000, now + 60000, &client);
	config.cert_pem = client.cert;
	config.key_pem = client.key;
	PLAY({ 200, .body = "{}" });
	open_client(0, 0);
	T_EQ(get_one()->rc, 0);
	T_STR(asked(0)->peer, "test");
	pki_clear(&client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_get_brings_the_object),
		CASE(every_call_has_its_form),
		CASE(a_plain_path_need_not_be_json),
		CASE(answers_become_errors),
		CASE(a_forbidden_call_names_the_rule_to_add),
		CASE(what_no_rule_can_help_names_none),
		CASE(a_forbidden_path_names_the_rule_too),
		CASE(a_failed_test_is_told_from_an_invalid_outcome),
		CASE(a_long_message_keeps_its_end),
		CASE(a_server_of_another_authority_is_refused),
		CASE(the_name_must_be_the_certificates),
		CASE(a_client_certificate_is_shown),
	};
	return cmocka_run_group_tests(tests, begin_group, end_group);
}

/* liqo_test.c — whole lives with a Liqo step: the order of the leave is watched, and the power is cut after every request. */
#include "testing/t.h"

#include "base/clock.h"
#include "workers/steps/liqo.h"
#include "workers/testing/peer.h"

#include <openssl/evp.h>

static void test_a_life(void **state)
{
	struct scene s;

	(void)state;
	peer_set_up(&s);
	peer_look(&s);
	T_STR(peer_reason(&s), "WaitingForWorkAgent");
	T_EQ(s.web.calls, 0);
	peer_edge_says(&s, "e1", "c1", "Active");
	peer_look(&s);
	T_STR(peer_reason(&s), "WaitingForSlice");
	T_EQ(s.web.calls, 1); /* tried before Liqo has it */
	T_HAS(s.web.asked.s,
		"GET https://10.9.0.1:6443/apis/authentication.liqo.io/v1beta1/namespaces/"
		"liqo-tenant-hub/resourceslices?limit=1");
	T_TRUE(s.web.guard.foreign); /* a stranger's address: only where the plan lets it be */
	T_STR(json_str(fake_get(&s.hub, PEER_IDENTITY), "spec.namespace"), "liqo-tenant-hub");
	T_STR(json_str(fake_get(&s.hub, PEER_VIRTUAL), "spec.labels.region"), "south");
	T_STR(json_str(fake_get(&s.hub, PEER_SLICE), "spec.resources.cpu"), "1");
	T_STR(json_str(fake_get(&s.hub, PEER_OFFLOADING), "spec.namespaceMappingStrategy"),
		"EnforceSameName");
	peer_hub_peers(&s);
	peer_look(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	T_STR(scene_condition(&s, "Networked", "status"), "Unknown"); /* Liqo's word alone */
	T_STR(scene_condition(&s, "Networked", "reason"), "StatusOnly");
	T_EQ(s.web.calls, 1);
	AUTO_STR status = json_text(scene_status(&s));
	T_NULL(strstr(status, "PRIVATE KEY"));
	T_NULL(strstr(status, "CERTIFICATE"));
	scene_tear_down(&s);
}

/* The certificate that the edge renewed is tried and handed on, and the slice stays as it is. */
static void test_a_renewed_certificate(void **state)
{
	struct scene s;

	(void)state;
	peer_given(&s);
	AUTO_STR before =
		xstrdup(json_str(fake_get(&s.hub, PEER_IDENTITY), "spec.authParams.signedCRT"));
	s.hub.effects.len = 0;
	peer_edge_says(&s, "e1", "c2", "Active");
	T_EQ(scene_work_until_quiet(&s), 1); /* feedback alone wakes it */
	T_EQ(s.web.calls, 2);
	T_STR(s.hub.effects.s, "apply Identity liqo-tenant-edge1/controlplane-edge1\n");
	T_TRUE(strcmp(before,
		       json_str(fake_get(&s.hub, PEER_IDENTITY), "spec.authParams.signedCRT")) !=
		0);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	scene_tear_down(&s);
}

static void test_a_certificate_that_is_refused_is_not_handed_on(void **state)
{
	static const struct {
		struct web_answer answer;
		const char *reason;
	} cases[] = {
		{ { .status = 401 }, "CredentialRefused" },
		{ { .status = 403 }, "CredentialRefused" },
		{ { .status = 0 }, "EdgeUnreachable" },
		{ { .status = 0, .refused = true }, "AddressDenied" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct scene s;

		peer_set_up(&s);
		s.web.answers[s.web.n++] = cases[i].answer;
		s.web.answers[s.web.n++] = (struct web_answer){ .status = 200, .body = "{}" };
		peer_look(&s);
		peer_edge_says(&s, "e1", "c1", "Active");
		peer_look(&s);
		T_STR(peer_reason(&s), cases[i].reason);
		T_NULL(fake_get(&s.hub, PEER_IDENTITY));
		T_STR(scene_condition(&s, "Stalled", "status"), "True");
		peer_look(&s);
		T_TRUE(fake_get(&s.hub, PEER_IDENTITY) != NULL);
		scene_tear_down(&s);
	}
}

static void test_what_an_edge_must_not_say(void **state)
{
	static const char *const ids[] = { "", "../x", "A", "-a", "a b",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };

	(void)state;
	for (size_t i = 0; i < COUNT(ids); i++) {
		struct scene s;

		peer_set_up(&s);
		peer_look(&s);
		peer_edge_says(&s, ids[i], "c1", "Active");
		peer_look(&s);
		T_STR(peer_reason(&s), "BadFeedback");
		T_EQ(s.web.calls, 0);
		scene_tear_down(&s);
	}
}

static void test_the_tenant_is_watched(void **state)
{
	struct scene s;

	(void)state;
	peer_given(&s);
	peer_edge_says(&s, "e1", "c1", "Drained");
	T_EQ(scene_work_until_quiet(&s), 1);
	T_STR(scene_condition(&s, "Networked", "reason"), "TenantNotActive");
	T_STR(scene_condition(&s, "Ready", "status"), "False");
	peer_edge_says(&s, "e1", "c1", "Active");
	T_EQ(scene_work_until_quiet(&s), 1);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	scene_tear_down(&s);
}

/* Liqo does not do so by itself when the Tenant is Active again. */
static void test_a_denied_slice_is_asked_for_again(void **state)
{
	struct scene s;
	char then[CLOCK_TEXT_LEN];

	(void)state;
	peer_given(&s);
	xjson_set_str(json_at(fake_get(&s.hub, PEER_SLICE), "status.conditions")->child, "status",
		"Denied");
	s.hub.effects.len = 0;
	peer_look(&s);
	T_STR(peer_reason(&s), "SliceDenied");
	T_EQ(s.hub.effects.len, 0); /* not at once */
	xjson_set_str(fake_get(&s.hub, PEER_SLICE), "metadata.creationTimestamp",
		clock_text(clock_real_ms() - 21 * 1000, then));
	peer_look(&s);
	T_STR(s.hub.effects.s,
		"delete VirtualNode liqo-tenant-edge1/edge1\n"
		"delete ResourceSlice liqo-tenant-edge1/edge1\n"
		"apply ResourceSlice liqo-tenant-edge1/edge1\n"
		"apply VirtualNode liqo-tenant-edge1/edge1\n");
	peer_hub_peers(&s);
	peer_look(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	scene_leave(&s);
	peer_take_down(&s);
	scene_tear_down(&s);
}

static void test_a_peering_of_somebody_else_is_left_alone(void **state)
{
	struct scene s;

	(void)state;
	peer_set_up(&s);
	fake_put(&s.hub, PEER_FOREIGN, xjson_lit("{'metadata':{'name':'e1','uid':'theirs'}}"));
	peer_look(&s);
	peer_edge_says(&s, "e1", "c1", "Active");
	peer_look(&s);
	T_STR(peer_reason(&s), "NameTaken");
	T_HAS(json_str(scene_step(&s, "mesh"), "message"), "ForeignCluster e1");
	T_NULL(fake_get(&s.hub, PEER_TENANT));
	scene_tear_down(&s);
}

static void test_what_is_missing_is_named(void **state)
{
	struct scene s;

	(void)state;
	peer_set_up(&s);
	store_drop(&s.hub.store, PEER_KEYS);
	peer_look(&s);
	T_STR(peer_reason(&s), "LiqoTooOld"); /* 0.x has no such key */
	store_drop(&s.hub.store, PEER_ID);
	peer_look(&s);
	T_STR(peer_reason(&s), "LiqoMissing");
	T_NULL(peer_work(&s));
	scene_tear_down(&s);
	peer_set_up(&s);
	store_drop(&s.hub.store, PEER_DEMO_NS);
	peer_look(&s);
	peer_edge_says(&s, "e1", "c1", "Active");
	peer_look(&s);
	T_STR(peer_reason(&s), "NamespaceMissing");
	T_NULL(fake_get(&s.hub, PEER_IDENTITY));
	scene_tear_down(&s);
}

static void test_an_edit_resizes_the_slice(void **state)
{
	struct scene s;

	(void)state;
	peer_given(&s);
	scene_set_plan(&s, "edge-m", PEER_PLAN("2", PEER_DEMO));
	peer_look(&s);
	peer_edge_says(&s, "e1", "c1", "Active");
	peer_look(&s);
	T_STR(json_str(fake_get(&s.hub, PEER_SLICE), "spec.resources.cpu"), "2");
	T_STR(json_str(fake_get(&s.hub, PEER_VIRTUAL), "spec.resourceQuota.hard.cpu"), "2");
	T_EQ(s.hub.works_created, 1);
	scene_tear_down(&s);
}

/* A namespace that an edit brought is last in status, and yet taken back behind the peering. */
static void test_a_namespace_that_came_later(void **state)
{
	struct scene s;

	(void)state;
	peer_set_up(&s);
	scene_set_plan(&s, "edge-o", PEER_PLAN("1", ""));
	peer_onboard(&s);
	T_NULL(fake_get(&s.hub, PEER_OFFLOADING));
	scene_set_plan(&s, "edge-p", PEER_PLAN("1", PEER_DEMO));
	peer_look(&s);
	peer_edge_says(&s, "e1", "c1", "Active");
	peer_look(&s);
	T_TRUE(fake_get(&s.hub, PEER_OFFLOADING) != NULL);
	xjson_set(fake_get(&s.hub, PEER_SLICE), "metadata.finalizers", xjson_lit("['liqo']"));
	scene_leave(&s);
	peer_look(&s);
	T_HAS(json_str(scene_step(&s, "mesh"), "message"), "waiting for ResourceSlice");
	T_TRUE(fake_get(&s.hub, PEER_OFFLOADING) != NULL);
	store_drop(&s.hub.store, PEER_SLICE);
	peer_look(&s);
	T_NULL(fake_get(&s.hub, PEER_OFFLOADING));
	scene_tear_down(&s);
}

static void test_the_way_back(void **state)
{
	struct scene s;

	(void)state;
	peer_given(&s);
	scene_leave(&s);
	peer_take_down(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	T_TRUE(fake_get(&s.hub, PEER_DEMO_NS) != NULL);
	scene_tear_down(&s);
}

/* The same while the cluster stays, where nobody waits for works. */
static void test_a_step_that_left_the_plan(void **state)
{
	struct scene s;

	(void)state;
	peer_given(&s);
	scene_set_plan(&s, "edge-n", PEER_NO_PLAN);
	peer_take_down(&s);
	T_NULL(scene_step(&s, "mesh"));
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	scene_tear_down(&s);
}

static void test_a_shared_namespace_stays_offloaded(void **state)
{
	struct scene s;

	(void)state;
	peer_given(&s);
	fake_put(&s.hub, PEER_OTHER, xjson_lit("{'metadata':{'name':'e2','uid':'o'}}"));
	xjson_set(fake_get(&s.hub, PEER_OFFLOADING), "status.remoteNamespacesConditions",
		xjson_lit("{'e1':[],'e2':[]}"));
	scene_leave(&s);
	peer_look(&s);
	T_NULL(fake_get(&s.hub, PEER_VIRTUAL));
	T_TRUE(fake_get(&s.hub, PEER_OFFLOADING) != NULL);
	peer_edge_is_loose(&s);
	peer_look(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	T_TRUE(fake_get(&s.hub, PEER_OFFLOADING) != NULL);
	scene_tear_down(&s);
}

/* Liqo still lists the other, which has left as well. */
static void test_the_last_of_two_takes_the_offloading_away(void **state)
{
	struct scene s;

	(void)state;
	peer_given(&s);
	xjson_set(fake_get(&s.hub, PEER_OFFLOADING), "status.remoteNamespacesConditions",
		xjson_lit("{'e1':[],'e2':[]}"));
	scene_leave(&s);
	peer_look(&s);
	T_NULL(fake_get(&s.hub, PEER_OFFLOADING));
	scene_tear_down(&s);
}

/* Liqo is told beforehand that it may give the edge up, and does so only while it does not reach it.  Of one that does not
 * answer Liqo has to know that before the node goes. */
static void test_a_dead_edge(void **state)
{
	struct scene s;
	char then[CLOCK_TEXT_LEN];

	(void)state;
	peer_set_up(&s);
	s.web.answers[s.web.n++] = (struct web_answer){ .status = 200, .body = "{}" };
	s.web.answers[s.web.n++] = (struct web_answer){ .status = 0 };
	peer_onboard(&s);
	scene_agent_holds(&s, true);
	s.hub.effects.len = 0;
	scene_leave(&s);
	peer_look(&s);
	T_STR(s.hub.effects.s, "apply ForeignCluster e1\n");
	T_STR(cJSON_GetStringValue(json_key(json_at(fake_get(&s.hub, PEER_FOREIGN),
						    "metadata.annotations"),
		      "liqo.io/foreign-cluster-permanently-unreachable")),
		"true");
	T_HAS(json_str(scene_step(&s, "mesh"), "message"), "waiting for Liqo to see it, too");
	T_TRUE(s.web.guard.foreign);
	xjson_set_str(json_at(fake_get(&s.hub, PEER_FOREIGN), "status.conditions")->child, "status",
		"Error");
	peer_look(&s);
	T_NULL(fake_get(&s.hub, PEER_VIRTUAL));
	T_NULL(fake_get(&s.hub, PEER_FOREIGN));
	T_HAS(json_str(scene_step(&s, "mesh"), "message"), "waiting for ManifestWork");
	xjson_set_str((cJSON *)scene_status(&s), "undo.startTime",
		clock_text(clock_real_ms() - 601 * 1000, then));
	peer_look(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	T_HAS(s.hub.events.s, "LeftBehind! ");
	T_TRUE(json_at(peer_work(&s),
		"metadata.deletionTimestamp")); /* for an agent that returns */
	scene_tear_down(&s);
}

/* A peering that was there and is not: who rests on it may be suspended. */
static void test_a_peering_that_is_lost(void **state)
{
	struct scene s;

	(void)state;
	peer_set_up(&s);
	s.web.answers[s.web.n++] = (struct web_answer){ .status = 200, .body = "{}" };
	peer_onboard(&s);
	xjson_set_str(json_at(fake_get(&s.hub, PEER_FOREIGN), "status.conditions")->child, "status",
		"Error");
	peer_look(&s);
	T_STR(peer_reason(&s), "ConnectionLost");
	T_STR(scene_condition(&s, "Networked", "status"), "False");
	peer_look(&s);
	T_STR(peer_reason(&s), "ConnectionLost");
	xjson_set_str(json_at(fake_get(&s.hub, PEER_FOREIGN), "status.conditions")->child, "status",
		"Established");
	peer_look(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	scene_tear_down(&s);
}

/* Whom Liqo goes on taking for alive is not waited for for ever. */
static void test_an_edge_that_only_liqo_reaches(void **state)
{
	struct scene s;
	char then[CLOCK_TEXT_LEN];

	(void)state;
	peer_set_up(&s);
	s.web.answers[s.web.n++] = (struct web_answer){ .status = 200, .body = "{}" };
	s.web.answers[s.web.n++] = (struct web_answer){ .status = 0 };
	peer_onboard(&s);
	scene_set_plan(&s, NULL, NULL);
	peer_look(&s);
	T_TRUE(fake_get(&s.hub, PEER_VIRTUAL) != NULL);
	T_TRUE(s.web.guard.foreign);
	T_EQ(s.web.guard.n_within, 1); /* the plan is gone: only where it was asked before */
	xjson_set_str((cJSON *)scene_step(&s, "mesh"), "startTime",
		clock_text(clock_real_ms() - 61 * 1000, then));
	peer_look(&s);
	T_NULL(fake_get(&s.hub, PEER_VIRTUAL));
	scene_tear_down(&s);
}

/* A life with one power cut; false once the cut came too late to happen. */
static bool live_with_cut(int cut)
{
	struct scene s;
	bool happened;

	peer_set_up(&s);
	happened = scene_work(&s, cut) < 0;
	scene_work_until_quiet(&s);
	peer_edge_says(&s, "e1", "c1", "Active");
	happened |= scene_work(&s, cut) < 0;
	scene_work_until_quiet(&s);
	peer_hub_peers(&s);
	peer_look(&s);
	T_STR(scene_condition(&s, "Ready", "status"), "True");
	scene_leave(&s);
	happened |= scene_work(&s, cut) < 0;
	scene_work_until_quiet(&s);
	peer_look(&s);
	peer_edge_is_loose(&s);
	peer_look(&s);
	T_NULL(fake_get(&s.hub, SCENE_ONB));
	T_EQ(scene_count(&s, "liqo.io") + scene_count(&s, "liqo-tenant"), 0);
	T_NULL(peer_work(&s));
	scene_tear_down(&s);
	return happened;
}

static void test_the_power_cut_after_every_request(void **state)
{
	int cut = 0;

	(void)state;
	while (live_with_cut(cut))
		cut++;
	T_TRUE(cut > 12);
}

/* ---- what is signed ---- */

static void test_what_is_signed_is_always_the_same(void **state)
{
	static const int types[] = { EVP_PKEY_ED25519, EVP_PKEY_RSA };

	(void)state;
	for (size_t i = 0; i < COUNT(types); i++) {
		struct liqo_hub hub = { .id = "hub", .key = peer_new_key(types[i]) };
		struct liqo_proof a, b;

		T_EQ(liqo_prove(&hub, "nonce", &a, NULL), 0);
		T_EQ(liqo_prove(&hub, "nonce", &b, NULL), 0);
		T_STR(a.csr, b.csr);
		T_STR(a.signature, b.signature);
		T_STR(a.public_key, b.public_key);
		liqo_proof_clear(&a);
		liqo_proof_clear(&b);
		liqo_hub_clear(&hub);
	}
}

static void test_other_keys_are_refused(void **state)
{
	struct liqo_hub hub = { .id = "hub", .key = xstrdup("no key") };
	struct liqo_hub x25519 = { .id = "hub", .key = peer_new_key(EVP_PKEY_X25519) };
	struct liqo_proof p;
	struct err e;

	(void)state;
	T_EQ(liqo_prove(&hub, "nonce", &p, &e), -EINVAL);
	T_EQ(liqo_prove(&x25519, "nonce", &p, &e), -EINVAL);
	T_HAS(e.msg, "liqo/authentication-keys");
	liqo_hub_clear(&hub);
	liqo_hub_clear(&x25519);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_life),
		cmocka_unit_test(test_a_renewed_certificate),
		cmocka_unit_test(test_a_certificate_that_is_refused_is_not_handed_on),
		cmocka_unit_test(test_what_an_edge_must_not_say),
		cmocka_unit_test(test_the_tenant_is_watched),
		cmocka_unit_test(test_a_denied_slice_is_asked_for_again),
		cmocka_unit_test(test_a_peering_of_somebody_else_is_left_alone),
		cmocka_unit_test(test_what_is_missing_is_named),
		cmocka_unit_test(test_an_edit_resizes_the_slice),
		cmocka_unit_test(test_a_namespace_that_came_later),
		cmocka_unit_test(test_the_way_back),
		cmocka_unit_test(test_a_step_that_left_the_plan),
		cmocka_unit_test(test_a_shared_namespace_stays_offloaded),
		cmocka_unit_test(test_the_last_of_two_takes_the_offloading_away),
		cmocka_unit_test(test_a_dead_edge),
		cmocka_unit_test(test_a_peering_that_is_lost),
		cmocka_unit_test(test_an_edge_that_only_liqo_reaches),
		cmocka_unit_test(test_the_power_cut_after_every_request),
		cmocka_unit_test(test_what_is_signed_is_always_the_same),
		cmocka_unit_test(test_other_keys_are_refused),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

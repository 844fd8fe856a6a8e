#include "controller/ready_decide.h"
#include "testing/t.h"

#include <stdio.h>

#define T0 INT64_C(1795238640000) /* 2026-11-21T05:24:00Z */
#define AT "2026-11-21T05:24:00Z"

static const struct cluster good = {
	.uid = "u1",
	.hub_accepts = true,
	.accepted = { STATUS_TRUE, T0 - 2000 },
	.joined = { STATUS_TRUE, T0 - 1000 },
	.available = { STATUS_TRUE, T0 },
	.clock_synced = { STATUS_TRUE, T0 },
	.created = T0,
};

static const struct onboarding of_u0 = { .cluster_uid = "u0" }, of_u1 = { .cluster_uid = "u1" };

enum change {
	GOOD,
	GONE,
	DELETING,
	REPLACED,
	REPLACED_AND_DELETING,
	DENIED,
	DENIED_SEEN,
	NOT_ACCEPTED,
	ACCEPTED_BY_NONE,
	ACCEPT_FAILED,
	NOT_JOINED,
	JOIN_UNKNOWN,
	SILENT,
	NEVER_HEARD,
	DOWN,
	TAINT_UNREACHABLE,
	TAINT_UNAVAILABLE,
	TAINT_OF_UNKNOWN_AGE,
	CLOCK,
	CLOCK_UNKNOWN,
	CLOCK_ABSENT,
	NO_NAMESPACE,
	NAMESPACE_LEAVES,
};

static void apply_to_acceptance(struct cluster *c, enum change change)
{
	if (change == DENIED || change == DENIED_SEEN || change == NOT_ACCEPTED)
		c->hub_accepts = false;
	if (change == DENIED_SEEN || change == ACCEPT_FAILED)
		c->accepted = (struct cond){ STATUS_FALSE, T0 };
	if (change == NOT_ACCEPTED || change == ACCEPTED_BY_NONE)
		c->accepted = (struct cond){ 0 };
	if (change == NOT_JOINED)
		c->joined = (struct cond){ 0 };
	if (change == JOIN_UNKNOWN)
		c->joined.status = STATUS_UNKNOWN;
}

static void apply_to_health(struct cluster *c, enum change change)
{
	if (change == SILENT)
		c->available.status = STATUS_UNKNOWN;
	if (change == NEVER_HEARD)
		c->available = (struct cond){ 0 };
	if (change == DOWN)
		c->available.status = STATUS_FALSE;
	if (change == TAINT_UNREACHABLE)
		c->unreachable = T0;
	if (change == TAINT_UNAVAILABLE)
		c->unavailable = T0;
	if (change == TAINT_OF_UNKNOWN_AGE)
		c->unreachable = 1;
	if (change == CLOCK)
		c->clock_synced.status = STATUS_FALSE;
	if (change == CLOCK_UNKNOWN)
		c->clock_synced.status = STATUS_UNKNOWN;
	if (change == CLOCK_ABSENT)
		c->clock_synced = (struct cond){ 0 };
}

static void judge(enum change change, struct readiness *r)
{
	struct cluster c = good;
	enum namespace_state ns = change == NO_NAMESPACE ? NAMESPACE_ABSENT
		: change == NAMESPACE_LEAVES             ? NAMESPACE_ENDING
							 : NAMESPACE_ACTIVE;
	bool replaced = change == REPLACED || change == REPLACED_AND_DELETING;

	c.deleting = change == DELETING || change == REPLACED_AND_DELETING;
	c.deleted = c.deleting ? T0 : 0;
	apply_to_acceptance(&c, change);
	apply_to_health(&c, change);
	ready_decide("edge1", change == GONE ? NULL : &c, ns, replaced ? &of_u0 : &of_u1, r);
}

static const struct {
	enum change change;
	const char *reason;
	int64_t since;
	const char *message; /* part of it */
} cases[] = {
	{ GOOD, "ClusterReady", T0, "accepted, joined and available since " AT },
	{ GONE, "Deleting", 0, "edge1 is gone" },
	{ DELETING, "Deleting", T0, "being deleted since " AT },
	{ REPLACED, "PreviousLife", T0, "uid u0, is taken back first" },
	{ REPLACED_AND_DELETING, "PreviousLife", T0, "since " AT ", uid u1" },
	{ DENIED, "Denied", T0 - 2000, "is True since" },
	{ DENIED_SEEN, "Denied", T0, "is False since " AT },
	{ NOT_ACCEPTED, "NotAccepted", T0,
		"hub has not accepted the cluster edge1, known since " AT
		": kubectl patch managedcluster edge1 --type=merge -p "
		"'{\"spec\":{\"hubAcceptsClient\":true}}'" },
	{ ACCEPTED_BY_NONE, "NotAccepted", 0, "HubAcceptedManagedCluster is not set)" },
	{ ACCEPT_FAILED, "NotAccepted", T0, "is False since " AT ")" },
	{ NOT_JOINED, "NotJoined", T0 - 2000, "kubectl get csr" },
	{ JOIN_UNKNOWN, "NotJoined", T0 - 1000, "cluster-name=edge1" },
	{ SILENT, "Unreachable", T0, "is Unknown since " AT },
	{ NEVER_HEARD, "Unreachable", 0, "is not set)" },
	{ DOWN, "Unavailable", T0, "API server of cluster edge1" },
	{ TAINT_UNREACHABLE, "Unreachable", T0, "io/unreachable since " AT },
	{ TAINT_UNAVAILABLE, "Unavailable", T0, "io/unavailable since " AT },
	{ TAINT_OF_UNKNOWN_AGE, "Unreachable", 0, "io/unreachable: the hub" },
	{ CLOCK, "ClockOutOfSync", T0, "is False since " AT },
	{ CLOCK_UNKNOWN, "ClusterReady", T0, "" },
	{ CLOCK_ABSENT, "ClusterReady", T0, "" },
	{ NO_NAMESPACE, "NamespaceNotActive", 0, "namespace edge1, labelled" },
	{ NAMESPACE_LEAVES, "NamespaceNotActive", 0, "namespace edge1 is being deleted" },
};

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct readiness r = { 0 };

		judge(cases[i].change, &r);
		T_STR(r.reason, cases[i].reason);
		T_EQ(r.since, cases[i].since);
		T_HAS(r.message, cases[i].message);
		T_EQ(r.ready, strcmp(r.reason, "ClusterReady") == 0);
	}
}

/* Obstacles in the order in which a joining cluster meets them: with several, the first one is
 * told. */
static void test_the_first_obstacle_is_told(void **state)
{
	struct cluster c = { .uid = "u1", .unreachable = T0 };
	struct readiness r;
	static const char *const want[] = { "NotAccepted", "NotAccepted", "NotJoined",
		"Unreachable", "Unreachable", "ClockOutOfSync", "NamespaceNotActive",
		"ClusterReady" };

	(void)state;
	c.clock_synced.status = STATUS_FALSE;
	for (size_t i = 0; i < COUNT(want); i++) {
		c.hub_accepts = i >= 1;
		c.accepted.status = i >= 2 ? STATUS_TRUE : STATUS_ABSENT;
		c.joined.status = i >= 3 ? STATUS_TRUE : STATUS_ABSENT;
		c.available.status = i >= 4 ? STATUS_TRUE : STATUS_ABSENT;
		c.unreachable = i >= 5 ? 0 : T0;
		c.clock_synced.status = i >= 6 ? STATUS_TRUE : STATUS_FALSE;
		ready_decide("edge1", &c, i >= 7 ? NAMESPACE_ACTIVE : NAMESPACE_ABSENT, &of_u1, &r);
		T_STR(r.reason, want[i]);
	}
}

static void test_before_there_is_an_onboarding(void **state)
{
	struct readiness r;

	(void)state;
	ready_decide("edge1", &good, NAMESPACE_ACTIVE, NULL, &r);
	T_TRUE(r.ready);
}

static void test_the_longest_name_fits(void **state)
{
	char name[64];
	struct cluster c = good;
	struct readiness r;

	(void)state;
	memset(name, 'n', 63);
	name[63] = '\0';
	c.hub_accepts = false;
	ready_decide(name, &c, NAMESPACE_ACTIVE, &of_u1, &r);
	T_HAS(r.message, "'{\"spec\":{\"hubAcceptsClient\":true}}'");
}

/* Same name, another uid: what the claim id.k8s.io says of it. */
static void test_lives(void **state)
{
	static const struct {
		const char *uid;
		uint64_t noted, told;
		enum tristate available;
		enum life want;
		const char *reason;
	} lives[] = {
		{ "u1", 0, 0, STATUS_TRUE, LIFE_SAME, "ClusterReady" },
		{ "u1", 7, 8, STATUS_TRUE, LIFE_SAME, "ClusterReady" }, /* the uid is what counts */
		{ "u2", 0, 0, STATUS_TRUE, LIFE_OTHER, "PreviousLife" },
		{ "u2", 0, 7, STATUS_TRUE, LIFE_OTHER, "PreviousLife" },
		{ "u2", 7, 7, STATUS_TRUE, LIFE_ADOPTED, "ClusterReady" },
		{ "u2", 7, 7, STATUS_UNKNOWN, LIFE_ADOPTED, "Unreachable" },
		{ "u2", 7, 8, STATUS_TRUE, LIFE_OTHER, "PreviousLife" },
		{ "u2", 7, 8, STATUS_ABSENT, LIFE_OTHER, "PreviousLife" },
		{ "u2", 7, 0, STATUS_TRUE, LIFE_OTHER, "PreviousLife" },
		/* just restored: nothing is purged before it can be known */
		{ "u2", 7, 0, STATUS_ABSENT, LIFE_UNKNOWN, "PreviousLife" },
		{ "u2", 7, 0, STATUS_UNKNOWN, LIFE_UNKNOWN, "PreviousLife" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lives); i++) {
		struct onboarding o = { .cluster_uid = "u1", .cluster_id = lives[i].noted };
		struct cluster c = good;
		struct readiness r;

		snprintf(c.uid, UID_LEN, "%s", lives[i].uid);
		c.id = lives[i].told;
		c.available.status = lives[i].available;
		if (life_decide(&c, &o) != lives[i].want)
			fail_msg("case %zu", i);
		ready_decide("edge1", &c, NAMESPACE_ACTIVE, &o, &r);
		T_STR(r.reason, lives[i].reason);
		if (lives[i].want == LIFE_UNKNOWN)
			T_HAS(r.message, "tells its claim id.k8s.io");
		o.deleting = true;
		T_EQ(life_decide(&c, &o), lives[i].want == LIFE_SAME ? LIFE_SAME : LIFE_OTHER);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lives),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_the_first_obstacle_is_told),
		cmocka_unit_test(test_before_there_is_an_onboarding),
		cmocka_unit_test(test_the_longest_name_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

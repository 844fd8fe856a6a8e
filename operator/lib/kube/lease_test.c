#include "testing/fake_api.h"
#include "testing/t.h"

#include "kube/client_fixture.h"
#include "kube/lease.h"
#include "kube/lease_holder.h"

#define PATH "/apis/coordination.k8s.io/v1/namespaces/berth-system/leases/berth-operator"
#define ABSENT                                                                                     \
	{                                                                                          \
		404, .body = NOT_FOUND                                                             \
	}
#define CONFLICT                                                                                                                                           \
	{                                                                                                                                                  \
		422, .body = "{\"kind\":\"Status\",\"reason\":\"Invalid\",\"message\":\"the server rejected our request due to an error in our request\"}" \
	}
#define LEASE(rv, holder)                                                                          \
	{                                                                                          \
		200,                                                                               \
			.body = "{\"metadata\":{\"resourceVersion\":\"" rv                         \
				"\"},\"spec\":{\"holderIdentity\":\"" holder                       \
				"\",\"leaseDurationSeconds\":1,\"leaseTransitions\":4,"            \
				"\"acquireTime\":\"2026-01-01T00:00:00.000000Z\"}}"                \
	}

static struct lease *lease;
static struct timer limit;
static unsigned taken, lost;
static char trouble[256]; /* as it was when the lease was taken or lost last */
static unsigned want_taken, want_lost, want_asked; /* the scene ends when all are reached */

static void client_over(void *arg)
{
	(void)arg;
	kube_close(STEAL(k), NULL, NULL);
	timer_close(&limit, NULL);
	timer_close(&plan, NULL);
}

static void look(void *arg)
{
	(void)arg;
	if (taken < want_taken || lost < want_lost || api.script->asked_len < want_asked)
		timer_set(&plan, 5);
	else
		lease_close(lease, client_over, NULL);
}

static void too_long(void *arg)
{
	(void)arg;
	print_error("taken %u lost %u asked %u: %s\n", taken, lost, api.script->asked_len,
		lease_trouble(lease));
	abort();
}

static void changed(void *arg, bool held)
{
	(void)arg;
	*(held ? &taken : &lost) += 1;
	snprintf(trouble, sizeof(trouble), "%s", lease_trouble(lease));
	T_EQ(lease_held(lease), held);
}

/* Durations of a second and less: nobody has time. */
static void play(unsigned takes, unsigned loses, unsigned requests)
{
	struct lease_cfg cfg = { .ns = "berth-system",
		.name = "berth-operator",
		.identity = "me",
		.duration_ms = 1200,
		.renew_within_ms = 600,
		.retry_ms = 20,
		.changed = changed };

	want_taken = takes, want_lost = loses, want_asked = requests;
	taken = lost = 0;
	open_client(0, 300);
	cfg.api = k;
	T_EQ(lease_new(l, &cfg, &lease, NULL), 0);
	timer_init(l, &plan, look, NULL);
	timer_set(&plan, 5);
	timer_init(l, &limit, too_long, NULL);
	timer_set(&limit, 10000);
	loop_run(l);
	T_EQ(taken, takes);
	T_EQ(lost, loses);
}

static void absent_is_created_and_handed_back(void **state)
{
	(void)state;
	PLAY(ABSENT, LEASE("1", "me"));
	play(1, 0, 2);
	check_asked(0, "GET", PATH, "", "");
	T_STR(asked(1)->method, "POST");
	T_HAS(asked(1)->body, "\"holderIdentity\":\"me\"");
	T_HAS(asked(1)->body, "\"leaseTransitions\":0");
	T_STR(asked(2)->method, "PATCH");
	T_HAS(asked(2)->body, "\"holderIdentity\":\"\"");
	T_HAS(asked(2)->body, "/metadata/resourceVersion");
}

static void free_is_taken_on_condition(void **state)
{
	(void)state;
	PLAY(LEASE("7", ""), LEASE("8", "me"));
	play(1, 0, 2);
	T_STR(asked(1)->method, "PATCH");
	T_HAS(asked(1)->body, "\"/metadata/resourceVersion\"");
	T_HAS(asked(1)->body, "\"leaseTransitions\":5");
}

static void another_holder_is_left_alone_while_it_renews(void **state)
{
	(void)state;
	/* each read shows another version: it lives, whatever its times say */
	PLAY(LEASE("1", "you"), LEASE("2", "you"), LEASE("3", "you"), LEASE("4", "you"),
		LEASE("5", "you"), LEASE("6", "you"));
	play(0, 0, 6);
	for (unsigned i = 0; i < 6; i++)
		T_STR(asked(i)->method, "GET");
}

/* Its duration is a second by its own word, counted from when we saw it change. */
static void a_silent_holder_is_replaced(void **state)
{
	int64_t began = clock_mono_ms();

	(void)state;
	PLAY(LEASE("1", "you"));
	want_asked = 0;
	play(1, 0, 0);
	T_TRUE(clock_mono_ms() - began >= 1000);
}

static void losing_the_race_is_no_loss(void **state)
{
	(void)state;
	PLAY(LEASE("1", ""), CONFLICT, LEASE("2", "you"), LEASE("3", "you"));
	play(0, 0, 4);
}

static void an_answer_that_was_lost_was_ours(void **state)
{
	(void)state;
	/* the second write is refused, since the first had come through */
	PLAY(LEASE("1", ""), LEASE("2", "me"), CONFLICT, LEASE("3", "me"), LEASE("4", "me"));
	play(1, 0, 5);
	T_STR(asked(3)->method, "GET");
	T_STR(asked(4)->method, "PATCH");
}

static void one_that_was_taken_is_lost(void **state)
{
	(void)state;
	PLAY(LEASE("1", ""), LEASE("2", "me"), CONFLICT, LEASE("3", "you"));
	play(1, 1, 0);
}

static void one_that_cannot_be_renewed_is_lost(void **state)
{
	(void)state;
	PLAY(LEASE("1", ""), LEASE("2", "me"), { 500, .body = "{}" });
	play(1, 1, 0);
}

static void one_that_hangs_is_lost_in_time(void **state)
{
	int64_t began = clock_mono_ms();

	(void)state;
	PLAY(LEASE("1", ""), LEASE("2", "me"), { 200, .body = "{}", .delay_ms = 3000 });
	play(1, 1, 0);
	T_TRUE(*trouble);
	T_TRUE(clock_mono_ms() - began < 3000); /* not when it was answered at last */
}

static void a_deleted_one_is_lost(void **state)
{
	(void)state;
	PLAY(LEASE("1", ""), LEASE("2", "me"), ABSENT);
	play(1, 1, 0);
}

static void a_missing_right_is_said_once(void **state)
{
	(void)state;
	PLAY({ 403,
		.body = "{\"kind\":\"Status\",\"reason\":\"Forbidden\",\"message\":\"leases is forbidden: User "
			"\\\"u\\\" cannot get resource \\\"leases\\\" in API group\"}" });
	play(0, 0, 5);
	T_EQ(logged("lease cannot be had"), 1);
	T_EQ(logged("needs verb"), 1);
}

static void out_of_memory(void **state)
{
	struct lease_cfg cfg = { .ns = "n", .name = "m", .identity = "me", .changed = changed };

	(void)state;
	for (long n = 0; n < 4; n++) {
		long before = mem_live();

		oom_fail_at(n);
		T_EQ(lease_new(l, &cfg, &lease, NULL), -ENOMEM);
		T_TRUE(oom_off());
		T_EQ(mem_live(), before);
	}
}

/* ---- whose process is it? ---- */

static void a_dead_process_of_this_place_is_known(void **state)
{
	char self[LEASE_HOLDER_LEN], other[LEASE_HOLDER_LEN];
	const char *start;
	int at;

	(void)state;
	lease_holder_self(self);
	T_FALSE(lease_holder_is_dead(self, self));
	start = strrchr(self, '_');
	at = (int)((const char *)memrchr(self, '_', (size_t)(start - self)) - self);

	pid_t child = fork();
	if (child == 0)
		_exit(0);
	waitpid(child, NULL, 0);
	snprintf(other, sizeof(other), "%.*s_%d_1", at, self, (int)child);
	T_TRUE(lease_holder_is_dead(other, self));
	/* the same number, another process */
	snprintf(other, sizeof(other), "%.*s_%d_1", at, self, (int)getpid());
	T_TRUE(lease_holder_is_dead(other, self));
	/* another place: it may well live */
	snprintf(other, sizeof(other), "x%.*s_%d_1", at, self, (int)child);
	T_FALSE(lease_holder_is_dead(other, self));
}

static void doubt_is_no_death(void **state)
{
	static const char *const holders[] = { "", "_", "__", "a_b_c", "host_0_-1_5", "host_0_1_",
		"host_0_999999_0", "edge-operator-7c9_2f6e0b1a-1111-2222", "host_0_1x_3" };
	char self[LEASE_HOLDER_LEN];

	(void)state;
	lease_holder_self(self);
	for (unsigned i = 0; i < COUNT(holders); i++)
		T_FALSE(lease_holder_is_dead(holders[i], self));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(absent_is_created_and_handed_back),
		CASE(free_is_taken_on_condition),
		CASE(another_holder_is_left_alone_while_it_renews),
		CASE(a_silent_holder_is_replaced),
		CASE(losing_the_race_is_no_loss),
		CASE(an_answer_that_was_lost_was_ours),
		CASE(one_that_was_taken_is_lost),
		CASE(one_that_cannot_be_renewed_is_lost),
		CASE(one_that_hangs_is_lost_in_time),
		CASE(a_deleted_one_is_lost),
		CASE(a_missing_right_is_said_once),
		CASE(out_of_memory),
		CASE(a_dead_process_of_this_place_is_known),
		CASE(doubt_is_no_death),
	};
	return cmocka_run_group_tests(tests, begin_group, end_group);
}

#include "kube/watch_fsm.h"

#include "testing/t.h"

static const struct {
	enum w_state from;
	enum w_event event;
	enum w_state to;
	enum w_action act;
} legal[] = {
	{ W_IDLE, E_DIAL, W_DIALING, A_DIAL },
	{ W_IDLE, E_LIST, W_LISTING, A_LIST },
	{ W_DIALING, E_OPEN, W_SYNCING, A_BEGIN_SYNC },
	{ W_DIALING, E_RESUMED, W_LIVE, A_RESUME },
	{ W_DIALING, E_DOWN, W_BACKOFF, A_BACK_OFF },
	{ W_DIALING, E_STOP, W_STOPPING, A_HANG_UP },
	{ W_LISTING, E_SYNCED, W_HANGUP, A_FINISH_LIST },
	{ W_LISTING, E_FAIL, W_HANGUP, A_HANG_UP },
	{ W_LISTING, E_DOWN, W_BACKOFF, A_BACK_OFF },
	{ W_LISTING, E_STOP, W_STOPPING, A_HANG_UP },
	{ W_SYNCING, E_SYNCED, W_LIVE, A_FINISH_SYNC },
	{ W_SYNCING, E_FAIL, W_HANGUP, A_HANG_UP },
	{ W_SYNCING, E_DOWN, W_BACKOFF, A_BACK_OFF },
	{ W_SYNCING, E_STOP, W_STOPPING, A_HANG_UP },
	{ W_LIVE, E_FAIL, W_HANGUP, A_HANG_UP },
	{ W_LIVE, E_DOWN, W_BACKOFF, A_BACK_OFF },
	{ W_LIVE, E_STOP, W_STOPPING, A_HANG_UP },
	{ W_HANGUP, E_DOWN, W_BACKOFF, A_BACK_OFF },
	{ W_HANGUP, E_STOP, W_STOPPING, A_NOTHING },
	{ W_BACKOFF, E_DIAL, W_DIALING, A_DIAL },
	{ W_BACKOFF, E_LIST, W_LISTING, A_LIST },
	{ W_BACKOFF, E_STOP, W_IDLE, A_RELEASE },
	{ W_STOPPING, E_DOWN, W_IDLE, A_RELEASE },
	{ W_STOPPING, E_STOP, W_STOPPING, A_NOTHING },
};

/* All cells that are not listed are illegal. */
static void every_cell(void **state)
{
	(void)state;
	for (unsigned s = 0; s < W_NSTATES; s++)
		for (unsigned ev = 0; ev < E_NEVENTS; ev++) {
			struct w_edge want = { W_BAD, A_NOTHING };
			struct w_edge got = watch_edge(s, ev);
			for (size_t i = 0; i < COUNT(legal); i++)
				if (legal[i].from == s && legal[i].event == ev)
					want = (struct w_edge){ legal[i].to, legal[i].act };
			if (got.next != want.next || got.act != want.act)
				fail_msg("%s --%s--> %s", watch_state_name(s), watch_event_name(ev),
					watch_state_name(got.next));
		}
}

static void every_state_but_idle_accepts_stop(void **state)
{
	(void)state;
	for (unsigned s = W_IDLE + 1; s < W_NSTATES; s++)
		T_TRUE(watch_edge(s, E_STOP).next != W_BAD);
}

/* However it is stopped: at most one DOWN later it is released, exactly once. */
static void stop_leads_home(void **state)
{
	(void)state;
	for (unsigned s = W_IDLE + 1; s < W_NSTATES; s++) {
		struct w_edge e = watch_edge(s, E_STOP);
		int released = e.act == A_RELEASE;
		if (e.next == W_STOPPING) {
			e = watch_edge(W_STOPPING, E_DOWN);
			released += e.act == A_RELEASE;
		}
		T_EQ(e.next, W_IDLE);
		T_EQ(released, 1);
	}
}

static void every_state_is_reachable(void **state)
{
	bool seen[W_NSTATES] = { [W_IDLE] = true };

	(void)state;
	for (unsigned round = 0; round < W_NSTATES; round++)
		for (unsigned s = 0; s < W_NSTATES; s++)
			for (unsigned ev = 0; seen[s] && ev < E_NEVENTS; ev++)
				seen[watch_edge(s, ev).next] = true;
	for (unsigned s = W_IDLE; s < W_NSTATES; s++)
		T_TRUE(seen[s]);
}

static void names(void **state)
{
	(void)state;
	T_STR(watch_state_name(W_BACKOFF), "BACKOFF");
	T_STR(watch_event_name(E_SYNCED), "SYNCED");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cell),
		cmocka_unit_test(every_state_but_idle_accepts_stop),
		cmocka_unit_test(stop_leads_home),
		cmocka_unit_test(every_state_is_reachable),
		cmocka_unit_test(names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

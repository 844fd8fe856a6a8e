#include "kube/watch_fsm.h"

#include <assert.h>

static const struct w_edge edges[W_NSTATES][E_NEVENTS] = {
	[W_IDLE] = {
		[E_DIAL] = { W_DIALING, A_DIAL },
		[E_LIST] = { W_LISTING, A_LIST },
	},
	[W_DIALING] = {
		[E_OPEN] = { W_SYNCING, A_BEGIN_SYNC },
		[E_RESUMED] = { W_LIVE, A_RESUME },
		[E_DOWN] = { W_BACKOFF, A_BACK_OFF },
		[E_STOP] = { W_STOPPING, A_HANG_UP },
	},
	[W_LISTING] = {
		[E_SYNCED] = { W_HANGUP, A_FINISH_LIST },
		[E_FAIL] = { W_HANGUP, A_HANG_UP },
		[E_DOWN] = { W_BACKOFF, A_BACK_OFF },
		[E_STOP] = { W_STOPPING, A_HANG_UP },
	},
	[W_SYNCING] = {
		[E_SYNCED] = { W_LIVE, A_FINISH_SYNC },
		[E_FAIL] = { W_HANGUP, A_HANG_UP },
		[E_DOWN] = { W_BACKOFF, A_BACK_OFF },
		[E_STOP] = { W_STOPPING, A_HANG_UP },
	},
	[W_LIVE] = {
		[E_FAIL] = { W_HANGUP, A_HANG_UP },
		[E_DOWN] = { W_BACKOFF, A_BACK_OFF },
		[E_STOP] = { W_STOPPING, A_HANG_UP },
	},
	[W_HANGUP] = {
		[E_DOWN] = { W_BACKOFF, A_BACK_OFF },
		[E_STOP] = { W_STOPPING, A_NOTHING },
	},
	[W_BACKOFF] = {
		[E_DIAL] = { W_DIALING, A_DIAL },
		[E_LIST] = { W_LISTING, A_LIST },
		[E_STOP] = { W_IDLE, A_RELEASE },
	},
	[W_STOPPING] = {
		[E_DOWN] = { W_IDLE, A_RELEASE },
		[E_STOP] = { W_STOPPING, A_NOTHING },
	},
};

#define AS_NAME(n) #n,
static const char *const states[] = { W_STATES(AS_NAME) };
static const char *const events[] = { W_EVENTS(AS_NAME) };

struct w_edge watch_edge(enum w_state state, enum w_event event)
{
	assert(state < W_NSTATES && event < E_NEVENTS);
	return edges[state][event];
}

const char *watch_state_name(enum w_state state)
{
	return states[state];
}

const char *watch_event_name(enum w_event event)
{
	return events[event];
}

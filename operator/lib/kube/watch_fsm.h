/* watch_fsm.h — the life of one watch as a table; pure.  watch.c performs the actions.
 *
 *   IDLE --DIAL--> DIALING --OPEN--> SYNCING --SYNCED--> LIVE
 *     |             | ^  |                |               | ^
 *     |             | |  +----------------|---RESUMED-----|-+
 *     |        DOWN | | DIAL         FAIL |          FAIL |
 *     |             v |                   v               v
 *   LIST          BACKOFF <----DOWN---- HANGUP <----------+      (DOWN in SYNCING and LIVE: to BACKOFF)
 *     |        LIST | ^ DOWN              ^
 *     |             v |                   |
 *     +--------> LISTING ---SYNCED, FAIL--+
 *
 *   every state but IDLE --STOP--> STOPPING --DOWN--> IDLE        (from BACKOFF to IDLE at once)
 *
 * Synchronised is by what the server sends first (SYNCING), or by a list (LISTING) and then a connection that
 * goes on from there: BACKOFF is passed without a pause.
 * HANGUP and STOPPING wait for the connection's last word (DOWN), so that there is never more than one.
 * Every end goes through BACKOFF, a 410 too: a server that keeps saying it cannot make us spin. */
#ifndef KUBE_WATCH_FSM_H
#define KUBE_WATCH_FSM_H

#define W_STATES(X)                                                                                \
	X(BAD) X(IDLE) X(DIALING) X(LISTING) X(SYNCING) X(LIVE) X(HANGUP) X(BACKOFF) X(STOPPING)

/* DIAL, LIST: it is time to.  OPEN: open, and everything is sent first.  RESUMED: open, and only what is new is sent.
 * SYNCED: the end of the initial events, or of the list.  FAIL: we will have no more of this connection.
 * DOWN: it is no more. */
#define W_EVENTS(X) X(NONE) X(DIAL) X(LIST) X(OPEN) X(RESUMED) X(SYNCED) X(FAIL) X(DOWN) X(STOP)

#define W_ACTIONS(X)                                                                               \
	X(NOTHING)                                                                                 \
	X(DIAL)                                                                                    \
	X(LIST)                                                                                    \
	X(BEGIN_SYNC) X(FINISH_SYNC) X(FINISH_LIST) X(RESUME) X(HANG_UP) X(BACK_OFF) X(RELEASE)

#define AS_STATE(n)  W_##n,
#define AS_EVENT(n)  E_##n,
#define AS_ACTION(n) A_##n,
enum w_state { W_STATES(AS_STATE) W_NSTATES };
enum w_event { W_EVENTS(AS_EVENT) E_NEVENTS };
enum w_action { W_ACTIONS(AS_ACTION) A_NACTIONS };
#undef AS_STATE
#undef AS_EVENT
#undef AS_ACTION

_Static_assert((int)W_BAD == 0, "a zeroed table cell must mean illegal");

struct w_edge {
	enum w_state next; /* W_BAD: illegal */
	enum w_action act;
};

struct w_edge watch_edge(enum w_state state, enum w_event event);
const char *watch_state_name(enum w_state state);
const char *watch_event_name(enum w_event event);

#endif

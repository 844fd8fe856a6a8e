/* loop.h — the one event loop (libuv), its timers and signals.  One thread; nothing here blocks.
 *
 * struct loop is opaque; libcurl's and libwebsockets' glue in lib/kube gets the uv loop by loop_uv(). */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H

#include "base/auto.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct loop;

int loop_new(struct loop **ret, struct err *e) MUST_CHECK;
uv_loop_t *loop_uv(struct loop *l);
void loop_run(struct loop *l);  /* until loop_stop() or until nothing is left to wait for */
void loop_stop(struct loop *l); /* from a callback */
/* Runs pending close callbacks, closes signal handles, frees.  Everything that hangs on the loop must
 * have been closed by its owner; asserts that nothing is left. */
void loop_free(struct loop *l);

/* SIGTERM, SIGINT…: cb runs on the loop; a handle kept by the loop does not keep loop_run() alive. */
int loop_on_signal(struct loop *l, int signum, void (*cb)(void *arg, int signum), void *arg,
	struct err *e) MUST_CHECK;

/* A one-shot timer, embedded in its owner.  timer_init once; timer_set re-arms (replacing what was
 * set), also from its own callback; timer_stop disarms.  The memory must live until closed() ran. */
struct timer {
	uv_timer_t uv;
	void (*cb)(void *arg);
	void *arg;
	void (*closed)(void *arg);
};
void timer_init(struct loop *l, struct timer *t, void (*cb)(void *arg), void *arg);
void timer_set(struct timer *t, int64_t delay_ms); /* negative counts as 0 */
void timer_stop(struct timer *t);
bool timer_active(const struct timer *t);
/* closed(arg of the timer) may be NULL: the memory must then outlive the loop. */
void timer_close(struct timer *t, void (*closed)(void *arg));

#endif

/* A watch that is closed, at any time; and what it does without memory. */
#include "testing/t.h"

#include "kube/watch_fixture.h"

/* closed comes once, after the last word of the connection, and nothing else comes. */
static void close_in_every_state(void **state)
{
	static const enum w_state states[] = { W_DIALING, W_SYNCING, W_LIVE, W_HANGUP, W_BACKOFF };

	(void)state;
	for (size_t i = 0; i < COUNT(states); i++) {
		struct play p;
		play_start(&p);
		play_watch(&p);
		if (states[i] != W_DIALING)
			opens(&p);
		if (states[i] == W_LIVE)
			bookmark(&p, 20, true);
		if (states[i] == W_HANGUP || states[i] == W_BACKOFF)
			text(&p, "?");
		if (states[i] == W_BACKOFF)
			lost(&p);
		T_EQ(p.watch->state, states[i]);
		buf_reset(&p.seen);
		close_watch(&p);
		T_EQ(p.closed, 0); /* never from within */
		if (p.connected) {
			p.sink.open(p.sink.arg);
			event(&p, "ADDED", "late", 50);
			bookmark(&p, 60, true);
		}
		T_EQ(p.seen.len, 0);
		play_end(&p);
	}
}

static void close_from_callbacks(void **state)
{
	static const char *const seen[] = { "+a ", "+a +b * ", "+a +b * -a " };

	(void)state;
	for (int at = 0; at < 3; at++) {
		struct play p;
		play_start(&p);
		play_watch(&p);
		opens(&p);
		p.close_in_callback = at == 0;
		event(&p, "ADDED", "a", 10);
		p.close_in_callback = false;
		event(&p, "ADDED", "b", 11);
		p.close_in_callback = at == 1;
		bookmark(&p, 20, true);
		p.close_in_callback = at == 2;
		event(&p, "DELETED", "a", 21);
		event(&p, "DELETED", "b", 22);
		T_STR(p.seen.s, seen[at]);
		T_EQ(p.hangups, 1);
		play_end(&p);
	}
}

static void close_from_a_sweep(void **state)
{
	struct play p;

	(void)state;
	play_live(&p);
	event(&p, "ADDED", "b", 21);
	text(&p, "{\"type\":\"ERROR\",\"object\":{\"code\":410}}");
	lost(&p);
	pass(&p, 1500);
	opens(&p);
	buf_reset(&p.seen);
	p.close_in_callback = true;
	bookmark(&p, 30, true);
	T_EQ(p.seen.len, strlen("-a ")); /* a or b, not both, and no `synced` */
	T_EQ(p.watch->state, W_STOPPING);
	play_end(&p);
}

static void close_of_nothing(void **state)
{
	(void)state;
	kube_watch_close(NULL, NULL, NULL);
}

static void new_out_of_memory(void **state)
{
	int rc;

	(void)state;
	T_OOM(rc, ({
		struct play p = { 0 };
		struct kube_watch_cfg cfg = { .type = &KUBE_NAMESPACE,
			.label_selector = "a=b",
			.fields = fields };
		struct loop *l = NULL;
		rc = loop_new(&l, NULL);
		p.hub = (struct watch_hub){ .loop = l,
			.ws = { "websocket", play_connect_ws, play_hangup, &p } };
		if (rc == 0)
			rc = kube_watch_new(&p.hub, &cfg, &p.watch, NULL);
		if (rc == 0) {
			/* No memory for the dial alone is not an end: it is tried again. */
			if (!p.connected)
				rc = -ENOMEM;
			kube_watch_close(p.watch, NULL, NULL);
			if (p.connected)
				lost(&p);
		}
		if (l)
			loop_run(l);
		loop_free(l);
	}));
}

/* Whichever allocation fails while an event is handled: the connection is dropped, the server sends the
 * event again, and it is passed on exactly once. */
static void event_out_of_memory_is_not_lost(void **state)
{
	bool fired = true;

	(void)state;
	for (long n = 0; fired; n++) {
		struct play p;
		play_live(&p);
		oom_fail_at(n);
		event(&p, "ADDED", "b", 21);
		fired = oom_off();
		T_EQ(p.watch->state, fired ? W_HANGUP : W_LIVE);
		expect(&p, fired ? "" : "+b ");
		if (fired) {
			lost(&p);
			T_HAS(kube_watch_text(p.watch), "out of memory");
			pass(&p, 1500);
			T_HAS(p.path, "&resourceVersion=20");
			opens(&p);
			event(&p, "ADDED", "b", 21);
			expect(&p, "+b ");
		}
		play_end(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(close_in_every_state),
		cmocka_unit_test(close_from_callbacks),
		cmocka_unit_test(close_from_a_sweep),
		cmocka_unit_test(close_of_nothing),
		cmocka_unit_test(new_out_of_memory),
		cmocka_unit_test(event_out_of_memory_is_not_lost),
	};
	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

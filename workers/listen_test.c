/* listen_test.c — a worker that takes events over HTTP, in front of a hub in memory. */
#include "testing/plain_client.h"
#include "testing/t.h"

#include "workers/listen.h"
#include "workers/testing/scene.h"

#include <stdio.h>

static struct loop *loop;
static struct listener *l;
static struct scene s;
static unsigned idle;
static bool is_closed;

static void on_idle(void *arg)
{
	(void)arg;
	idle++;
}

static int set_up(void **state)
{
	struct listen_cfg cfg = { .address = "127.0.0.1:0", .most = 2, .idle = on_idle };

	(void)state;
	idle = 0;
	is_closed = false;
	scene_set_up(&s);
	if (loop_new(&loop, NULL) < 0)
		return -1;
	cfg.loop = loop;
	cfg.engine = (struct engine){ .hub = fake_hub(&s.hub),
		.namespace = "berth-system",
		.worker = "w" };
	return listen_new(&cfg, &l, NULL);
}

static void on_closed(void *arg)
{
	(void)arg;
	is_closed = true;
}

static int tear_down(void **state)
{
	(void)state;
	listen_close(l, on_closed, NULL);
	loop_run(loop);
	loop_free(loop);
	scene_tear_down(&s);
	return is_closed && mem_live() == 0 ? 0 : -1;
}

#define UNTIL(condition) PLAIN_UNTIL(loop_uv(loop), condition)

static void say(struct plain_client *c, const char *headers, const char *body)
{
	AUTO_STR request = xprintf("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n%s\r\n%s",
		strlen(body), headers, body);

	plain_dial(c, listen_port(l));
	plain_say(c, request);
}

/* As the adapter of a Knative ApiServerSource tells of a ManagedCluster. */
#define ABOUT(name)                                                                                \
	"Content-Type: application/json\r\nCe-Specversion: 1.0\r\nCe-Id: 1\r\n"                    \
	"Ce-Type: dev.knative.apiserver.resource.update\r\nCe-Source: https://10.0.0.1:443\r\n"    \
	"Ce-Apiversion: cluster.open-cluster-management.io/v1\r\nCe-Kind: ManagedCluster\r\n"      \
	"Ce-Namespace: \r\nCe-Name: " name "\r\n"

static void hear(struct plain_client *c, const char *status)
{
	UNTIL(plain_over(c));
	T_HAS(c->heard, status);
	plain_hang_up(c);
}

static void an_event_is_held_until_it_is_worked(void **state)
{
	struct plain_client c;

	(void)state;
	say(&c, ABOUT("edge1"), "{}");
	UNTIL(s.hub.gets == 1);
	T_TRUE(listen_working(l));
	T_FALSE(plain_over(&c));
	T_EQ(c.len + idle, 0);
	fake_pump(&s.hub);
	T_EQ(s.hub.works_created, 1);
	T_EQ(idle, 1);
	T_FALSE(listen_working(l));
	T_TRUE(listen_answering(l));
	hear(&c, "HTTP/1.1 200 ");
	T_STR(plain_body(&c), "");
	UNTIL(!listen_answering(l));
}

static void structured_mode_is_taken_too(void **state)
{
	static const char event[] =
		"{\"specversion\":\"1.0\",\"type\":\"" EVENT_ADVANCE
		"\",\"source\":\"urn:berth:h\",\"id\":\"i\",\"subject\":\"none\","
		"\"data\":{\"uid\":\"u\",\"inputs\":{}}}";
	struct plain_client c;

	(void)state;
	say(&c, "Content-Type: application/cloudevents+json; charset=UTF-8\r\n", event);
	UNTIL(s.hub.gets == 1);
	fake_pump(&s.hub);
	hear(&c, " 200 "); /* it is gone: nothing to do */
	T_EQ(s.hub.writes, 0);
}

static void what_is_no_event_is_refused(void **state)
{
	struct plain_client c;

	(void)state;
	say(&c, "Content-Type: application/json\r\n", "{}");
	hear(&c, " 400 ");
	T_HAS(plain_body(&c), "specversion");
	T_EQ(s.hub.calls, 0);
}

static void an_error_is_to_come_again(void **state)
{
	struct plain_client c;

	(void)state;
	s.hub.refuse = "get clusteronboardings";
	say(&c, ABOUT("edge1"), "{}");
	UNTIL(s.hub.queued == 1);
	fake_pump(&s.hub);
	hear(&c, " 503 ");
	T_HAS(c.heard, "\r\nretry-after: ");
	T_HAS(plain_body(&c), "read the onboarding");
}

static void more_than_may_be_are_to_come_again(void **state)
{
	struct plain_client a, b, c;

	(void)state;
	say(&a, ABOUT("edge1"), "{}");
	say(&b, ABOUT("edge2"), "{}");
	UNTIL(s.hub.gets == 2);
	say(&c, ABOUT("edge3"), "{}");
	hear(&c, " 503 ");
	T_HAS(c.heard, "\r\nretry-after: ");
	T_EQ(s.hub.gets, 2);
	fake_pump(&s.hub);
	T_EQ(idle, 1);
	hear(&a, " 200 ");
	hear(&b, " 200 ");
}

static void get(struct plain_client *c, const char *path, const char *status)
{
	AUTO_STR request = xprintf("GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path);

	plain_dial(c, listen_port(l));
	plain_say(c, request);
	hear(c, status);
}

static void on_the_way_out_no_more_is_taken(void **state)
{
	struct plain_client a, b;

	(void)state;
	get(&a, "/readyz", " 200 ");
	get(&a, "/elsewhere", " 404 ");
	say(&a, ABOUT("edge1"), "{}");
	UNTIL(s.hub.gets == 1);
	listen_drain(l);
	get(&b, "/healthz", " 200 ");
	get(&b, "/readyz", " 503 ");
	say(&b, ABOUT("edge2"), "{}");
	hear(&b, " 503 ");
	T_TRUE(listen_working(l));
	fake_pump(&s.hub);
	T_EQ(idle, 1);
	hear(&a, " 200 ");
}

static void who_hangs_up_is_worked_all_the_same(void **state)
{
	struct plain_client c;

	(void)state;
	say(&c, ABOUT("edge1"), "{}");
	UNTIL(s.hub.gets == 1);
	plain_hang_up(&c);
	UNTIL(!listen_answering(l));
	T_TRUE(listen_working(l));
	fake_pump(&s.hub);
	T_EQ(s.hub.works_created, 1);
	T_EQ(idle, 1);
}

static void a_place_that_is_taken_is_named(void **state)
{
	struct listen_cfg cfg = { .loop = loop, .most = 2, .idle = on_idle };
	struct listener *other = NULL;
	struct err e;
	AUTO_STR address = xprintf("127.0.0.1:%d", listen_port(l));

	(void)state;
	cfg.address = address;
	T_EQ(listen_new(&cfg, &other, &e), -EADDRINUSE);
	T_HAS(e.msg, address);
	T_NULL(other);
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		T(an_event_is_held_until_it_is_worked),
		T(structured_mode_is_taken_too),
		T(what_is_no_event_is_refused),
		T(an_error_is_to_come_again),
		T(more_than_may_be_are_to_come_again),
		T(on_the_way_out_no_more_is_taken),
		T(who_hangs_up_is_worked_all_the_same),
		T(a_place_that_is_taken_is_named),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

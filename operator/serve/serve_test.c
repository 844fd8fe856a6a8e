/* A real server on loopback; the client is a thread with a plain socket. */
#include "serve/serve.h"

#include "testing/t.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

struct scene {
	struct loop *loop;
	struct ws *ws;
	struct serve_cfg cfg;
	void (*collect)(void *arg, struct metrics *m); /* NULL: collect() */
	int port;
	const char *not_ready;
	int clusters;
	uv_async_t done;
	pthread_t thread;
	void (*client)(struct scene *s); /* runs in the thread */
	char *reply;
	size_t length;
};

static void collect(void *arg, struct metrics *m)
{
	struct scene *s = arg;
	char name[32];

	for (int i = 0; i < s->clusters; i++) {
		snprintf(name, sizeof(name), "cluster-%d", i);
		metrics_gauge(m, "berth_score", "Score.", i, "cluster", name, NULL);
	}
}

static void ready(void *arg, struct buf *why_not)
{
	struct scene *s = arg;
	buf_str(why_not, s->not_ready);
}

static void client_done(uv_async_t *a)
{
	struct scene *s = a->data;

	ws_close(s->ws, NULL, NULL);
	uv_close((uv_handle_t *)a, NULL);
}

static void *client_main(void *arg)
{
	struct scene *s = arg;

	s->client(s);
	uv_async_send(&s->done);
	return NULL;
}

static int dial(const struct scene *s)
{
	struct sockaddr_in a = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)s->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct timeval patience = { .tv_sec = 20 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0 ? fd : -1;
}

/* Sends, then reads until the server closes. */
static void ask(struct scene *s, const char *request)
{
	int fd = dial(s);
	ssize_t n = send(fd, request, strlen(request), MSG_NOSIGNAL);

	s->reply = realloc(s->reply, 1);
	s->length = 0;
	for (; n > 0; s->length += (size_t)n) {
		s->reply = realloc(s->reply, s->length + 65536);
		n = recv(fd, s->reply + s->length, 65535, 0);
		if (n <= 0)
			break;
	}
	s->reply[s->length] = '\0';
	close(fd);
}

static void get(struct scene *s, const char *path)
{
	char request[256];

	snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path);
	ask(s, request);
}

static void scene_run(struct scene *s, void (*client)(struct scene *s))
{
	struct err e;

	s->client = client;
	s->cfg = (struct serve_cfg){ .collect = s->collect ? s->collect : collect,
		.ready = ready,
		.arg = s };
	if (!s->not_ready)
		s->not_ready = "";
	T_EQ(loop_new(&s->loop, &e), 0);
	T_EQ(ws_new(s->loop, NULL, "berth-operator/test", &s->ws, &e), 0);
	T_EQ(serve_start(s->ws, "127.0.0.1:0", &s->cfg, &e), 0);
	s->port = ws_serve_port(s->ws);
	T_TRUE(s->port > 0);
	uv_async_init(loop_uv(s->loop), &s->done, client_done);
	s->done.data = s;
	pthread_create(&s->thread, NULL, client_main, s);
	loop_run(s->loop);
	pthread_join(s->thread, NULL);
	loop_free(s->loop);
}

static void scene_clear(struct scene *s)
{
	free(s->reply);
}

static const char *body(const struct scene *s)
{
	const char *end = strstr(s->reply, "\r\n\r\n");
	return end ? end + 4 : "";
}

static void get_metrics(struct scene *s)
{
	get(s, "/metrics");
}

static void metrics_page(void **state)
{
	struct scene s = { .clusters = 2 };

	(void)state;
	scene_run(&s, get_metrics);
	T_HAS(s.reply, "HTTP/1.1 200 OK\r\n");
	T_HAS(s.reply, "content-type: text/plain; version=0.0.4");
	T_HAS(s.reply, "connection: close");
	T_HAS(body(&s), "\nberth_score{cluster=\"cluster-1\"} 1\n");
	T_HAS(body(&s), "# TYPE process_resident_memory_bytes gauge\n");
	scene_clear(&s);
}

/* Larger than any socket buffer: comes whole. */
static void large_page(void **state)
{
	struct scene s = { .clusters = 200000 };
	size_t announced = 0;

	(void)state;
	scene_run(&s, get_metrics);
	T_HAS(s.reply, "\r\ncontent-length: ");
	sscanf(strstr(s.reply, "\r\ncontent-length: "), "\r\ncontent-length: %zu", &announced);
	T_TRUE(announced > 4 * 1024 * 1024);
	T_EQ(strlen(body(&s)), announced);
	T_HAS(body(&s) + announced - 64, "{cluster=\"cluster-199999\"} 199999\n");
	scene_clear(&s);
}

static void get_healthz(struct scene *s)
{
	get(s, "/healthz");
}

static void healthz(void **state)
{
	struct scene s = { .not_ready = "nothing is ready\n" };

	(void)state;
	scene_run(&s, get_healthz);
	T_HAS(s.reply, "HTTP/1.1 200 OK\r\n");
	T_STR(body(&s), "ok\n");
	scene_clear(&s);
}

static void get_readyz(struct scene *s)
{
	get(s, "/readyz?verbose");
}

static void readyz(void **state)
{
	struct scene s = { 0 };

	(void)state;
	scene_run(&s, get_readyz);
	T_HAS(s.reply, "HTTP/1.1 200 OK\r\n");
	T_STR(body(&s), "ok\n");
	scene_clear(&s);
}

static void not_ready(void **state)
{
	struct scene s = { .not_ready = "managedclusters: waiting for CRD x\nplans: connecting\n" };

	(void)state;
	scene_run(&s, get_readyz);
	T_HAS(s.reply, "HTTP/1.1 503 Service Unavailable\r\n");
	T_STR(body(&s), "managedclusters: waiting for CRD x\nplans: connecting\n");
	scene_clear(&s);
}

static void get_nothing(struct scene *s)
{
	get(s, "/etc/passwd");
}

static void unknown_path(void **state)
{
	struct scene s = { 0 };

	(void)state;
	scene_run(&s, get_nothing);
	T_HAS(s.reply, "HTTP/1.1 404 ");
	T_HAS(body(&s), "/metrics");
	scene_clear(&s);
}

static void post(struct scene *s)
{
	ask(s, "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
}

static void other_methods(void **state)
{
	struct scene s = { 0 };

	(void)state;
	scene_run(&s, post);
	T_HAS(s.reply, "HTTP/1.1 405 ");
	scene_clear(&s);
}

static void upgrade(struct scene *s)
{
	ask(s,
		"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
}

static void upgrade_is_refused(void **state)
{
	struct scene s = { 0 };

	(void)state;
	scene_run(&s, upgrade);
	T_HAS(s.reply, " 400 Bad Request\r\n");
	T_NULL(strstr(s.reply, "101"));
	scene_clear(&s);
}

/* More silent connections than are allowed: those beyond are closed at once, and when one of the others
 * leaves there is room again. */
static void crowd(struct scene *s)
{
	int fds[24], closed = 0;
	char c;

	for (size_t i = 0; i < COUNT(fds); i++)
		fds[i] = dial(s);
	for (size_t i = 16; i < COUNT(fds); i++)
		closed += recv(fds[i], &c, 1, 0) <= 0;
	for (size_t i = 0; i < 16; i++)
		closed += recv(fds[i], &c, 1, MSG_DONTWAIT) == 0;
	for (size_t i = 0; i < COUNT(fds); i++)
		close(fds[i]);
	for (int tries = 0; tries < 100 && !s->length; tries++) {
		usleep(20 * 1000);
		get(s, "/healthz");
	}
	s->clusters = closed;
}

static void connections_are_bounded(void **state)
{
	struct scene s = { 0 };

	(void)state;
	scene_run(&s, crowd);
	T_EQ(s.clusters, 8);
	T_HAS(s.reply, "200 OK");
	scene_clear(&s);
}

/* Closed in the middle of an answer: nothing is left. */
static void half(struct scene *s)
{
	int fd = dial(s);
	char c;

	T_TRUE(send(fd, "GET /metrics HTTP/1.1\r\n\r\n", 25, MSG_NOSIGNAL) == 25);
	T_TRUE(recv(fd, &c, 1, 0) == 1);
	s->length = (size_t)fd; /* stays open; its thread is over */
}

static void closes_with_an_answer_under_way(void **state)
{
	struct scene s = { .clusters = 200000 };
	long before = mem_live();

	(void)state;
	scene_run(&s, half);
	close((int)s.length);
	scene_clear(&s);
	T_EQ(mem_live(), before);
}

static void collect_without_memory(void *arg, struct metrics *m)
{
	collect(arg, m);
	oom_fail_at(0);
	metrics_gauge(m, "berth_last", "Never told.", 1, NULL);
	T_TRUE(oom_off());
}

static void page_without_memory(void **state)
{
	struct scene s = { .collect = collect_without_memory };

	(void)state;
	scene_run(&s, get_metrics);
	T_HAS(s.reply, "HTTP/1.1 503 Service Unavailable\r\n");
	T_STR(body(&s), "out of memory\n");
	scene_clear(&s);
}

static void start_without_memory(void **state)
{
	struct loop *l;
	struct ws *ws;
	struct serve_cfg cfg = { 0 };
	struct err e;
	int rc;

	(void)state;
	T_EQ(loop_new(&l, &e), 0);
	T_EQ(ws_new(l, NULL, "test", &ws, &e), 0);
	oom_fail_at(0);
	rc = serve_start(ws, "127.0.0.1:0", &cfg, &e);
	T_TRUE(oom_off());
	T_EQ(rc, -ENOMEM);
	T_EQ(serve_start(ws, "127.0.0.1:0", &cfg, &e), 0);
	ws_close(ws, NULL, NULL);
	loop_run(l);
	loop_free(l);
}

static void address_errors(void **state)
{
	static const struct {
		const char *address;
		int rc;
	} cases[] = {
		{ "", -EINVAL },
		{ "9090", -EINVAL },
		{ "127.0.0.1:", -EINVAL },
		{ "127.0.0.1:http", -EINVAL },
		{ "127.0.0.1:65536", -EINVAL },
		{ "localhost:9090", -EINVAL },
		{ "[::1:9090", -EINVAL },
		{ "192.0.2.1:9090", -EADDRNOTAVAIL },
	};
	struct loop *l;
	struct ws *ws;
	struct serve_cfg cfg = { 0 };
	struct err e;

	(void)state;
	T_EQ(loop_new(&l, &e), 0);
	T_EQ(ws_new(l, NULL, "test", &ws, &e), 0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (serve_start(ws, cases[i].address, &cfg, &e) != cases[i].rc)
			fail_msg("%s: %s", cases[i].address, e.msg);
		T_HAS(e.msg, cases[i].address);
	}
	T_EQ(serve_start(ws, ":0", &cfg, &e), 0);
	char taken[32];
	snprintf(taken, sizeof(taken), "[::]:%d", ws_serve_port(ws));
	struct ws *other;
	T_EQ(ws_new(l, NULL, "test", &other, &e), 0);
	T_EQ(serve_start(other, taken, &cfg, &e), -EADDRINUSE);
	T_HAS(e.msg, "Address already in use");
	ws_close(ws, NULL, NULL);
	ws_close(other, NULL, NULL);
	loop_run(l);
	loop_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(metrics_page),
		cmocka_unit_test(large_page),
		cmocka_unit_test(healthz),
		cmocka_unit_test(readyz),
		cmocka_unit_test(not_ready),
		cmocka_unit_test(unknown_path),
		cmocka_unit_test(other_methods),
		cmocka_unit_test(upgrade_is_refused),
		cmocka_unit_test(connections_are_bounded),
		cmocka_unit_test(closes_with_an_answer_under_way),
		cmocka_unit_test(page_without_memory),
		cmocka_unit_test(start_without_memory),
		cmocka_unit_test(address_errors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

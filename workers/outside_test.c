/* outside_test.c — one answer of a real server. */
#include "testing/t.h"

#include "base/mem.h"
#include "workers/outside.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE 5000

static struct loop *l;
static struct http *h;
static struct outside_reply got;
static char body[SIZE + 1];
static bool over;

static void on_answer(void *arg, const struct outside_reply *r)
{
	(void)arg;
	got = *r;
	snprintf(body, sizeof(body), "%s", r->body);
	over = true;
}

/* A child that answers once, with SIZE bytes. */
static pid_t serve(int *ret_port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM, 0), fd;
	char text[SIZE];
	pid_t pid;

	T_EQ(bind(listener, (struct sockaddr *)&at, len), 0);
	T_EQ(listen(listener, 1), 0);
	T_EQ(getsockname(listener, (struct sockaddr *)&at, &len), 0);
	*ret_port = ntohs(at.sin_port);
	pid = fork();
	if (pid == 0) {
		fd = accept(listener, NULL, NULL);
		(void)!read(fd, text, sizeof(text));
		dprintf(fd, "HTTP/1.1 201 Created\r\nContent-Length: %d\r\n\r\n", SIZE);
		memset(text, 'x', sizeof(text));
		(void)!write(fd, text, sizeof(text));
		_exit(0);
	}
	close(listener);
	return pid;
}

static void ask(size_t answer_most)
{
	struct outside o = outside_http(h, NULL);
	struct outside_request q = { .method = "POST", .answer_most = answer_most };
	char url[64];
	int port;
	pid_t pid = serve(&port);

	snprintf(url, sizeof(url), "http://127.0.0.1:%d/", port);
	q.url = url;
	over = false;
	T_EQ(o.call(o.arg, &q, on_answer, NULL, NULL), 0);
	while (!over)
		uv_run(loop_uv(l), UV_RUN_ONCE);
	waitpid(pid, NULL, 0);
}

static void test_an_answer(void **state)
{
	(void)state;
	ask(SIZE);
	T_EQ(got.status, 201);
	T_EQ(strlen(body), SIZE);
}

/* It was done, whatever else was said. */
static void test_an_answer_that_is_too_large(void **state)
{
	(void)state;
	ask(SIZE - 1);
	T_EQ(got.status, 201);
	T_TRUE(strlen(body) < SIZE);
}

static int begin(void **state)
{
	(void)state;
	T_EQ(loop_new(&l, NULL), 0);
	return http_new(l, "berth-test/1", 0, &h, NULL);
}

static int end(void **state)
{
	(void)state;
	http_close(h, NULL, NULL);
	loop_run(l);
	loop_free(l);
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_answer),
		cmocka_unit_test(test_an_answer_that_is_too_large),
	};

	mem_init();
	return cmocka_run_group_tests(tests, begin, end);
}

/* forged_test.c — requests that somebody forged to reach what they must not: listeners on all addresses of this machine
 * count connections, and there must be none. */
#include "testing/t.h"

#include "http/guard.h"
#include "http/http.h"
#include "plan/url.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#define HUB "10.96.0.0/12,10.244.0.0/16,192.0.2.7"

static struct guard hub_guard(void)
{
	struct guard g = { .n_denied = 0 };

	T_EQ(guard_deny(&g, HUB, NULL), 0);
	return g;
}

static struct loop *l;
static struct http *h;
static int listeners[2], n_listeners;
static int port;
static unsigned over;

static void listen_on(int family, const void *a, socklen_t len)
{
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;

	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, a, len) == 0 && listen(fd, 64) == 0)
		listeners[n_listeners++] = fd;
	else
		close(fd);
}

/* Whichever address is reached is counted. */
static void start_listeners(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET };
	struct sockaddr_in6 any6 = { .sin6_family = AF_INET6 };
	socklen_t len = sizeof(any);

	listen_on(AF_INET, &any, sizeof(any));
	T_EQ(n_listeners, 1);
	T_EQ(getsockname(listeners[0], (struct sockaddr *)&any, &len), 0);
	any6.sin6_port = any.sin_port;
	port = ntohs(any.sin_port);
	listen_on(AF_INET6, &any6, sizeof(any6));
}

static int connections(void)
{
	int n = 0;

	for (int i = 0; i < n_listeners; i++)
		for (int fd; (fd = accept4(listeners[i], NULL, NULL, SOCK_CLOEXEC)) >= 0; n++)
			close(fd);
	return n;
}

static void done(struct http_exchange *x)
{
	(void)x;
	over++;
}

/* As a worker would: the URL is judged, and then the address.  0: an answer came. */
static int ask(const char *url, const char *address, const struct guard *g, char *why, size_t size)
{
	struct http_gate gate = { guard_refuses, g };
	struct http_target from = { .url = url,
		.address = address,
		.connect_ms = 300,
		.timeout_ms = 600 };
	struct http_target to;
	struct err e = { "" };
	struct url u;
	unsigned before = over;
	int rc = url_parse(url, &u, &e);

	if (rc == 0)
		rc = http_target_init(&to, &from, &e);
	snprintf(why, size, "%s", e.msg);
	if (rc < 0)
		return rc;
	struct http_exchange x = { .to = &to,
		.method = "GET",
		.path = "",
		.gate = &gate,
		.done = done };
	rc = http_start(h, &x);
	while (rc == 0 && over == before)
		uv_run(loop_uv(l), UV_RUN_ONCE);
	if (rc == 0)
		rc = x.rc;
	snprintf(why, size, "%s", x.text);
	http_exchange_clear(&x);
	http_target_clear(&to);
	return rc;
}

/* %d is the listeners' port. */
static const char *const forged[] = {
	"http://127.0.0.1:%d/",
	"http://127.0.0.2:%d/",
	"http://127.255.255.254:%d/",
	"http://127.1:%d/",
	"http://127.0.1:%d/",
	"http://2130706433:%d/",
	"http://2130706434:%d/",
	"http://0x7f000001:%d/",
	"http://0x7F.0.0.1:%d/",
	"http://0x7f.1:%d/",
	"http://017700000001:%d/",
	"http://0177.0.0.1:%d/",
	"http://0177.1:%d/",
	"http://127.0.0.1.:%d/",
	"http://127.0.0.01:%d/",
	"http://127.000.000.001:%d/",
	"http://4294967295:%d/",
	"http://4294967296:%d/",
	"http://00000177.0.0.1:%d/",
	"http://127.0x0.0.1:%d/",
	"http://0:%d/",
	"http://0.0.0.0:%d/",
	"http://0x0:%d/",
	"http://00:%d/",
	"http://0.0:%d/",
	"http://localhost:%d/",
	"http://LOCALHOST:%d/",
	"http://localhost.:%d/",
	"http://localhost.localdomain:%d/",
	"http://ip6-localhost:%d/",
	"http://ip6-loopback:%d/",
	"http://[::1]:%d/",
	"http://[0:0:0:0:0:0:0:1]:%d/",
	"http://[0000:0000:0000:0000:0000:0000:0000:0001]:%d/",
	"http://[::]:%d/",
	"http://[::ffff:127.0.0.1]:%d/",
	"http://[::ffff:7f00:1]:%d/",
	"http://[0:0:0:0:0:ffff:127.0.0.1]:%d/",
	"http://[::127.0.0.1]:%d/",
	"http://[::ffff:0:127.0.0.1]:%d/",
	"http://[64:ff9b::127.0.0.1]:%d/",
	"http://[64:ff9b::7f00:1]:%d/",
	"http://[64:ff9b:1::7f00:1]:%d/",
	"http://[2002:7f00:1::]:%d/",
	"http://[2002:7f00:1::1]:%d/",
	"http://[fe80::1]:%d/",
	"http://[fe80::1%%25lo]:%d/",
	"http://[fe80::1%%lo]:%d/",
	"http://[::1%%25lo]:%d/",
	"http://[::1%%lo]:%d/",
	"http://[fd00::5efe:127.0.0.1]:%d/",
	"http://[ff02::1]:%d/",
	"http://[::1]x:%d/",
	"http://[v1.127.0.0.1]:%d/",
	"http://user@127.0.0.1:%d/",
	"http://user:pass@127.0.0.1:%d/",
	"http://a.example@127.0.0.1:%d/",
	"http://a.example:80@127.0.0.1:%d/",
	"http://a.example%%40127.0.0.1:%d/",
	"http://127.0.0.1:%d@a.example/",
	"http://a.example\\@127.0.0.1:%d/",
	"http://127.0.0.1\\@a.example:%d/",
	"http://127.0.0.1:%d#@a.example/",
	"http://a.example#@127.0.0.1:%d/",
	"http://127.0.0.1%%00:%d/",
	"http://127.0.0.1%%2f:%d/",
	"http://127.0.0.1 :%d/",
	"http://\t127.0.0.1:%d/",
	"http://127.0.0.1:%d/\r\nHost: a.example\r\n",
	"http://127.0.0.1\r\n:%d/",
	"http://127.0.0.1:0%d/",
	"http://127.0.0.1:+%d/",
	"http://127.0.0.1: %d/",
	"http:127.0.0.1:%d/",
	"http:/127.0.0.1:%d/",
	"http:///127.0.0.1:%d/",
	"http:\\\\127.0.0.1:%d/",
	"//127.0.0.1:%d/",
	"127.0.0.1:%d/",
	"localhost:%d",
	"ftp://127.0.0.1:%d/",
	"gopher://127.0.0.1:%d/_GET",
	"dict://127.0.0.1:%d/x",
	"telnet://127.0.0.1:%d/",
	"ldap://127.0.0.1:%d/",
	"smtp://127.0.0.1:%d/",
	"tftp://127.0.0.1:%d/x",
	"ws://127.0.0.1:%d/",
	"file://127.0.0.1:%d/etc/passwd",
	"unix://127.0.0.1:%d/x",
	"http+unix://%%2Frun%%2Fx:%d/",
	"jar:http://127.0.0.1:%d/!/",
	"http://169.254.169.254:%d/latest/meta-data/",
	"http://2852039166:%d/",
	"http://0xa9fea9fe:%d/",
	"http://[::ffff:169.254.169.254]:%d/",
	"http://[fd00:ec2::254]:%d/",
	"http://100.100.100.200:%d/",
	"http://10.96.0.1:%d/",
	"http://[::ffff:10.96.0.1]:%d/",
	"http://[64:ff9b::a60:1]:%d/",
	"http://10.244.0.7:%d/",
	"http://192.0.2.7:%d/",
	"http://255.255.255.255:%d/",
	"http://224.0.0.1:%d/",
	"http://\xe2\x91\xa0\xe2\x91\xa1\xe2\x91\xa6.0.0.1:%d/",
	"http://127\xe3\x80\x82\x30.0.1:%d/",
	"http://*:%d/",
	"http://:%d/",
	"http://.:%d/",
	"http://..:%d/",
	"HTTPS://127.0.0.1:%d/",
	"https://localhost:%d/",
	"https://[::1]:%d/",
};

static void test_forged_requests_reach_nobody(void **state)
{
	struct guard g = hub_guard();
	char url[256], why[512];

	(void)state;
	print_message("%zu forged requests, %d listeners\n", COUNT(forged), n_listeners);
	T_TRUE(COUNT(forged) >= 80);
	for (size_t i = 0; i < COUNT(forged); i++) {
		snprintf(url, sizeof(url), forged[i], port, port);
		if (ask(url, NULL, &g, why, sizeof(why)) == 0)
			fail_msg("%s was answered", url);
		if (connections())
			fail_msg("%s was connected to", url);
		T_TRUE(*why);
	}
}

/* Whatever a name was resolved to when it was looked at: the connection goes to these. */
static void test_a_name_that_is_rebound_reaches_nobody(void **state)
{
	static const char *const hosts[] = { "127.0.0.1", "[::1]", "127.0.0.2", "0.0.0.0",
		"[::ffff:127.0.0.1]", "localhost", "10.96.0.1", "169.254.169.254" };
	struct guard g = hub_guard();
	char address[64], why[512];

	(void)state;
	for (size_t i = 0; i < COUNT(hosts); i++) {
		snprintf(address, sizeof(address), "%s:%d", hosts[i], port);
		T_EQ(ask("http://harmless.example/", address, &g, why, sizeof(why)), -EPERM);
		T_EQ(connections(), 0);
	}
}

/* An address of this machine that may be asked, where the listeners hear; false: it has none. */
static bool own_address(char *text, socklen_t size)
{
	struct guard g = hub_guard();
	struct ifaddrs *all = NULL;
	bool found = false;

	T_EQ(getifaddrs(&all), 0);
	for (const struct ifaddrs *i = all; i && !found; i = i->ifa_next) {
		struct addr a;

		found = i->ifa_addr && i->ifa_addr->sa_family == AF_INET &&
			getnameinfo(i->ifa_addr, sizeof(struct sockaddr_in), text, size, NULL, 0,
				NI_NUMERICHOST) == 0 &&
			addr_parse(text, &a) && !guard_refuses(&g, &a);
	}
	freeifaddrs(all);
	return found;
}

/* Nor by what the environment says, not even when the proxy itself might be asked. */
static void test_no_proxy_is_asked(void **state)
{
	struct guard g = hub_guard();
	char host[64], proxy[96], why[512];

	(void)state;
	if (!own_address(host, sizeof(host)))
		skip();
	snprintf(proxy, sizeof(proxy), "http://%s:%d", host, port);
	setenv("http_proxy", proxy, 1);
	setenv("all_proxy", proxy, 1);
	/* whether there is a network or not */
	(void)!ask("http://203.0.113.9/", NULL, &g, why, sizeof(why));
	unsetenv("http_proxy");
	unsetenv("all_proxy");
	T_EQ(connections(), 0);
}

static const char *lets_all(const void *arg, const struct addr *a)
{
	(void)arg, (void)a;
	return NULL;
}

/* The listeners do count: without the guard they are reached. */
static void test_the_listeners_hear(void **state)
{
	struct http_gate gate = { lets_all, NULL };
	char url[64];

	(void)state;
	snprintf(url, sizeof(url), "http://127.0.0.1:%d", port);
	struct http_target from = { .url = url, .timeout_ms = 200 }, to;
	unsigned before = over;
	T_EQ(http_target_init(&to, &from, NULL), 0);
	struct http_exchange x = { .to = &to,
		.method = "GET",
		.path = "/",
		.gate = &gate,
		.done = done };
	T_EQ(http_start(h, &x), 0);
	while (over == before)
		uv_run(loop_uv(l), UV_RUN_ONCE);
	T_HAS(x.text, "timed out");
	T_EQ(connections(), 1);
	http_exchange_clear(&x);
	http_target_clear(&to);
}

static int begin(void **state)
{
	(void)state;
	start_listeners();
	T_EQ(loop_new(&l, NULL), 0);
	return http_new(l, "berth-test/1", 0, &h, NULL);
}

static int end(void **state)
{
	(void)state;
	http_close(h, NULL, NULL);
	loop_run(l);
	loop_free(l);
	for (int i = 0; i < n_listeners; i++)
		close(listeners[i]);
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_listeners_hear),
		cmocka_unit_test(test_forged_requests_reach_nobody),
		cmocka_unit_test(test_a_name_that_is_rebound_reaches_nobody),
		cmocka_unit_test(test_no_proxy_is_asked),
	};

	mem_init();
	return cmocka_run_group_tests(tests, begin, end);
}

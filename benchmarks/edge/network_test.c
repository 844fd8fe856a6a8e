/* Probes and responder: with each other, and each with a stranger on the other side. */
#include "measure.h"
#include "peer.h"
#include "probe.h"
#include "respond.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- the responder, in a thread, with a clock that jumps ---- */

static _Atomic int skew_ms;
static pthread_t thread;
static struct responder responder;
static char port[6];

static double skewed_ms(void)
{
	return measure_clock_ms() + skew_ms;
}

static void *serve(void *arg)
{
	(void)arg;
	assert_int_equal(respond_serve(&responder), 0);
	return NULL;
}

static void respond(const char *token)
{
	int n;

	skew_ms = 0;
	responder = (struct responder){ -1, token, skewed_ms, measure_clock_ms() + 1e8 };
	assert_int_equal(respond_listen(&responder, 0, &n), 0);
	snprintf(port, sizeof(port), "%d", n);
	pthread_create(&thread, NULL, serve, NULL);
}

/* The clock jumps, and the responder is woken to see it. */
static void jump(int ms)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	skew_ms = ms;
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	close(fd);
}

static void stop(void)
{
	jump(1000000000);
	pthread_join(thread, NULL);
	close(responder.fd);
}

static int ask(const struct probe *p, const char *host, const char *token, void **state)
{
	struct probe_site site = { .peer_host = host, .peer_port = port, .peer_token = token };

	return p->open(&site, state);
}

static void test_probes_measure(void **state)
{
	static const char *const hosts[] = { "127.0.0.1", "localhost" };

	(void)state;
	respond("4f2a");
	for (size_t i = 0; i < COUNT(hosts); i++) {
		void *latency, *network;

		assert_int_equal(ask(&probe_network_latency, hosts[i], "4f2a", &latency), 0);
		assert_int_equal(ask(&probe_network, hosts[i], "4f2a", &network), 0);
		for (int n = 0; n < 20; n++) {
			assert_true(probe_network_latency.batch(latency) > 0);
			assert_true(probe_network.batch(network) > 0);
		}
		probe_network_latency.close(latency);
		probe_network.close(network);
	}
	stop();
}

static const struct {
	const char *theirs, *ours;
	int want;
} tokens[] = {
	{ "", "", 0 },
	{ "a", "a", 0 },
	{ "a", "", -EPROTO },
	{ "", "a", -EPROTO },
	{ "a", "b", -EPROTO },
	{ "a", "ab", -EPROTO },
	{ "ab", "a", -EPROTO },
};

static void test_tokens(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(tokens); i++) {
		void *s;

		respond(tokens[i].theirs);
		assert_int_equal(ask(&probe_network_latency, "127.0.0.1", tokens[i].ours, &s),
			tokens[i].want);
		if (!tokens[i].want)
			probe_network_latency.close(s);
		stop();
	}
}

static void test_nobody_there(void **state)
{
	void *s;

	(void)state;
	respond("");
	stop();
	assert_int_equal(ask(&probe_network, "127.0.0.1", "", &s), -ECONNREFUSED);
	assert_int_equal(ask(&probe_network, "no-such-host.invalid", "", &s), -EADDRNOTAVAIL);
	assert_int_equal(ask(&probe_network, "", "", &s), -EDESTADDRREQ);
}

/* ---- a stranger where the responder should be ---- */

enum stranger { ECHO, SILENT, HANGS_UP, DRIPS, OTHER_NONCE, LIES_LATER, STOPS_LATER };

static enum stranger stranger;

static void be_nice_at_first(int fd)
{
	char hello[PEER_HELLO];

	assert_int_equal(peer_receive(fd, hello, sizeof(hello)), 0);
	memcpy(hello, PEER_ANSWER, PEER_MAGIC);
	if (stranger == OTHER_NONCE)
		hello[PEER_MAGIC] ^= 1;
	peer_send(fd, hello, PEER_MAGIC + PEER_NONCE);
}

static void *be_strange(void *arg)
{
	int fd = accept(responder.fd, NULL, NULL);
	char bytes[256];
	ssize_t n;

	(void)arg;
	if (stranger >= OTHER_NONCE)
		be_nice_at_first(fd);
	while (stranger != HANGS_UP && (n = recv(fd, bytes, sizeof(bytes), 0)) > 0) {
		if (stranger == LIES_LATER)
			bytes[PEER_WORD - 1] ^= 1;
		if (stranger == ECHO || stranger == LIES_LATER)
			send(fd, bytes, (size_t)n, MSG_NOSIGNAL);
		for (int i = 0; stranger == DRIPS && i < 1000; i++) {
			if (send(fd, PEER_ANSWER, 1, MSG_NOSIGNAL) < 0)
				break;
			usleep(20000);
		}
	}
	close(fd);
	return NULL;
}

static const struct {
	enum stranger is;
	int open, batch;
} strangers[] = {
	{ ECHO, -EPROTO, 0 },
	{ SILENT, -ETIMEDOUT, 0 },
	{ HANGS_UP, -EPROTO, 0 },
	{ DRIPS, -ETIMEDOUT, 0 },
	{ OTHER_NONCE, -EPROTO, 0 },
	{ LIES_LATER, 0, -EPROTO },
	{ STOPS_LATER, 0, -ETIMEDOUT },
};

static void test_strangers_are_not_believed(void **state)
{
	int patience = peer_patience_ms;

	(void)state;
	peer_patience_ms = 100;
	for (size_t i = 0; i < COUNT(strangers); i++) {
		void *s;
		int n, rc;

		stranger = strangers[i].is;
		responder = (struct responder){ 0 };
		assert_int_equal(respond_listen(&responder, 0, &n), 0);
		assert_int_equal(fcntl(responder.fd, F_SETFL, 0), 0);
		snprintf(port, sizeof(port), "%d", n);
		pthread_create(&thread, NULL, be_strange, NULL);
		rc = ask(&probe_network_latency, "127.0.0.1", "", &s);
		if (rc != strangers[i].open)
			fail_msg("stranger %zu: %s", i, strerror(-rc));
		if (rc == 0) {
			assert_int_equal((int)probe_network_latency.batch(s), strangers[i].batch);
			probe_network_latency.close(s);
		}
		pthread_join(thread, NULL);
		close(responder.fd);
	}
	peer_patience_ms = patience;
}

/* ---- a stranger where the probe should be ---- */

static int come(void)
{
	int fd = peer_connect("127.0.0.1", port, "t");

	assert_true(fd >= 0);
	return fd;
}

static bool is_hung_up_on(int fd)
{
	char byte;
	bool is = recv(fd, &byte, 1, 0) <= 0 && errno != EAGAIN;

	close(fd);
	return is;
}

static void test_who_asks_otherwise_is_hung_up_on(void **state)
{
	unsigned char word[PEER_WORD];

	(void)state;
	respond("t");
	for (int i = 0; i < 3; i++) {
		int fd = come();

		peer_request(word, "sse"[i], i ? UINT32_MAX : PEER_MOST + 1);
		if (i == 2)
			memset(word, 0, sizeof(word));
		assert_int_equal(peer_send(fd, word, sizeof(word)), 0);
		errno = 0;
		assert_true(is_hung_up_on(fd));
	}
	stop();
}

static void test_who_is_silent_is_hung_up_on(void **state)
{
	int fd, looks = 1;
	char byte;

	(void)state;
	respond("t");
	fd = come();
	jump(RESPOND_IDLE_MS + 1000);
	for (; recv(fd, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN; looks++) {
		usleep(20000);
		/* It may not have looked at the clock yet after its own last word. */
		if (looks % 50 == 0)
			jump((looks / 50 + 1) * (RESPOND_IDLE_MS + 1000));
		assert_true(looks < 20 * 50); /* before its longest time is over */
	}
	close(fd);
	stop();
}

/* Who asks for much and takes none of it holds up nobody. */
static void test_one_that_takes_nothing_is_in_nobodys_way(void **state)
{
	unsigned char word[PEER_WORD], back[PEER_WORD];
	int greedy, other;

	(void)state;
	respond("t");
	greedy = come();
	peer_request(word, 's', PEER_MOST);
	assert_int_equal(peer_send(greedy, word, sizeof(word)), 0);
	other = come();
	peer_request(word, 'e', 7);
	assert_int_equal(peer_send(other, word, sizeof(word)), 0);
	assert_int_equal(peer_receive(other, back, sizeof(back)), 0);
	assert_memory_equal(word, back, sizeof(back));
	close(greedy);
	close(other);
	stop();
}

/* So many at a time; one more is served when one goes. */
static void test_a_crowd_waits(void **state)
{
	int fds[RESPOND_CONNECTIONS], patience = peer_patience_ms, late;

	(void)state;
	respond("t");
	for (int i = 0; i < RESPOND_CONNECTIONS; i++)
		fds[i] = come();
	peer_patience_ms = 100;
	assert_int_equal(peer_connect("127.0.0.1", port, "t"), -ETIMEDOUT);
	peer_patience_ms = patience;
	close(fds[0]);
	late = come();
	close(late);
	for (int i = 1; i < RESPOND_CONNECTIONS; i++)
		close(fds[i]);
	stop();
}

/* ---- names ---- */

static const struct {
	const char *text, *host, *port; /* NULL: refused */
} peers[] = {
	{ "a:1", "a", "1" },
	{ "10.0.0.1:65535", "10.0.0.1", "65535" },
	{ "[::1]:7000", "::1", "7000" },
	{ "[fd00::7]:80", "fd00::7", "80" },
	{ "svc.ns.svc.clusterset.local:7000", "svc.ns.svc.clusterset.local", "7000" },
	{ "", NULL, NULL },
	{ "a", NULL, NULL },
	{ ":1", NULL, NULL },
	{ "a:", NULL, NULL },
	{ "a:0", NULL, NULL },
	{ "a:65536", NULL, NULL },
	{ "a:123456", NULL, NULL },
	{ "a:1x", NULL, NULL },
	{ "a:+1", NULL, NULL },
	{ "::1:7000", NULL, NULL },
	{ "[::1]", NULL, NULL },
	{ "[::1]x:7", NULL, NULL },
	{ "[]:7", NULL, NULL },
	{ "a b:7", NULL, NULL },
	{ "a/b:7", NULL, NULL },
	{ "fe80::1%eth0:7", NULL, NULL },
};

static void test_peers_are_parsed(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(peers); i++) {
		char host[PEER_HOST_MAX] = "", its_port[6] = "";
		int rc = peer_parse(peers[i].text, host, its_port);

		if (rc != (peers[i].host ? 0 : -EINVAL))
			fail_msg("`%s`: %d", peers[i].text, rc);
		if (rc)
			continue;
		assert_string_equal(host, peers[i].host);
		assert_string_equal(its_port, peers[i].port);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_probes_measure),
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_nobody_there),
		cmocka_unit_test(test_strangers_are_not_believed),
		cmocka_unit_test(test_who_asks_otherwise_is_hung_up_on),
		cmocka_unit_test(test_who_is_silent_is_hung_up_on),
		cmocka_unit_test(test_one_that_takes_nothing_is_in_nobodys_way),
		cmocka_unit_test(test_a_crowd_waits),
		cmocka_unit_test(test_peers_are_parsed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

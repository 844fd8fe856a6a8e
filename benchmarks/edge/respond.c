#include "respond.h"

#include "measure.h"
#include "peer.h"
#include "say.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct connection {
	int fd;
	bool greeted;
	double since_ms, heard_ms;
	unsigned char in[PEER_HELLO]; /* of a message that is not whole */
	size_t n_in;
	unsigned char out[PEER_MAGIC + PEER_NONCE]; /* an answer */
	size_t n_out, at_out;
	uint32_t stream; /* bytes to send yet */
};

struct service {
	struct responder *r;
	struct connection of[RESPOND_CONNECTIONS];
	size_t n;
};

/* What is streamed: of no content, but not so that a link could compress it away. */
static unsigned char noise[64 << 10];

static void make_noise(void)
{
	uint64_t word = 0x9e3779b97f4a7c15u;

	for (size_t i = 0; i < sizeof(noise); i += sizeof(word)) {
		word ^= word << 13;
		word ^= word >> 7;
		word ^= word << 17;
		memcpy(noise + i, &word, sizeof(word));
	}
}

static void leave(struct service *s, size_t i)
{
	close(s->of[i].fd);
	s->of[i] = s->of[--s->n];
}

static void take(struct service *s)
{
	int fd = accept4(s->r->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), on = 1;
	double now = s->r->now_ms();

	if (fd < 0)
		return;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	s->of[s->n++] = (struct connection){ .fd = fd, .since_ms = now, .heard_ms = now };
}

static bool is_sending(const struct connection *c)
{
	return c->at_out < c->n_out || c->stream;
}

static void answer(struct connection *c, const void *bytes, size_t n)
{
	memcpy(c->out, bytes, n);
	c->n_out = n;
	c->at_out = 0;
}

static bool take_hello(struct connection *c, const char *token)
{
	const unsigned char *nonce = c->in + PEER_MAGIC, *theirs = nonce + PEER_NONCE;
	unsigned char ours[PEER_TOKEN] = { 0 }, back[PEER_MAGIC + PEER_NONCE];

	memcpy(ours, token, strnlen(token, PEER_TOKEN));
	if (memcmp(c->in, PEER_ASK, PEER_MAGIC) || memcmp(theirs, ours, PEER_TOKEN))
		return false;
	memcpy(back, PEER_ANSWER, PEER_MAGIC);
	memcpy(back + PEER_MAGIC, nonce, PEER_NONCE);
	answer(c, back, sizeof(back));
	c->greeted = true;
	return true;
}

static bool take_request(struct connection *c)
{
	uint32_t n = (uint32_t)c->in[4] << 24 | (uint32_t)c->in[5] << 16 | (uint32_t)c->in[6] << 8 |
		c->in[7];

	if (c->in[0] == 'e')
		answer(c, c->in, PEER_WORD);
	else if (c->in[0] == 's' && n <= PEER_MOST)
		c->stream = n;
	else
		return false;
	return true;
}

/* One message at a time: what comes behind it waits in the kernel, which makes the sender wait. */
static bool hear(struct connection *c, const struct responder *r)
{
	size_t whole = c->greeted ? PEER_WORD : PEER_HELLO;
	ssize_t n = recv(c->fd, c->in + c->n_in, whole - c->n_in, 0);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n == 0)
		return false;
	c->n_in += (size_t)n;
	if (c->n_in < whole)
		return true;
	c->n_in = 0;
	c->heard_ms = r->now_ms();
	return c->greeted ? take_request(c) : take_hello(c, r->token);
}

static bool tell(struct connection *c, const struct responder *r)
{
	bool streams = c->at_out == c->n_out;
	size_t left = streams ? c->stream : c->n_out - c->at_out;
	size_t part = streams && left > sizeof(noise) ? sizeof(noise) : left;
	ssize_t n = send(c->fd, streams ? noise : c->out + c->at_out, part, MSG_NOSIGNAL);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (streams)
		c->stream -= (uint32_t)n;
	else
		c->at_out += (size_t)n;
	c->heard_ms = r->now_ms(); /* it takes what it is sent */
	return true;
}

static bool serve(struct service *s, struct connection *c, short events)
{
	double now = s->r->now_ms();

	if (now - c->heard_ms > RESPOND_IDLE_MS || now - c->since_ms > RESPOND_LONGEST_MS)
		return false;
	if (!events)
		return true;
	return is_sending(c) ? tell(c, s->r) : hear(c, s->r);
}

/* Waits for one of them, a second at most: silence has to be noticed, too. */
static int turn(struct service *s)
{
	struct pollfd p[RESPOND_CONNECTIONS + 1];
	size_t n = s->n;

	for (size_t i = 0; i < n; i++)
		p[i] = (struct pollfd){ s->of[i].fd, is_sending(&s->of[i]) ? POLLOUT : POLLIN, 0 };
	p[n] = (struct pollfd){ n < RESPOND_CONNECTIONS ? s->r->fd : -1, POLLIN, 0 };
	if (poll(p, n + 1, 1000) < 0)
		return errno == EINTR ? 0 : -errno;
	for (size_t i = n; i-- > 0;)
		if (!serve(s, &s->of[i], p[i].revents))
			leave(s, i);
	if (p[n].revents)
		take(s);
	return 0;
}

int respond_serve(struct responder *r)
{
	struct service s = { .r = r };
	int rc = 0;

	make_noise();
	while (rc == 0 && r->now_ms() < r->until_ms)
		rc = turn(&s);
	while (s.n)
		leave(&s, 0);
	return rc;
}

/* Of both families by one socket; of IPv4 alone where the kernel has no IPv6. */
static int bind_port(int port, bool both, int *ret_port)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	struct sockaddr *at = both ? (void *)&six : (void *)&four;
	socklen_t len = both ? sizeof(six) : sizeof(four);
	int fd = socket(at->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1,
	    off = 0;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (both)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, at, len) < 0 || listen(fd, RESPOND_CONNECTIONS) < 0 ||
		getsockname(fd, at, &len) < 0) {
		int rc = -errno;

		close(fd);
		return rc;
	}
	*ret_port = ntohs(both ? six.sin6_port : four.sin_port);
	return fd;
}

int respond_listen(struct responder *r, int port, int *ret_port)
{
	int fd = bind_port(port, true, ret_port);

	if (fd == -EAFNOSUPPORT || fd == -EADDRNOTAVAIL)
		fd = bind_port(port, false, ret_port);
	if (fd < 0)
		return fd;
	r->fd = fd;
	return 0;
}

int respond_run(int port, const char *token, int seconds)
{
	struct responder r = { -1, token, measure_clock_ms, measure_clock_ms() + seconds * 1e3 };
	int rc = respond_listen(&r, port, &port);

	if (rc == 0) {
		say("info", "responding", "port=%d seconds=%d", port, seconds);
		rc = respond_serve(&r);
		close(r.fd);
	}
	if (rc < 0)
		say("error", "cannot respond", "port=%d error=\"%s\"", port, strerror(-rc));
	return rc;
}

#include "peer.h"

#include "measure.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

int peer_patience_ms = 5000;

int peer_port(const char *text)
{
	size_t n = strlen(text);

	if (n < 1 || n > 5 || strspn(text, "0123456789") != n || atoi(text) > 65535)
		return 0;
	return atoi(text);
}

static int copy_host(const char *from, size_t n, char host[PEER_HOST_MAX])
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.:";

	if (n < 1 || n >= PEER_HOST_MAX || strspn(from, allowed) < n)
		return -EINVAL;
	memcpy(host, from, n);
	host[n] = '\0';
	return 0;
}

int peer_parse(const char *text, char host[PEER_HOST_MAX], char port[6])
{
	bool bracketed = *text == '[';
	const char *colon = strrchr(text, ':');
	const char *end = bracketed ? strchr(text, ']') : colon;

	if (!colon || !end || end > colon || (bracketed && end + 1 != colon) ||
		(!bracketed && strchr(text, ':') != colon) || !peer_port(colon + 1))
		return -EINVAL;
	snprintf(port, 6, "%s", colon + 1);
	return copy_host(text + bracketed, (size_t)(end - text) - bracketed, host);
}

static int set_patience(int fd)
{
	struct timeval t = { peer_patience_ms / 1000, peer_patience_ms % 1000 * 1000 };
	int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t)) < 0 ||
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t)) < 0 ||
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0)
		return -errno;
	return 0;
}

/* A timeout of a socket says EAGAIN, or EINPROGRESS of connect(). */
static int failure(void)
{
	return errno == EAGAIN || errno == EINPROGRESS ? -ETIMEDOUT : -errno;
}

int peer_send(int fd, const void *bytes, size_t n)
{
	for (const char *at = bytes; n;) {
		ssize_t sent = send(fd, at, n, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return failure();
		at += sent;
		n -= (size_t)sent;
	}
	return 0;
}

int peer_receive_some(int fd, void *bytes, size_t n)
{
	ssize_t got;

	do
		got = recv(fd, bytes, n, 0);
	while (got < 0 && errno == EINTR);
	return got > 0 ? (int)got : got ? failure() : -ECONNRESET;
}

int peer_receive(int fd, void *bytes, size_t n)
{
	double end_ms = measure_clock_ms() + peer_patience_ms;

	for (char *at = bytes; n;) {
		int got = measure_clock_ms() < end_ms ? peer_receive_some(fd, at, n) : -ETIMEDOUT;

		if (got < 0)
			return got;
		at += got;
		n -= (size_t)got;
	}
	return 0;
}

void peer_request(unsigned char word[PEER_WORD], char what, uint32_t n)
{
	unsigned char request[PEER_WORD] = { (unsigned char)what, 0, 0, 0, (unsigned char)(n >> 24),
		(unsigned char)(n >> 16), (unsigned char)(n >> 8), (unsigned char)n };

	memcpy(word, request, PEER_WORD);
}

static int greet(int fd, const char *token)
{
	char hello[PEER_HELLO] = PEER_ASK, answer[PEER_MAGIC + PEER_NONCE];
	char *nonce = hello + PEER_MAGIC;
	int rc;

	if (getrandom(nonce, PEER_NONCE, 0) != PEER_NONCE)
		return -EIO;
	memcpy(nonce + PEER_NONCE, token, strnlen(token, PEER_TOKEN));
	rc = peer_send(fd, hello, sizeof(hello));
	if (rc == 0)
		rc = peer_receive(fd, answer, sizeof(answer));
	if (rc == -ECONNRESET) /* that is how a responder with another token ends it */
		return -EPROTO;
	if (rc < 0)
		return rc;
	return memcmp(answer, PEER_ANSWER, PEER_MAGIC) ||
			memcmp(answer + PEER_MAGIC, nonce, PEER_NONCE)
		? -EPROTO
		: 0;
}

static int connect_to(const struct addrinfo *a, const char *token)
{
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0), rc;

	if (fd < 0)
		return -errno;
	rc = set_patience(fd);
	if (rc == 0 && connect(fd, a->ai_addr, a->ai_addrlen) < 0)
		rc = failure();
	if (rc == 0)
		rc = greet(fd, token);
	if (rc < 0) {
		close(fd);
		return rc;
	}
	return fd;
}

int peer_connect(const char *host, const char *port, const char *token)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM }, *list;
	const struct addrinfo *a;
	int fd = -EADDRNOTAVAIL, tried = 0;

	if (getaddrinfo(host, port, &hints, &list))
		return -EADDRNOTAVAIL;
	for (a = list; a && fd < 0 && tried < PEER_ADDRESSES; a = a->ai_next, tried++)
		fd = connect_to(a, token);
	freeaddrinfo(list);
	return fd;
}

/* plain_client.h — for tests of a server on our own loop: a socket that never blocks, and the loop turned by hand. */
#ifndef TESTING_PLAIN_CLIENT_H
#define TESTING_PLAIN_CLIENT_H

#include "testing/t.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <time.h>

struct plain_client {
	int fd;
	char heard[8192]; /* all that came */
	size_t len;
	bool over; /* the server has closed */
};

static inline void plain_dial(struct plain_client *p, int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	*p = (struct plain_client){ .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
	T_EQ(connect(p->fd, (struct sockaddr *)&a, sizeof(a)), 0);
	fcntl(p->fd, F_SETFL, O_NONBLOCK);
}

static inline void plain_say(struct plain_client *p, const char *text)
{
	T_EQ(send(p->fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* Takes what has come; whether that was all. */
static inline bool plain_over(struct plain_client *p)
{
	ssize_t n = 0;

	while (!p->over && p->len < sizeof(p->heard) - 1 &&
		(n = recv(p->fd, p->heard + p->len, sizeof(p->heard) - 1 - p->len, 0)) > 0)
		p->len += (size_t)n;
	p->heard[p->len] = '\0';
	p->over = p->over || n == 0 || (n < 0 && errno != EAGAIN);
	return p->over;
}

static inline void plain_hang_up(struct plain_client *p)
{
	close(p->fd);
}

static inline const char *plain_body(const struct plain_client *p)
{
	const char *end = strstr(p->heard, "\r\n\r\n");

	return end ? end + 4 : "";
}

static inline time_t plain_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* Turns the loop until it is so, for twenty seconds at most. */
#define PLAIN_UNTIL(uv, condition)                                                                 \
	do {                                                                                       \
		time_t end_ = plain_seconds() + 20;                                                \
		while (!(condition)) {                                                             \
			T_TRUE(plain_seconds() < end_);                                            \
			uv_run((uv), UV_RUN_NOWAIT);                                               \
			usleep(500);                                                               \
		}                                                                                  \
	} while (0)

#endif

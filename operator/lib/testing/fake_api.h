/* fake_api.h — an HTTP/1.1 server, with TLS or without, in a process of its own that answers by a script and
 * remembers what it was asked.  For what a real API server does not do on demand. */
#ifndef TESTING_FAKE_API_H
#define TESTING_FAKE_API_H

#include "testing/pki.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct fake_answer {
	int status;          /* 0: the connection is closed without an answer */
	const char *headers; /* more of them, each ended by \r\n; NULL = none; literals only */
	const char *body;    /* NULL = empty; literals only */
	size_t filler;       /* so many blanks behind the body */
	bool unsized;        /* no Content-Length: the end of the connection ends the body */
	int delay_ms;
};

struct fake_asked {
	char method[8], path[256], type[64], authorization[64], agent[64], peer[32];
	char head[2048], body[2048]; /* head: all of it, cut */
	int connection;              /* one of those that asked have the same */
};

#define FAKE_MOST 64
struct fake_script {
	struct fake_answer
		answers[FAKE_MOST]; /* the n-th request gets the n-th, the last one for ever */
	unsigned answers_len;
	struct fake_asked asked[FAKE_MOST];
	unsigned asked_len; /* may run over FAKE_MOST, then only counted */
};

struct fake_api {
	struct pki ca, server;
	int port, reserved; /* a bound socket keeps the port ours while the server is down */
	pid_t pid;          /* 0 = not running */
	struct fake_script *script;
};

/* The certificate is for `name`: "IP:127.0.0.1"; NULL: without TLS. */
void fake_api_start(struct fake_api *f, const char *name);
void fake_api_down(struct fake_api *f); /* as by a power cut */
void fake_api_up(struct fake_api *f);   /* on the same port */
void fake_api_stop(struct fake_api *f);
/* Forgets what was asked and takes a new script. */
void fake_api_play(struct fake_api *f, const struct fake_answer *answers, unsigned n);

#endif

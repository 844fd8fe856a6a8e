/* stream.h — a connection that brings whole messages, whatever carries them: a WebSocket (ws.h), the lines of
 * an HTTP answer (watch_http.c), the pages of a list (watch_pages.c). */
#ifndef KUBE_STREAM_H
#define KUBE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How it ended. */
struct stream_end {
	int http;               /* status of a refusal, else 0 */
	unsigned retry_after_s; /* from its header, else 0 */
	const char *body; /* of a refusal; NULL: cannot be had (libwebsockets drops it); borrowed */
	bool mute;        /* the request went out, and the connection ended without an answer */
	bool closed;      /* the server said goodbye: it lives */
	const char *text; /* why, with the server's URL; borrowed */
};

struct stream_sink {
	void (*open)(void *arg);
	void (*message)(void *arg, const char *text, size_t len); /* whole; borrowed */
	/* Of a list alone: all its objects were messages, and it is of this resourceVersion. */
	void (*whole)(void *arg, const char *version);
	/* The last call, after a hang-up too; the connection is freed after it. */
	void (*down)(void *arg, const struct stream_end *end);
	void *arg;
};

struct stream_cfg {
	const char *path;          /* GET, with query; copied */
	size_t max_message;        /* larger: the end */
	int64_t answer_ms;         /* deadline for the answer, connecting included */
	unsigned ping_s, hangup_s; /* of silence; where there are pings */
	struct stream_sink sink;
};

#endif

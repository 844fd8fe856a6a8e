/* target.h — a server that is asked: its URL, how it is recognised, and how patient one is with it. */
#ifndef HTTP_TARGET_H
#define HTTP_TARGET_H

#include "base/auto.h"
#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct curl_slist;

struct http_target {
	const char *url; /* "https://name:6443/prefix", or http://; requests add their path */
	/* The connection goes there, "10.0.0.1:6443" or "[::1]:6443", whatever the URL names.  NULL: to the URL's. */
	const char *address;
	const char *ca_pem; /* NULL: the system's authorities; a server is verified always */
	const char *cert_pem, *key_pem; /* ours; NULL: none */
	/* 0: 10 s to connect, 30 s for all, 8 MiB of answer. */
	int64_t connect_ms, timeout_ms;
	size_t answer_most;

	struct curl_slist *connect_to; /* target_init()'s */
};

/* Copies what `from` says.  -EINVAL with a text that tells what is wrong with the URL: it is no http:// or
 * https:// one, names no host, or holds credentials or a fragment; -ENOMEM.  *ret needs no clearing then. */
int http_target_init(struct http_target *ret, const struct http_target *from, struct err *e)
	MUST_CHECK;
/* No exchange with it is under way.  Zeroed is fine. */
void http_target_clear(struct http_target *t);

#endif

/* bare.h — an easy handle for one kubeconfig, and nothing between it and libcurl: what the floor is measured with. */
#ifndef FLEET_TOOLS_BARE_H
#define FLEET_TOOLS_BARE_H

#include "base/err.h"
#include "kube/config.h"

#include <curl/curl.h>

struct bare {
	struct kube_config config;
	char *authorization; /* "Authorization: Bearer …", NULL: a client certificate */
};

int bare_load(const char *kubeconfig, struct bare *ret, struct err *e) MUST_CHECK;
void bare_clear(struct bare *b);
/* TLS, HTTP/2 and the URL of `path`; headers are the caller's.  Aborts when memory is out. */
CURL *bare_easy(const struct bare *b);
void bare_path(CURL *easy, const struct bare *b, const char *path);

#endif

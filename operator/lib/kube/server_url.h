/* server_url.h — the API server's address taken apart.  Internal to lib/kube. */
#ifndef KUBE_SERVER_URL_H
#define KUBE_SERVER_URL_H

#include "kube/config.h"

/* Fills server, host, port and prefix of `c`; what was set before a failure is the caller's to clear. */
int server_url_parse(const char *url, struct kube_config *c, struct err *e) MUST_CHECK;

#endif

/* pem.h — looks at certificates and keys before a connection is tried with them: a handshake that fails
 * tells nothing.  `what` begins each message: `client certificate of user "admin" in /etc/kube.conf`.
 * Internal to lib/kube. */
#ifndef KUBE_PEM_H
#define KUBE_PEM_H

#include "base/auto.h"
#include "base/err.h"

/* Holds at least one certificate. */
int pem_check_ca(const char *pem, const char *what, struct err *e) MUST_CHECK;
/* The (first) certificate is valid now by clock_real_ms(), the key is readable and belongs to it. */
int pem_check_pair(const char *cert, const char *key, const char *what, struct err *e) MUST_CHECK;

#endif

/* config.h — where the API server is and who we are: a kubeconfig or the in-cluster files.
 *
 * Understood: contexts; certificate-authority(-data), tls-server-name, client-certificate/key(-data), token,
 * tokenFile (read anew by each kube_config_token()), namespace.  Refused with a message
 * that names the file, the entry and the fix: `exec` and `auth-provider` plugins, basic auth,
 * impersonation, proxy-url, plain http, insecure-skip-tls-verify (we verify all TLS), a client certificate
 * that is expired or not yet valid (with its dates) or whose key is another's, unreadable files, an absent
 * context. */
#ifndef KUBE_CONFIG_H
#define KUBE_CONFIG_H

#include "base/auto.h"
#include "base/err.h"

#include <stdbool.h>

struct kube_config {
	char *server; /* "https://10.1.2.3:6443", no trailing slash; may hold a path prefix */
	char *host;   /* name or address without brackets */
	int port;
	char *prefix;          /* path prefix, "" or "/k8s" */
	char *tls_server_name; /* NULL = host */
	char *ca_pem;          /* NULL = the system's store */
	char *cert_pem, *key_pem;
	char *token, *token_file;
	char *namespace; /* of the context or the ServiceAccount; "default" else */
	char *origin;    /* for messages: "context `admin` of /etc/kube.conf" or "in-cluster" */
	bool in_cluster;
};

/* path NULL: $KUBECONFIG (its first entry that exists; none does: an error), else in-cluster if
 * KUBERNETES_SERVICE_HOST is set, else ~/.kube/config.  context NULL: current-context. */
int kube_config_load(const char *path, const char *context, struct kube_config *ret, struct err *e)
	MUST_CHECK;
/* The same from text; relative file names are taken from `dir`.  What tests and the fuzzer use. */
int kube_config_parse(const char *text, size_t len, const char *context, const char *dir,
	const char *origin, struct kube_config *ret, struct err *e) MUST_CHECK;
/* From a pod's environment and the ServiceAccount files in `dir` (NULL: where the kubelet puts them). */
int kube_config_in_cluster(const char *dir, struct kube_config *ret, struct err *e) MUST_CHECK;
void kube_config_clear(struct kube_config *c);
static inline void kube_config_clearp(struct kube_config *c)
{
	kube_config_clear(c);
}

/* The bearer token of now: the static one or the file's content, trimmed.  *ret NULL: none is used. */
int kube_config_token(const struct kube_config *c, char **ret, struct err *e) MUST_CHECK;
/* From now on we are who the token says that can be read from descriptor `fd`, a file's: in place of token, token
 * file and client certificate.  It is read anew by each kube_config_token(), and once here, to see that it can
 * be.  After an error the configuration is as it was. */
int kube_config_take_token(struct kube_config *c, int fd, struct err *e) MUST_CHECK;

#endif

/* result_configmap.h — the result in a ConfigMap, by JSON merge patch of one key of its .data.
 *
 * The ServiceAccount needs `patch` on that one ConfigMap and nothing else; the token goes only to a
 * server that the mounted CA vouches for.  What can heal is tried again with back-off until the
 * patience is spent: connection errors, 409, 429, 5xx, and also 401, 403 and 404, for the account's
 * Role and the ConfigMap may reach the cluster a moment after the Pod. */
#ifndef EDGE_RESULT_CONFIGMAP_H
#define EDGE_RESULT_CONFIGMAP_H

#include <curl/curl.h>
#include <stddef.h>

#define SERVICE_ACCOUNT_DIR "/var/run/secrets/kubernetes.io/serviceaccount"

struct result_configmap {
	const char *host, *port;      /* KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT */
	const char *account_dir;      /* holds `token` (read again for each try) and `ca.crt` */
	const char *namespace, *name; /* checked: they go into the URL as they are */
};

/* Sets .data[key] = value.  Blocks for at most about patience_seconds.  Logs each failed try.
 * 0 or -errno: -EACCES refused, -ETIMEDOUT patience spent, else what went wrong here. */
int result_configmap_patch(const struct result_configmap *c, const char *key, const char *value,
	int patience_seconds);

/* The pure parts. */

enum patch_verdict { PATCH_DONE, PATCH_AGAIN, PATCH_REFUSED };
enum patch_verdict result_configmap_judge(CURLcode rc, long http_status);

/* Pause before try number `attempt` + 1 (attempt >= 1): 0.5 s doubled up to 8 s, less up to a half by
 * `random`; never less than what the server asked for. */
long result_configmap_pause_ms(int attempt, long retry_after_seconds, unsigned random);

/* -ENAMETOOLONG if it does not fit.  An IPv6 address gets its brackets. */
int result_configmap_url(const struct result_configmap *c, char *out, size_t size);

/* {"data":{key:value}}; the caller frees it.  NULL = out of memory. */
char *result_configmap_body(const char *key, const char *value);

#endif

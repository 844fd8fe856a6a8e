#include "kube/watch_fault.h"

#include "base/buf.h"
#include "base/json.h"

#include <errno.h>
#include <string.h>

enum { CRD_MS = 5000, SLOW_MS = 10 * 1000, RETRY_AFTER_MAX_S = 120 };

static int64_t after_ms(unsigned retry_after_s)
{
	return 1000 *
		(int64_t)(retry_after_s < RETRY_AFTER_MAX_S ? retry_after_s : RETRY_AFTER_MAX_S);
}

static struct watch_fault steady(enum kube_watch_trouble trouble, int64_t delay_ms)
{
	return (struct watch_fault){ .trouble = trouble, .delay_ms = delay_ms, .steady = true };
}

static struct watch_fault no_crd(const struct kube_type *t)
{
	struct watch_fault f = steady(WATCH_NO_CRD, CRD_MS);

	if (*t->group)
		err_set(&f.text, ENOENT, "waiting for CRD %s.%s", t->plural, t->group);
	else
		err_set(&f.text, ENOENT, "the server does not know %s", t->plural);
	return f;
}

/* The message of the Status that came with a refusal; "" without one. */
static const char *message_of(const cJSON *status)
{
	return json_str_or(status, "message", "");
}

/* With the API server's own words the verb that is missing; else both, so that one rule is added. */
static struct watch_fault forbidden(const struct kube_type *t, const cJSON *status)
{
	struct watch_fault f = steady(WATCH_FORBIDDEN, SLOW_MS);
	AUTO_BUF hint = { 0 };
	char verb[16];
	const char *why = message_of(status);

	if (kube_rbac_verb(why, verb))
		kube_rbac_hint(t, NULL, verb, &hint);
	else if (*why)
		buf_str(&hint, why);
	else
		kube_rbac_hint(t, NULL, "list\", \"watch", &hint);
	err_set(&f.text, EACCES, "forbidden: %s", hint.oom ? t->plural : hint.s);
	return f;
}

static struct watch_fault refused(int http, const cJSON *status)
{
	struct watch_fault f = steady(WATCH_REFUSED, SLOW_MS);
	const char *why = message_of(status);

	err_set(&f.text, EINVAL, "the server refuses the watch: HTTP %d%s%s", http,
		*why ? ": " : "", why);
	return f;
}

/* A server that was away, or silent, may come back with another past: etcd restored from a backup.  To
 * resume at a resourceVersion that is yet to come is answered by silence, and then by what comes after it:
 * all before would be missed.  So only a server that closed in due form is resumed; it lives on. */
static struct watch_fault unreachable(const struct stream_end *end, const cJSON *status)
{
	const char *why = message_of(status);
	struct watch_fault f = {
		.trouble = WATCH_UNREACHABLE,
		.delay_ms = after_ms(end->retry_after_s),
		.forget = !end->closed,
	};

	if (end->http)
		err_set(&f.text, EIO, "the server answers HTTP %d%s%s", end->http, *why ? ": " : "",
			why);
	else
		err_set(&f.text, EIO, "%s", end->text);
	return f;
}

struct watch_fault watch_fault_of_end(const struct kube_type *t, const struct stream_end *end)
{
	AUTO_JSON status = end->body ? json_parse(end->body, strlen(end->body), NULL) : NULL;
	struct watch_fault f = { .trouble = WATCH_UNAUTHORIZED };

	switch (end->http) {
	case 401:
		err_set(&f.text, EACCES, "the server does not accept our credential (HTTP 401)");
		return f;
	case 403:
		return forbidden(t, status);
	case 404:
		return no_crd(t);
	case 400:
	case 422:
		return refused(end->http, status);
	default:
		return unreachable(end, status);
	}
}

bool watch_fault_of_upgrade(const struct stream_end *end)
{
	switch (end->http) {
	case 0:
		return end->mute;
	case 401: /* speak of the credential, of the query, and of a server that is too busy */
	case 422:
	case 429:
	case 500:
	case 503:
	case 504:
		return false;
	default:
		return true;
	}
}

bool watch_fault_of_watchlist(const struct stream_end *end)
{
	return end->http == 400 || end->http == 422;
}

struct watch_fault watch_fault_of_message(int rc, unsigned retry_after_s, const char *why)
{
	struct watch_fault f = {
		.trouble = WATCH_UNREACHABLE,
		.delay_ms = rc == -EBUSY ? after_ms(retry_after_s) : 0,
		.forget = rc == -ESTALE,
	};

	err_set(&f.text, -rc, "%s", why);
	return f;
}

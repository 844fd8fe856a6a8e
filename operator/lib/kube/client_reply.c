/* From an HTTP answer to what the caller learns: an errno, the tree, and one sentence that says what was
 * tried, what was answered and, where it can be known, what to do. */
#include "kube/call.h"

#include "base/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int kube_errno_of(int http, const char *reason)
{
	if (http >= 200 && http < 300)
		return 0;
	switch (http) {
	case 401:
	case 403:
		return -EACCES;
	case 404:
		return -ENOENT;
	case 409:
		return reason && !strcmp(reason, "AlreadyExists") ? -EEXIST : -EAGAIN;
	case 410:
		return -ESTALE;
	case 429:
		return -EBUSY;
	default:
		return http >= 500 ? -EBUSY : -EINVAL;
	}
}

/* A failed `test` and a path that is missing are answered alike: 422 without any cause.  A patch whose
 * outcome is not valid comes with causes. */
static bool is_patch_refused(const struct call *c, const cJSON *status)
{
	return c->json_patch && c->x.status == 422 && !json_at(status, "details.causes");
}

/* Server-side apply of a field that the schema does not know is answered 500 without a reason (seen from
 * 1.35): our fault, and for ever. */
static bool is_apply_refused(const struct call *c, const cJSON *status)
{
	static const char start[] = "failed to create typed patch object";
	return c->x.status == 500 &&
		!strncmp(json_str_or(status, "message", ""), start, strlen(start));
}

static cJSON *parse_status(const struct call *c)
{
	return c->x.answer.len ? json_parse(c->x.answer.s, c->x.answer.len, NULL) : NULL;
}

bool reply_worth_retrying(const struct call *c)
{
	if (c->x.rc < 0)
		return c->x.rc == -ENOTCONN;
	switch (c->x.status) {
	case 429:
	case 502:
	case 503:
	case 504:
		return true;
	case 500: {
		AUTO_JSON status = parse_status(c);
		return !is_apply_refused(c, status);
	}
	default:
		return false;
	}
}

/* Long messages repeat the object and tell the fault at their end. */
static void add_cut(struct buf *out, const char *message)
{
	enum { HEAD = 100, TAIL = 180 };
	size_t len = strlen(message);
	if (len <= HEAD + TAIL) {
		buf_str(out, message);
		return;
	}
	const char *tail = message + len - TAIL;
	while ((*tail & 0xC0) == 0x80)
		tail++;
	buf_add(out, message, utf8_cut(message, HEAD));
	buf_printf(out, " … %s", tail);
}

static void add_forbidden(struct buf *out, const struct call *c, const char *message)
{
	char verb[16];
	buf_str(out, "forbidden: ");
	/* An apply that would create the object needs `create` as well: the verb is the server's, not ours. */
	if (c->type && kube_rbac_verb(message, verb)) {
		kube_rbac_hint(c->type, c->sub, verb, out);
		buf_str(out, " (");
		add_cut(out, message);
		buf_str(out, ")");
	} else if (!c->type && strstr(message, "cannot get path")) {
		size_t n = strcspn(c->path, "?");
		buf_printf(out,
			"needs verb \"get\" on the path %.*s; add to its ClusterRole: "
			"{nonResourceURLs: [\"%.*s\"], verbs: [\"get\"]}",
			(int)n, c->path, (int)n, c->path);
	} else {
		add_cut(out, message);
	}
}

static void add_answer(struct buf *out, const struct call *c, const cJSON *status)
{
	const char *reason = json_str_or(status, "reason", "");
	const char *message = json_str_or(status, "message", "");
	if (c->x.status == 403 && *message) {
		add_forbidden(out, c, message);
		return;
	}
	buf_printf(out, "HTTP %d%s%s", c->x.status, *reason ? " " : "", reason);
	if (is_patch_refused(c, status)) {
		buf_str(out, ": a `test` of the patch failed, or a path in it is missing");
	} else if (*message) {
		buf_str(out, ": ");
		add_cut(out, message);
	} else if (c->x.status >= 300 && c->x.status < 400) {
		buf_str(out, ": redirects are not followed");
	}
}

static void set_text(struct err *e, const char *what, struct buf *text)
{
	snprintf(e->msg, sizeof(e->msg), "%s: %s", what,
		text->oom || !text->s ? "out of memory" : text->s);
}

static int parse_body(const struct call *c, cJSON **ret, struct err *e)
{
	*ret = c->x.answer.len ? json_parse(c->x.answer.s, c->x.answer.len, e) : NULL;
	if (*ret || c->any_body || c->x.status < 200 || c->x.status > 299)
		return 0;
	if (c->x.answer.len == 0)
		return err_set(e, EPROTO, "HTTP %d without a body", c->x.status);
	if (errno == ENOMEM)
		return err_wrap(e, -ENOMEM, "body of HTTP %d", c->x.status);
	return err_wrap(e, -EPROTO, "HTTP %d with a body that is no JSON", c->x.status);
}

void reply_fill(struct kube_reply *r, struct call *c)
{
	AUTO_BUF text = { 0 };
	*r = (struct kube_reply){ .rc = c->x.rc, .http = c->x.status };
	if (r->rc < 0) {
		snprintf(r->err.msg, sizeof(r->err.msg), "%s: %s", c->what, c->x.text);
		return;
	}
	r->rc = parse_body(c, &r->json, &r->err);
	if (r->rc < 0) {
		r->rc = err_wrap(&r->err, r->rc, "%s", c->what);
		return;
	}
	r->err.msg[0] = '\0';
	const char *reason = r->http < 300 ? "" : json_str_or(r->json, "reason", "");
	snprintf(r->reason, sizeof(r->reason), "%s", reason);
	r->rc = kube_errno_of(r->http, reason);
	if (is_patch_refused(c, r->json))
		r->rc = -EAGAIN;
	else if (is_apply_refused(c, r->json))
		r->rc = -EINVAL;
	if (r->rc == 0)
		return;
	add_answer(&text, c, r->json);
	set_text(&r->err, c->what, &text);
}

void reply_trouble(const struct call *c, struct err *ret)
{
	const char *server = c->kube->config->server;
	if (c->x.rc < 0) {
		snprintf(ret->msg, sizeof(ret->msg), "API server %s unreachable: %s", server,
			c->x.text);
		return;
	}
	AUTO_BUF text = { 0 };
	AUTO_JSON status =
		c->x.answer.len ? json_parse(c->x.answer.s, c->x.answer.len, NULL) : NULL;
	add_answer(&text, c, status);
	snprintf(ret->msg, sizeof(ret->msg), "API server %s answers `%s` with %s", server, c->what,
		text.oom ? "an error" : text.s);
}

/* POST behind ws_serve(): the body is gathered, its owner told, and the connection held until the owner answers.
 *
 * Connection and POST end in any order: whoever is last frees. */
#include "kube/ws_int.h"

#include "base/clock.h"
#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define HEADERS_MOST 16
#define BODY_SECONDS 30

struct ws_post {
	struct ws *ws;
	struct lws *wsi; /* NULL: the client has gone */
	size_t length;   /* of the body, as announced */
	int64_t began;   /* monotonic */
	struct buf body;
	char *headers[HEADERS_MOST];
	bool told;  /* its owner has it, and will answer */
	int status; /* 0: not answered */
	unsigned retry_after_s;
	char *text;
};

static void post_free(struct ws_post *p)
{
	for (unsigned i = 0; i < HEADERS_MOST; i++)
		mem_free(p->headers[i]);
	buf_clear(&p->body);
	mem_free(p->text);
	mem_free(p);
}

/* NULL if it was not sent; *oom else. */
static char *copy_header(struct lws *wsi, const char *name, bool *oom)
{
	bool is_type = strcmp(name, "content-type:") == 0; /* libwebsockets knows it by number */
	int nlen = (int)strlen(name);
	int n = is_type ? lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_TYPE)
			: lws_hdr_custom_length(wsi, name, nlen);
	char *copy;

	if (n < 0 || (is_type && n == 0))
		return NULL;
	copy = mem_alloc((size_t)n + 1);
	if (!copy)
		*oom = true;
	else if (is_type)
		lws_hdr_copy(wsi, copy, n + 1, WSI_TOKEN_HTTP_CONTENT_TYPE);
	else
		lws_hdr_custom_copy(wsi, copy, n + 1, name, nlen);
	return copy;
}

static bool copy_headers(struct lws *wsi, const char *const *names, struct ws_post *p)
{
	bool oom = false;

	for (unsigned i = 0; names && names[i]; i++) {
		assert(i < HEADERS_MOST);
		p->headers[i] = copy_header(wsi, names[i], &oom);
	}
	return !oom;
}

/* -1: not said, as with chunks, which libwebsockets does not take. */
static long long body_length(struct lws *wsi)
{
	char text[20] = "";

	if (lws_hdr_copy(wsi, text, sizeof(text), WSI_TOKEN_HTTP_CONTENT_LENGTH) <= 0)
		return -1;
	return strspn(text, "0123456789") == strlen(text) ? atoll(text) : -1;
}

int ws_post_begin(struct lws *wsi, struct ws_server *server, struct ws_session *s)
{
	long long length = body_length(wsi);
	struct ws_post *p;

	if (length < 0)
		return ws_answer(wsi, 411, 0, "say the Content-Length\n");
	if ((size_t)length > server->cfg.body_most)
		return ws_answer(wsi, 413, 0, "too long\n");
	p = mem_alloc(sizeof(*p));
	if (!p || !copy_headers(wsi, server->cfg.headers, p)) {
		if (p)
			post_free(p);
		return ws_answer(wsi, 503, 1, "out of memory\n");
	}
	p->ws = server->ws;
	p->wsi = wsi;
	p->length = (size_t)length;
	p->began = clock_mono_ms();
	s->post = p;
	server->posts++;
	if (!length)
		return ws_post_whole(wsi, s);
	lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, BODY_SECONDS);
	return 0;
}

int ws_post_take(struct lws *wsi, struct ws_session *s, const void *bytes, size_t n)
{
	struct ws_post *p = s->post;

	(void)wsi;
	/* libwebsockets' own time begins anew with each piece */
	if (p && !p->told && clock_mono_ms() - p->began >= BODY_SECONDS * 1000)
		return -1;
	if (p && !p->told && p->body.len < p->length)
		buf_add(&p->body, bytes, n < p->length - p->body.len ? n : p->length - p->body.len);
	return 0;
}

int ws_post_whole(struct lws *wsi, struct ws_session *s)
{
	struct ws_server *server = lws_vhost_user(lws_get_vhost(wsi));

	if (!s->post || s->post->told)
		return 0;
	lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
	s->post->told = true;
	if (s->post->body.oom)
		ws_post_answer(s->post, 503, 1, "out of memory\n");
	else
		server->cfg.post(server->cfg.arg, s->post);
	return 0;
}

int ws_post_send(struct lws *wsi, struct ws_session *s)
{
	const struct ws_post *p = s->post;

	return p->status
		? ws_answer(wsi, (unsigned)p->status, p->retry_after_s, p->text ? p->text : "")
		: 0;
}

void ws_post_leave(struct ws_server *server, struct ws_session *s)
{
	struct ws_post *p = STEAL(s->post);

	if (!p)
		return;
	server->posts--;
	p->wsi = NULL;
	if (!p->told || p->status)
		post_free(p);
}

const char *ws_post_header(const struct ws_post *p, unsigned n)
{
	assert(n < HEADERS_MOST);
	return p->headers[n];
}

const struct buf *ws_post_body(const struct ws_post *p)
{
	return &p->body;
}

void ws_post_answer(struct ws_post *p, int status, unsigned retry_after_s, const char *text)
{
	assert(p->told && !p->status && status);
	p->status = status;
	p->retry_after_s = retry_after_s;
	p->text = mem_strdup(text); /* without memory the status alone must do */
	if (!p->wsi) {
		post_free(p);
		return;
	}
	lws_callback_on_writable(p->wsi);
	ws_wake(p->ws);
}

unsigned ws_posts(const struct ws *w)
{
	return w->server ? w->server->posts : 0;
}

/* The HTTP server behind ws_serve(): a request, one answer, connection closed.  POST is in ws_post.c.
 *
 * The listening socket is ours and libwebsockets adopts what it accepts: its own listener tells neither
 * why an address cannot be had nor knows a limit. */
#include "kube/ws_int.h"

#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS = 16, BACKLOG = 16, REQUEST_SECONDS = 5, ANSWER_SECONDS = 30, CHUNK = 8 * 1024 };

static int send_head(struct lws *wsi, unsigned status, const char *type, size_t length,
	unsigned retry_after_s)
{
	unsigned char head[LWS_PRE + 1024], *start = &head[LWS_PRE], *p = start;
	unsigned char *end = &head[sizeof(head) - 1];
	char after[12];
	int n = snprintf(after, sizeof(after), "%u", retry_after_s);

	if (lws_add_http_common_headers(wsi, status, type, length, &p, end) ||
		lws_add_http_header_by_token(wsi, WSI_TOKEN_CONNECTION,
			(const unsigned char *)"close", 5, &p, end))
		return -1;
	if (retry_after_s &&
		lws_add_http_header_by_token(wsi, WSI_TOKEN_HTTP_RETRY_AFTER,
			(const unsigned char *)after, n, &p, end))
		return -1;
	return lws_finalize_write_http_header(wsi, start, &p, end) ? -1 : 0;
}

/* At most CHUNK bytes. */
static int send_piece(struct lws *wsi, const char *bytes, size_t n, bool last)
{
	unsigned char piece[LWS_PRE + CHUNK];
	int sent;

	if (n)
		memcpy(&piece[LWS_PRE], bytes, n);
	sent = lws_write(wsi, &piece[LWS_PRE], n, last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP);
	return sent < (int)n ? -1 : 0;
}

int ws_answer(struct lws *wsi, unsigned status, unsigned retry_after_s, const char *text)
{
	size_t n = strlen(text);

	if (!send_head(wsi, status, "text/plain", n, retry_after_s) && n)
		send_piece(wsi, text, n, true);
	return -1;
}

static int refuse(struct lws *wsi, unsigned status, const char *text)
{
	return ws_answer(wsi, status, 0, text);
}

static int on_get(struct lws *wsi, const struct ws_server *server, struct ws_session *s,
	const char *path)
{
	const char *type = "text/plain";
	int status = server->cfg.get(server->cfg.arg, path, &s->body, &type);

	if (s->body.oom)
		return refuse(wsi, HTTP_STATUS_SERVICE_UNAVAILABLE, "out of memory\n");
	if (send_head(wsi, (unsigned)status, type, s->body.len, 0))
		return -1;
	lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, ANSWER_SECONDS);
	lws_callback_on_writable(wsi);
	return 0;
}

static int on_request(struct lws *wsi, struct ws_session *s, const char *path)
{
	struct ws_server *server = lws_vhost_user(lws_get_vhost(wsi));

	if (lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI))
		return on_get(wsi, server, s, path);
	if (server->cfg.post && lws_hdr_total_length(wsi, WSI_TOKEN_POST_URI))
		return ws_post_begin(wsi, server, s);
	return refuse(wsi, HTTP_STATUS_METHOD_NOT_ALLOWED,
		server->cfg.post ? "only GET and POST\n" : "only GET\n");
}

static int on_writable(struct lws *wsi, struct ws_session *s)
{
	size_t left = s->body.len - s->sent, n = left < CHUNK ? left : CHUNK;

	if (s->post)
		return ws_post_send(wsi, s);
	if (send_piece(wsi, s->body.s + s->sent, n, n == left) || n == left)
		return -1;
	s->sent += n;
	lws_callback_on_writable(wsi);
	return 0;
}

static int serve_callback(struct lws *wsi, enum lws_callback_reasons why, void *user, void *in,
	size_t len)
{
	struct ws_session *s = user;
	struct ws_server *server;

	switch (why) {
	case LWS_CALLBACK_HTTP:
		return on_request(wsi, s, in);
	case LWS_CALLBACK_HTTP_BODY:
		return ws_post_take(wsi, s, in, len);
	case LWS_CALLBACK_HTTP_BODY_COMPLETION:
		return ws_post_whole(wsi, s);
	case LWS_CALLBACK_HTTP_WRITEABLE:
		return on_writable(wsi, s);
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
		return refuse(wsi, HTTP_STATUS_BAD_REQUEST, "no upgrade here\n");
	case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
		return -1;
	case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
		if (s) {
			buf_clear(&s->body);
			ws_post_leave(lws_vhost_user(lws_get_vhost(wsi)), s);
		}
		break;
	case LWS_CALLBACK_WSI_DESTROY:
		server = lws_get_opaque_user_data(wsi);
		if (server)
			server->connections--;
		break;
	default:
		break;
	}
	return 0;
}

static const struct lws_protocols serve_protocols[] = {
	{ .name = "http",
		.callback = serve_callback,
		.per_session_data_size = sizeof(struct ws_session) },
	{ 0 },
};

static void adopt(struct ws_server *s, int fd)
{
	struct lws *wsi = lws_adopt_socket_vhost(s->vhost, fd); /* closes fd when it fails */

	if (!wsi)
		return;
	lws_set_opaque_user_data(wsi, s);
	s->connections++;
	ws_wake(s->ws);
}

static void on_connection(uv_poll_t *listener, int status, int events)
{
	struct ws_server *s = listener->data;
	int fd;

	(void)events;
	while (status == 0 &&
		(fd = accept4(s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		if (s->connections < s->cfg.connections)
			adopt(s, fd);
		else
			close(fd);
	}
}

/* "ADDRESS:PORT", "[ADDRESS]:PORT", ":PORT" (all addresses, both families). */
static int parse_address(const char *text, struct sockaddr_storage *ret)
{
	const char *colon = strrchr(text, ':');
	size_t n = colon ? (size_t)(colon - text) : 0;
	char host[INET6_ADDRSTRLEN] = "::", *end;

	if (!colon || !colon[1] || n >= sizeof(host))
		return -EINVAL;
	long port = strtol(colon + 1, &end, 10);
	if (*end || port < 0 || port > 65535)
		return -EINVAL;
	if (n > 2 && text[0] == '[' && text[n - 1] == ']')
		snprintf(host, sizeof(host), "%.*s", (int)n - 2, text + 1);
	else if (n)
		snprintf(host, sizeof(host), "%.*s", (int)n, text);
	if (strchr(host, ':'))
		return uv_ip6_addr(host, (int)port, (struct sockaddr_in6 *)(void *)ret);
	return uv_ip4_addr(host, (int)port, (struct sockaddr_in *)(void *)ret);
}

static int listen_on(const struct sockaddr_storage *a)
{
	socklen_t size =
		a->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
	int on = 1, off = 0, fd;

	fd = socket(a->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (a->ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, (const struct sockaddr *)a, size) < 0 || listen(fd, BACKLOG) < 0) {
		int rc = -errno;
		close(fd);
		return rc;
	}
	return fd;
}

static int open_listener(const char *address, struct err *e)
{
	struct sockaddr_storage a = { 0 };
	int fd;

	if (parse_address(address, &a) < 0)
		return err_set(e, EINVAL, "cannot listen on %s: want IP-ADDRESS:PORT or :PORT",
			address);
	fd = listen_on(&a);
	if (fd == -EAFNOSUPPORT && address[0] == ':') { /* a kernel without IPv6 */
		uv_ip4_addr("0.0.0.0", ntohs(((struct sockaddr_in6 *)(void *)&a)->sin6_port),
			(struct sockaddr_in *)(void *)&a);
		fd = listen_on(&a);
	}
	return fd < 0 ? err_set(e, -fd, "cannot listen on %s: %s", address, strerror(-fd)) : fd;
}

static struct lws_vhost *make_vhost(struct ws_server *s)
{
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN_SERVER,
		.vhost_name = "server",
		.protocols = serve_protocols,
		.user = s,
		.timeout_secs_ah_idle = REQUEST_SECONDS,
		.http_proxy_address = "",
	};

	return lws_create_vhost(s->ws->lws, &info);
}

int ws_serve(struct ws *w, const char *address, const struct ws_serve_cfg *cfg, struct err *e)
{
	struct ws_server *s = mem_alloc(sizeof(*s));

	assert(!w->server);
	if (!s)
		return err_set(e, ENOMEM, "server: out of memory");
	*s = (struct ws_server){ .ws = w, .cfg = *cfg };
	if (!s->cfg.connections)
		s->cfg.connections = CONNECTIONS;
	s->fd = open_listener(address, e);
	if (s->fd < 0) {
		int rc = s->fd;
		mem_free(s);
		return rc;
	}
	s->vhost = make_vhost(s);
	if (!s->vhost || uv_poll_init(loop_uv(w->loop), &s->listener, s->fd) < 0) {
		close(s->fd);
		mem_free(s);
		return err_set(e, ENOMEM, "libwebsockets: no room for the server");
	}
	s->listener.data = s;
	uv_poll_start(&s->listener, UV_READABLE, on_connection);
	w->server = s;
	return 0;
}

int ws_serve_port(const struct ws *w)
{
	struct sockaddr_storage a;
	socklen_t size = sizeof(a);

	if (getsockname(w->server->fd, (struct sockaddr *)&a, &size) < 0)
		return -errno;
	return ntohs(a.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)(void *)&a)->sin6_port
					     : ((struct sockaddr_in *)(void *)&a)->sin_port);
}

static void listener_closed(uv_handle_t *h)
{
	struct ws_server *s = h->data;

	close(s->fd);
	s->stopped = true;
}

void ws_server_stop(struct ws_server *s)
{
	if (s)
		uv_close((uv_handle_t *)&s->listener, listener_closed);
}

bool ws_server_stopped(const struct ws_server *s)
{
	return !s || s->stopped;
}

void ws_server_free(struct ws_server *s)
{
	mem_free(s);
}

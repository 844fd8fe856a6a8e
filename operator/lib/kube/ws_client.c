/* One client connection, from its name to the last callback.
 *
 *   WAITING --next turn--> LOOKUP --address--> LWS --its wsi is destroyed--> GONE --timer closed--> freed
 *
 * libwebsockets tells an end in several ways, or not at all (4.1.6 when a handshake stalls): the one that
 * always comes is WSI_DESTROY, so `down` hangs on that; the others only leave their reason in `why`. */
#include "kube/ws_int.h"

#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { MESSAGE_KEEP = 64 * 1024 }; /* a larger buffer is not kept for the next message */

enum conn_stage { CONN_WAITING, CONN_LOOKUP, CONN_LWS, CONN_REFUSED, CONN_GONE };

struct ws_conn {
	struct ws *ws;
	struct ws_conn_cfg cfg;
	char *path, *token;
	enum conn_stage stage;
	bool ending;        /* told to hang up, or gave up itself: only `down` is still due */
	struct timer timer; /* the next turn, then the deadline of the handshake */
	uv_getaddrinfo_t lookup;
	struct lws *wsi;
	lws_retry_bo_t validity;
	struct buf message;
	struct ws_end end;
	struct err why; /* the first reason is the true one */
};

static void conn_free(struct ws_conn *c)
{
	buf_clear(&c->message);
	mem_free(c->token);
	mem_free(c->path);
	mem_free(c);
}

static void because(struct ws_conn *c, const char *text)
{
	if (!*c->why.msg)
		err_set(&c->why, EIO, "%s: %s", c->ws->config->server, text);
}

static void gone(void *arg)
{
	struct ws_conn *c = arg;

	because(c, "connection lost");
	c->end.text = c->why.msg;
	c->cfg.down(c->cfg.arg, &c->end);
	conn_free(c);
}

static void finish(struct ws_conn *c)
{
	if (c->stage == CONN_GONE)
		return;
	c->stage = CONN_GONE;
	c->ending = true;
	timer_close(&c->timer, gone);
}

static void finish_later(void *arg)
{
	finish(arg);
}

static void give_up(struct ws_conn *c, const char *text)
{
	because(c, text);
	ws_hangup(c);
}

static void too_late(void *arg)
{
	struct ws_conn *c = arg;
	char text[64];

	snprintf(text, sizeof(text), "no answer within %lld ms", (long long)c->cfg.connect_ms);
	give_up(c, text);
}

/* Host header and the name that libwebsockets checks; it cuts names at the first colon, so that of an IPv6
 * address is left to the check in the TLS context. */
static void dial(struct ws_conn *c, const char *address)
{
	const struct kube_config *k = c->ws->config;
	const char *name = k->tls_server_name ? k->tls_server_name : k->host;
	struct lws_client_connect_info i = {
		.context = c->ws->lws,
		.vhost = c->ws->client,
		.address = address,
		.port = k->port,
		.path = c->path,
		.host = name,
		.origin = "localhost", /* the API server refuses an upgrade without Origin */
		.local_protocol_name = "watch",
		.ssl_connection = LCCSCF_USE_SSL | LCCSCF_HTTP_NO_FOLLOW_REDIRECT |
			(strchr(name, ':') ? LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK : 0),
		.retry_and_idle_policy = &c->validity,
		.userdata = c,
	};

	c->stage = CONN_LWS;
	c->wsi = lws_client_connect_via_info(&i);
	ws_wake(c->ws);
	if (!c->wsi && c->stage == CONN_LWS) {
		/* Freed without a word, or its close is under way: that is over after one turn. */
		because(c, "cannot open a connection");
		c->stage = CONN_REFUSED;
		c->timer.cb = finish_later;
		timer_set(&c->timer, 1);
	}
}

static void address_text(const struct addrinfo *a, char *out, size_t size)
{
	if (a->ai_family == AF_INET6)
		uv_ip6_name((const struct sockaddr_in6 *)(const void *)a->ai_addr, out, size);
	else
		uv_ip4_name((const struct sockaddr_in *)(const void *)a->ai_addr, out, size);
}

/* Each attempt takes the next of the host's addresses. */
static const struct addrinfo *choose(const struct addrinfo *list, unsigned attempt)
{
	unsigned n = 0;

	for (const struct addrinfo *a = list; a; a = a->ai_next)
		n++;
	for (n = attempt % n; n; n--)
		list = list->ai_next;
	return list;
}

static void looked_up(uv_getaddrinfo_t *req, int status, struct addrinfo *list)
{
	struct ws_conn *c = req->data;
	char address[INET6_ADDRSTRLEN] = "";

	if (status < 0)
		because(c, uv_strerror(status));
	else if (!c->ending)
		address_text(choose(list, c->ws->attempts++), address, sizeof(address));
	uv_freeaddrinfo(list);
	if (status < 0 || c->ending)
		finish(c);
	else
		dial(c, address);
}

static bool is_address(const char *host)
{
	struct in6_addr a;
	return uv_inet_pton(AF_INET, host, &a) == 0 || uv_inet_pton(AF_INET6, host, &a) == 0;
}

static void look_up(struct ws_conn *c)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };

	c->stage = CONN_LOOKUP;
	c->lookup.data = c;
	int rc = uv_getaddrinfo(loop_uv(c->ws->loop), &c->lookup, looked_up, c->ws->config->host,
		NULL, &hints);
	if (rc < 0) {
		because(c, uv_strerror(rc));
		finish(c);
	}
}

static void begin(void *arg)
{
	struct ws_conn *c = arg;

	if (kube_config_token(c->ws->config, &c->token, &c->why) < 0) {
		finish(c);
		return;
	}
	c->timer.cb = too_late;
	timer_set(&c->timer, c->cfg.connect_ms);
	if (is_address(c->ws->config->host))
		dial(c, c->ws->config->host);
	else
		look_up(c);
}

int ws_connect(struct ws *w, const struct ws_conn_cfg *cfg, struct ws_conn **ret, struct err *e)
{
	struct ws_conn *c = mem_alloc(sizeof(*c));

	assert(w->client && cfg->hangup_s > cfg->ping_s);
	if (c)
		c->path = mem_printf("%s%s", w->config->prefix, cfg->path);
	if (!c || !c->path) {
		mem_free(c);
		return err_set(e, ENOMEM, "connection: out of memory");
	}
	c->ws = w;
	c->cfg = *cfg;
	c->cfg.path = c->path;
	c->validity.secs_since_valid_ping = (uint16_t)cfg->ping_s;
	c->validity.secs_since_valid_hangup = (uint16_t)cfg->hangup_s;
	timer_init(w->loop, &c->timer, begin, c);
	timer_set(&c->timer, 0);
	*ret = c;
	return 0;
}

void ws_hangup(struct ws_conn *c)
{
	if (c->ending)
		return;
	c->ending = true;
	switch (c->stage) {
	case CONN_WAITING:
		finish(c);
		break;
	case CONN_LOOKUP:
		uv_cancel(
			(uv_req_t *)&c
				->lookup); /* under way already: its answer comes and is dropped */
		break;
	case CONN_LWS:
		/* No close frame: the API server does not answer it.  The kill runs in lws's own turn. */
		lws_set_timeout(c->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
		ws_wake(c->ws);
		break;
	case CONN_REFUSED:
	case CONN_GONE:
		break;
	}
}

static int add_headers(struct ws_conn *c, struct lws *wsi, unsigned char **p, size_t len)
{
	unsigned char *end = *p + len;
	const char *agent = c->ws->user_agent;
	AUTO_BUF bearer = { 0 };

	if (lws_add_http_header_by_name(wsi, (const unsigned char *)"user-agent:",
		    (const unsigned char *)agent, (int)strlen(agent), p, end))
		return -1;
	if (!c->token)
		return 0;
	buf_printf(&bearer, "Bearer %s", c->token);
	if (bearer.oom ||
		lws_add_http_header_by_token(wsi, WSI_TOKEN_HTTP_AUTHORIZATION,
			(const unsigned char *)bearer.s, (int)bearer.len, p, end))
		return -1;
	mem_free(STEAL(c->token));
	return 0;
}

/* The answer to the upgrade, whatever its status; its body cannot be had. */
static void answered(struct ws_conn *c, struct lws *wsi)
{
	char seconds[16];
	int status = (int)lws_http_client_http_response(wsi);

	if (status == 101)
		return;
	c->end.http = status;
	if (lws_hdr_copy(wsi, seconds, sizeof(seconds), WSI_TOKEN_HTTP_RETRY_AFTER) > 0)
		c->end.retry_after_s = (unsigned)strtoul(seconds, NULL, 10);
}

/* libwebsockets has one text for a connection refused, reset and closed: ask the socket and TLS. */
static void connect_failed(struct ws_conn *c, struct lws *wsi, const char *text)
{
	SSL *tls = lws_get_ssl(wsi);
	long verify = tls ? SSL_get_verify_result(tls) : X509_V_OK;
	int code = 0;
	socklen_t size = sizeof(code);
	struct err why;

	getsockopt(lws_get_socket_fd(wsi), SOL_SOCKET, SO_ERROR, &code, &size);
	if (verify != X509_V_OK)
		err_set(&why, EIO, "its certificate is refused: %s",
			X509_verify_cert_error_string(verify));
	else if (code)
		err_set(&why, code, "%s", strerror(code));
	else
		err_set(&why, EIO, "handshake failed: %s", text ? text : "no reason given");
	because(c, why.msg);
}

static void opened(struct ws_conn *c)
{
	timer_stop(&c->timer);
	c->cfg.open(c->cfg.arg);
}

static void received(struct ws_conn *c, struct lws *wsi, const char *bytes, size_t len)
{
	bool whole = lws_is_final_fragment(wsi) && !lws_remaining_packet_payload(wsi);

	lws_validity_confirmed(wsi);
	if (len > c->cfg.max_message - c->message.len) {
		give_up(c, "a message larger than allowed");
		return;
	}
	if (whole && !c->message.len) { /* the usual case: nothing to copy */
		c->cfg.message(c->cfg.arg, bytes, len);
		return;
	}
	buf_add(&c->message, bytes, len);
	if (c->message.oom) {
		give_up(c, "out of memory for a message");
	} else if (whole) {
		c->cfg.message(c->cfg.arg, c->message.s, c->message.len);
		(c->message.cap > MESSAGE_KEEP ? buf_clear : buf_reset)(&c->message);
	}
}

static void peer_closes(struct ws_conn *c, const unsigned char *frame, size_t len)
{
	char text[64];

	if (len < 2)
		return;
	snprintf(text, sizeof(text), "closed by the server (%d)", frame[0] << 8 | frame[1]);
	because(c, text);
	c->end.closed = !c->ending;
}

/* Before it is established, -1 ends a connection at once; later ws_hangup() has seen to that. */
int ws_client_callback(struct lws *wsi, enum lws_callback_reasons why, void *user, void *in,
	size_t len)
{
	struct ws_conn *c = user;

	switch (why) {
	case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
		return c->ending ? -1 : add_headers(c, wsi, in, len);
	case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
		answered(c, wsi);
		return c->ending ? -1 : 0;
	case LWS_CALLBACK_CLIENT_ESTABLISHED:
		if (c->ending)
			return -1;
		opened(c);
		break;
	case LWS_CALLBACK_CLIENT_RECEIVE:
		if (!c->ending)
			received(c, wsi, in, len);
		break;
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
		peer_closes(c, in, len);
		break;
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
		connect_failed(c, wsi, in);
		break;
	case LWS_CALLBACK_WSI_DESTROY:
		if (c)
			finish(c);
		break;
	default:
		break;
	}
	return 0;
}

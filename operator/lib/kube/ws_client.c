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

static void conn_free(struct ws_conn *c)
{
	buf_clear(&c->message);
	mem_free(c->token);
	mem_free(c->path);
	mem_free(c);
}

void ws_because(struct ws_conn *c, const char *text)
{
	if (!*c->why.msg)
		err_set(&c->why, EIO, "%s: %s", c->ws->config->server, text);
}

static void gone(void *arg)
{
	struct ws_conn *c = arg;

	ws_because(c, "connection lost");
	c->end.text = c->why.msg;
	c->cfg.sink.down(c->cfg.sink.arg, &c->end);
	conn_free(c);
}

void ws_finish(struct ws_conn *c)
{
	if (c->stage == CONN_GONE)
		return;
	c->stage = CONN_GONE;
	c->ending = true;
	timer_close(&c->timer, gone);
}

static void give_up(struct ws_conn *c, const char *text)
{
	ws_because(c, text);
	ws_hangup(c);
}

static void too_late(void *arg)
{
	struct ws_conn *c = arg;
	char text[64];

	snprintf(text, sizeof(text), "no answer within %lld ms", (long long)c->cfg.answer_ms);
	give_up(c, text);
}

static void begin(void *arg)
{
	struct ws_conn *c = arg;

	if (kube_config_token(c->ws->config, &c->token, &c->why) < 0) {
		ws_finish(c);
		return;
	}
	c->timer.cb = too_late;
	timer_set(&c->timer, c->cfg.answer_ms);
	ws_dial(c);
}

int ws_connect(struct ws *w, const struct stream_cfg *cfg, struct ws_conn **ret, struct err *e)
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
		ws_finish(c);
		break;
	case CONN_LOOKUP:
		/* Under way already: its answer comes and is dropped. */
		uv_cancel((uv_req_t *)&c->lookup);
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

/* The answer to the upgrade, whatever its status; its body cannot be had. */
static void answered(struct ws_conn *c, struct lws *wsi)
{
	char seconds[16];
	int status = (int)lws_http_client_http_response(wsi);

	c->end.mute = false;
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
	ws_because(c, why.msg);
}

static void opened(struct ws_conn *c)
{
	timer_stop(&c->timer);
	c->cfg.sink.open(c->cfg.sink.arg);
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
		c->cfg.sink.message(c->cfg.sink.arg, bytes, len);
		return;
	}
	buf_add(&c->message, bytes, len);
	if (c->message.oom) {
		give_up(c, "out of memory for a message");
	} else if (whole) {
		c->cfg.sink.message(c->cfg.sink.arg, c->message.s, c->message.len);
		(c->message.cap > MESSAGE_KEEP ? buf_clear : buf_reset)(&c->message);
	}
}

static void peer_closes(struct ws_conn *c, const unsigned char *frame, size_t len)
{
	char text[64];

	if (len < 2)
		return;
	snprintf(text, sizeof(text), "closed by the server (%d)", frame[0] << 8 | frame[1]);
	ws_because(c, text);
	c->end.closed = !c->ending;
}

/* Before it is established, -1 ends a connection at once; later ws_hangup() has seen to that. */
int ws_client_callback(struct lws *wsi, enum lws_callback_reasons why, void *user, void *in,
	size_t len)
{
	struct ws_conn *c = user;

	switch (why) {
	case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
		return c->ending ? -1 : ws_add_headers(c, wsi, in, len);
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
			ws_finish(c);
		break;
	default:
		break;
	}
	return 0;
}

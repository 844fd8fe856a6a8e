/* The libwebsockets context: made on our uv loop, taken down in turns.
 *
 * It closes its handles through the loop and frees itself only when it is told a second time, after the
 * last of them is gone.  A timer looks for that: there is no callback for it with a foreign loop. */
#include "kube/ws_int.h"

#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <string.h>

enum {
	MAX_FDS = 128, /* sizes lws's tables, which follow RLIMIT_NOFILE (a million) otherwise */
	STEP_SECONDS = 20, /* of a handshake; stream_cfg.answer_ms is the real deadline */
};

static const struct lws_protocols client_protocols[] = {
	{ .name = "watch", .callback = ws_client_callback, .rx_buffer_size = WS_RX_BUF },
	{ 0 },
};

static void log_lws(int level, const char *line)
{
	char text[256];

	(void)level;
	snprintf(text, sizeof(text), "%.*s", (int)strcspn(line, "\n"), line);
	log_debug("libwebsockets", "text", text, NULL);
}

static int make_context(struct ws *w, struct err *e)
{
	void *loops[] = { loop_uv(w->loop) };
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN,
		.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_LIBUV |
			LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT,
		.foreign_loops = loops,
		.pcontext = &w->lws,
		.pt_serv_buf_size = WS_SERV_BUF,
		.fd_limit_per_thread = MAX_FDS,
		.timeout_secs = STEP_SECONDS,
		.server_string = w->user_agent,
		.gid = -1, /* stay who we are */
		.uid = -1,
	};

	lws_set_log_level(LLL_ERR | LLL_WARN, log_lws);
	w->lws = lws_create_context(&info);
	if (!w->lws)
		return err_set(e, EIO,
			"libwebsockets does not start; is its libuv plugin installed "
			"(Debian: libwebsockets-evlib-uv)?");
	return 0;
}

/* http_proxy of the environment would be obeyed without no_proxy: an empty address switches that off. */
static int make_client(struct ws *w, struct err *e)
{
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN,
		.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT,
		.vhost_name = "client",
		.protocols = client_protocols,
		.provided_client_ssl_ctx = w->tls,
		.http_proxy_address = "",
	};

	w->client = lws_create_vhost(w->lws, &info);
	return w->client ? 0 : err_set(e, ENOMEM, "libwebsockets: no room for the client");
}

static void ws_free(struct ws *w)
{
	ws_server_free(w->server);
	SSL_CTX_free(w->tls);
	mem_free(w->user_agent);
	mem_free(w);
}

static void torn_down(void *arg)
{
	struct ws *w = arg;
	void (*closed)(void *) = w->closed;
	void *closed_arg = w->arg;

	ws_free(w);
	if (closed)
		closed(closed_arg);
}

struct census {
	const struct ws *ws;
	unsigned handles;
};

/* lws's idle and timer handles carry the context; they are the last it closes. */
static void count_handle(uv_handle_t *h, void *arg)
{
	struct census *c = arg;
	c->handles += h->data == c->ws->lws && (h->type == UV_IDLE || h->type == UV_TIMER);
}

static bool handles_left(const struct ws *w)
{
	struct census c = { w, 0 };

	uv_walk(loop_uv(w->loop), count_handle, &c);
	return c.handles > 0;
}

static void tear_down(void *arg)
{
	struct ws *w = arg;

	if (w->lws && (!w->destroying || !handles_left(w))) {
		w->destroying = true;
		lws_context_destroy(w->lws);
	}
	if (w->lws || !ws_server_stopped(w->server))
		timer_set(&w->teardown, 1);
	else
		timer_close(&w->teardown, torn_down);
}

int ws_new(struct loop *l, const struct kube_config *config, const char *user_agent,
	struct ws **ret, struct err *e)
{
	struct ws *w = mem_alloc(sizeof(*w));
	int rc;

	if (!w)
		return err_set(e, ENOMEM, "WebSockets: out of memory");
	w->loop = l;
	w->config = config;
	w->user_agent = mem_strdup(user_agent);
	rc = w->user_agent ? 0 : err_set(e, ENOMEM, "WebSockets: out of memory");
	if (!rc && config)
		rc = ws_tls_new(config, &w->tls, e);
	if (!rc)
		rc = make_context(w, e);
	if (rc < 0) {
		ws_free(w);
		return rc;
	}
	timer_init(l, &w->teardown, tear_down, w);
	if (config && (rc = make_client(w, e)) < 0) {
		ws_close(w, NULL, NULL);
		return rc;
	}
	*ret = w;
	return 0;
}

void ws_close(struct ws *w, void (*closed)(void *arg), void *arg)
{
	if (!w)
		return;
	w->closed = closed;
	w->arg = arg;
	ws_server_stop(w->server);
	timer_set(&w->teardown, 0);
}

struct loop *ws_loop(struct ws *w)
{
	return w->loop;
}

/* Where a connection goes, and what its request says. */
#include "kube/ws_int.h"

#include "base/mem.h"

#include <string.h>

static void finish_later(void *arg)
{
	ws_finish(arg);
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
		ws_because(c, "cannot open a connection");
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
		ws_because(c, uv_strerror(status));
	else if (!c->ending)
		address_text(choose(list, c->ws->attempts++), address, sizeof(address));
	uv_freeaddrinfo(list);
	if (status < 0 || c->ending)
		ws_finish(c);
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
		ws_because(c, uv_strerror(rc));
		ws_finish(c);
	}
}

void ws_dial(struct ws_conn *c)
{
	if (is_address(c->ws->config->host))
		dial(c, c->ws->config->host);
	else
		look_up(c);
}

int ws_add_headers(struct ws_conn *c, struct lws *wsi, unsigned char **p, size_t len)
{
	unsigned char *end = *p + len;
	const char *agent = c->ws->user_agent;
	AUTO_BUF bearer = { 0 };

	if (lws_add_http_header_by_name(wsi, (const unsigned char *)"user-agent:",
		    (const unsigned char *)agent, (int)strlen(agent), p, end))
		return -1;
	c->end.mute = true; /* until something is answered */
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

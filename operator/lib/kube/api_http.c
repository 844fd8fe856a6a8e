#include "kube/api_http.h"

#include "base/mem.h"

#include <errno.h>
#include <string.h>

/* With a tls-server-name the URL says what the certificate must carry; the socket goes to the address. */
static int name_server(const struct kube_config *c, struct http_target *ret, struct err *e)
{
	struct http_target t = { .ca_pem = c->ca_pem,
		.cert_pem = c->cert_pem,
		.key_pem = c->key_pem };
	if (!c->tls_server_name) {
		t.url = c->server;
		return http_target_init(ret, &t, e);
	}
	bool six = strchr(c->host, ':');
	AUTO_STR url = mem_printf("https://%s:%d%s", c->tls_server_name, c->port, c->prefix);
	AUTO_STR address =
		mem_printf("%s%s%s:%d", six ? "[" : "", c->host, six ? "]" : "", c->port);
	if (!url || !address)
		return err_set(e, ENOMEM, "out of memory");
	t.url = url;
	t.address = address;
	return http_target_init(ret, &t, e);
}

int api_http_init(struct api_http *h, struct loop *l, const struct kube_config *config,
	const char *user_agent, long most_connections, struct err *e)
{
	*h = (struct api_http){ .loop = l, .config = config };
	int rc = name_server(config, &h->server, e);
	if (rc < 0)
		return err_wrap(e, rc, "API server");
	rc = http_new(l, user_agent, most_connections, &h->client, e);
	if (rc < 0)
		http_target_clear(&h->server);
	return rc;
}

static void client_closed(void *arg)
{
	struct api_http *h = arg;
	http_target_clear(&h->server);
	if (h->closed)
		h->closed(h->arg);
}

void api_http_close(struct api_http *h, void (*closed)(void *arg), void *arg)
{
	h->closed = closed;
	h->arg = arg;
	http_close(h->client, client_closed, h);
}

int api_http_start(struct api_http *h, struct http_exchange *x)
{
	x->to = &h->server;
	return http_start(h->client, x);
}

/* A server whose machine vanished never refuses: TCP_USER_TIMEOUT ends the connection when sent bytes stay
 * unacknowledged, keep-alive when nothing is sent. */
#include "kube/http_server.h"

#include "base/mem.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#define CONNECT_MS 10000L
#define REQUEST_MS 30000L
#define SILENCE_MS 20000

static bool name_server(struct http_server *s)
{
	const struct kube_config *c = s->config;
	if (!c->tls_server_name) {
		s->origin = mem_strdup(c->server);
		return s->origin;
	}
	/* The URL says the name that the certificate must carry; the socket goes to the address. */
	bool six = strchr(c->host, ':');
	s->origin = mem_printf("https://%s:%d%s", c->tls_server_name, c->port, c->prefix);
	AUTO_STR to = mem_printf("%s:%d:%s%s%s:%d", c->tls_server_name, c->port, six ? "[" : "",
		c->host, six ? "]" : "", c->port);
	s->connect_to = to ? curl_slist_append(NULL, to) : NULL;
	return s->origin && s->connect_to;
}

int http_server_init(struct http_server *s, const struct kube_config *config,
	const char *user_agent)
{
	*s = (struct http_server){ .config = config, .user_agent = mem_strdup(user_agent) };
	return s->user_agent && name_server(s) ? 0 : -ENOMEM;
}

void http_server_clear(struct http_server *s)
{
	mem_free(s->user_agent);
	mem_free(s->origin);
	curl_slist_free_all(s->connect_to);
	*s = (struct http_server){ 0 };
}

static int socket_made(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	int ms = SILENCE_MS;
	(void)arg, (void)purpose;
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms));
	return CURL_SOCKOPT_OK;
}

static bool takes_stream(const struct http_exchange *x)
{
	long status = 0;
	return x->stream &&
		curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK &&
		status >= 200 && status <= 299;
}

static size_t header_came(char *line, size_t one, size_t n, void *arg)
{
	static const char chunked[] = "Transfer-Encoding: chunked";
	struct http_exchange *x = arg;
	if (n >= sizeof(chunked) - 1 && !strncasecmp(line, chunked, sizeof(chunked) - 1))
		x->chunked = true;
	if (n == 2 && line[0] == '\r' && takes_stream(x)) /* the end of the headers */
		x->stream->open(x);
	return one * n;
}

static size_t bytes_came(char *bytes, size_t one, size_t n, void *arg)
{
	struct http_exchange *x = arg;
	if (takes_stream(x))
		return x->stream->bytes(x, bytes, one * n) ? one * n : 0;
	if (x->answer.len + one * n > HTTP_BODY_MOST)
		return 0;
	buf_add(&x->answer, bytes, one * n);
	return x->answer.oom ? 0 : one * n;
}

static bool add_header(struct http_exchange *x, const char *line)
{
	struct curl_slist *longer = line ? curl_slist_append(x->headers, line) : NULL;
	if (longer)
		x->headers = longer;
	return longer;
}

static bool set_headers(struct http_exchange *x)
{
	AUTO_STR type = mem_printf("Content-Type: %s", x->content_type ? x->content_type : "");
	AUTO_STR bearer = mem_printf("Authorization: Bearer %s", x->token ? x->token : "");
	return add_header(x, "Accept: application/json") && add_header(x, "Expect:") &&
		(!x->content_type || add_header(x, type)) && (!x->token || add_header(x, bearer)) &&
		curl_easy_setopt(x->easy, CURLOPT_HTTPHEADER, x->headers) == CURLE_OK;
}

static bool set_blob(CURL *easy, CURLoption option, const char *pem)
{
	struct curl_blob blob = { (void *)(uintptr_t)pem, pem ? strlen(pem) : 0, CURL_BLOB_NOCOPY };
	return !pem || curl_easy_setopt(easy, option, &blob) == CURLE_OK;
}

#define SET(option, value) (curl_easy_setopt(x->easy, CURLOPT_##option, (value)) == CURLE_OK)

static bool set_connection(struct http_exchange *x)
{
	if (x->stream)
		return SET(HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) && SET(FRESH_CONNECT, 1L) &&
			SET(FORBID_REUSE, 1L);
	return SET(HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS) && SET(PIPEWAIT, 1L) &&
		SET(FRESH_CONNECT, (long)x->fresh);
}

static bool set_server(const struct http_server *s, struct http_exchange *x)
{
	AUTO_STR url = mem_printf("%s%s", s->origin, x->path);
	return url && SET(URL, url) && SET(PATH_AS_IS, 1L) && SET(CONNECT_TO, s->connect_to) &&
		SET(PROTOCOLS_STR, "https") && set_connection(x) &&
		set_blob(x->easy, CURLOPT_CAINFO_BLOB, s->config->ca_pem) &&
		set_blob(x->easy, CURLOPT_SSLCERT_BLOB, s->config->cert_pem) &&
		set_blob(x->easy, CURLOPT_SSLKEY_BLOB, s->config->key_pem);
}

static bool set_limits(struct http_exchange *x)
{
	long timeout_ms = x->stream ? 0 : REQUEST_MS;
	if (x->timeout_ms && x->timeout_ms < timeout_ms)
		timeout_ms = x->timeout_ms > 0 ? (long)x->timeout_ms : 1;
	return SET(CONNECTTIMEOUT_MS, CONNECT_MS) && SET(TIMEOUT_MS, timeout_ms) &&
		SET(NOSIGNAL, 1L) && SET(TCP_KEEPALIVE, 1L) && SET(TCP_KEEPIDLE, 15L) &&
		SET(TCP_KEEPINTVL, 5L) && SET(SOCKOPTFUNCTION, socket_made);
}

static bool set_exchange(const struct http_server *s, struct http_exchange *x)
{
	return SET(PRIVATE, x) && SET(ERRORBUFFER, x->text) && SET(WRITEFUNCTION, bytes_came) &&
		SET(WRITEDATA, x) && SET(HEADERFUNCTION, header_came) && SET(HEADERDATA, x) &&
		SET(SUPPRESS_CONNECT_HEADERS, 1L) && SET(USERAGENT, s->user_agent) &&
		(!x->content_type ||
			(SET(POSTFIELDSIZE_LARGE, (curl_off_t)x->body_len) &&
				SET(POSTFIELDS, x->body))) &&
		SET(CUSTOMREQUEST, x->method);
}

int http_server_prepare(const struct http_server *s, struct http_exchange *x)
{
	x->easy = curl_easy_init();
	if (!x->easy)
		return -ENOMEM;
	if (set_server(s, x) && set_limits(x) && set_exchange(s, x) && set_headers(x))
		return 0;
	http_exchange_unprepare(x);
	return -ENOMEM;
}

void http_exchange_unprepare(struct http_exchange *x)
{
	curl_easy_cleanup(STEAL(x->easy));
	curl_slist_free_all(STEAL(x->headers));
}

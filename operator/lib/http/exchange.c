/* A server whose machine vanished never refuses: TCP_USER_TIMEOUT ends the connection when sent bytes stay
 * unacknowledged, keep-alive when nothing is sent. */
#include "http/exchange.h"

#include "base/mem.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#define SILENCE_MS 20000

static int socket_made(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	int ms = SILENCE_MS;
	(void)arg, (void)purpose;
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms));
	return CURL_SOCKOPT_OK;
}

static bool address_of(const struct curl_sockaddr *to, struct addr *ret)
{
	char text[INET6_ADDRSTRLEN];
	const void *bytes = to->family == AF_INET
		? (const void *)&((const struct sockaddr_in *)&to->addr)->sin_addr
		: (const void *)&((const struct sockaddr_in6 *)&to->addr)->sin6_addr;

	return (to->family == AF_INET || to->family == AF_INET6) &&
		inet_ntop(to->family, bytes, text, sizeof(text)) && addr_parse(text, ret);
}

/* curl's CURLOPT_OPENSOCKETFUNCTION: `to` is where it will connect to, whatever the name was. */
static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct http_exchange *x = arg;
	const char *why = "no address of IPv4 or IPv6";
	struct addr a;

	(void)purpose;
	if (address_of(to, &a))
		why = x->gate->refuses(x->gate->arg, &a);
	if (why) {
		x->refused = why;
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
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
	if (one * n > x->to->answer_most - x->answer.len)
		return 0;
	buf_add(&x->answer, bytes, one * n);
	return x->answer.oom ? 0 : one * n;
}

/* What could end a line and begin another one. */
static bool breaks_line(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 127)
			return true;
	return false;
}

static bool add_line(struct http_exchange *x, const char *line)
{
	struct curl_slist *longer = line ? curl_slist_append(x->lines, line) : NULL;
	if (longer)
		x->lines = longer;
	return longer;
}

static bool add_header(struct http_exchange *x, const char *name, const char *value)
{
	/* curl's way to say that a header is there and empty */
	AUTO_STR line = *value ? mem_printf("%s: %s", name, value) : mem_printf("%s;", name);
	return add_line(x, line);
}

static bool add_bearer(struct http_exchange *x)
{
	AUTO_STR line = mem_printf("Authorization: Bearer %s", x->token);
	return add_line(x, line);
}

static bool set_headers(struct http_exchange *x)
{
	bool ok = add_line(x, "Accept: application/json") && add_line(x, "Expect:");
	for (unsigned i = 0; ok && i < x->n_headers; i++)
		ok = add_header(x, x->headers[i].name, x->headers[i].value);
	return ok && (!x->content_type || add_header(x, "Content-Type", x->content_type)) &&
		(!x->token || add_bearer(x)) &&
		curl_easy_setopt(x->easy, CURLOPT_HTTPHEADER, x->lines) == CURLE_OK;
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
	return SET(HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS) && SET(PIPEWAIT, 1L);
}

static bool set_target(struct http_exchange *x)
{
	AUTO_STR url = mem_printf("%s%s", x->to->url, x->path);
	return url && SET(URL, url) && SET(PATH_AS_IS, 1L) && SET(CONNECT_TO, x->to->connect_to) &&
		SET(PROTOCOLS_STR, "http,https") && set_connection(x) &&
		set_blob(x->easy, CURLOPT_CAINFO_BLOB, x->to->ca_pem) &&
		set_blob(x->easy, CURLOPT_SSLCERT_BLOB, x->to->cert_pem) &&
		set_blob(x->easy, CURLOPT_SSLKEY_BLOB, x->to->key_pem);
}

static bool set_gate(struct http_exchange *x)
{
	return !x->gate ||
		(SET(OPENSOCKETFUNCTION, open_socket) && SET(OPENSOCKETDATA, x) && SET(PROXY, "") &&
			SET(FRESH_CONNECT, 1L) && SET(FORBID_REUSE, 1L));
}

static bool set_limits(struct http_exchange *x)
{
	int64_t timeout_ms = x->stream ? 0 : x->to->timeout_ms;
	if (x->timeout_ms && x->timeout_ms < timeout_ms)
		timeout_ms = x->timeout_ms;
	return SET(CONNECTTIMEOUT_MS, (long)x->to->connect_ms) &&
		SET(TIMEOUT_MS, (long)timeout_ms) && SET(NOSIGNAL, 1L) && SET(TCP_KEEPALIVE, 1L) &&
		SET(TCP_KEEPIDLE, 15L) && SET(TCP_KEEPINTVL, 5L) &&
		SET(SOCKOPTFUNCTION, socket_made);
}

static bool set_exchange(struct http_exchange *x, const char *user_agent)
{
	return SET(PRIVATE, x) && SET(ERRORBUFFER, x->text) && SET(WRITEFUNCTION, bytes_came) &&
		SET(WRITEDATA, x) && SET(HEADERFUNCTION, header_came) && SET(HEADERDATA, x) &&
		SET(SUPPRESS_CONNECT_HEADERS, 1L) && SET(USERAGENT, user_agent) &&
		(!x->content_type ||
			(SET(POSTFIELDSIZE_LARGE, (curl_off_t)x->body_len) &&
				SET(POSTFIELDS, x->body))) &&
		SET(CUSTOMREQUEST, x->method);
}

static bool is_whole(const struct http_exchange *x)
{
	bool ok = !breaks_line(x->path) && !(x->token && breaks_line(x->token));
	for (unsigned i = 0; ok && i < x->n_headers; i++)
		ok = *x->headers[i].name && !breaks_line(x->headers[i].name) &&
			!strpbrk(x->headers[i].name, ":; ") && !breaks_line(x->headers[i].value);
	return ok;
}

int exchange_prepare(struct http_exchange *x, const char *user_agent)
{
	if (!is_whole(x))
		return -EINVAL;
	x->easy = curl_easy_init();
	if (!x->easy)
		return -ENOMEM;
	if (set_target(x) && set_gate(x) && set_limits(x) && set_exchange(x, user_agent) &&
		set_headers(x))
		return 0;
	exchange_unprepare(x);
	return -ENOMEM;
}

void exchange_unprepare(struct http_exchange *x)
{
	curl_easy_cleanup(STEAL(x->easy));
	curl_slist_free_all(STEAL(x->lines));
}

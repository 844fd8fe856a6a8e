#include "http/target.h"

#include "base/mem.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdbool.h>

#define CONNECT_MS  10000
#define REQUEST_MS  30000
#define ANSWER_MOST (8 << 20)

AUTO_DEFINE(CURLU *, curl_url_cleanup)

static bool has(CURLU *u, CURLUPart part)
{
	char *text = NULL;
	bool yes = curl_url_get(u, part, &text, 0) == CURLUE_OK;

	curl_free(text);
	return yes;
}

/* A URL with credentials is not repeated. */
static int check_url(const char *url, struct err *e)
{
	AUTO(curl_url_cleanup) CURLU *u = curl_url();
	CURLUcode rc =
		u ? curl_url_set(u, CURLUPART_URL, url, CURLU_PATH_AS_IS) : CURLUE_OUT_OF_MEMORY;

	if (rc == CURLUE_OUT_OF_MEMORY)
		return err_set(e, ENOMEM, "out of memory");
	if (rc == CURLUE_OK && (has(u, CURLUPART_USER) || has(u, CURLUPART_PASSWORD)))
		return err_set(e, EINVAL, "a URL must not hold credentials");
	if (rc != CURLUE_OK ||
		(strncasecmp(url, "http://", 7) != 0 && strncasecmp(url, "https://", 8) != 0))
		return err_set(e, EINVAL, "\"%s\" is no http:// or https:// URL", url);
	if (has(u, CURLUPART_FRAGMENT))
		return err_set(e, EINVAL, "\"%s\" has a fragment, which no server sees", url);
	return 0;
}

/* "name:port" of the URL, and where to go instead. */
static bool redirect(struct http_target *t)
{
	AUTO(curl_url_cleanup) CURLU *u = curl_url();
	char *host = NULL, *port = NULL;
	AUTO_STR line = NULL;

	if (u && curl_url_set(u, CURLUPART_URL, t->url, 0) == CURLUE_OK &&
		curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
		curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK)
		line = mem_printf("%s:%s:%s", host, port, t->address);
	t->connect_to = line ? curl_slist_append(NULL, line) : NULL;
	curl_free(host);
	curl_free(port);
	return t->connect_to;
}

static bool copy(const char **at)
{
	const char *from = *at;

	*at = mem_strdup(from);
	return *at || !from;
}

/* All of them, so that what could not be copied is NULL and not the caller's. */
static bool copy_all(struct http_target *t)
{
	bool url = copy(&t->url), address = copy(&t->address), ca = copy(&t->ca_pem);
	bool cert = copy(&t->cert_pem), key = copy(&t->key_pem);

	return url && address && ca && cert && key;
}

int http_target_init(struct http_target *ret, const struct http_target *from, struct err *e)
{
	struct http_target t = *from;
	int rc = check_url(from->url, e);

	if (rc < 0)
		return rc;
	t.connect_to = NULL;
	t.connect_ms = from->connect_ms ? from->connect_ms : CONNECT_MS;
	t.timeout_ms = from->timeout_ms ? from->timeout_ms : REQUEST_MS;
	t.answer_most = from->answer_most ? from->answer_most : ANSWER_MOST;
	if (copy_all(&t) && (!t.address || redirect(&t))) {
		*ret = t;
		return 0;
	}
	http_target_clear(&t);
	return err_set(e, ENOMEM, "out of memory");
}

void http_target_clear(struct http_target *t)
{
	mem_free((char *)t->url);
	mem_free((char *)t->address);
	mem_free((char *)t->ca_pem);
	mem_free((char *)t->cert_pem);
	mem_free((char *)t->key_pem);
	curl_slist_free_all(t->connect_to);
	*t = (struct http_target){ 0 };
}

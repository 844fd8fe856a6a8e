#include "kube/server_url.h"

#include "base/mem.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

AUTO_DEFINE(CURLU *, curl_url_cleanup)
AUTO_DEFINE(char *, curl_free)
#define AUTO_CURL_STR AUTO(curl_free) char *

static bool has(CURLU *u, CURLUPart part)
{
	AUTO_CURL_STR text = NULL;
	return curl_url_get(u, part, &text, 0) == CURLUE_OK;
}

/* "/a/b//" becomes "/a/b", "/" becomes "". */
static char *without_slashes(const char *s)
{
	size_t n = strlen(s);
	while (n && s[n - 1] == '/')
		n--;
	return mem_strndup(s, n);
}

static int take_parts(CURLU *u, const char *url, struct kube_config *c)
{
	AUTO_CURL_STR host = NULL;
	AUTO_CURL_STR port = NULL;
	AUTO_CURL_STR path = NULL;
	if (curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
		curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) != CURLUE_OK ||
		curl_url_get(u, CURLUPART_PATH, &path, 0) != CURLUE_OK)
		return -ENOMEM;
	size_t n = strlen(host);
	bool brackets = *host == '[' && host[n - 1] == ']';
	c->host = brackets ? mem_strndup(host + 1, n - 2) : mem_strdup(host);
	c->port = atoi(port);
	c->prefix = without_slashes(path);
	c->server = without_slashes(url);
	return c->host && c->prefix && c->server ? 0 : -ENOMEM;
}

int server_url_parse(const char *url, struct kube_config *c, struct err *e)
{
	AUTO(curl_url_cleanup) CURLU *u = curl_url();
	if (!u)
		return err_set(e, ENOMEM, "server \"%s\": out of memory", url);
	if (!strncasecmp(url, "http://", 7))
		return err_set(e, ENOTSUP,
			"server \"%s\" is refused: plain http; only https:// is spoken", url);
	CURLUcode rc = curl_url_set(u, CURLUPART_URL, url, CURLU_PATH_AS_IS);
	if (rc == CURLUE_OUT_OF_MEMORY)
		return err_set(e, ENOMEM, "server \"%s\": out of memory", url);
	if (rc != CURLUE_OK || strncmp(url, "https://", 8))
		return err_set(e, EINVAL, "server \"%s\" is no https:// URL", url);
	if (has(u, CURLUPART_USER) || has(u, CURLUPART_PASSWORD) || has(u, CURLUPART_QUERY) ||
		has(u, CURLUPART_FRAGMENT))
		return err_set(e, EINVAL,
			"server \"%s\" may hold host, port and path, nothing else", url);
	return take_parts(u, url, c) < 0 ? err_set(e, ENOMEM, "server \"%s\": out of memory", url)
					 : 0;
}

#include "e2e/fleet/tools/bare.h"

#include "base/mem.h"

#include <string.h>

static void set_blob(CURL *easy, CURLoption option, char *pem)
{
	struct curl_blob blob = { .data = pem,
		.len = pem ? strlen(pem) : 0,
		.flags = CURL_BLOB_NOCOPY };

	if (pem)
		curl_easy_setopt(easy, option, &blob);
}

int bare_load(const char *kubeconfig, struct bare *ret, struct err *e)
{
	AUTO_STR token = NULL;
	int rc = kube_config_load(kubeconfig, NULL, &ret->config, e);

	if (rc == 0)
		rc = kube_config_token(&ret->config, &token, e);
	ret->authorization = rc == 0 && token ? xprintf("Authorization: Bearer %s", token) : NULL;
	return rc;
}

void bare_clear(struct bare *b)
{
	mem_free(b->authorization);
	kube_config_clear(&b->config);
}

CURL *bare_easy(const struct bare *b)
{
	CURL *easy = curl_easy_init();

	if (!easy)
		mem_exhausted();
	set_blob(easy, CURLOPT_CAINFO_BLOB, b->config.ca_pem);
	set_blob(easy, CURLOPT_SSLCERT_BLOB, b->config.cert_pem);
	set_blob(easy, CURLOPT_SSLKEY_BLOB, b->config.key_pem);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	return easy;
}

void bare_path(CURL *easy, const struct bare *b, const char *path)
{
	AUTO_STR url = xprintf("%s%s", b->config.server, path);

	curl_easy_setopt(easy, CURLOPT_URL, url);
}

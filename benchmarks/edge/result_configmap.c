#include "result_configmap.h"

#include "measure.h"
#include "say.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define CONNECT_TIMEOUT_MS 5000L
#define REQUEST_TIMEOUT_MS 15000L
#define FIRST_PAUSE_MS     500L
#define LONGEST_PAUSE_MS   8000L
#define TOKEN_MAX          16384
#define REPLY_MAX          2048 /* of the server's answer, for the log */

struct reply {
	CURLcode rc;
	long status, retry_after;
	char transport_error[CURL_ERROR_SIZE];
	char body[REPLY_MAX];
	size_t len;
};

enum patch_verdict result_configmap_judge(CURLcode rc, long status)
{
	switch (rc) {
	case CURLE_OK:
		break;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_URL_MALFORMAT:
	case CURLE_OUT_OF_MEMORY:
		return PATCH_REFUSED;
	default:
		return PATCH_AGAIN;
	}
	if (status >= 200 && status < 300)
		return PATCH_DONE;
	if (status >= 500 || status == 401 || status == 403 || status == 404 || status == 409 ||
		status == 429)
		return PATCH_AGAIN;
	return PATCH_REFUSED;
}

long result_configmap_pause_ms(int attempt, long retry_after_seconds, unsigned random)
{
	long pause = FIRST_PAUSE_MS;

	while (--attempt > 0 && pause < LONGEST_PAUSE_MS)
		pause *= 2;
	if (pause > LONGEST_PAUSE_MS)
		pause = LONGEST_PAUSE_MS;
	pause -= (long)(random % (unsigned)(pause / 2));
	return pause > retry_after_seconds * 1000 ? pause : retry_after_seconds * 1000;
}

int result_configmap_url(const struct result_configmap *c, char *out, size_t size)
{
	bool v6 = strchr(c->host, ':');
	int n = snprintf(out, size, "https://%s%s%s:%s/api/v1/namespaces/%s/configmaps/%s",
		v6 ? "[" : "", c->host, v6 ? "]" : "", c->port, c->namespace, c->name);

	return n > 0 && (size_t)n < size ? 0 : -ENAMETOOLONG;
}

char *result_configmap_body(const char *key, const char *value)
{
	cJSON *root = cJSON_CreateObject();
	cJSON *data = cJSON_AddObjectToObject(root, "data");
	char *text = NULL;

	if (cJSON_AddStringToObject(data, key, value))
		text = cJSON_PrintUnformatted(root);
	cJSON_Delete(root);
	return text;
}

/* "Authorization: Bearer <token>" into `out`. */
static int read_token(const struct result_configmap *c, char *out, size_t size)
{
	char path[512];
	int n = snprintf(out, size, "Authorization: Bearer ");

	snprintf(path, sizeof(path), "%s/token", c->account_dir);
	FILE *f = fopen(path, "re");
	if (!f)
		return -errno;
	size_t got = fread(out + n, 1, size - (size_t)n - 1, f);
	fclose(f);
	out[(size_t)n + got] = '\0';
	out[strcspn(out, "\r\n")] = '\0';
	return got ? 0 : -ENODATA;
}

static size_t keep_start(char *data, size_t size, size_t n, void *arg)
{
	struct reply *r = arg;
	size_t bytes = size * n, room = REPLY_MAX - 1 - r->len;
	size_t take = bytes < room ? bytes : room;

	memcpy(r->body + r->len, data, take);
	r->len += take;
	r->body[r->len] = '\0';
	return bytes;
}

static void set_options(CURL *h, struct reply *r, const char *url, const char *ca, const char *body)
{
	curl_easy_setopt(h, CURLOPT_URL, url);
	curl_easy_setopt(h, CURLOPT_CAINFO, ca);
	curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(h, CURLOPT_PROXY,
		""); /* the API server is never behind the proxy of the Pods */
	curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, "PATCH");
	curl_easy_setopt(h, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(h, CURLOPT_USERAGENT, "berth-benchmark/" BERTH_VERSION);
	curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
	curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, REQUEST_TIMEOUT_MS);
	curl_easy_setopt(h, CURLOPT_ERRORBUFFER, r->transport_error);
	curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, keep_start);
	curl_easy_setopt(h, CURLOPT_WRITEDATA, r);
}

static struct curl_slist *headers(const char *authorization)
{
	static const char *const fixed[] = { "Content-Type: application/merge-patch+json",
		"Accept: application/json", "Expect:" };
	struct curl_slist *list = curl_slist_append(NULL, authorization);

	for (size_t i = 0; list && i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		struct curl_slist *longer = curl_slist_append(list, fixed[i]);

		if (!longer)
			curl_slist_free_all(list);
		list = longer;
	}
	return list;
}

/* One request.  A failure before there is anything to send ends as CURLE_OUT_OF_MEMORY. */
static void patch_once(const char *url, const char *ca, const char *authorization, const char *body,
	struct reply *r)
{
	CURL *h = curl_easy_init();
	struct curl_slist *list = headers(authorization);
	curl_off_t retry_after = 0;

	*r = (struct reply){ .rc = CURLE_OUT_OF_MEMORY };
	if (h && list) {
		set_options(h, r, url, ca, body);
		curl_easy_setopt(h, CURLOPT_HTTPHEADER, list);
		r->rc = curl_easy_perform(h);
		curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &r->status);
		curl_easy_getinfo(h, CURLINFO_RETRY_AFTER, &retry_after);
		r->retry_after = (long)retry_after;
	}
	curl_slist_free_all(list);
	curl_easy_cleanup(h);
}

/* The API server's own words if the answer is its Status object, else the start of whatever came. */
static void say_failure(const struct reply *r, const char *key, int attempt)
{
	char why[512];
	cJSON *status = cJSON_Parse(r->body);
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(status, "message"));

	if (r->rc != CURLE_OK)
		text = r->transport_error[0] ? r->transport_error : curl_easy_strerror(r->rc);
	say("warn", "ConfigMap not patched", "key=%s try=%d status=%ld error=%s", key, attempt,
		r->status, say_quoted(why, sizeof(why), text ? text : r->body));
	cJSON_Delete(status);
}

static void sleep_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

static unsigned random_number(void)
{
	unsigned value = 0;

	(void)!getrandom(&value, sizeof(value), GRND_NONBLOCK); /* without it: no jitter */
	return value;
}

static int patch_until(const struct result_configmap *c, const char *url, const char *key,
	const char *body, double deadline_ms)
{
	char ca[512], authorization[TOKEN_MAX];

	snprintf(ca, sizeof(ca), "%s/ca.crt", c->account_dir);
	for (int attempt = 1;; attempt++) {
		struct reply r;
		int rc = read_token(c, authorization, sizeof(authorization));

		if (rc < 0)
			return rc;
		patch_once(url, ca, authorization, body, &r);
		enum patch_verdict verdict = result_configmap_judge(r.rc, r.status);
		if (verdict == PATCH_DONE)
			return 0;
		say_failure(&r, key, attempt);
		if (verdict == PATCH_REFUSED)
			return -EACCES;
		long pause = result_configmap_pause_ms(attempt, r.retry_after, random_number());
		if (measure_clock_ms() + (double)pause > deadline_ms)
			return -ETIMEDOUT;
		sleep_ms(pause);
	}
}

int result_configmap_patch(const struct result_configmap *c, const char *key, const char *value,
	int patience_seconds)
{
	double deadline_ms = measure_clock_ms() + patience_seconds * 1e3;
	char url[1024];
	char *body = result_configmap_body(key, value);
	int rc = body ? result_configmap_url(c, url, sizeof(url)) : -ENOMEM;

	if (rc == 0)
		rc = patch_until(c, url, key, body, deadline_ms);
	cJSON_free(body);
	return rc;
}

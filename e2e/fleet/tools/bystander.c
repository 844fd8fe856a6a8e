/* bystander — somebody else at the same API server: one small GET after the other, and how long each took.
 *
 *   bystander KUBECONFIG PATH   until SIGTERM; then one line of JSON: how many, p50, p99 and the longest, in ms
 */
#include "base/clock.h"
#include "base/mem.h"
#include "e2e/fleet/tools/bare.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PAUSE_US 20000

static volatile sig_atomic_t ended;

static void on_signal(int signum)
{
	ended = signum;
}

static size_t forget(char *bytes, size_t size, size_t n, void *arg)
{
	(void)bytes;
	(void)arg;
	return size * n;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct samples {
	double *ms;
	size_t n, cap;
	unsigned failed;
};

static void add(struct samples *s, double ms)
{
	if (s->n == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 1024;
		s->ms = xrealloc(s->ms, s->cap * sizeof(*s->ms));
	}
	s->ms[s->n++] = ms;
}

static double quantile(const struct samples *s, double q)
{
	return s->n ? s->ms[(size_t)((double)(s->n - 1) * q)] : 0;
}

static void ask(CURL *easy, struct samples *s)
{
	double seconds = 0;
	long status = 0;

	if (curl_easy_perform(easy) == CURLE_OK)
		curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME, &seconds);
	if (status == 200)
		add(s, seconds * 1000);
	else
		s->failed++;
}

int main(int argc, char **argv)
{
	struct samples s = { 0 };
	struct bare b = { 0 };
	struct err e = { "usage: bystander KUBECONFIG PATH" };
	struct curl_slist *headers = NULL;
	CURL *easy;

	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	if (argc != 3 || bare_load(argv[1], &b, &e) < 0) {
		fprintf(stderr, "bystander: %s\n", e.msg);
		return argc == 3 ? 3 : 2;
	}
	easy = bare_easy(&b);
	bare_path(easy, &b, argv[2]);
	headers = curl_slist_append(NULL, b.authorization ? b.authorization : "Accept: */*");
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, forget);
	while (!ended) {
		ask(easy, &s);
		usleep(PAUSE_US);
	}
	qsort(s.ms, s.n, sizeof(*s.ms), compare);
	printf("{\"gets\":%zu,\"failed\":%u,\"p50\":%.2f,\"p99\":%.2f,\"longest\":%.2f}\n", s.n,
		s.failed, quantile(&s, 0.5), quantile(&s, 0.99), quantile(&s, 1));
	curl_slist_free_all(headers);
	curl_easy_cleanup(easy);
	bare_clear(&b);
	mem_free(s.ms);
	return 0;
}

/* replay — the floor: the requests of a script (script.h), sent by libcurl and nothing else.
 *
 *   replay SCRIPT CONCURRENCY KUBECONFIG-0 KUBECONFIG-1
 *
 * At the end one line of JSON: how many, in how many seconds, how many were answered otherwise than in the script, how
 * many were sent again after a 429. */
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "e2e/fleet/tools/bare.h"
#include "e2e/fleet/tools/script.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECTIONS 3 /* as an operator and two workers have */
#define AGENT       "berth-replay/" BERTH_VERSION

/* One request at a time each. */
struct lane {
	CURL *easy[2]; /* per user */
	struct curl_slist *headers;
	struct request *request;
	char *body;
	struct buf answer;
};

struct replay {
	struct script script;
	struct bare users[2];
	CURLM *multi;
	struct lane *lanes;
	unsigned n_lanes, busy;
	size_t sent, other, again;
	int64_t pause_until; /* clock_mono_ms(): the server asked for it */
	const struct request *odd;
	int odd_status;
};

static size_t keep(char *bytes, size_t size, size_t n, void *arg)
{
	struct buf *answer = arg;

	buf_add(answer, bytes, size * n);
	return size * n;
}

static void set_headers(struct lane *l, const struct bare *user)
{
	AUTO_STR type = xprintf("Content-Type: %s", l->request->type);

	l->headers = curl_slist_append(NULL, user->authorization ? user->authorization : "X-None:");
	l->headers = curl_slist_append(l->headers, *l->request->type ? type : "Content-Type:");
}

static void send_next(struct replay *p, struct lane *l, struct request *r)
{
	const struct bare *user = &p->users[r->user];
	CURL *easy = l->easy[r->user];

	l->request = r;
	l->body = script_body(&p->script, r);
	set_headers(l, user);
	buf_reset(&l->answer);
	bare_path(easy, user, r->path);
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, r->method);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, l->headers);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, *l->body ? l->body : NULL);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)strlen(l->body));
	if (!*l->body)
		curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, r->method);
	if (curl_multi_add_handle(p->multi, easy) != CURLM_OK)
		mem_exhausted();
	p->busy++;
	p->sent++;
}

static void fill(struct replay *p)
{
	struct request *r;

	if (clock_mono_ms() < p->pause_until)
		return;
	for (unsigned i = 0; i < p->n_lanes; i++)
		if (!p->lanes[i].request && (r = script_take(&p->script)))
			send_next(p, &p->lanes[i], r);
}

static void judge(struct replay *p, struct lane *l, int status, curl_off_t retry_after)
{
	if (status == 429 || status == 0) {
		p->again++;
		p->pause_until = clock_mono_ms() + (retry_after > 0 ? retry_after * 1000 : 1000);
		script_again(&p->script, l->request);
		return;
	}
	/* That the server was too busy to answer one of the two says nothing of what was asked. */
	if (status != l->request->status && status < 500 && l->request->status < 500) {
		p->odd = p->other++ ? p->odd : l->request;
		p->odd_status = p->odd == l->request ? status : p->odd_status;
	}
	script_done(&p->script, l->request, l->answer.s ? l->answer.s : "");
}

static void collect(struct replay *p)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(p->multi, &left))) {
		CURL *easy = m->easy_handle;
		struct lane *l = NULL;
		curl_off_t retry_after = 0;
		long status = 0;

		curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&l);
		if (m->data.result == CURLE_OK)
			curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
		curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &retry_after);
		curl_multi_remove_handle(p->multi, easy);
		judge(p, l, (int)status, retry_after);
		curl_slist_free_all(l->headers);
		mem_free(l->body);
		l->request = NULL;
		p->busy--;
	}
}

static void run(struct replay *p)
{
	int running;

	for (fill(p); p->busy || heap_top(&p->script.turns); fill(p)) {
		curl_multi_perform(p->multi, &running);
		collect(p);
		if (running == (int)p->n_lanes || !heap_top(&p->script.turns) ||
			clock_mono_ms() < p->pause_until)
			curl_multi_poll(p->multi, NULL, 0, 100, NULL);
	}
}

static void make_lanes(struct replay *p, unsigned n)
{
	p->multi = curl_multi_init();
	if (!p->multi)
		mem_exhausted();
	curl_multi_setopt(p->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)CONNECTIONS);
	curl_multi_setopt(p->multi, CURLMOPT_MAX_CONCURRENT_STREAMS,
		(long)((n + CONNECTIONS - 1) / CONNECTIONS));
	p->lanes = xalloc(n * sizeof(*p->lanes));
	p->n_lanes = n;
	for (unsigned i = 0; i < 2 * n; i++) {
		struct lane *l = &p->lanes[i / 2];
		CURL *easy = l->easy[i % 2] = bare_easy(&p->users[i % 2]);

		curl_easy_setopt(easy, CURLOPT_PRIVATE, l);
		curl_easy_setopt(easy, CURLOPT_USERAGENT, AGENT);
		curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, keep);
		curl_easy_setopt(easy, CURLOPT_WRITEDATA, &l->answer);
	}
}

static void clear(struct replay *p)
{
	for (unsigned i = 0; i < p->n_lanes; i++) {
		curl_easy_cleanup(p->lanes[i].easy[0]);
		curl_easy_cleanup(p->lanes[i].easy[1]);
		buf_clear(&p->lanes[i].answer);
	}
	mem_free(p->lanes);
	curl_multi_cleanup(p->multi);
	script_clear(&p->script);
	bare_clear(&p->users[0]);
	bare_clear(&p->users[1]);
}

int main(int argc, char **argv)
{
	struct replay p = { 0 };
	struct err e = { "usage: replay SCRIPT CONCURRENCY KUBECONFIG-0 KUBECONFIG-1" };
	int64_t start;

	curl_global_init(CURL_GLOBAL_DEFAULT);
	if (argc != 5 || atoi(argv[2]) < 1 || script_load(argv[1], &p.script, &e) < 0 ||
		bare_load(argv[3], &p.users[0], &e) < 0 ||
		bare_load(argv[4], &p.users[1], &e) < 0) {
		fprintf(stderr, "replay: %s\n", e.msg);
		return 2;
	}
	make_lanes(&p, (unsigned)atoi(argv[2]));
	start = clock_mono_ms();
	run(&p);
	printf("{\"requests\":%zu,\"seconds\":%.2f,\"answeredOtherwise\":%zu,\"sentAgain\":%zu}\n",
		p.script.n, (double)(clock_mono_ms() - start) / 1000, p.other, p.again);
	if (p.odd)
		fprintf(stderr,
			"replay: the first that was answered otherwise: %s %s, %d instead of %d\n",
			p.odd->method, p.odd->path, p.odd_status, p.odd->status);
	clear(&p);
	return 0;
}

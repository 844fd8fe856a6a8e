/* libcurl tells which sockets to watch and when to be woken; uv_poll and one timer do that, and whatever
 * became of it is collected from curl_multi_info_read() afterwards. */
#include "http/http.h"

#include "base/log.h"
#include "base/mem.h"
#include "http/exchange.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define RETRY_AFTER_MOST_MS 300000

/* Connections that exchanges share.  On one that hangs without being closed curl (7.88) goes on to put new exchanges
 * for as long as an old one is left there, and so never ends it: seen with one request in ten a second. */
struct http_pool {
	struct http *http;
	CURLM *multi;
	struct timer timer;
	unsigned running; /* exchanges */
	struct http_pool *next;
};

struct http {
	struct http_pool *pools; /* the first is in use; the others end with their last exchange */
	struct loop *loop;
	char *user_agent;
	long most_connections;
	bool (*may_send)(void *arg);
	void *may_send_arg;
	unsigned open; /* handles not yet closed */
	void (*closed)(void *arg);
	void *arg;
};

struct watched_socket {
	uv_poll_t poll;
	struct http *http;
	struct http_pool *pool; /* may be gone once this is being closed */
	curl_socket_t fd;
};

static int rc_of(CURLcode code)
{
	switch (code) {
	case CURLE_OK:
		return 0;
	case CURLE_OUT_OF_MEMORY:
		return -ENOMEM;
	case CURLE_WRITE_ERROR:
		return -EMSGSIZE;
	case CURLE_URL_MALFORMAT:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CACERT_BADFILE:
		return -EINVAL;
	default:
		return -ENOTCONN;
	}
}

static void describe(struct http_exchange *x, CURLcode code)
{
	long os_errno = 0;
	curl_easy_getinfo(x->easy, CURLINFO_OS_ERRNO, &os_errno);
	const char *text = curl_easy_strerror(code);
	char large[64];
	snprintf(large, sizeof(large), "the answer is larger than %zu bytes", x->to->answer_most);
	if (x->rc == -EPERM)
		text = x->refused;
	else if (x->rc == -EMSGSIZE)
		text = x->answer.oom ? "out of memory" : large;
	else if (code == CURLE_COULDNT_CONNECT && os_errno)
		text = strerror((int)os_errno);
	else if (code == CURLE_SSL_CONNECT_ERROR && strstr(x->text, ":EVP lib"))
		/* A cluster made anew: its authority has the old name but another key. */
		text = "the server's certificate is not signed by the given certificate-authority";
	else if (*x->text)
		return;
	snprintf(x->text, sizeof(x->text), "%s", text);
}

/* In use no more, and nobody is on it. */
static bool is_over(const struct http_pool *p)
{
	return p != p->http->pools && p->running == 0;
}

static void release(struct http_exchange *x)
{
	struct http_pool *p = x->pool;

	curl_multi_remove_handle(p->multi, x->easy);
	exchange_unprepare(x);
	p->running--;
	if (is_over(p)) /* not here: we may be in curl's own call */
		timer_set(&p->timer, 0);
}

static int pool_add(struct http *h);

static void finish(struct http_exchange *x, CURLcode code)
{
	struct http *h = x->pool->http;
	long status = 0;
	curl_off_t retry_after = 0;
	curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(x->easy, CURLINFO_RETRY_AFTER, &retry_after);
	x->rc = code == CURLE_COULDNT_CONNECT && x->refused ? -EPERM : rc_of(code);
	x->status = x->rc == 0 || x->rc == -EMSGSIZE ? (int)status : 0;
	x->retry_after_ms =
		retry_after < RETRY_AFTER_MOST_MS / 1000 ? retry_after * 1000 : RETRY_AFTER_MOST_MS;
	if (x->rc < 0)
		describe(x, code);
	if (x->answer.oom)
		x->rc = -ENOMEM;
	if (code == CURLE_OPERATION_TIMEDOUT && x->pool == h->pools && pool_add(h) < 0)
		log_warn("HTTP client: out of memory for a new connection", NULL);
	release(x);
	x->done(x);
}

static void collect(struct http_pool *p)
{
	CURLMsg *msg;
	int left;
	while ((msg = curl_multi_info_read(p->multi, &left))) {
		struct http_exchange *x = NULL;
		CURLcode code = msg->data.result; /* msg is gone with its handle */
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&x);
		finish(x, code);
	}
}

static void act(struct http_pool *p, curl_socket_t fd, int what)
{
	const struct http *h = p->http;
	int running;

	if (h->may_send && !h->may_send(h->may_send_arg))
		return;
	curl_multi_socket_action(p->multi, fd, what, &running);
	collect(p);
}

static void socket_ready(uv_poll_t *poll, int status, int events)
{
	struct watched_socket *s = poll->data;
	/* An error curl reads from the socket itself, and can name then. */
	int what = status < 0 ? CURL_CSELECT_IN | CURL_CSELECT_OUT : 0;
	if (events & UV_READABLE)
		what |= CURL_CSELECT_IN;
	if (events & UV_WRITABLE)
		what |= CURL_CSELECT_OUT;
	act(s->pool, s->fd, what);
}

static void handle_closed(struct http *h)
{
	if (--h->open > 0)
		return;
	void (*closed)(void *arg) = h->closed;
	void *arg = h->arg;
	mem_free(h->user_agent);
	mem_free(h);
	curl_global_cleanup();
	if (closed)
		closed(arg);
}

static void pool_closed(void *arg)
{
	struct http_pool *p = arg;
	struct http *h = p->http;

	mem_free(p);
	handle_closed(h);
}

static void pool_drop(struct http_pool *p)
{
	struct http_pool **at = &p->http->pools;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	curl_multi_cleanup(p->multi); /* closes the connections: want_socket() is called for each */
	timer_close(&p->timer, pool_closed);
}

static void timer_rang(void *arg)
{
	struct http_pool *p = arg;

	if (is_over(p))
		pool_drop(p);
	else
		act(p, CURL_SOCKET_TIMEOUT, 0);
}

static void socket_closed(uv_handle_t *handle)
{
	struct watched_socket *s = handle->data;
	struct http *h = s->http;

	mem_free(s);
	handle_closed(h);
}

static struct watched_socket *watch_socket(struct http_pool *p, curl_socket_t fd)
{
	struct http *h = p->http;
	struct watched_socket *s = mem_alloc(sizeof(*s));
	if (!s)
		return NULL;
	if (uv_poll_init_socket(loop_uv(h->loop), &s->poll, fd) < 0) {
		mem_free(s);
		return NULL;
	}
	s->poll.data = s;
	s->http = h;
	s->pool = p;
	s->fd = fd;
	h->open++;
	curl_multi_assign(p->multi, fd, s);
	return s;
}

/* curl's CURLMOPT_SOCKETFUNCTION. */
static int want_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
	struct http_pool *p = arg;
	struct watched_socket *s = socket_arg;
	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (s) {
			curl_multi_assign(p->multi, fd, NULL);
			uv_close((uv_handle_t *)&s->poll, socket_closed);
		}
		return 0;
	}
	if (!s)
		s = watch_socket(p, fd);
	int events =
		(what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
	/* Without memory the request runs into its time-out.  To say so here would end curl's whole multi
	 * handle, for good. */
	if (s)
		uv_poll_start(&s->poll, events, socket_ready);
	return 0;
}

/* curl's CURLMOPT_TIMERFUNCTION. */
static int want_timer(CURLM *multi, long delay_ms, void *arg)
{
	struct http_pool *p = arg;
	(void)multi;
	if (is_over(p)) /* the timer ends it */
		return 0;
	if (delay_ms < 0)
		timer_stop(&p->timer);
	else
		timer_set(&p->timer, delay_ms);
	return 0;
}

/* A new one, in use from now on. */
static int pool_add(struct http *h)
{
	struct http_pool *p = mem_alloc(sizeof(*p));
	CURLM *multi = p ? curl_multi_init() : NULL;

	if (!multi) {
		mem_free(p);
		return -ENOMEM;
	}
	*p = (struct http_pool){ .http = h, .multi = multi, .next = h->pools };
	timer_init(h->loop, &p->timer, timer_rang, p);
	curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, want_socket);
	curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, p);
	curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, want_timer);
	curl_multi_setopt(multi, CURLMOPT_TIMERDATA, p);
	curl_multi_setopt(multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
	curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, h->most_connections);
	h->pools = p;
	h->open++;
	return 0;
}

int http_start(struct http *h, struct http_exchange *x)
{
	*x->text = '\0';
	x->rc = x->status = 0;
	x->chunked = false;
	x->refused = NULL;
	buf_reset(&x->answer);
	int rc = exchange_prepare(x, h->user_agent);
	if (rc < 0)
		return rc;
	if (curl_multi_add_handle(h->pools->multi, x->easy) != CURLM_OK) {
		exchange_unprepare(x);
		return -ENOMEM;
	}
	x->pool = h->pools;
	x->pool->running++;
	return 0;
}

void http_cancel(struct http *h, struct http_exchange *x)
{
	(void)h;
	if (x->easy)
		release(x);
}

void http_exchange_clear(struct http_exchange *x)
{
	assert(!x->easy);
	buf_clear(&x->answer);
}

int http_new(struct loop *l, const char *user_agent, long most_connections, struct http **ret,
	struct err *e)
{
	struct http *h = mem_alloc(sizeof(*h));
	if (!h)
		return err_set(e, ENOMEM, "HTTP client: out of memory");
	curl_global_init(CURL_GLOBAL_DEFAULT);
	*h = (struct http){ .loop = l, .most_connections = most_connections, .open = 1 };
	h->user_agent = mem_strdup(user_agent);
	if (!h->user_agent || pool_add(h) < 0) {
		http_close(h, NULL, NULL);
		return err_set(e, ENOMEM, "HTTP client: out of memory");
	}
	*ret = h;
	return 0;
}

void http_fence(struct http *h, bool (*may_send)(void *arg), void *arg)
{
	h->may_send = may_send;
	h->may_send_arg = arg;
}

void http_close(struct http *h, void (*closed)(void *arg), void *arg)
{
	h->closed = closed;
	h->arg = arg;
	while (h->pools)
		pool_drop(h->pools);
	handle_closed(h);
}

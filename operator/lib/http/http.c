/* libcurl tells which sockets to watch and when to be woken; uv_poll and one timer do that, and whatever
 * became of it is collected from curl_multi_info_read() afterwards. */
#include "http/http.h"

#include "base/mem.h"
#include "http/exchange.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define RETRY_AFTER_MOST_MS 300000

struct http {
	CURLM *multi;
	struct loop *loop;
	char *user_agent;
	struct timer timer;
	bool (*may_send)(void *arg);
	void *may_send_arg;
	unsigned open; /* handles not yet closed */
	void (*closed)(void *arg);
	void *arg;
};

struct watched_socket {
	uv_poll_t poll;
	struct http *http;
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

static void release(struct http *h, struct http_exchange *x)
{
	curl_multi_remove_handle(h->multi, x->easy);
	exchange_unprepare(x);
}

static void finish(struct http *h, struct http_exchange *x, CURLcode code)
{
	long status = 0;
	curl_off_t retry_after = 0;
	curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(x->easy, CURLINFO_RETRY_AFTER, &retry_after);
	x->rc = code == CURLE_COULDNT_CONNECT && x->refused ? -EPERM : rc_of(code);
	x->timed_out = code == CURLE_OPERATION_TIMEDOUT;
	x->status = x->rc == 0 || x->rc == -EMSGSIZE ? (int)status : 0;
	x->retry_after_ms =
		retry_after < RETRY_AFTER_MOST_MS / 1000 ? retry_after * 1000 : RETRY_AFTER_MOST_MS;
	if (x->rc < 0)
		describe(x, code);
	if (x->answer.oom)
		x->rc = -ENOMEM;
	release(h, x);
	x->done(x);
}

static void collect(struct http *h)
{
	CURLMsg *msg;
	int left;
	while ((msg = curl_multi_info_read(h->multi, &left))) {
		struct http_exchange *x = NULL;
		CURLcode code = msg->data.result; /* msg is gone with its handle */
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&x);
		finish(h, x, code);
	}
}

static void act(struct http *h, curl_socket_t fd, int what)
{
	int running;

	if (h->may_send && !h->may_send(h->may_send_arg))
		return;
	curl_multi_socket_action(h->multi, fd, what, &running);
	collect(h);
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
	act(s->http, s->fd, what);
}

static void timer_rang(void *arg)
{
	act(arg, CURL_SOCKET_TIMEOUT, 0);
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

static void timer_closed(void *arg)
{
	handle_closed(arg);
}

static void socket_closed(uv_handle_t *handle)
{
	struct watched_socket *s = handle->data;
	handle_closed(s->http);
	mem_free(s);
}

static struct watched_socket *watch_socket(struct http *h, curl_socket_t fd)
{
	struct watched_socket *s = mem_alloc(sizeof(*s));
	if (!s)
		return NULL;
	if (uv_poll_init_socket(loop_uv(h->loop), &s->poll, fd) < 0) {
		mem_free(s);
		return NULL;
	}
	s->poll.data = s;
	s->http = h;
	s->fd = fd;
	h->open++;
	curl_multi_assign(h->multi, fd, s);
	return s;
}

/* curl's CURLMOPT_SOCKETFUNCTION. */
static int want_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
	struct http *h = arg;
	struct watched_socket *s = socket_arg;
	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (s) {
			curl_multi_assign(h->multi, fd, NULL);
			uv_close((uv_handle_t *)&s->poll, socket_closed);
		}
		return 0;
	}
	if (!s)
		s = watch_socket(h, fd);
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
	struct http *h = arg;
	(void)multi;
	if (delay_ms < 0)
		timer_stop(&h->timer);
	else
		timer_set(&h->timer, delay_ms);
	return 0;
}

int http_start(struct http *h, struct http_exchange *x)
{
	*x->text = '\0';
	x->rc = x->status = 0;
	x->timed_out = x->chunked = false;
	x->refused = NULL;
	buf_reset(&x->answer);
	int rc = exchange_prepare(x, h->user_agent);
	if (rc < 0 || curl_multi_add_handle(h->multi, x->easy) == CURLM_OK)
		return rc;
	exchange_unprepare(x);
	return -ENOMEM;
}

void http_cancel(struct http *h, struct http_exchange *x)
{
	if (x->easy)
		release(h, x);
}

void http_exchange_clear(struct http_exchange *x)
{
	assert(!x->easy);
	buf_clear(&x->answer);
}

static int set_up(struct http *h, const char *user_agent, long most_connections)
{
	h->user_agent = mem_strdup(user_agent);
	h->multi = h->user_agent ? curl_multi_init() : NULL;
	if (!h->multi)
		return -ENOMEM;
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, want_socket);
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, want_timer);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
	curl_multi_setopt(h->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
	curl_multi_setopt(h->multi, CURLMOPT_MAX_HOST_CONNECTIONS, most_connections);
	return 0;
}

int http_new(struct loop *l, const char *user_agent, long most_connections, struct http **ret,
	struct err *e)
{
	struct http *h = mem_alloc(sizeof(*h));
	if (!h)
		return err_set(e, ENOMEM, "HTTP client: out of memory");
	curl_global_init(CURL_GLOBAL_DEFAULT);
	h->loop = l;
	h->open = 1;
	timer_init(l, &h->timer, timer_rang, h);
	if (set_up(h, user_agent, most_connections) < 0) {
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
	if (h->multi) /* closes the connections: want_socket() is called for each */
		curl_multi_cleanup(h->multi);
	timer_close(&h->timer, timer_closed);
}

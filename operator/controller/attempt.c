#include "controller/attempt.h"

#include "base/clock.h"
#include "base/log.h"
#include "controller/parts.h"

#include <errno.h>
#include <stdlib.h>

#define FIRST_RETRY_MS 100
#define LAST_RETRY_MS  60000
#define AWAIT_MS       10000
#define TELL_MS        60000
#define TELL_MOST      10

bool attempt_may(const struct attempt *a, uint64_t seen, int64_t now, int64_t *ret_when)
{
	*ret_when = 0;
	if (a->busy)
		return false;
	if (now < a->not_before)
		*ret_when = a->not_before;
	else if (seen < a->await_rv && now < a->await_until)
		*ret_when = a->await_until;
	return *ret_when == 0;
}

void attempt_await(struct attempt *a, uint64_t rv, int64_t now)
{
	if (rv <= a->await_rv)
		return;
	a->await_rv = rv;
	a->await_until = now + AWAIT_MS;
}

void attempt_forget(struct attempt *a)
{
	a->await_rv = 0;
	a->await_until = 0;
}

bool attempt_may_tell(int64_t now)
{
	static int64_t since;
	static unsigned told;

	if (!told || now - since >= TELL_MS) {
		since = now;
		told = 0;
	}
	if (++told == TELL_MOST)
		log_warn("more fails: not all is told", NULL);
	return told < TELL_MOST;
}

/* What only means that our view was late: the watch will show it. */
static bool is_late(int rc)
{
	return rc == -EAGAIN || rc == -EEXIST || rc == -ENOENT || rc == -ECANCELED;
}

static void failed(struct attempt *a, const struct kube_reply *r, const char *what,
	const char *kind, const char *name)
{
	uint64_t failure = text_hash(what, r->err.msg);

	a->failures.base_ms = FIRST_RETRY_MS;
	a->failures.cap_ms = LAST_RETRY_MS;
	a->not_before = clock_mono_ms() + backoff_next(&a->failures);
	if (is_late(r->rc)) {
		log_debug("a write came too late", "what", what, kind, name, "error", r->err.msg,
			NULL);
		return;
	}
	if (failure == a->told || !attempt_may_tell(clock_mono_ms()))
		return;
	log_warn("a write failed and is tried again", "what", what, kind, name, "error", r->err.msg,
		NULL);
	a->told = failure;
}

bool attempt_end(struct attempt *a, const struct kube_reply *r, const char *what, const char *kind,
	const char *name)
{
	a->busy = false;
	if (r->rc < 0) {
		failed(a, r, what, kind, name);
		return false;
	}
	backoff_reset(&a->failures);
	a->not_before = 0;
	a->told = 0;
	attempt_await(a, strtoull(json_str_or(r->json, "metadata.resourceVersion", "0"), NULL, 10),
		clock_mono_ms());
	return true;
}

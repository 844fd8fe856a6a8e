#include "kube/watch_trouble.h"

#include "base/clock.h"
#include "base/log.h"

/* Waiting for a CRD or a new credential is said once. */
static bool repeats(enum kube_watch_trouble kind)
{
	return kind != WATCH_NO_CRD && kind != WATCH_UNAUTHORIZED;
}

/* A connection that comes and goes is one outage in the log: `said` outlives a short recovery. */
void trouble_is(struct watch_trouble *t, const struct watch_fault *fault)
{
	int64_t now = clock_mono_ms();
	bool again = now - t->said_at >= WATCH_REPEAT_MS && (!t->outage_said || repeats(t->said));
	bool say = fault->trouble != t->said || again;

	t->kind = fault->trouble;
	t->text = fault->text;
	log_fact(say ? LOG_WARN : LOG_DEBUG, "watch is down", "type", t->type, "why", t->text.msg,
		NULL);
	if (!say)
		return;
	t->said = t->kind;
	t->said_at = now;
	t->outage_said = true;
}

void trouble_over(struct watch_trouble *t)
{
	if (t->outage_said)
		log_info("watch is back", "type", t->type, NULL);
	t->outage_said = false;
	t->kind = WATCH_OK;
	t->text.msg[0] = '\0';
}

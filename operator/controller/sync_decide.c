#include "controller/sync_decide.h"

#include <string.h>

#define PAUSE_MS  2000
#define ANSWER_MS 10000 /* within which OCM's placement controller answers, or nobody does */

/* One that was begun and not completed has sent its set, or has not: nobody knows. */
static bool is_due(const struct sync_view *v)
{
	const struct scheduler *s = v->scheduler;
	char digest[INPUTS_DIGEST_LEN];

	if (!s->started && !v->fleet.clusters && v->waits < 0)
		return false; /* nobody was ever in it: what others put there is not ours */
	return s->started != s->completed || v->waits >= s->completed ||
		strcmp(s->digest, fleet_digest(&v->fleet, s->uid, s->generation, digest)) != 0;
}

static bool time_has_come(const struct sync_view *v, int64_t at, int64_t *ret_when)
{
	if (v->now >= at)
		return true;
	if (!*ret_when || at < *ret_when)
		*ret_when = at;
	return false;
}

/* OCM's placement controller: what is asked now is read a little later.  What it was asked before an edit said not to is
 * taken away. */
static enum sync_act decide_probe(const struct sync_view *v, int64_t *ret_when)
{
	const struct scheduler *s = v->scheduler;
	int64_t read_at = v->asked_at ? v->asked_at + ANSWER_MS : v->now;

	if (s->held || s->deleting || (s->probed ? !v->registered && !s->asked : !s->verified))
		return SYNC_NOTHING;
	return time_has_come(v, s->asked || !s->probed ? read_at : v->verify_at, ret_when)
		? SYNC_VERIFY
		: SYNC_NOTHING;
}

enum sync_act sync_decide(const struct sync_view *v, int64_t *ret_when)
{
	const struct scheduler *s = v->scheduler;

	if (s->probed || s->verified)
		return decide_probe(v, ret_when);
	if (s->looked_at && v->fleet.clusters && !s->held && !s->deleting)
		return time_has_come(v, v->verify_at, ret_when) ? SYNC_VERIFY : SYNC_NOTHING;
	if (!s->fleet || (s->held && !s->deleting)) /* where that stands is not where they are */
		return SYNC_NOTHING;
	if (is_due(v))
		return time_has_come(v, v->not_before, ret_when) ? SYNC_SEND : SYNC_NOTHING;
	if (!s->started || s->deleting)
		return SYNC_NOTHING;
	return time_has_come(v, v->verify_at, ret_when) ? SYNC_VERIFY : SYNC_NOTHING;
}

int64_t sync_look_ms(unsigned n)
{
	return n < 7 ? (int64_t)PAUSE_MS << n : (int64_t)PAUSE_MS << 7;
}

int64_t sync_pause_ms(int64_t took_ms)
{
	return 4 * took_ms > PAUSE_MS ? 4 * took_ms : PAUSE_MS;
}

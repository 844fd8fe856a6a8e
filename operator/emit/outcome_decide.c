#include "emit/outcome_decide.h"

#include <errno.h>

/* A request that could not be made as it is, or an answer too large to be read, will not do better later. */
static bool is_transient(struct outcome o)
{
	if (o.rc < 0)
		return o.rc == -ENOTCONN || o.rc == -ENOMEM;
	switch (o.status) {
	case 404:
	case 408:
	case 409:
	case 425:
	case 429:
		return true;
	default:
		return o.status >= 500;
	}
}

enum next outcome_decide(struct outcome o, const struct delivery *d)
{
	bool other = d->has_dead_letter && !d->dead, late = d->tried_ms >= d->retry_ms;

	if (o.rc == 0 && o.status >= 200 && o.status <= 299)
		return NEXT_DONE;
	if (other && (late || !is_transient(o)))
		return NEXT_DEAD_LETTER;
	return late && !is_transient(o) ? NEXT_DROP : NEXT_AGAIN;
}

#include "emit/outcome_decide.h"

static bool is_transient(int status)
{
	switch (status) {
	case 0:
	case 404:
	case 408:
	case 409:
	case 425:
	case 429:
		return true;
	default:
		return status >= 500;
	}
}

enum next outcome_decide(int status, const struct delivery *d)
{
	bool other = d->has_dead_letter && !d->dead, late = d->tried_ms >= d->retry_ms;

	if (status >= 200 && status <= 299)
		return NEXT_DONE;
	if (other && (late || !is_transient(status)))
		return NEXT_DEAD_LETTER;
	return late && !is_transient(status) ? NEXT_DROP : NEXT_AGAIN;
}

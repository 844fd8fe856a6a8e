#include "controller/quarantine_decide.h"

static const char *const names[] = {
	[QUARANTINE_NONE] = "",
	[QUARANTINE_PLACING] = "Placing",
	[QUARANTINE_PLACED] = "Placed",
	[QUARANTINE_RELEASING] = "Releasing",
	[QUARANTINE_RELEASED] = "Released",
};

const char *quarantine_name(enum quarantine q)
{
	return names[q];
}

enum quarantine quarantine_parse(struct span name)
{
	for (unsigned q = QUARANTINE_PLACING; q < COUNT(names); q++)
		if (span_eq(name, names[q]))
			return q;
	return QUARANTINE_NONE;
}

static struct quarantine_todo record(enum quarantine state)
{
	return (struct quarantine_todo){ QUARANTINE_RECORD, state };
}

static struct quarantine_todo release(bool tainted)
{
	return record(tainted ? QUARANTINE_RELEASING : QUARANTINE_RELEASED);
}

void quarantine_decide(const struct onboarding *o, const struct cluster *cluster,
	const struct plan *plan, struct quarantine_todo *ret)
{
	bool tainted = cluster && cluster->quarantine >= 0;
	bool wanted = plan && plan->motion.quarantine && !o->was_ready && !o->deleting;

	*ret = (struct quarantine_todo){ QUARANTINE_NOTHING, o->quarantine };
	if (!cluster || cluster->deleting)
		return;
	switch (o->quarantine) {
	case QUARANTINE_NONE:
		if (wanted)
			*ret = record(QUARANTINE_PLACING);
		break;
	case QUARANTINE_PLACING:
		if (!wanted)
			*ret = release(tainted);
		else if (tainted)
			*ret = record(QUARANTINE_PLACED);
		else
			ret->act = QUARANTINE_TAINT;
		break;
	case QUARANTINE_PLACED:
		if (!wanted)
			*ret = release(tainted);
		break;
	case QUARANTINE_RELEASING:
		if (tainted)
			ret->act = QUARANTINE_UNTAINT;
		else
			*ret = record(QUARANTINE_RELEASED);
		break;
	case QUARANTINE_RELEASED:
		break;
	}
}

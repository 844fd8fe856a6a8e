/* registry.c — which step kinds and scheduler types exist. */
#include "workers/steps.h"

#include <string.h>

static const struct step_kind *const step_kinds[] = { &STEP_BENCHMARK, &STEP_BINDING, &STEP_DEPLOY,
	&STEP_HTTP, &STEP_LIQO, &STEP_REGISTER, &STEP_SUBMARINER, &STEP_LEFTOVERS };
static const struct scheduler_kind *const scheduler_kinds[] = { &SCHEDULER_FAAST,
	&SCHEDULER_FISSION, &SCHEDULER_HTTP, &SCHEDULER_PLACEMENT };

const struct step_kind *step_kind_of(const char *type)
{
	for (unsigned i = 0; type && i < COUNT(step_kinds); i++)
		if (!strcmp(step_kinds[i]->type, type))
			return step_kinds[i];
	return NULL;
}

const struct scheduler_kind *scheduler_kind_of(const char *type)
{
	for (unsigned i = 0; type && i < COUNT(scheduler_kinds); i++)
		if (!strcmp(scheduler_kinds[i]->type, type))
			return scheduler_kinds[i];
	return NULL;
}

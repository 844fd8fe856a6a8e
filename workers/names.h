/* names.h — what ${…} stands for in a plan's steps: this cluster, its scores, and what earlier steps found out.  Pure. */
#ifndef WORKERS_NAMES_H
#define WORKERS_NAMES_H

#include "base/buf.h"
#include "plan/expr.h"
#include "workers/effects.h"

struct names {
	const struct world *w;
	char number[24]; /* the score that was looked up last */
};

/* An expr_lookup; arg: struct names.  -EAGAIN: there is no value yet; -EINVAL: what was recorded is none. */
int names_look_up(void *arg, const char *name, struct expr_value *ret, struct err *e);

/* Appends "name=value" for all that a member of the step's spec uses, but for ${run}, which changes with each run. */
void names_add_used(const struct world *w, const char *member, struct buf *out);

/* For a preview: every declared output {name, type} has come, with a value of its type. */
void names_assume(struct effects *fx, const cJSON *outputs);

/* The verdict when rendering ended with rc < 0. */
void names_missing(struct effects *fx, int rc, const char *why);

#endif

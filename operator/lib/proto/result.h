/* result.h — all that crosses between operator and worker, 2: one result line per event.
 *
 *   {"id":"<event id>","subject":"edge1","outcome":"Waiting","resourceVersion":"1234",
 *    "message":"…"}
 *
 * `resourceVersion` is that of the onboarding after the worker's last write (absent if it wrote
 * nothing or the onboarding is gone): the operator judges the onboarding again only once its watch
 * has caught up with it. */
#ifndef PROTO_RESULT_H
#define PROTO_RESULT_H

#include "base/auto.h"
#include "base/err.h"

#include <stddef.h>

#define RESULT_OUTCOMES(X)                                                                         \
	X(Done)       /* nothing left to do */                                                     \
	X(Waiting)    /* for the world or for a time, which status tells */                        \
	X(Superseded) /* another worker took the onboarding: forget this one */                    \
	X(Gone)       /* the onboarding does not exist any more */                                 \
	X(Error)      /* could not get through (API trouble): ask again later */

#define RESULT_ENUM(n) RESULT_##n,
enum result_outcome { RESULT_OUTCOMES(RESULT_ENUM) RESULT_N };

struct result {
	char *id, *subject;
	enum result_outcome outcome;
	char *resource_version; /* NULL = none */
	char *message;          /* NULL = none; no secret, at most 1 KiB */
};

const char *result_outcome_name(enum result_outcome o);
void result_clear(struct result *r);
/* Ends in \n; a longer message is cut; caller frees; NULL = out of memory. */
char *result_line(const struct result *r) MUST_CHECK;
/* 0, -EPROTO or -ENOMEM; *ret untouched on failure. */
int result_parse(const char *line, size_t len, struct result *ret, struct err *e) MUST_CHECK;

static inline void result_clearp(struct result *r)
{
	result_clear(r);
}

#endif

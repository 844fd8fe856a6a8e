/* check.h — is a plan one that can be followed?  What a schema and its rules cannot say: names in ${…} that nobody
 * serves, and ranges that are none.  Pure; aborts when memory is out. */
#ifndef PLAN_CHECK_H
#define PLAN_CHECK_H

#include "base/err.h"
#include "base/json.h"

/* Of a plan's spec.  0, or -EINVAL and what is wrong: the step, the field, the name, and which names there are. */
int plan_check(const cJSON *spec, struct err *e) MUST_CHECK;

#endif

/* patch.h — for tests: what an API server makes of a patch. */
#ifndef FLEET_TESTING_PATCH_H
#define FLEET_TESTING_PATCH_H

#include "base/json.h"

#include <stdbool.h>

/* RFC 7396, in place. */
void patch_merge(cJSON *object, const cJSON *patch);
/* RFC 6902, of it add, replace and test; false: one of them failed. */
bool patch_json(cJSON *object, const cJSON *patch);

#endif

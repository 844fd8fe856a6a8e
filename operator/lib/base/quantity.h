/* quantity.h — Kubernetes' resource quantities: "4", "3920m", "16384Ki", "1.5Gi", "8e9". */
#ifndef BASE_QUANTITY_H
#define BASE_QUANTITY_H

#include <stdbool.h>
#include <stdint.h>

/* How many whole `unit`s it is (unit >= 1; 1000000: megabytes).  False for what is no quantity, negative, or
 * over 2^53 in all. */
bool quantity_units(const char *text, int64_t unit, int64_t *ret);

#endif

/* random.h — from the kernel's generator; aborts if it has none. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

void random_bytes(void *out, size_t n);
int64_t random_between(int64_t low, int64_t high); /* both included; 0 <= low <= high */

#endif

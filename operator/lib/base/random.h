/* random.h — bytes from the kernel's generator; aborts if it has none. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>

void random_bytes(void *out, size_t n);

#endif

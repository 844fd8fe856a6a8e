/* fuzz.h — what an x_fuzz.c has besides its one function: the shape of it, and how it says that
 * something is wrong.  hack/fuzz builds and runs them all. */
#ifndef TESTING_FUZZ_H
#define TESTING_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_CHECK(fine, ...)                                                                      \
	do {                                                                                       \
		if (!(fine)) {                                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #fine);                 \
			fprintf(stderr, "" __VA_ARGS__);                                           \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

#endif

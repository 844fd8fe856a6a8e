/* hash.h — SHA-256 (libcrypto) as lower-case hex, and random hex ids from the kernel. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>

#define HASH_HEX_LEN 65
const char *hash_hex(const void *bytes, size_t n, char out[HASH_HEX_LEN]);  /* returns out */
const char *hash_random_hex(size_t digits, char *out); /* digits + NUL written; aborts if the kernel has none */

#endif

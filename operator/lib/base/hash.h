/* hash.h — SHA-256 (libcrypto) as lower-case hex, and random hex ids from the kernel.
 *
 * Both return out and abort if there is no SHA-256 or no randomness: nothing works without. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>

#define HASH_HEX_LEN 65
const char *hash_hex(const void *bytes, size_t n, char out[HASH_HEX_LEN]);
const char *hash_random_hex(size_t digits, char *out); /* writes digits + 1 bytes */

#endif

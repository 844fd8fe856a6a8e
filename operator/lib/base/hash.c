#include "base/hash.h"

#include "base/random.h"

#include <openssl/sha.h>
#include <stdlib.h>

static char hex_digit(unsigned value)
{
	return "0123456789abcdef"[value & 15];
}

const char *hash_hex(const void *bytes, size_t n, char out[HASH_HEX_LEN])
{
	unsigned char digest[SHA256_DIGEST_LENGTH];

	if (!SHA256(bytes, n, digest))
		abort();
	for (size_t i = 0; i < sizeof(digest); i++) {
		out[2 * i] = hex_digit(digest[i] >> 4);
		out[2 * i + 1] = hex_digit(digest[i]);
	}
	out[2 * sizeof(digest)] = '\0';
	return out;
}

const char *hash_random_hex(size_t digits, char *out)
{
	random_bytes(out, digits);
	for (size_t i = 0; i < digits; i++)
		out[i] = hex_digit((unsigned char)out[i]);
	out[digits] = '\0';
	return out;
}

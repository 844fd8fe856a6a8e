/* extract_oracle.h — what extract_run() must say, found the naive way: a cJSON tree, and each path
 * read anew from its text. */
#ifndef TESTING_EXTRACT_ORACLE_H
#define TESTING_EXTRACT_ORACLE_H

#include "base/extract.h"

/* Runs both on the text and compares whether it is accepted and every value.  NULL if they agree,
 * else what they differ in; borrowed until the next call.
 *
 * They may differ where cJSON does not keep to RFC 8259: it takes any byte up to 0x20 as white
 * space, control characters in strings, numbers like 01 or 1., \u with other things than digits and a
 * byte order mark; it refuses half surrogate pairs and very long numbers, and cuts strings at
 * \u0000. */
const char *oracle_differs(const struct extract *x, const char *const *paths, const char *text,
	size_t len);

#endif

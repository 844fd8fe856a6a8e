/* value.h — what a step found out: texts of a declared type, checked before anything is made of them.  Pure. */
#ifndef PLAN_VALUE_H
#define PLAN_VALUE_H

#include "base/err.h"
#include "base/json.h"

#include <stdbool.h>

#define VALUE_MAX 1024 /* bytes */

enum value_type {
	VALUE_STRING,
	VALUE_INTEGER, /* of at most 15 digits, which JSON carries without loss */
	VALUE_NUMBER,
	VALUE_BOOLEAN,
	VALUE_IP,   /* IPv4 as four decimals, or IPv6; without zone and brackets */
	VALUE_HOST, /* a DNS name or one of those */
	VALUE_N_TYPES
};

bool value_type_of(const char *name, enum value_type *ret);
const char *value_type_name(enum value_type type); /* "String"... */

/* -EINVAL with what is wrong: never quoted, for it comes from a stranger.  "" is no value of any type. */
int value_check(enum value_type type, const char *text, struct err *e) MUST_CHECK;

/* Of a checked text: a number, a boolean or a string; the caller's.  Aborts when memory is out. */
cJSON *value_json(enum value_type type, const char *text);

/* IPv4 in four decimals without leading zeros, or IPv6 without brackets and zone. */
bool host_is_ip(const char *host);
/* An address, or a DNS name: at most 253 bytes of labels that hold letters, digits, "-" and "_".  Not with a
 * dot at its end, and none whose last label is a number: what resolvers take for an address ("127.1", "0x7f000001"). */
bool host_is_valid(const char *host);

#endif

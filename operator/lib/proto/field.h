/* field.h — what the two line formats share: string members, and objects built without aborting. */
#ifndef PROTO_FIELD_H
#define PROTO_FIELD_H

#include "base/auto.h"
#include "base/err.h"
#include "base/json.h"

#include <stdbool.h>
#include <stddef.h>

/* Parses one line to an object.  0, -EPROTO or -ENOMEM. */
int field_object(const char *line, size_t len, cJSON **ret, struct err *e) MUST_CHECK;
/* Copies the string at `path`, which must be there and not be empty.  0, -EPROTO or -ENOMEM. */
int field_copy(const cJSON *obj, const char *path, char **ret, struct err *e) MUST_CHECK;
/* The same, but absent leaves *ret NULL. */
int field_copy_optional(const cJSON *obj, const char *path, char **ret, struct err *e) MUST_CHECK;

/* Adds a member; NULL `value` adds none.  false = out of memory. */
bool field_add(cJSON *obj, const char *key, const char *value) MUST_CHECK;
/* Takes `item`; NULL is what an allocation that failed left: false. */
bool field_add_item(cJSON *obj, const char *key, cJSON *item) MUST_CHECK;
/* The object's text and a newline; caller frees; NULL = out of memory. */
char *field_line(const cJSON *obj) MUST_CHECK;

#endif

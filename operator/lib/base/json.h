/* json.h — what cJSON leaves out: paths, safe access, JSON Patch building.
 *
 * A path is keys joined by dots ("status.run.epoch"); keys that hold dots are read with json_key().
 * Lookups are case-sensitive (cJSON's plain ones are not).  All pointers returned are borrowed. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/auto.h"
#include "base/err.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

AUTO_DEFINE(cJSON *, cJSON_Delete)
#define AUTO_JSON AUTO(cJSON_Delete) cJSON *

#define json_each(item, array) cJSON_ArrayForEach(item, array)

/* NULL with text on anything but exactly one JSON value; embedded NUL (\u0000) is refused.  errno
 * then tells bad input (EINVAL) from ENOMEM. */
cJSON *json_parse(const char *text, size_t len, struct err *e) MUST_CHECK;
/* Without white space.  NULL if out of memory; caller frees with mem_free. */
char *json_text(const cJSON *j) MUST_CHECK;

cJSON *json_key(const cJSON *obj, const char *key);
cJSON *json_at(const cJSON *obj, const char *path);
/* NULL or `otherwise` stand for absent and for of another type; a fraction is no int. */
const char *json_str(const cJSON *obj, const char *path);
const char *json_str_or(const cJSON *obj, const char *path, const char *otherwise);
int64_t json_int_or(const cJSON *obj, const char *path, int64_t otherwise);
double json_num_or(const cJSON *obj, const char *path, double otherwise);
bool json_bool_or(const cJSON *obj, const char *path, bool otherwise);
bool json_equal(const cJSON *a, const cJSON *b); /* NULL equals NULL only */

/* First object in an array whose string member `key` is `value`; ret_index may be NULL. */
cJSON *json_find(const cJSON *array, const char *key, const char *value, int *ret_index);

/* The text with the keys of every object sorted: the same for what is json_equal(), so fit for
 * digests.  NULL if out of memory; caller frees. */
char *json_canonical(const cJSON *j) MUST_CHECK;

/* Building; the x-family aborts when memory is out. */
cJSON *xjson_object(void);
cJSON *xjson_array(void);
cJSON *xjson_dup(const cJSON *j);
/* Sets one member; the key may hold dots.  Replaces what is there.  Takes `value`. */
void xjson_put(cJSON *obj, const char *key, cJSON *value);
/* Set the value at a path, making the objects on the way; replace what is there.  xjson_set takes
 * `value`; a NULL string removes the key. */
void xjson_set(cJSON *obj, const char *path, cJSON *value);
void xjson_set_str(cJSON *obj, const char *path, const char *value);
void xjson_set_int(cJSON *obj, const char *path, int64_t value);
void xjson_set_bool(cJSON *obj, const char *path, bool value);
void xjson_remove(cJSON *obj, const char *path);
/* printf-made JSON text to a tree, with ' for ": literals in our own code that can be read, and so
 * no place for an apostrophe.  %s must be JSON-safe: use it only for names that passed Kubernetes'
 * validation.  Aborts on bad JSON. */
cJSON *xjson_lit(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* Appends an RFC 6902 operation; `path` is a JSON Pointer.  Takes `value` (NULL for remove). */
void xpatch_add(cJSON *patch, const char *op, const char *path, cJSON *value);

#endif

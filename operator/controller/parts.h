/* parts.h — the parts that objects of several kinds have in common.  Pure; nothing points into
 * JSON. */
#ifndef CONTROLLER_PARTS_H
#define CONTROLLER_PARTS_H

#include "controller/records.h"

void part_uid(const cJSON *object, const char *path, char out[UID_LEN]); /* "" without */
uint64_t part_rv(const cJSON *object); /* metadata.resourceVersion; 0 = none or no number */
int64_t part_time(const cJSON *object, const char *path); /* real ms; 0 = none or no time */
int part_finalizer(const cJSON *object);                  /* index of ours, -1 without */
enum tristate part_status(const cJSON *condition);
/* A condition by its type, wherever it stands. */
struct cond part_cond(const cJSON *object, const char *type);
/* The index-th condition, if it is of that type. */
struct own_cond part_own_cond(const cJSON *object, int index, const char *type);
/* Of a list of {name, value}, whatever its order. */
uint64_t part_scores(const cJSON *scores);
char *part_copy(const cJSON *object, const char *path);       /* NULL if absent or "" */
const char *part_label(const cJSON *object, const char *key); /* "" without; borrowed */

/* Both NULL, or the same text. */
bool same_text(const char *a, const char *b);

#endif

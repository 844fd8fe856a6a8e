/* parts.h — the parts that objects of several kinds have in common.  Pure; nothing points into
 * JSON. */
#ifndef CONTROLLER_PARTS_H
#define CONTROLLER_PARTS_H

#include "controller/records.h"

uint64_t part_rv(struct span version);      /* of "42"; 0 = none or no number */
int64_t part_time(struct span text);        /* real ms; 0 = none or no time */
int part_finalizer(struct span finalizers); /* index of ours, -1 without */
enum tristate part_status(struct span status);
/* A condition of ours, if it is of that type. */
struct own_cond part_own_cond(struct span condition, const char *type);
/* Of a list of {name, value}, whatever its order. */
uint64_t part_scores(struct span scores);
void part_known_scores(struct span scores, unsigned char ret[KNOWN_SCORES]);
char *part_copy(struct span text); /* NULL if absent or "" */
/* By which the machines behind a cluster are known: a hash of its claim id.k8s.io, which may be long and no label; 0 if it
 * has none.  That an edge may tell another's claim is so with or without it.  Where we write it down: 16 hex digits. */
#define PART_ID_LEN 17
uint64_t part_id(struct span claim);
uint64_t part_id_read(struct span hex);                       /* 0: absent, or no such thing */
const char *part_id_text(uint64_t id, char out[PART_ID_LEN]); /* "" for 0 */

/* Both NULL, or the same text. */
bool same_text(const char *a, const char *b);

#endif

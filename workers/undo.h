/* undo.h — what status.undo keeps of an undo beside its steps: since when it goes on, how long it may take, and the
 * receipt.  Pure.
 *
 *   timeoutSeconds  the plan's undoTimeoutSeconds, for when there is no plan any more; absent: the default
 *   startTime       since when something is being undone: one budget for all steps; absent: nothing is
 *   removed, left   while a cluster leaves and after it did: what is gone and what had to stay, UNDO_NAMED texts
 *                   each at most
 *   more            how many further ones there are */
#ifndef WORKERS_UNDO_H
#define WORKERS_UNDO_H

#include "workers/world.h"

#define UNDO_NAMED     16
#define UNDO_TEXT_MAX  512 /* bytes of one of them */
#define UNDO_DEFAULT_S 600 /* of undoTimeoutSeconds, as the CRD has it */

/* The plan as read; NULL: what was noted before stays. */
void undo_note_plan(cJSON *status, const cJSON *plan);
/* Something is to be undone from now on, if it was not before. */
void undo_start(cJSON *status, int64_t now_ms);
/* By when it has to have ended, or else stays; 0 if nothing is being undone. */
int64_t undo_deadline_ms(const cJSON *status);
/* Nothing is being undone any more. */
void undo_stop(cJSON *status);

void undo_removed(cJSON *status, struct ref r);
void undo_called(cJSON *status, const char *method,
	const char *url); /* what undid something elsewhere */
void undo_left(cJSON *status, const char *step, const char *why);
void undo_not_left(cJSON *status, const char *step); /* it is gone after all */
void undo_forget(cJSON *status); /* the receipt: the cluster stays, or leaves once more */
bool undo_left_anything(const cJSON *status);
/* The receipt in words, at most UNDO_RECEIPT_MAX bytes; caller frees. */
#define UNDO_RECEIPT_MAX 900
char *undo_receipt(const cJSON *status);

#endif

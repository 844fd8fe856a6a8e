/* lease_holder.h — the identity of a process that may hold a Lease: "HOST_PLACE_PID_START", where PLACE is a
 * hash of the boot id and the PID namespace, START the process's start time in clock ticks. */
#ifndef KUBE_LEASE_HOLDER_H
#define KUBE_LEASE_HOLDER_H

#include <stdbool.h>

#define LEASE_HOLDER_LEN 160

/* Of this process; returns out. */
const char *lease_holder_self(char out[LEASE_HOLDER_LEN]);
/* The holder ran in the same place as `self`, that is the same host name, boot and PID namespace, and there is
 * no such process any more.  False when in doubt. */
bool lease_holder_is_dead(const char *holder, const char *self);

#endif

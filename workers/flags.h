/* flags.h — the worker's command line. */
#ifndef WORKERS_FLAGS_H
#define WORKERS_FLAGS_H

#include "proto/command.h"

enum worker_flag {
	O_KUBECONFIG,
	O_CONTEXT,
	O_TOKEN_FD,
	O_NAMESPACE,
	O_DENY_CIDRS,
	O_LISTEN,
	O_MAX_EVENTS,
	O_PREVIEW,
	O_CLUSTER,
	O_UNDO,
	O_LOG_LEVEL,
	O_HELP,
	O_VERSION,
	N_OPTIONS
};

/* Into an array of N_OPTIONS; sets the log level.  -EINVAL with what to do about it; options_clear(N_OPTIONS, ret) in
 * any case. */
int flags_parse(int argc, char **argv, struct option_value *ret, struct err *e) MUST_CHECK;
void flags_usage(void); /* to stdout */

#endif

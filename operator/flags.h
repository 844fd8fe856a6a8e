/* flags.h — the operator's command line and config file. */
#ifndef OPERATOR_FLAGS_H
#define OPERATOR_FLAGS_H

#include "proto/command.h"

enum operator_flag {
	O_KUBECONFIG,
	O_CONTEXT,
	O_NAMESPACE,
	O_DENY_CIDRS,
	O_WORKER,
	O_WORKER_KUBECONFIG,
	O_WORKER_ACCOUNT,
	O_WORKER_SPAWNER,
	O_WORKER_IMAGE,
	O_WORKER_SINK,
	O_WORKER_SINK_CA,
	O_MAX_WORKERS,
	O_WORKER_EVENTS,
	O_WORKER_LINGER,
	O_METRICS_ADDRESS,
	O_WATCH_TRANSPORT,
	O_EVENTS_SINK,
	O_EVENTS_RESOURCE,
	O_EVENTS_MODE,
	O_CLUSTER_EVENTS_SINK,
	O_EVENTS_DEAD_LETTER,
	O_EVENTS_RETRY,
	O_EVENTS_CA,
	O_CONFIG,
	O_LOG_LEVEL,
	O_HELP,
	O_VERSION,
	N_OPTIONS
};

/* Flags, then the config file for what no flag says, then presets, into an array of N_OPTIONS; sets the
 * log level.  -EINVAL with what to do about it; options_clear(N_OPTIONS, ret) in any case. */
int flags_parse(int argc, char **argv, struct option_value *ret, struct err *e) MUST_CHECK;
char *flags_help(void) MUST_CHECK; /* one line each; caller frees; NULL = out of memory */

#endif

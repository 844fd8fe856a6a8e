/* command.h — all that crosses between operator and worker, part 3: the command line that the operator
 * writes for a worker, hence the options that both have, and the exit codes that both answer.
 *
 * Rows of a struct option_def table (base/options.h): [O_HELP] = COMMAND_HELP. */
#ifndef PROTO_COMMAND_H
#define PROTO_COMMAND_H

#include "base/options.h"

enum { EXIT_OK = 0, EXIT_OTHER = 1, EXIT_USAGE = 2, EXIT_CREDENTIALS = 3 };

#define COMMAND_KUBECONFIG                                                                         \
	{                                                                                          \
		.flag = "kubeconfig", .arg = "FILE",                                               \
		.help = "the hub; default $KUBECONFIG, in-cluster, ~/.kube/config"                 \
	}
#define COMMAND_CONTEXT                                                                            \
	{                                                                                          \
		.flag = "context", .arg = "NAME", .help = "context of the kubeconfig"              \
	}
#define COMMAND_NAMESPACE                                                                          \
	{                                                                                          \
		.flag = "namespace", .arg = "NAME",                                                \
		.help = "Berth's namespace on the hub, where plan revisions live",                 \
		.preset = "berth-system"                                                           \
	}
#define COMMAND_DENY_CIDRS                                                                         \
	{                                                                                          \
		.flag = "deny-cidrs", .arg = "LIST",                                               \
		.help = "the hub's own ranges, of Services and Pods: no HTTP step may ask there",  \
		.preset = "10.96.0.0/12,10.244.0.0/16"                                             \
	}
#define COMMAND_LOG_LEVEL                                                                          \
	{                                                                                          \
		.flag = "log-level", .arg = "LEVEL", .help = "debug, info, warn, error",           \
		.preset = "info"                                                                   \
	}
#define COMMAND_HELP                                                                               \
	{                                                                                          \
		.flag = "help", .type = OPTION_BOOL, .help = "this text"                           \
	}
#define COMMAND_VERSION                                                                            \
	{                                                                                          \
		.flag = "version", .type = OPTION_BOOL, .help = "the version"                      \
	}

#endif

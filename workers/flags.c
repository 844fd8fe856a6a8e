#include "workers/flags.h"

#include "base/log.h"
#include "base/mem.h"
#include "proto/batch.h"
#include "proto/event.h"

#include <errno.h>
#include <stdio.h>

static const struct option_def defs[N_OPTIONS] = {
	[O_KUBECONFIG] = COMMAND_KUBECONFIG,
	[O_CONTEXT] = COMMAND_CONTEXT,
	[O_TOKEN_FD] = { .flag = "token-fd",
		.type = OPTION_INT,
		.arg = "N",
		.help = "a file's descriptor: our bearer token is read from it",
		.min = 3,
		.max = 1024 },
	[O_NAMESPACE] = COMMAND_NAMESPACE,
	[O_DENY_CIDRS] = COMMAND_DENY_CIDRS,
	[O_LISTEN] = { .flag = "listen",
		.arg = "ADDRESS",
		.help = "take events over HTTP there until SIGTERM: 127.0.0.1:8080, or :8080" },
	[O_MAX_EVENTS] = { .flag = "max-events",
		.type = OPTION_INT,
		.arg = "N",
		.help = "with --listen: events at once; further ones are answered 503",
		.preset = "64",
		.min = 1,
		.max = 96 },
	[O_PREVIEW] = { .flag = "preview",
		.arg = "FILE",
		.help = "print what following the plan in FILE would do, and do nothing" },
	[O_CLUSTER] = { .flag = "cluster",
		.arg = "NAME",
		.help = "print what is to be done for that cluster, by its plan or that in FILE" },
	[O_UNDO] = { .flag = "undo",
		.type = OPTION_BOOL,
		.help = "with --cluster: print what its leaving would take back" },
	[O_LOG_LEVEL] = COMMAND_LOG_LEVEL,
	[O_HELP] = COMMAND_HELP,
	[O_VERSION] = COMMAND_VERSION,
};

int flags_parse(int argc, char **argv, struct option_value *ret, struct err *e)
{
	enum log_level level;
	int rc = options_init(defs, N_OPTIONS, ret, e);

	if (rc == 0)
		rc = options_parse(defs, N_OPTIONS, argc, argv, ret, e);
	if (rc == 0 && ret[O_UNDO].given && !ret[O_CLUSTER].text)
		rc = err_set(e, EINVAL, "--undo: name the cluster with --cluster NAME");
	if (rc == 0 && !log_level_parse(ret[O_LOG_LEVEL].text, &level))
		rc = err_set(e, EINVAL, "--log-level %s: use debug, info, warn or error",
			ret[O_LOG_LEVEL].text);
	if (rc == 0)
		log_level_set(level);
	return rc;
}

void flags_usage(void)
{
	AUTO_STR list = options_help(defs, N_OPTIONS);

	printf("usage: berth-worker [options] <events >results\n\n"
	       "One structured CloudEvent (" EVENT_ADVANCE ", " EVENT_SYNC
	       ") per input line; one JSON result line each.\n"
	       "With " BATCH_PATH_VARIABLE
	       " in the environment: the event, or batch of them, in $" BATCH_PATH_VARIABLE
	       "/" BATCH_FILE ".\n"
	       "With --listen over HTTP, a POST each; GET /healthz and /readyz.\n"
	       "With --preview or --cluster it takes no events: it reads from the hub, prints and ends.\n\n%s\n"
	       "exit codes: 0 all events answered; 1 input broke off, or of a file's events one was answered Error or is none, or what is previewed would stop on the way; 2 bad usage; 3 no usable credentials\n",
		list ? list : "");
}

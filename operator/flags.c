#include "flags.h"

#include "base/log.h"
#include "base/mem.h"
#include "kube/file.h"
#include "kube/watch.h"
#include "kube/yaml.h"

#include <errno.h>
#include <string.h>

static const struct option_def defs[N_OPTIONS] = {
	[O_KUBECONFIG] = COMMAND_KUBECONFIG,
	[O_CONTEXT] = COMMAND_CONTEXT,
	[O_NAMESPACE] = COMMAND_NAMESPACE,
	[O_DENY_CIDRS] = COMMAND_DENY_CIDRS,
	[O_WORKER] = { .flag = "worker",
		.arg = "FILE",
		.help = "the worker program; default: berth-worker beside this one" },
	[O_WORKER_KUBECONFIG] = { .flag = "worker-kubeconfig",
		.arg = "FILE",
		.help = "the workers' credentials; default outside a cluster: the same" },
	[O_WORKER_ACCOUNT] = { .flag = "worker-service-account",
		.arg = "NAME",
		.help = "workers get tokens of it; default in a cluster: berth-worker" },
	[O_WORKER_SPAWNER] = { .flag = "worker-spawner",
		.arg = "KIND",
		.help = "process: children; job: Jobs in the namespace; knative: whoever the sink starts",
		.preset = "process" },
	[O_WORKER_IMAGE] = { .flag = "worker-image",
		.arg = "IMAGE",
		.help = "of the Jobs: berth's own, which holds berth-worker" },
	[O_WORKER_SINK] = { .flag = "worker-sink",
		.arg = "URL",
		.help = "where CloudEvents are sent: a JobSink, a Service, a Broker" },
	[O_WORKER_SINK_CA] = { .flag = "worker-sink-ca",
		.arg = "FILE",
		.help = "PEM, who signs an https sink; default: the system's authorities" },
	[O_MAX_WORKERS] = { .flag = "max-workers",
		.type = OPTION_INT,
		.arg = "N",
		.help = "workers at once; with a sink: events that it has at once",
		.preset = "2",
		.min = 1,
		.max = 256 },
	[O_WORKER_EVENTS] = { .flag = "worker-events",
		.type = OPTION_INT,
		.arg = "N",
		.help = "events at once in one worker, or in one Job",
		.preset = "16",
		.min = 1,
		.max = 1024 },
	[O_WORKER_LINGER] = { .flag = "worker-linger-seconds",
		.type = OPTION_INT,
		.arg = "N",
		.help = "how long an idle worker stays",
		.preset = "1",
		.min = 0,
		.max = 3600 },
	[O_METRICS_ADDRESS] = { .flag = "metrics-address",
		.arg = "ADDRESS",
		.help = "of /metrics, /healthz, /readyz; empty: none",
		.preset = "127.0.0.1:9090" },
	[O_WATCH_TRANSPORT] = { .flag = "watch-transport",
		.arg = "KIND",
		.help = "auto, websocket or http; auto: http where upgrades are refused",
		.preset = "auto" },
	[O_EVENTS_SINK] = { .flag = "events-sink",
		.arg = "URL",
		.help = "tell this sink of --events-resource, as Knative's ApiServerSource does" },
	[O_EVENTS_RESOURCE] = { .flag = "events-resource",
		.type = OPTION_LIST,
		.arg = "RESOURCE",
		.help = "as apps/v1/deployments, v1/pods@NAMESPACE, v1/nodes?LABEL=VALUE; again and again" },
	[O_EVENTS_MODE] = { .flag = "events-mode",
		.arg = "MODE",
		.help = "Resource: whole objects; Reference: what they are called",
		.preset = "Resource" },
	[O_CLUSTER_EVENTS_SINK] = { .flag = "cluster-events-sink",
		.arg = "URL",
		.help = "tell this sink how far each cluster has come (dev.berth.cluster.*)" },
	[O_EVENTS_DEAD_LETTER] = { .flag = "events-dead-letter",
		.arg = "URL",
		.help = "gets what the sink refuses, or fails to take for so long" },
	[O_EVENTS_RETRY] = { .flag = "events-retry-seconds",
		.type = OPTION_INT,
		.arg = "N",
		.help = "how long: then it is a dead letter; without such a sink only what is refused is dropped",
		.preset = "300",
		.min = 0,
		.max = 86400 },
	[O_EVENTS_CA] = { .flag = "events-ca",
		.arg = "FILE",
		.help = "authorities of https:// sinks of events, PEM; default: the system's" },
	[O_CONFIG] = { .flag = "config",
		.arg = "FILE",
		.help = "YAML with these options in camelCase; flags win" },
	[O_LOG_LEVEL] = COMMAND_LOG_LEVEL,
	[O_HELP] = COMMAND_HELP,
	[O_VERSION] = COMMAND_VERSION,
};

static int apply_config(struct option_value *o, struct err *e)
{
	AUTO_STR text = NULL;
	AUTO_JSON file = NULL;
	size_t len;
	int rc;

	if (!o[O_CONFIG].text)
		return 0;
	rc = file_read(o[O_CONFIG].text, &text, &len, e);
	if (rc == 0)
		rc = yaml_parse(text, len, &file, e);
	if (rc == 0)
		rc = options_apply_file(defs, N_OPTIONS, file, o, e);
	return rc < 0 ? err_wrap(e, rc, "config file %s", o[O_CONFIG].text) : 0;
}

/* What only one kind of workers has; a question: it must. */
static int check_kind(const struct option_value *o, struct err *e)
{
	static const struct {
		enum operator_flag flag;
		const char *kind, *question;
	} rows[] = {
		{ O_WORKER_IMAGE, "job", "which image has berth-worker?" },
		{ O_WORKER_SINK, "knative", "where are events to be sent?" },
		{ O_WORKER_SINK_CA, "knative", NULL },
	};
	const char *kind = o[O_WORKER_SPAWNER].text;

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *flag = defs[rows[i].flag].flag;
		bool given = o[rows[i].flag].text, has = strcmp(kind, rows[i].kind) == 0;

		if (given && !has)
			return err_set(e, EINVAL, "--%s is for --worker-spawner %s", flag,
				rows[i].kind);
		if (has && !given && rows[i].question)
			return err_set(e, EINVAL, "--worker-spawner %s needs --%s: %s", kind, flag,
				rows[i].question);
	}
	return 0;
}

static int check_workers(const struct option_value *o, struct err *e)
{
	const char *kind = o[O_WORKER_SPAWNER].text;

	if (o[O_WORKER_KUBECONFIG].text && o[O_WORKER_ACCOUNT].text)
		return err_set(e, EINVAL,
			"--worker-kubeconfig and --worker-service-account: workers have one of them");
	if (strcmp(kind, "process") && strcmp(kind, "job") && strcmp(kind, "knative"))
		return err_set(e, EINVAL, "--worker-spawner %s: use process, job or knative", kind);
	return check_kind(o, e);
}

static int check_events(const struct option_value *o, struct err *e)
{
	const char *mode = o[O_EVENTS_MODE].text;

	if (!o[O_EVENTS_SINK].text != !o[O_EVENTS_RESOURCE].text)
		return err_set(e, EINVAL,
			"--events-sink and --events-resource: one is of no use without the other");
	if ((o[O_EVENTS_DEAD_LETTER].text || o[O_EVENTS_CA].text) && !o[O_EVENTS_SINK].text &&
		!o[O_CLUSTER_EVENTS_SINK].text)
		return err_set(e, EINVAL,
			"--events-%s is of no use without --events-sink or --cluster-events-sink",
			o[O_EVENTS_CA].text ? "ca" : "dead-letter");
	if (strcmp(mode, "Resource") && strcmp(mode, "Reference"))
		return err_set(e, EINVAL, "--events-mode %s: use Resource or Reference", mode);
	return 0;
}

int flags_parse(int argc, char **argv, struct option_value *o, struct err *e)
{
	enum log_level level;
	enum watch_mode mode;
	int rc = options_init(defs, N_OPTIONS, o, e);

	if (rc == 0)
		rc = options_parse(defs, N_OPTIONS, argc, argv, o, e);
	if (rc == 0)
		rc = apply_config(o, e);
	if (rc == 0 && !log_level_parse(o[O_LOG_LEVEL].text, &level))
		rc = err_set(e, EINVAL, "--log-level %s: use debug, info, warn or error",
			o[O_LOG_LEVEL].text);
	if (rc == 0 && !watch_mode_parse(o[O_WATCH_TRANSPORT].text, &mode))
		rc = err_set(e, EINVAL, "--watch-transport %s: use auto, websocket or http",
			o[O_WATCH_TRANSPORT].text);
	if (rc == 0)
		rc = check_workers(o, e);
	if (rc == 0)
		rc = check_events(o, e);
	if (rc == 0)
		log_level_set(level);
	return rc;
}

char *flags_help(void)
{
	return options_help(defs, N_OPTIONS);
}

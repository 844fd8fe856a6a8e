/* flags.c — the options, and what they mean for the fleet. */
#include "e2e/fleet/flags.h"

#include "base/log.h"
#include "base/mem.h"
#include "proto/command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	O_KUBECONFIG,
	O_CONTEXT,
	O_CLUSTERS,
	O_PREFIX,
	O_RATE,
	O_IN_FLIGHT,
	O_HUB,
	O_QUICK,
	O_ALONE,
	O_NO_ACCEPT,
	O_ONCE,
	O_LEASE,
	O_HEARTBEAT,
	O_NOISE,
	O_FEEDBACK,
	O_SPREAD,
	O_SLOW,
	O_DEAD,
	O_DENIED,
	O_FLAPPING,
	O_LYING,
	O_TROUBLE_AFTER,
	O_FLAP_EVERY,
	O_LEAVE_AFTER,
	O_LEAVE,
	O_ORDERS,
	O_SEED,
	O_PROGRESS,
	O_LOG_LEVEL,
	O_HELP,
	O_VERSION,
	N_OPTIONS
};

#define NUMBER(name, letter, text, usual, least, most)                                             \
	{                                                                                          \
		.flag = name, .type = OPTION_INT, .arg = letter, .help = text, .preset = usual,    \
		.min = least, .max = most                                                          \
	}
#define SHARE(name, text)                                                                          \
	{                                                                                          \
		.flag = name, .arg = "N|N%", .help = text, .preset = "0"                           \
	}

static const struct option_def defs[N_OPTIONS] = {
	[O_KUBECONFIG] = COMMAND_KUBECONFIG,
	[O_CONTEXT] = COMMAND_CONTEXT,
	[O_CLUSTERS] = NUMBER("clusters", "N", "how many", "10", 1, 99999),
	[O_PREFIX] = { .flag = "prefix",
		.arg = "TEXT",
		.help = "their names are this and five digits, from 00001 on",
		.preset = "fleet-" },
	[O_RATE] = NUMBER("rate", "N", "so many join per second; 0: all at once", "0", 0, 100000),
	[O_IN_FLIGHT] = NUMBER("in-flight", "N", "requests at once", "32", 1, 400),
	[O_HUB] = { .flag = "hub",
		.arg = "WHO",
		.help = "who does the registration controller's part: self, other, or auto: find out",
		.preset = "auto" },
	[O_QUICK] = { .flag = "quick",
		.type = OPTION_BOOL,
		.help = "fewer writes to the same end: 4 to join instead of 9, 4 to 5 for a work" },
	[O_ALONE] = { .flag = "alone",
		.type = OPTION_BOOL,
		.help = "ManagedClusters and nothing else: no namespaces, no leases; with --hub self --once" },
	[O_NO_ACCEPT] = { .flag = "no-accept",
		.type = OPTION_BOOL,
		.help = "somebody else accepts them" },
	[O_ONCE] = { .flag = "once",
		.type = OPTION_BOOL,
		.help = "end as soon as all have joined, and leave them there" },
	[O_LEASE] = NUMBER("lease-seconds", "N", "a cluster's leaseDurationSeconds", "60", 1, 3600),
	[O_HEARTBEAT] = NUMBER("heartbeat", "N",
		"leases are renewed so many times faster; 0: not at all", "1", 0, 1000),
	[O_NOISE] = NUMBER("noise-seconds", "N",
		"so often what is allocatable changes in each cluster; 0: never", "0", 0, 86400),
	[O_FEEDBACK] = NUMBER("feedback-ms", "N", "from applied to the benchmark's answer", "2000",
		0, 3600000),
	[O_SPREAD] =
		NUMBER("feedback-spread", "PERCENT", "earlier or later than that", "30", 0, 100),
	[O_SLOW] = SHARE("slow", "half as fast, and answer ten times later"),
	[O_DEAD] = SHARE("dead", "fall silent, see --trouble-after"),
	[O_DENIED] = SHARE("denied", "are accepted no longer"),
	[O_FLAPPING] = SHARE("flapping", "are Available and not, in turn"),
	[O_LYING] = SHARE("lying", "answer what is absurd, malformed, huge or of another run"),
	[O_TROUBLE_AFTER] = NUMBER("trouble-after", "SECONDS", "after joining", "10", 0, 86400),
	[O_FLAP_EVERY] = NUMBER("flap-every", "SECONDS", "and back after as many", "10", 1, 86400),
	[O_LEAVE_AFTER] = NUMBER("leave-after", "SECONDS",
		"after joining each is deleted and does not come back; 0: never", "0", 0, 86400),
	[O_LEAVE] = { .flag = "leave",
		.type = OPTION_BOOL,
		.help = "at SIGTERM or SIGINT delete them all before ending; a second signal ends at once" },
	[O_ORDERS] = { .flag = "orders",
		.type = OPTION_BOOL,
		.help = "no cluster joins before it is told to; orders are lines on standard input, see README.md" },
	[O_SEED] = NUMBER("seed", "N", "the same seed makes the same fleet", "1", 0, 1000000000),
	[O_PROGRESS] =
		NUMBER("progress", "SECONDS", "between two lines about it; 0: none", "5", 0, 3600),
	[O_LOG_LEVEL] = COMMAND_LOG_LEVEL,
	[O_HELP] = COMMAND_HELP,
	[O_VERSION] = COMMAND_VERSION,
};

static struct cluster_mode mode_of(const struct option_value *o)
{
	const char *hub = o[O_HUB].text;
	bool quick = o[O_QUICK].given || o[O_ALONE].given;

	return (struct cluster_mode){ .hub = !strcmp(hub, "self"),
		.quick = quick && strcmp(hub, "other") != 0,
		.alone = o[O_ALONE].given,
		.accept = !o[O_NO_ACCEPT].given };
}

static struct fleet_cfg fleet_of(const struct option_value *o)
{
	return (struct fleet_cfg){
		.prefix = o[O_PREFIX].text,
		.clusters = (unsigned)o[O_CLUSTERS].number,
		.rate = (unsigned)o[O_RATE].number,
		.in_flight = (unsigned)o[O_IN_FLIGHT].number,
		.seed = (uint64_t)o[O_SEED].number,
		.mode = mode_of(o),
		.find_hub = !strcmp(o[O_HUB].text, "auto"),
		.once = o[O_ONCE].given,
		.leave = o[O_LEAVE].given,
		.orders = o[O_ORDERS].given,
		.lease_seconds = (int)o[O_LEASE].number,
		.heartbeat = (int)o[O_HEARTBEAT].number,
		.noise_ms = o[O_NOISE].number * 1000,
		.feedback_ms = o[O_FEEDBACK].number,
		.spread = (unsigned)o[O_SPREAD].number,
		.trouble_ms = o[O_TROUBLE_AFTER].number * 1000,
		.flap_ms = o[O_FLAP_EVERY].number * 1000,
		.leave_ms = o[O_LEAVE_AFTER].number * 1000,
		.progress_ms = o[O_PROGRESS].number * 1000,
	};
}

/* How many of each kind. */
static int deal(const struct option_value *o, struct fleet_cfg *c, struct err *e)
{
	static const unsigned shares[N_KINDS] = { [KIND_SLOW] = O_SLOW,
		[KIND_DEAD] = O_DEAD,
		[KIND_DENIED] = O_DENIED,
		[KIND_FLAPPING] = O_FLAPPING,
		[KIND_LYING] = O_LYING };
	unsigned dealt = 0;

	for (unsigned k = KIND_SOUND + 1; k < N_KINDS; k++) {
		if (!share_parse(o[shares[k]].text, c->clusters, &c->kinds[k]))
			return err_set(e, EINVAL,
				"--%s %s: a number up to --clusters, or a percentage",
				kind_names[k], o[shares[k]].text);
		dealt += c->kinds[k];
	}
	return dealt > c->clusters ? err_set(e, EINVAL, "more clusters in trouble than there are")
				   : 0;
}

static int check(const struct option_value *o, const struct fleet_cfg *c, struct err *e)
{
	enum log_level level;

	if (!c->find_hub && !c->mode.hub && strcmp(o[O_HUB].text, "other") != 0)
		return err_set(e, EINVAL, "--hub %s: use auto, self or other", o[O_HUB].text);
	if (c->mode.alone && (!c->mode.hub || !c->once))
		return err_set(e, EINVAL, "--alone needs --hub self and --once");
	if (strlen(c->prefix) > 50)
		return err_set(e, EINVAL, "--prefix: at most 50 characters");
	if (!log_level_parse(o[O_LOG_LEVEL].text, &level))
		return err_set(e, EINVAL, "--log-level %s: use debug, info, warn or error",
			o[O_LOG_LEVEL].text);
	log_level_set(level);
	return 0;
}

static struct option_value values[N_OPTIONS];

int flags_parse(int argc, char **argv, struct flags *ret, struct err *e)
{
	int rc = options_init(defs, N_OPTIONS, values, e);

	if (rc == 0)
		rc = options_parse(defs, N_OPTIONS, argc, argv, values, e);
	if (rc < 0)
		return rc;
	*ret = (struct flags){ .kubeconfig = values[O_KUBECONFIG].text,
		.context = values[O_CONTEXT].text,
		.help = values[O_HELP].given,
		.version = values[O_VERSION].given,
		.fleet = fleet_of(values) };
	rc = check(values, &ret->fleet, e);
	return rc == 0 ? deal(values, &ret->fleet, e) : rc;
}

void flags_clear(void)
{
	options_clear(N_OPTIONS, values);
}

void flags_usage(void)
{
	char *list = options_help(defs, N_OPTIONS);

	printf("usage: berth-fleet [options]\n\n"
	       "Virtual clusters of Open Cluster Management on a real hub: they join, renew their leases, apply\n"
	       "ManifestWorks and answer Berth's benchmark.  Runs until SIGTERM.\n\n%s\n"
	       "exit codes: 0 ended as asked; 1 cannot start; 2 bad usage; 3 no usable credentials\n",
		list ? list : "");
	mem_free(list);
}

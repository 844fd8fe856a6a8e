/* berth-fleet — virtual clusters for a real hub: README.md says what they do and what they leave out. */
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "e2e/fleet/fleet.h"
#include "proto/command.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define USER_AGENT "berth-fleet/" BERTH_VERSION
#define FIND_MS    3000 /* a registration controller takes a new cluster in within milliseconds */

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
	[O_SEED] = NUMBER("seed", "N", "the same seed makes the same fleet", "1", 0, 1000000000),
	[O_PROGRESS] =
		NUMBER("progress", "SECONDS", "between two lines about it; 0: none", "5", 0, 3600),
	[O_LOG_LEVEL] = COMMAND_LOG_LEVEL,
	[O_HELP] = COMMAND_HELP,
	[O_VERSION] = COMMAND_VERSION,
};

struct app {
	struct fleet fleet;
	struct kube_config config;
	struct ws *ws;
	struct watch_hub *hub;
	struct timer progress, find;
	long progress_s;
	unsigned open;
	bool ending;
};

/* ---- the end: views, timers, connections ---- */

static void ws_closed(void *arg)
{
	loop_stop(((struct app *)arg)->fleet.loop);
}

static void hub_closed(void *arg)
{
	struct app *a = arg;

	ws_close(a->ws, ws_closed, a);
}

static void client_closed(void *arg)
{
	struct app *a = arg;

	if (--a->open == 0)
		watch_hub_close(a->hub, hub_closed, a);
}

static void part_closed(void *arg)
{
	struct app *a = arg;

	if (--a->open)
		return;
	a->open = N_MANAGERS;
	for (unsigned i = 0; i < N_MANAGERS; i++)
		kube_close(a->fleet.api[i], client_closed, a);
}

static void end(struct app *a)
{
	if (a->ending)
		return;
	a->ending = true;
	tell_end(&a->fleet);
	a->open = 5;
	pump_close(&a->fleet.pump, part_closed, a);
	timer_close(&a->progress, part_closed);
	timer_close(&a->find, part_closed);
	kube_watch_close(a->fleet.clusters_watch, part_closed, a);
	kube_watch_close(a->fleet.works_watch, part_closed, a);
}

static void over(void *arg)
{
	end(arg);
}

static void on_signal(void *arg, int signum)
{
	struct app *a = arg;
	struct fleet *f = &a->fleet;

	(void)signum;
	if (!f->cfg.leave || f->leaving || !f->count.joined) {
		end(a);
		return;
	}
	log_info("leaving: all clusters are deleted", NULL);
	f->leaving = true;
	f->count.left = f->cfg.clusters - f->count.joined;
	members_wake(f);
}

/* ---- the start ---- */

static void found(struct app *a, bool other)
{
	struct fleet *f = &a->fleet;

	f->finding = false;
	f->cfg.mode.hub = !other;
	f->cfg.mode.quick = f->cfg.mode.quick && !other;
	log_info(other ? "a registration controller is at work: its part is left to it"
		       : "no registration controller is at work: its part is done here",
		NULL);
	members_wake(f);
}

static void find_over(void *arg)
{
	struct app *a = arg;

	found(a, a->fleet.members[0].facts.finalizers);
}

/* Its ClusterRole per cluster is what the fleet never makes. */
static void find_role(void *arg, struct kube_reply *r)
{
	if (r->rc != -ECANCELED)
		found(arg, r->rc == 0);
}

static int find_hub(struct app *a)
{
	struct fleet *f = &a->fleet;
	char name[64];

	f->finding = true;
	if (!f->members[0].facts.version) {
		timer_set(&a->find, FIND_MS);
		return 0;
	}
	member_name(&f->members[0], name);
	AUTO_STR path = xprintf("/apis/rbac.authorization.k8s.io/v1/clusterroles/"
				"open-cluster-management:managedcluster:%s",
		name);
	return kube_get_path(f->api[MANAGER_ADMIN], path, find_role, a);
}

static void synced(void *arg)
{
	struct fleet *f = arg;
	struct app *a = container_of(f, struct app, fleet);

	if (f->whole || !kube_watch_synced(f->clusters_watch) || !kube_watch_synced(f->works_watch))
		return;
	f->whole = true;
	if (f->cfg.find_hub && find_hub(a) < 0)
		mem_exhausted();
	members_wake(f);
}

static void progress(void *arg)
{
	struct app *a = arg;

	tell_progress(&a->fleet);
	timer_set(&a->progress, a->progress_s * 1000);
}

static int make_clients(struct app *a, unsigned in_flight, struct err *e)
{
	static const char *const managers[N_MANAGERS] = {
		[MANAGER_REGISTRATION] = "registration",
		[MANAGER_ADMIN] = "kubectl-patch",
		[MANAGER_WORK] = "work",
	};
	int rc = 0;

	for (unsigned i = 0; i < N_MANAGERS && rc == 0; i++) {
		struct kube_cfg kc = { .config = &a->config,
			.user_agent = USER_AGENT,
			.field_manager = managers[i],
			.max_inflight = in_flight };

		rc = kube_new(a->fleet.loop, &kc, &a->fleet.api[i], e);
	}
	return rc == 0 ? ws_new(a->fleet.loop, &a->config, USER_AGENT, &a->ws, e) : rc;
}

static int make_watches(struct app *a, struct err *e)
{
	static const char *const whole[] = { ".", NULL };
	struct fleet *f = &a->fleet;
	struct watch_hub_cfg hub = { .loop = f->loop,
		.ws = a->ws,
		.config = &a->config,
		.user_agent = USER_AGENT };
	struct kube_watch_cfg clusters = { .type = &KUBE_MANAGED_CLUSTER,
		.fields = whole,
		.object = member_seen,
		.gone = member_gone,
		.synced = synced,
		.arg = f };
	struct kube_watch_cfg works = { .type = &KUBE_MANIFEST_WORK,
		.fields = whole,
		.object = work_seen,
		.gone = work_gone,
		.synced = synced,
		.arg = f };
	int rc = watch_hub_new(&hub, &a->hub, e);

	if (rc == 0)
		rc = kube_watch_new(a->hub, &clusters, &f->clusters_watch, e);
	return rc == 0 ? kube_watch_new(a->hub, &works, &f->works_watch, e) : rc;
}

static int begin(struct app *a, const struct option_value *o, const unsigned kinds[N_KINDS],
	struct err *e)
{
	struct fleet *f = &a->fleet;
	int rc = loop_new(&f->loop, e);

	if (rc == 0)
		rc = make_clients(a, (unsigned)o[O_IN_FLIGHT].number, e);
	if (rc < 0)
		return rc;
	f->over = over;
	f->arg = a;
	f->count.started = clock_mono_ms();
	a->progress_s = o[O_PROGRESS].number;
	pump_init(&f->pump, f->loop, (unsigned)o[O_IN_FLIGHT].number);
	timer_init(f->loop, &a->progress, progress, a);
	timer_init(f->loop, &a->find, find_over, a);
	if (a->progress_s)
		timer_set(&a->progress, a->progress_s * 1000);
	members_init(f, kinds);
	rc = make_watches(a, e);
	if (rc == 0)
		rc = loop_on_signal(f->loop, SIGTERM, on_signal, a, e);
	return rc == 0 ? loop_on_signal(f->loop, SIGINT, on_signal, a, e) : rc;
}

static int configure(struct fleet_cfg *c, const struct option_value *o, unsigned kinds[N_KINDS],
	struct err *e)
{
	static const unsigned shares[N_KINDS] = { [KIND_SLOW] = O_SLOW,
		[KIND_DEAD] = O_DEAD,
		[KIND_DENIED] = O_DENIED,
		[KIND_FLAPPING] = O_FLAPPING,
		[KIND_LYING] = O_LYING };
	unsigned n = (unsigned)o[O_CLUSTERS].number, dealt = 0;
	const char *hub = o[O_HUB].text;

	*c = (struct fleet_cfg){
		.prefix = o[O_PREFIX].text,
		.clusters = n,
		.rate = (unsigned)o[O_RATE].number,
		.seed = (uint64_t)o[O_SEED].number,
		.mode = { .hub = !strcmp(hub, "self"),
			.quick =
				(o[O_QUICK].given || o[O_ALONE].given) && strcmp(hub, "other") != 0,
			.alone = o[O_ALONE].given,
			.accept = !o[O_NO_ACCEPT].given },
		.find_hub = !strcmp(hub, "auto"),
		.once = o[O_ONCE].given,
		.leave = o[O_LEAVE].given,
		.lease_seconds = (int)o[O_LEASE].number,
		.heartbeat = (int)o[O_HEARTBEAT].number,
		.noise_ms = o[O_NOISE].number * 1000,
		.feedback_ms = o[O_FEEDBACK].number,
		.spread = (unsigned)o[O_SPREAD].number,
		.trouble_ms = o[O_TROUBLE_AFTER].number * 1000,
		.flap_ms = o[O_FLAP_EVERY].number * 1000,
		.leave_ms = o[O_LEAVE_AFTER].number * 1000,
	};
	if (!c->find_hub && !c->mode.hub && strcmp(hub, "other") != 0)
		return err_set(e, EINVAL, "--hub %s: use auto, self or other", hub);
	if (c->mode.alone && (!c->mode.hub || !c->once))
		return err_set(e, EINVAL, "--alone needs --hub self and --once");
	if (strlen(c->prefix) > 50)
		return err_set(e, EINVAL, "--prefix: at most 50 characters");
	for (unsigned k = KIND_SOUND + 1; k < N_KINDS; k++) {
		if (!share_parse(o[shares[k]].text, n, &kinds[k]))
			return err_set(e, EINVAL,
				"--%s %s: a number up to --clusters, or a percentage",
				kind_names[k], o[shares[k]].text);
		dealt += kinds[k];
	}
	return dealt > n ? err_set(e, EINVAL, "more clusters in trouble than there are") : 0;
}

static int run(const struct option_value *o)
{
	struct app a = { 0 };
	unsigned kinds[N_KINDS] = { 0 };
	struct err e = { "" };
	int exit_code = EXIT_OK;

	if (configure(&a.fleet.cfg, o, kinds, &e) < 0) {
		fprintf(stderr, "berth-fleet: %s\n", e.msg);
		return EXIT_USAGE;
	}
	if (kube_config_load(o[O_KUBECONFIG].text, o[O_CONTEXT].text, &a.config, &e) < 0)
		exit_code = EXIT_CREDENTIALS;
	else if (begin(&a, o, kinds, &e) < 0)
		exit_code = EXIT_OTHER;
	if (exit_code != EXIT_OK) {
		log_error("cannot start", "error", e.msg, NULL);
	} else {
		loop_run(a.fleet.loop);
		loop_free(a.fleet.loop);
	}
	works_clear(&a.fleet);
	mem_free(a.fleet.members);
	kube_config_clear(&a.config);
	return exit_code;
}

static int usage(void)
{
	char *list = options_help(defs, N_OPTIONS);

	printf("usage: berth-fleet [options]\n\n"
	       "Virtual clusters of Open Cluster Management on a real hub: they join, renew their leases, apply\n"
	       "ManifestWorks and answer Berth's benchmark.  Runs until SIGTERM.\n\n%s\n"
	       "exit codes: 0 ended as asked; 1 cannot start; 2 bad usage; 3 no usable credentials\n",
		list ? list : "");
	mem_free(list);
	return EXIT_OK;
}

int main(int argc, char **argv)
{
	struct option_value o[N_OPTIONS] = { 0 };
	enum log_level level = LOG_INFO;
	struct err e = { "" };
	int exit_code;

	mem_init();
	signal(SIGPIPE, SIG_IGN);
	if (options_init(defs, N_OPTIONS, o, &e) < 0 ||
		options_parse(defs, N_OPTIONS, argc, argv, o, &e) < 0 ||
		(!log_level_parse(o[O_LOG_LEVEL].text, &level) &&
			err_set(&e, EINVAL, "--log-level %s: use debug, info, warn or error",
				o[O_LOG_LEVEL].text) < 0)) {
		fprintf(stderr, "berth-fleet: %s\n", e.msg);
		exit_code = EXIT_USAGE;
	} else if (o[O_HELP].given) {
		exit_code = usage();
	} else if (o[O_VERSION].given) {
		exit_code = printf("berth-fleet %s\n", BERTH_VERSION) > 0 ? EXIT_OK : EXIT_OTHER;
	} else {
		log_level_set(level);
		exit_code = run(o);
	}
	options_clear(N_OPTIONS, o);
	return exit_code;
}

/* berth-fleet — virtual clusters for a real hub: README.md says what they do and what they leave out. */
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "e2e/fleet/flags.h"
#include "proto/command.h"

#include <signal.h>
#include <stdio.h>

#define USER_AGENT "berth-fleet/" BERTH_VERSION
#define FIND_MS    3000 /* a registration controller takes a new cluster in within milliseconds */

struct app {
	struct fleet fleet;
	struct kube_config config;
	struct ws *ws;
	struct watch_hub *hub;
	struct timer progress, find;
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
	orders_close(&a->fleet);
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
	timer_set(&a->progress, a->fleet.cfg.progress_ms);
}

static int make_clients(struct app *a, struct err *e)
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
			.max_inflight = a->fleet.cfg.in_flight };

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

static int begin(struct app *a, struct err *e)
{
	struct fleet *f = &a->fleet;
	int rc = loop_new(&f->loop, e);

	if (rc == 0)
		rc = make_clients(a, e);
	if (rc < 0)
		return rc;
	f->over = over;
	f->arg = a;
	f->count.started = clock_mono_ms();
	pump_init(&f->pump, f->loop, f->cfg.in_flight);
	timer_init(f->loop, &a->progress, progress, a);
	timer_init(f->loop, &a->find, find_over, a);
	if (f->cfg.progress_ms)
		timer_set(&a->progress, f->cfg.progress_ms);
	members_init(f);
	rc = make_watches(a, e);
	if (rc == 0 && f->cfg.orders)
		rc = orders_open(f, e);
	if (rc == 0)
		rc = loop_on_signal(f->loop, SIGTERM, on_signal, a, e);
	return rc == 0 ? loop_on_signal(f->loop, SIGINT, on_signal, a, e) : rc;
}

static int run(const struct flags *flags)
{
	struct app a = { .fleet.cfg = flags->fleet };
	struct err e = { "" };
	int exit_code = EXIT_OK;

	if (kube_config_load(flags->kubeconfig, flags->context, &a.config, &e) < 0)
		exit_code = EXIT_CREDENTIALS;
	else if (begin(&a, &e) < 0)
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

int main(int argc, char **argv)
{
	struct flags flags;
	struct err e = { "" };
	int exit_code = EXIT_OK;

	mem_init();
	signal(SIGPIPE, SIG_IGN);
	if (flags_parse(argc, argv, &flags, &e) < 0) {
		fprintf(stderr, "berth-fleet: %s\n", e.msg);
		exit_code = EXIT_USAGE;
	} else if (flags.help) {
		flags_usage();
	} else if (flags.version) {
		printf("berth-fleet %s\n", BERTH_VERSION);
	} else {
		exit_code = run(&flags);
	}
	flags_clear();
	return exit_code;
}

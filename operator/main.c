/* berth-operator — wiring only: credentials, and who is told of what.
 * operator/README.md tours the rest. */
#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "controller/controller.h"
#include "emit/emit.h"
#include "flags.h"
#include "kube/file.h"
#include "leader.h"
#include "serve/serve.h"
#include "workers.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DRAIN_MS   20000
#define USER_AGENT "berth-operator/" BERTH_VERSION

struct app {
	struct loop *loop;
	struct kube_config config;
	struct kube *api;
	struct ws *ws;
	struct watch_hub *hub;
	struct controller *controller;
	struct leader *leader;
	struct workers workers;
	struct dispatch *dispatch;
	struct emit *emit; /* NULL: none is wanted */
	struct serve_cfg serve;
	char *const *command_line;
	bool ending;
};

/* ---- the end: workers finish, then the views, the events out, then the lead is handed over, then the connections ---- */

static void on_ws_closed(void *arg)
{
	loop_stop(((struct app *)arg)->loop);
}

static void on_hub_closed(void *arg)
{
	struct app *a = arg;

	ws_close(a->ws, on_ws_closed, a);
}

static void on_workers_closed(void *arg)
{
	struct app *a = arg;

	watch_hub_close(a->hub, on_hub_closed, a);
}

static void on_api_closed(void *arg)
{
	struct app *a = arg;

	workers_close(&a->workers, on_workers_closed, a);
}

static void on_leader_closed(void *arg)
{
	struct app *a = arg;

	kube_close(a->api, on_api_closed, a);
}

static void on_emit_closed(void *arg)
{
	struct app *a = arg;

	leader_close(a->leader, on_leader_closed, a);
}

static void on_controller_closed(void *arg)
{
	struct app *a = arg;

	emit_close(a->emit, on_emit_closed, a);
}

static void on_dispatch_closed(void *arg)
{
	struct app *a = arg;

	controller_close(a->controller, on_controller_closed, a);
}

static void on_signal(void *arg, int signum)
{
	struct app *a = arg;

	if (a->ending)
		return;
	a->ending = true;
	log_info("ending: workers finish what they have", "signal", strsignal(signum), NULL);
	dispatch_close(a->dispatch, DRAIN_MS, on_dispatch_closed, a);
}

/* As after a power cut, but that nobody has to start us. */
static _Noreturn void start_anew(const struct app *a)
{
	while (waitpid(-1, NULL, 0) > 0)
		; /* the workers are killed */
	execv("/proc/self/exe", a->command_line);
	_exit(EXIT_OTHER);
}

/* Another replica may lead by now: an orderly end would be too long.  If it is the API server that is away, we stand
 * by for it to come back; else something is odd with us, and whoever started us shall know. */
static void on_lead(void *arg, bool leads)
{
	struct app *a = arg;

	if (leads) {
		controller_lead(a->controller);
		emit_lead(a->emit);
		return;
	}
	dispatch_kill(a->dispatch);
	if (leader_unreachable(a->leader)) {
		log_warn("starting anew, as a standby", NULL);
		start_anew(a);
	}
	log_error("ending at once: this replica leads no more", NULL);
	_exit(EXIT_OTHER);
}

/* Workers are part of it. */
static bool leads(void *arg)
{
	const struct app *a = arg;

	return leader_leads(a->leader) && workers_there(&a->workers);
}

static void on_workers_there(void *arg)
{
	struct app *a = arg;

	if (!a->ending)
		controller_lead(a->controller);
}

static bool may_send(void *arg)
{
	const struct app *a = arg;

	return !a->leader || !leader_deposed(a->leader);
}

/* ---- the start ---- */

static void ready(void *arg, struct buf *why_not)
{
	const struct app *a = arg;
	struct dispatch_stats s = dispatch_stats(a->dispatch);

	controller_ready(a->controller, why_not);
	leader_ready(a->leader, why_not);
	emit_ready(a->emit, why_not);
	workers_ready(&a->workers, why_not);
	if (s.spawner.trouble[0])
		buf_printf(why_not, "workers: %s\n", s.spawner.trouble);
}

static void collect(void *arg, struct metrics *m)
{
	const struct app *a = arg;

	controller_collect(a->controller, m);
	leader_collect(a->leader, m);
	emit_collect(a->emit, m);
}

static int make_controller(struct app *a, const struct option_value *o, struct err *e)
{
	struct controller_cfg cc = { .loop = a->loop,
		.api = a->api,
		.hub = a->hub,
		.leads = leads,
		.leads_arg = a,
		.namespace = o[O_NAMESPACE].text };
	struct workers_cfg wc = { .loop = a->loop,
		.api = a->api,
		.hub = a->hub,
		.config = &a->config,
		.flags = o,
		.may_send = may_send,
		.there = on_workers_there,
		.arg = a };
	struct dispatch_cfg dc = { .deadline_ms = workers_deadline_ms(o),
		.event = controller_event,
		.result = controller_result };
	int rc = controller_new(&cc, &a->controller, e);

	dc.arg = a->controller;
	if (rc == 0)
		rc = workers_new(&a->workers, &wc, &dc.spawner, e);
	if (rc == 0)
		rc = dispatch_new(a->loop, &dc, &a->dispatch, e);
	return rc < 0 ? rc : controller_start(a->controller, a->dispatch, e);
}

static int make_emit(struct app *a, const struct option_value *o, struct err *e)
{
	AUTO_STR ca = NULL;
	int rc = o[O_EVENTS_CA].text ? file_read(o[O_EVENTS_CA].text, &ca, NULL, e) : 0;
	struct emit_cfg ec = { .loop = a->loop,
		.api = a->api,
		.hub = a->hub,
		.user_agent = USER_AGENT,
		.namespace = o[O_NAMESPACE].text,
		.server = a->config.server,
		.sink = o[O_EVENTS_SINK].text,
		.resources = o[O_EVENTS_RESOURCE].text,
		.cluster_sink = o[O_CLUSTER_EVENTS_SINK].text,
		.dead_letter = o[O_EVENTS_DEAD_LETTER].text,
		.ca_pem = ca,
		.reference = !strcmp(o[O_EVENTS_MODE].text, "Reference"),
		.retry_ms = o[O_EVENTS_RETRY].number * 1000,
		.may_send = may_send,
		.may_send_arg = a };

	return rc < 0 ? rc : emit_new(&ec, &a->emit, e);
}

static int make_hub(struct app *a, const struct option_value *o, struct err *e)
{
	struct watch_hub_cfg hc = { .loop = a->loop,
		.ws = a->ws,
		.config = &a->config,
		.user_agent = USER_AGENT };

	watch_mode_parse(o[O_WATCH_TRANSPORT].text, &hc.mode); /* was looked at by flags_parse() */
	return watch_hub_new(&hc, &a->hub, e);
}

static int start(struct app *a, const struct option_value *o, struct err *e)
{
	struct kube_cfg kc = { .config = &a->config,
		.user_agent = USER_AGENT,
		.field_manager = "berth-operator",
		.may_send = may_send,
		.may_send_arg = a };
	struct leader_cfg lc = { .config = &a->config,
		.user_agent = USER_AGENT,
		.namespace = o[O_NAMESPACE].text,
		.changed = on_lead,
		.arg = a };
	int rc = loop_new(&a->loop, e);

	if (rc == 0)
		rc = kube_new(a->loop, &kc, &a->api, e);
	if (rc == 0)
		rc = ws_new(a->loop, &a->config, USER_AGENT, &a->ws, e);
	if (rc == 0)
		rc = make_hub(a, o, e);
	if (rc == 0)
		rc = make_controller(a, o, e);
	if (rc == 0)
		rc = make_emit(a, o, e);
	if (rc == 0)
		rc = leader_new(a->loop, &lc, &a->leader, e);
	a->serve = (struct serve_cfg){ .collect = collect, .ready = ready, .arg = a };
	if (rc == 0 && o[O_METRICS_ADDRESS].text && *o[O_METRICS_ADDRESS].text)
		rc = serve_start(a->ws, o[O_METRICS_ADDRESS].text, &a->serve, e);
	if (rc == 0)
		rc = loop_on_signal(a->loop, SIGTERM, on_signal, a, e);
	if (rc == 0)
		rc = loop_on_signal(a->loop, SIGINT, on_signal, a, e);
	return rc;
}

static int run(const struct option_value *o, char *const *argv)
{
	struct app a = { .command_line = argv };
	struct err e = { "" };
	int exit_code = EXIT_OK;

	if (kube_config_load(o[O_KUBECONFIG].text, o[O_CONTEXT].text, &a.config, &e) < 0) {
		log_error("cannot use the credentials", "error", e.msg, NULL);
		exit_code = EXIT_CREDENTIALS;
	} else if (start(&a, o, &e) < 0) {
		log_error("cannot start", "error", e.msg, NULL);
		exit_code = EXIT_OTHER;
	} else {
		log_info("started", "version", BERTH_VERSION, "hub", a.config.server, "credentials",
			a.config.origin, NULL);
		loop_run(a.loop);
		loop_free(a.loop);
		log_info("ended", NULL);
	}
	kube_config_clear(&a.config);
	return exit_code;
}

static int usage(void)
{
	char *list = flags_help();

	printf("usage: berth-operator [options]\n\nGives every cluster that joins the hub its berth: see kubectl get clusteronboardings.\n\n%s\n"
	       "exit codes: 0 ended by SIGTERM or SIGINT; 1 cannot start; 2 bad usage or config file; 3 no usable credentials\n",
		list ? list : "");
	mem_free(list);
	return EXIT_OK;
}

int main(int argc, char **argv)
{
	struct option_value o[N_OPTIONS] = { 0 };
	struct err e = { "" };
	int exit_code;

	mem_init();
	signal(SIGPIPE, SIG_IGN);
	if (flags_parse(argc, argv, o, &e) < 0) {
		fprintf(stderr, "berth-operator: %s\n", e.msg);
		exit_code = EXIT_USAGE;
	} else if (o[O_HELP].given) {
		exit_code = usage();
	} else if (o[O_VERSION].given) {
		exit_code = printf("berth-operator %s\n", BERTH_VERSION) > 0 ? EXIT_OK : EXIT_OTHER;
	} else {
		exit_code = run(o, argv);
	}
	options_clear(N_OPTIONS, o);
	return exit_code;
}

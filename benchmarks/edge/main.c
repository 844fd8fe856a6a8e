/* berth-benchmark — runs inside an edge cluster, measures it and leaves one line of JSON.
 *
 * Read measure.h (how), probe_*.c (what), report.h and README.md (the result). */
#include "host.h"
#include "measure.h"
#include "options.h"
#include "pressure.h"
#include "report.h"
#include "respond.h"
#include "result_configmap.h"
#include "say.h"
#include "termination_log.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_OK, EXIT_NOT_DELIVERED, EXIT_USAGE, EXIT_NOT_MEASURED };

#define START_PATIENCE  60  /* seconds: for the API server and for our Role to be there */
#define RESULT_PATIENCE 180 /* an API server that restarts must not cost a measurement */

/* The first process of a container gets no default action for signals: without this a deleted Pod
 * would be measured on for all of its grace period. */
static void stop(int sig)
{
	static const char line[] = "level=info msg=\"stopped by a signal\"\n";

	(void)!write(STDERR_FILENO, line, sizeof(line) - 1);
	_exit(128 + sig);
}

static int configmap_patch(const struct options *o, const char *key, const char *value,
	int patience)
{
	struct result_configmap c = {
		.host = getenv("KUBERNETES_SERVICE_HOST"),
		.port = getenv("KUBERNETES_SERVICE_PORT"),
		.account_dir = SERVICE_ACCOUNT_DIR,
		.namespace = o->result_namespace,
		.name = o->result_name,
	};

	if (!c.host || !c.port) {
		say("error", "not in a Pod: KUBERNETES_SERVICE_HOST and _PORT are not set", "%s",
			"");
		return -ENOENT;
	}
	return result_configmap_patch(&c, key, value, patience);
}

/* Tells the hub "never started" from "did not finish". */
static int announce(const struct options *o)
{
	return o->output == OUTPUT_CONFIGMAP ? configmap_patch(o, "started", o->run, START_PATIENCE)
					     : 0;
}

static int deliver(const struct options *o, const char *result)
{
	switch (o->output) {
	case OUTPUT_CONFIGMAP:
		return configmap_patch(o, "result", result, RESULT_PATIENCE);
	case OUTPUT_TERMINATION_LOG:
		return termination_log_write(TERMINATION_LOG, result);
	case OUTPUT_STDOUT:
		break;
	}
	return puts(result) < 0 || fflush(stdout) ? -errno : 0;
}

/* The looks at whether others wait: the first one, and the last so far. */
struct looks {
	struct pressure_site site;
	struct pressures first, last;
	bool any;
};

static double look(void *arg)
{
	struct looks *l = arg;

	pressure_look(&l->site, &l->last);
	if (!l->any)
		l->first = l->last;
	l->any = true;
	return pressure_worst(&l->last);
}

/* Those that there was no time for are no failure: the result says so, and why. */
static int count_busy(const struct measurement *m, size_t n)
{
	int busy = 0;

	for (size_t i = 0; i < n; i++)
		busy += m[i].busy;
	return busy;
}

/* Measures and puts the result into `out`; how many probes have something to tell, or -errno. */
static int measure(const struct options *o, char out[REPORT_MAX])
{
	static struct measurement measurements[PROBES_MAX]; /* tens of KiB: not on the stack */
	struct looks looks = {
		.site = { "", (int)sysconf(_SC_NPROCESSORS_ONLN), measure_clock_ms,
			measure_sleep_ms },
	};
	struct measure_how how = { o->budget_seconds * 1e3,
		{ o->scratch, o->peer_host, o->peer_port, o->peer_token }, measure_clock_ms, look,
		&looks, o->max_pressure, measure_sleep_ms };
	char model[96];
	struct report r = { .run = o->run,
		.version = BERTH_VERSION,
		.measurements = measurements,
		.n = o->n_probes,
		.cpu_model = model };

	for (size_t i = 0; i < o->n_probes; i++)
		measurements[i].probe = o->probes[i];
	host_cpu_model("", model, sizeof(model));
	host_cpu_quota("", &r.cpu_quota_percent);
	host_memory_limit("", &r.memory_limit_mib);
	int told = (int)measure_run(measurements, o->n_probes, &how, &r.waited_ms) +
		count_busy(measurements, o->n_probes);
	look(&looks);
	r.before = looks.first;
	r.after = looks.last;
	int rc = report_write(&r, out);
	return rc < 0 ? rc : told;
}

static int undelivered(const char *what, int rc)
{
	say("error", "could not deliver", "what=%s error=\"%s\"", what, strerror(-rc));
	return EXIT_NOT_DELIVERED;
}

static int run(const struct options *o)
{
	char result[REPORT_MAX];
	int rc;

	say("info", "starting", "version=%s run=%s probes=%zu budgetSeconds=%d", BERTH_VERSION,
		o->run, o->n_probes, o->budget_seconds);
	if ((rc = announce(o)) < 0)
		return undelivered("start", rc);
	int measured = measure(o, result);
	if (measured < 0)
		return undelivered("result", measured);
	if ((rc = deliver(o, result)) < 0)
		return undelivered("result", rc);
	say("info", "result delivered", "run=%s probes=%d bytes=%zu", o->run, measured,
		strlen(result));
	return measured ? EXIT_OK : EXIT_NOT_MEASURED;
}

int main(int argc, char **argv)
{
	struct options o;
	char error[256];

	switch (options_parse(&o, argc, argv, getenv, error, sizeof(error))) {
	case OPTIONS_HELP:
		options_help(stdout);
		return EXIT_OK;
	case OPTIONS_VERSION:
		puts("berth-benchmark " BERTH_VERSION);
		return EXIT_OK;
	case OPTIONS_BAD:
		fprintf(stderr, "berth-benchmark: %s\n", error);
		return EXIT_USAGE;
	case OPTIONS_RESPOND:
	case OPTIONS_MEASURE:
		break;
	}
	signal(SIGTERM, stop);
	signal(SIGINT, stop);
	if (o.respond)
		return respond_run(o.respond, o.peer_token, o.respond_seconds) < 0
			? EXIT_NOT_DELIVERED
			: EXIT_OK;
	curl_global_init(CURL_GLOBAL_DEFAULT);
	int rc = run(&o);
	curl_global_cleanup();
	return rc;
}

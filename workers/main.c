/* berth-worker — takes CloudEvents, one per line on standard input or all in a file, and answers each with
 * one line; or over HTTP, one per request, until SIGTERM.
 *
 * It holds nothing: what it knows it reads from the hub, what it learned it writes there.  It
 * ends when its input has ended and every event is answered. */
#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "kube/file.h"
#include "loop/child.h"
#include "proto/batch.h"
#include "workers/engine.h"
#include "workers/flags.h"
#include "workers/listen.h"
#include "workers/preview.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_LINE (1024 * 1024)
#define GIVE_UP_MS                                                                                 \
	30000 /* a request: after that the event is answered Error and comes again later */

#define USER_AGENT "berth-worker/" BERTH_VERSION

#define LAST_WORDS_MS      5000
#define LAST_WORDS_LOOK_MS 20

struct worker {
	struct loop *loop;
	struct kube_config config;
	struct kube *api;
	struct http *http; /* to other servers */
	struct line_reader *input;
	struct listener *listener; /* NULL: events do not come over HTTP */
	struct preview *preview;   /* NULL: it is for real */
	struct engine engine;
	struct outside_hub hub;
	char name[96];
	bool ended, closing; /* input has ended; we are on our way out */
	bool broke_off;      /* it ended by an error */
	bool from_file;      /* the exit code tells of the events */
	bool failed; /* one was answered by Error, or is none; or a preview would stop on the way */
	struct timer last_words;
	int64_t end_ms;
};

static void timer_closed(void *arg)
{
	struct worker *w = arg;

	loop_stop(w->loop);
}

static void http_closed(void *arg)
{
	struct worker *w = arg;

	timer_close(&w->last_words, timer_closed);
}

static void api_closed(void *arg)
{
	struct worker *w = arg;

	http_close(STEAL(w->http), http_closed, w);
}

static void close_api(void *arg)
{
	struct worker *w = arg;

	kube_close(STEAL(w->api), api_closed, w);
}

static bool has_to_say(const struct worker *w)
{
	struct kube_stats s = kube_stats(w->api);

	return s.inflight + s.queued > 0 || (w->listener && listen_answering(w->listener));
}

/* Kubernetes Events may still be on their way when the last event is answered, and so may that answer: they get a
 * moment. */
static void end_when_sent(void *arg)
{
	struct worker *w = arg;

	if (has_to_say(w) && clock_mono_ms() < w->end_ms)
		timer_set(&w->last_words, LAST_WORDS_LOOK_MS);
	else if (w->listener)
		listen_close(STEAL(w->listener), close_api, w);
	else
		close_api(w);
}

static void end_if_idle(void *arg)
{
	struct worker *w = arg;
	bool works = w->listener ? listen_working(w->listener) : w->engine.running > 0;

	if (!w->ended || works || w->closing)
		return;
	w->closing = true;
	line_reader_close(STEAL(w->input));
	w->end_ms = clock_mono_ms() + LAST_WORDS_MS;
	end_when_sent(w);
}

static void answer(void *arg, const struct result *r)
{
	struct worker *w = arg;
	AUTO_STR line = result_line(r);

	if (!line)
		abort();
	fputs(line, stdout);
	fflush(stdout);
	w->failed |= r->outcome == RESULT_Error;
	end_if_idle(w);
}

static void on_event(void *arg, struct work_event *ev)
{
	struct worker *w = arg;

	engine_start(&w->engine, ev);
}

static void on_no_event(void *arg, const char *why)
{
	struct worker *w = arg;

	w->failed = true;
	log_error("what is no event is left out", "error", why, NULL);
}

static void on_line(void *arg, const char *line, size_t len)
{
	struct work_event ev;
	struct err e;

	if (work_event_parse(line, len, &ev, &e) < 0)
		on_no_event(arg, e.msg);
	else
		on_event(arg, &ev);
}

static void on_end(void *arg, int error)
{
	struct worker *w = arg;

	if (error < 0)
		log_error("input broke off", "error", strerror(-error), NULL);
	w->broke_off = w->broke_off || error < 0;
	w->ended = true;
	end_if_idle(w);
}

/* "No more work": what is under way is finished.  A second signal ends at once, by default
 * action. */
static void on_signal(void *arg, int signum)
{
	struct worker *w = arg;

	signal(signum, SIG_DFL);
	if (w->listener)
		listen_drain(w->listener);
	on_end(w, 0);
}

static int guard_hub(struct worker *w, const char *ranges, struct err *e)
{
	int rc = guard_deny(&w->hub.guard, ranges, e);

	w->hub.server = w->config.host;
	return rc < 0 ? err_wrap(e, rc, "--deny-cidrs") : 0;
}

static int connect_hub(struct worker *w, struct err *e)
{
	struct kube_cfg cfg = {
		.config = &w->config,
		.user_agent = USER_AGENT,
		.field_manager = "berth-worker",
		.give_up_ms = GIVE_UP_MS,
	};
	char host[48] = "", id[7];

	gethostname(host, sizeof(host) - 1);
	snprintf(w->name, sizeof(w->name), "%s-%d-%s", host, getpid(), hash_random_hex(6, id));
	int rc = kube_new(w->loop, &cfg, &w->api, e);

	return rc < 0 ? rc : http_new(w->loop, USER_AGENT, 0, &w->http, e);
}

/* As a Job: all events are there, in a file, and the exit code says whether to come again. */
static int take_file(struct worker *w, const char *folder, struct err *e)
{
	AUTO_STR path = xprintf("%s/" BATCH_FILE, folder);
	AUTO_STR text = NULL;
	size_t len = 0;
	int rc = file_read(path, &text, &len, e);

	if (rc < 0)
		return rc;
	rc = batch_parse(text, len, on_event, on_no_event, w, e);
	if (rc < 0)
		return err_wrap(e, rc, "%s", path);
	w->from_file = w->ended = true;
	end_if_idle(w);
	return 0;
}

static int take_requests(struct worker *w, const struct option_value *o, struct err *e)
{
	struct listen_cfg cfg = { .loop = w->loop,
		.address = o[O_LISTEN].text,
		.engine = w->engine,
		.most = (unsigned)o[O_MAX_EVENTS].number,
		.idle = end_if_idle,
		.arg = w };
	int rc = listen_new(&cfg, &w->listener, e);

	if (rc == 0) {
		AUTO_STR port = xprintf("%d", listen_port(w->listener));

		log_info("listening", "address", cfg.address, "port", port, NULL);
	}
	return rc;
}

static void on_previewed(void *arg, bool to_the_end)
{
	struct worker *w = arg;

	w->failed = !to_the_end;
	on_end(w, 0);
}

static int take_preview(struct worker *w, const struct option_value *o, struct err *e)
{
	AUTO_STR plan = NULL;
	struct preview_cfg cfg = { .hub = hub_kube(w->api),
		.namespace = o[O_NAMESPACE].text,
		.cluster = o[O_CLUSTER].text,
		.undo = o[O_UNDO].given,
		.out = stdout,
		.done = on_previewed,
		.arg = w };
	int rc = o[O_PREVIEW].text ? file_read(o[O_PREVIEW].text, &plan, &cfg.plan_len, e) : 0;

	if (rc < 0)
		return rc;
	cfg.plan = plan;
	w->from_file = true;
	log_level_set(LOG_ERROR); /* the log speaks of what was done, and nothing is */
	rc = preview_start(&cfg, &w->preview, e);
	return rc < 0 ? err_wrap(e, rc, "%s", o[O_PREVIEW].text) : 0;
}

static int take_events(struct worker *w, const struct option_value *o, struct err *e)
{
	const char *folder = getenv(BATCH_PATH_VARIABLE);
	int rc;

	if (o[O_PREVIEW].text || o[O_CLUSTER].text)
		return take_preview(w, o, e);
	if (o[O_LISTEN].text)
		return take_requests(w, o, e);
	if (folder)
		return take_file(w, folder, e);
	/* So that it does not meet the workers of the next operator half-way. */
	rc = child_dies_with_parent(e);
	if (rc < 0)
		return rc;
	return line_reader_new(w->loop, STDIN_FILENO, MAX_LINE, on_line, on_end, w, &w->input, e);
}

static int serve(struct worker *w, const struct option_value *o, struct err *e)
{
	int rc = guard_hub(w, o[O_DENY_CIDRS].text, e);

	if (rc == 0)
		rc = connect_hub(w, e);
	if (rc < 0)
		return rc;
	w->engine = (struct engine){
		.hub = hub_kube(w->api),
		.outside = outside_http(w->http, &w->hub),
		.namespace = o[O_NAMESPACE].text,
		.worker = w->name,
		.result = answer,
		.arg = w,
	};
	timer_init(w->loop, &w->last_words, end_when_sent, w);
	rc = take_events(w, o, e);
	if (rc < 0)
		return rc;
	rc = loop_on_signal(w->loop, SIGTERM, on_signal, w, e);
	if (rc < 0)
		return rc;
	loop_run(w->loop);
	return 0;
}

static int load_config(const struct option_value *o, struct kube_config *ret, struct err *e)
{
	int rc = kube_config_load(o[O_KUBECONFIG].text, o[O_CONTEXT].text, ret, e);

	if (rc == 0 && o[O_TOKEN_FD].given)
		rc = kube_config_take_token(ret, (int)o[O_TOKEN_FD].number, e);
	return rc;
}

static int run(const struct option_value *o)
{
	struct worker w = { 0 };
	struct err e = { 0 };
	int exit_code = EXIT_OK;

	if (load_config(o, &w.config, &e) < 0)
		exit_code = EXIT_CREDENTIALS;
	else if (loop_new(&w.loop, &e) < 0 || serve(&w, o, &e) < 0)
		exit_code = EXIT_OTHER;
	if (exit_code != EXIT_OK)
		log_error("cannot start", "error", e.msg, NULL);
	else
		loop_free(w.loop);
	engine_clear(&w.engine);
	if (w.preview)
		preview_free(w.preview);
	if (w.broke_off || (w.from_file && w.failed))
		exit_code = EXIT_OTHER;
	kube_config_clear(&w.config);
	return exit_code;
}

int main(int argc, char **argv)
{
	struct option_value o[N_OPTIONS];
	struct err e;
	int exit_code;

	mem_init();
	signal(SIGPIPE, SIG_IGN);
	if (flags_parse(argc, argv, o, &e) < 0) {
		fprintf(stderr, "berth-worker: %s\n", e.msg);
		exit_code = EXIT_USAGE;
	} else if (o[O_HELP].given) {
		flags_usage();
		exit_code = EXIT_OK;
	} else if (o[O_VERSION].given) {
		exit_code = printf("berth-worker %s\n", BERTH_VERSION) > 0 ? EXIT_OK : EXIT_OTHER;
	} else {
		exit_code = run(o);
	}
	options_clear(N_OPTIONS, o);
	return exit_code;
}

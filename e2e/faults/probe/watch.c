/* watch — lib/kube's kube_watch with nothing around it: one line on standard output for each callback, so
 * that a case can compare what the view told with what the server has.
 *
 *   object KEY RESOURCEVERSION    gone KEY    synced    trouble TEXT    stats NAME=NUMBER...
 *
 * `trouble` is looked at in intervals, since it has no callback; its text is empty when it is over.  `stats`
 * is the last line, after SIGTERM. */
#include "base/log.h"
#include "base/mem.h"
#include "kube/watch.h"
#include "proto/command.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOOK_MS = 20 };

enum { O_KUBECONFIG, O_TYPE, O_SELECTOR, O_TRANSPORT, O_HELP, N_OPTIONS };

static const struct option_def defs[N_OPTIONS] = {
	[O_KUBECONFIG] = COMMAND_KUBECONFIG,
	[O_TYPE] = { .flag = "type",
		.arg = "[GROUP/]VERSION/PLURAL",
		.help = "what to watch",
		.preset = "v1/configmaps" },
	[O_SELECTOR] = { .flag = "selector", .arg = "LABELS", .help = "which of them" },
	[O_TRANSPORT] = { .flag = "watch-transport",
		.arg = "KIND",
		.help = "auto, websocket or http",
		.preset = "websocket" },
	[O_HELP] = COMMAND_HELP,
};

struct probe {
	struct loop *loop;
	struct kube_config config;
	struct ws *ws;
	struct watch_hub *hub;
	struct kube_watch *watch;
	struct timer look;
	char trouble[sizeof(((struct err *)0)->msg)];
	bool ending;
};

static const char *const fields[] = { ".metadata.resourceVersion", NULL };

static void on_object(void *arg, const char *key, const struct span *values)
{
	/* A string as the server wrote it: in quotes. */
	(void)arg;
	printf("object %s %.*s\n", key, (int)values[0].len - 2, values[0].at + 1);
}

static void on_gone(void *arg, const char *key)
{
	(void)arg;
	printf("gone %s\n", key);
}

static void on_synced(void *arg)
{
	(void)arg;
	printf("synced\n");
}

static void look(void *arg)
{
	struct probe *p = arg;
	const char *text = kube_watch_text(p->watch);

	if (strcmp(text, p->trouble) != 0) {
		snprintf(p->trouble, sizeof(p->trouble), "%s", text);
		printf("trouble %s\n", text);
	}
	timer_set(&p->look, LOOK_MS);
}

static void on_ws_closed(void *arg)
{
	loop_stop(((struct probe *)arg)->loop);
}

static void on_hub_closed(void *arg)
{
	struct probe *p = arg;

	ws_close(p->ws, on_ws_closed, p);
}

static void on_watch_closed(void *arg)
{
	struct probe *p = arg;

	watch_hub_close(p->hub, on_hub_closed, p);
}

static void on_signal(void *arg, int signum)
{
	struct probe *p = arg;
	struct kube_watch_stats s = kube_watch_stats(p->watch);

	(void)signum;
	if (p->ending)
		return;
	p->ending = true;
	printf("stats events=%" PRIu64 " bytes=%" PRIu64 " reconnects=%" PRIu64 " resyncs=%" PRIu64
	       " objects=%zu\n",
		s.events, s.bytes, s.reconnects, s.resyncs, s.objects);
	timer_close(&p->look, NULL);
	kube_watch_close(p->watch, on_watch_closed, p);
}

/* "v1/configmaps" or "GROUP/VERSION/PLURAL"; `text` is cut up and must stay. */
static int parse_type(char *text, struct kube_type *ret, struct err *e)
{
	char *plural = strrchr(text, '/'), *version;

	if (!plural)
		return err_set(e, EINVAL, "--type %s: wanted [GROUP/]VERSION/PLURAL", text);
	*plural++ = '\0';
	version = strrchr(text, '/');
	if (version)
		*version++ = '\0';
	*ret = (struct kube_type){
		.group = version ? text : "",
		.version = version ? version : text,
		.plural = plural,
		.kind = plural,
	};
	return 0;
}

static int make_hub(struct probe *p, const struct option_value *o, struct err *e)
{
	struct watch_hub_cfg cfg = { .loop = p->loop,
		.ws = p->ws,
		.config = &p->config,
		.user_agent = "berth-watch/" BERTH_VERSION };

	if (!watch_mode_parse(o[O_TRANSPORT].text, &cfg.mode))
		return err_set(e, EINVAL, "--watch-transport %s", o[O_TRANSPORT].text);
	return watch_hub_new(&cfg, &p->hub, e);
}

static int start(struct probe *p, const struct option_value *o, const struct kube_type *type,
	struct err *e)
{
	const struct kube_watch_cfg cfg = {
		.type = type,
		.label_selector = o[O_SELECTOR].text,
		.fields = fields,
		.object = on_object,
		.gone = on_gone,
		.synced = on_synced,
		.arg = p,
	};
	int rc = loop_new(&p->loop, e);

	if (rc == 0)
		rc = ws_new(p->loop, &p->config, "berth-watch/" BERTH_VERSION, &p->ws, e);
	if (rc == 0)
		rc = make_hub(p, o, e);
	if (rc == 0)
		rc = kube_watch_new(p->hub, &cfg, &p->watch, e);
	if (rc == 0)
		rc = loop_on_signal(p->loop, SIGTERM, on_signal, p, e);
	if (rc < 0)
		return rc;
	timer_init(p->loop, &p->look, look, p);
	timer_set(&p->look, 0);
	return 0;
}

static int run(const struct option_value *o, const struct kube_type *type)
{
	struct probe p = { 0 };
	struct err e = { "" };
	int exit_code = EXIT_OK;

	if (kube_config_load(o[O_KUBECONFIG].text, NULL, &p.config, &e) < 0) {
		exit_code = EXIT_CREDENTIALS;
	} else if (start(&p, o, type, &e) < 0) {
		exit_code = EXIT_OTHER;
	} else {
		loop_run(p.loop);
		loop_free(p.loop);
	}
	if (exit_code != EXIT_OK)
		fprintf(stderr, "watch: %s\n", e.msg);
	kube_config_clear(&p.config);
	return exit_code;
}

static int usage(void)
{
	char *list = options_help(defs, N_OPTIONS);

	printf("usage: watch [options]\n\nPrints what lib/kube tells of one watch, until SIGTERM.\n\n%s",
		list ? list : "");
	mem_free(list);
	return EXIT_OK;
}

int main(int argc, char **argv)
{
	struct option_value o[N_OPTIONS] = { 0 };
	struct kube_type type;
	struct err e = { "" };
	int exit_code = EXIT_USAGE;

	mem_init();
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	log_level_set(LOG_INFO);
	if (options_init(defs, N_OPTIONS, o, &e) < 0 ||
		options_parse(defs, N_OPTIONS, argc, argv, o, &e) < 0)
		fprintf(stderr, "watch: %s\n", e.msg);
	else if (o[O_HELP].given)
		exit_code = usage();
	else if (parse_type(o[O_TYPE].text, &type, &e) < 0)
		fprintf(stderr, "watch: %s\n", e.msg);
	else
		exit_code = run(o, &type);
	options_clear(N_OPTIONS, o);
	return exit_code;
}

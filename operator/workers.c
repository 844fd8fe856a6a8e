#include "workers.h"

#include "base/mem.h"
#include "dispatch/job.h"
#include "dispatch/process.h"
#include "dispatch/sink.h"
#include "flags.h"
#include "kube/file.h"

#include <string.h>
#include <unistd.h>

#define EVENT_MS        120000 /* the work for one event: some requests, none of which waits for an edge */
#define SCHEDULE_MS     60000 /* a pod to its node, and its image there */
#define SINK_RETRY_MS   250
#define GATHER_MS       100
#define WORKER_ACCOUNT  "berth-worker" /* manifests/rbac/worker.yaml */
#define WORKER_TOKEN_FD "3"            /* where loop/child.h puts it */

static bool are(const struct option_value *o, const char *kind)
{
	return strcmp(o[O_WORKER_SPAWNER].text, kind) == 0;
}

int64_t workers_deadline_ms(const struct option_value *o)
{
	return are(o, "process") ? EVENT_MS : EVENT_MS + SCHEDULE_MS;
}

static int make_sink(const struct workers_cfg *cfg, struct spawner **ret, struct err *e)
{
	const struct option_value *o = cfg->flags;
	AUTO_STR ca = NULL;
	struct sink_cfg sc = { .url = o[O_WORKER_SINK].text,
		.user_agent = "berth-operator/" BERTH_VERSION,
		.most_out = (unsigned)o[O_MAX_WORKERS].number,
		.answer_ms = EVENT_MS,
		.retry_base_ms = SINK_RETRY_MS,
		.may_send = cfg->may_send,
		.may_send_arg = cfg->arg };
	int rc = o[O_WORKER_SINK_CA].text ? file_read(o[O_WORKER_SINK_CA].text, &ca, NULL, e) : 0;

	sc.ca_pem = ca;
	return rc < 0 ? rc : sink_new(cfg->loop, &sc, ret, e);
}

static int make_jobs(const struct workers_cfg *cfg, struct spawner **ret, struct err *e)
{
	const struct option_value *o = cfg->flags;
	struct job_cfg jc = { .api = cfg->api,
		.hub = cfg->hub,
		.namespace = o[O_NAMESPACE].text,
		.image = o[O_WORKER_IMAGE].text,
		.log_level = o[O_LOG_LEVEL].text,
		.deny_cidrs = o[O_DENY_CIDRS].text,
		.max_jobs = (unsigned)o[O_MAX_WORKERS].number,
		.batch = (unsigned)o[O_WORKER_EVENTS].number,
		.gather_ms = GATHER_MS,
		.deadline_ms = EVENT_MS };

	return job_new(cfg->loop, &jc, ret, e);
}

static int make_token(struct workers *w, const struct workers_cfg *cfg, struct err *e)
{
	const struct option_value *o = cfg->flags;
	struct worker_token_cfg tc = { .api = cfg->api,
		.namespace = o[O_NAMESPACE].text,
		.name = o[O_WORKER_ACCOUNT].text,
		.first = cfg->there,
		.arg = cfg->arg };

	if (!tc.name && cfg->config->in_cluster && !o[O_WORKER_KUBECONFIG].text)
		tc.name = WORKER_ACCOUNT;
	return tc.name ? worker_token_new(cfg->loop, &tc, &w->token, e) : 0;
}

static char *beside_us(const char *name)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	self[n > 0 ? n : 0] = '\0';
	if (strrchr(self, '/'))
		*strrchr(self, '/') = '\0';
	return xprintf("%s/%s", self, name);
}

/* The worker's command line: the same hub, unless it has credentials of its own. */
static void make_argv(struct workers *w, const struct option_value *o)
{
	const char *kubeconfig =
		o[O_WORKER_KUBECONFIG].text ? o[O_WORKER_KUBECONFIG].text : o[O_KUBECONFIG].text;
	const char *context = o[O_WORKER_KUBECONFIG].text ? NULL : o[O_CONTEXT].text;
	unsigned i = 0;

	w->program = o[O_WORKER].text ? xstrdup(o[O_WORKER].text) : beside_us("berth-worker");
	w->argv[i++] = w->program;
	if (kubeconfig)
		w->argv[i++] = "--kubeconfig", w->argv[i++] = kubeconfig;
	if (context)
		w->argv[i++] = "--context", w->argv[i++] = context;
	w->argv[i++] = "--namespace", w->argv[i++] = o[O_NAMESPACE].text;
	w->argv[i++] = "--deny-cidrs", w->argv[i++] = o[O_DENY_CIDRS].text;
	w->argv[i++] = "--log-level", w->argv[i++] = o[O_LOG_LEVEL].text;
	if (w->token)
		w->argv[i++] = "--token-fd", w->argv[i++] = WORKER_TOKEN_FD;
}

static int make_processes(struct workers *w, const struct workers_cfg *cfg, struct spawner **ret,
	struct err *e)
{
	const struct option_value *o = cfg->flags;
	struct process_cfg pc = { .argv = w->argv,
		.max_workers = (unsigned)o[O_MAX_WORKERS].number,
		.worker_events = (unsigned)o[O_WORKER_EVENTS].number,
		.linger_ms = o[O_WORKER_LINGER].number * 1000,
		.end_ms = EVENT_MS };
	int rc = make_token(w, cfg, e);

	if (rc < 0)
		return rc;
	make_argv(w, o);
	pc.pass_fd = w->token ? worker_token_fd(w->token) : 0;
	return process_new(cfg->loop, &pc, ret, e);
}

int workers_new(struct workers *w, const struct workers_cfg *cfg, struct spawner **ret,
	struct err *e)
{
	*w = (struct workers){ 0 };
	if (are(cfg->flags, "knative"))
		return make_sink(cfg, ret, e);
	return are(cfg->flags, "job") ? make_jobs(cfg, ret, e) : make_processes(w, cfg, ret, e);
}

bool workers_there(const struct workers *w)
{
	return !w->token || worker_token_there(w->token);
}

void workers_ready(const struct workers *w, struct buf *why_not)
{
	if (w->token)
		worker_token_ready(w->token, why_not);
}

void workers_close(struct workers *w, void (*closed)(void *arg), void *arg)
{
	mem_free(STEAL(w->program));
	worker_token_close(STEAL(w->token), closed, arg);
}

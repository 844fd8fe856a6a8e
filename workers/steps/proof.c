/* proof.c — see proof.h.  The work is a benchmark's, made and read by the same code; its run is its own, for the step's run may
 * see more than one loss.  Which one it is, the step's refs say: by the name of the work, for a Liqo step has another besides. */
#include "workers/steps/proof.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"
#include "workers/status.h"
#include "workers/steps.h"
#include "workers/steps/benchmark.h"

#include <inttypes.h>
#include <string.h>

#define IMAGE      "localhost/berth-benchmark:dev" /* of probe.image, as the CRD has it */
#define TIMEOUT_S  120                             /* of probe.timeoutSeconds, too */
#define TRAVEL_MS  (60 * 1000)                     /* to the edge and back */
#define RUN_MARK   'p'                             /* begins its runs; all others are hexadecimal */
#define RUN_DIGITS 4                               /* of the step's run, behind the mark */
#define OUTPUT     "rtt"
#define PROBE      "network-latency"
#define UNIT       "us" /* of both */

/* What a Benchmark step would have in its plan; the caller's.  That a packet crosses has no score, and waits for no
 * quiet moment. */
static cJSON *spec_of(const struct world *w, const cJSON *probe)
{
	cJSON *spec = xjson_lit("{'benchmark':{'probes':['" PROBE "'],'runner':'Pod',"
				"'budgetSeconds':10,'maxPressurePercent':100}}");

	xjson_set_str(spec, "name", json_str_or(w->spec, "name", ""));
	xjson_set_str(spec, "benchmark.image", json_str_or(probe, "image", IMAGE));
	xjson_set(spec, "benchmark.peer", xjson_dup(json_key(probe, "peer")));
	xjson_set_int(spec, "benchmark.timeoutSeconds",
		json_int_or(probe, "timeoutSeconds", TIMEOUT_S));
	return spec;
}

/* "berth-<step>-<run>" */
static const char *run_of(struct ref work)
{
	const char *dash = strrchr(work.name, '-');

	return dash ? dash + 1 : work.name;
}

bool proof_work(const struct world *w, struct ref *ret)
{
	const cJSON *j;

	json_each(j, json_at(w->step, "refs"))
		if (ref_parse(j, ret) && ret->type == &KUBE_MANIFEST_WORK &&
			*run_of(*ret) == RUN_MARK)
			return true;
	return false;
}

/* What was sent before the step began anew may ask another peer, or by another image. */
static bool is_of_step_run(const struct world *w, struct ref work)
{
	return !strncmp(run_of(work) + 1, w->run, RUN_DIGITS);
}

static char *fresh_run(const struct world *w)
{
	AUTO_STR of = xprintf("%s/%s/%" PRId64, w->uid, w->run, w->now_ms);
	char hex[HASH_HEX_LEN];

	hash_hex(of, strlen(of), hex);
	return xprintf("%c%.*s%.5s", RUN_MARK, RUN_DIGITS, w->run, hex);
}

struct probe {
	struct world w;         /* as its Benchmark step would see it */
	const cJSON *peer;      /* whom it asks */
	const char *word;       /* of the network */
	const struct world *of; /* the step's own */
};

static int64_t longest_ms(const struct probe *p)
{
	return json_int_or(p->w.spec, "benchmark.timeoutSeconds", TIMEOUT_S) * 1000 + TRAVEL_MS;
}

static void send(const struct probe *p, struct ref work, struct effects *fx)
{
	effects_intend(fx, work);
	effects_create(fx, work, benchmark_work(&p->w));
	effects_wait(fx, p->w.now_ms + longest_ms(p), "Probing",
		"%s; a packet of ours is on its way to %.200s: work %s", p->word,
		json_str_or(p->peer, "host", ""), work.name);
}

static void fail(const struct probe *p, struct ref work, const char *why, struct effects *fx)
{
	effects_cleanup(fx, work);
	effects_fail(fx, step_retry_ms(p->of), "ProbeFailed",
		"%s, but no packet of ours crosses to %.200s:%" PRId64
		", the responder that the plan names: %.400s",
		p->word, json_str_or(p->peer, "host", ""), json_int_or(p->peer, "port", 0), why);
}

static void done(const char *word, const cJSON *peer, const char *rtt, struct effects *fx)
{
	effects_done(fx, REASON_PROBED,
		"%s; a packet of ours crossed to %.200s and back in %.32s " UNIT, word,
		json_str_or(peer, "host", ""), rtt);
}

/* Takes what was measured, which is one quantity, and gives its value. */
static const char *found(cJSON *measurements, struct effects *fx)
{
	const char *rtt = json_str_or(measurements->child, "value", "");

	effects_output(fx, OUTPUT, "Number", rtt);
	effects_measured(fx, measurements);
	return rtt;
}

static void unproven(struct effects *fx)
{
	fx->outputs = xjson_array();
	effects_measured(fx, xjson_array());
}

static void judge(const struct probe *p, const char *report, struct ref work, struct effects *fx)
{
	cJSON *measurements = NULL;
	struct err e;

	if (benchmark_judge(&p->w, report, &measurements, &e) < 0) {
		fail(p, work, e.msg, fx);
		return;
	}
	effects_cleanup(fx, work);
	done(p->word, p->peer, found(measurements, fx), fx);
}

static void look(const struct probe *p, const cJSON *object, struct ref work, struct effects *fx)
{
	int64_t until_ms = p->w.now_ms;
	struct benchmark_report r;

	clock_parse(json_str_or(object, "metadata.creationTimestamp", ""), &until_ms);
	until_ms += longest_ms(p);
	benchmark_read(&p->w, object, &r);
	if (r.state == BENCHMARK_RESULT)
		judge(p, r.result, work, fx);
	else if (r.state == BENCHMARK_FAILED || p->w.now_ms >= until_ms)
		fail(p, work, r.message, fx);
	else
		(r.blocked ? effects_blocked : effects_wait)(fx, until_ms,
			r.blocked ? r.reason : "Probing", "%s; %s", p->word, r.message);
}

static void go_on(const struct probe *p, struct ref work, struct effects *fx)
{
	const cJSON *object = NULL;

	if (world_object(p->of, work, &object) == SEEN_NOT_YET) {
		effects_read(fx, work);
	} else if (!object) {
		if (!status_ref_uid(p->of->step, work) || !step_cluster_leaves(p->of, work, fx))
			send(p, work, fx);
	} else if (!world_owns(p->of, object)) {
		effects_forget(fx, work); /* and another name is taken */
	} else {
		look(p, object, work, fx);
	}
}

static void forget_work(const struct world *w, struct effects *fx)
{
	struct ref work;

	if (proof_work(w, &work))
		effects_delete(fx, work);
}

static void probe(const struct world *w, const cJSON *settings, const char *word,
	struct effects *fx)
{
	AUTO_JSON spec = spec_of(w, json_key(settings, "probe"));
	struct probe p = { *w, json_at(settings, "probe.peer"), word, w };
	AUTO_STR run = fresh_run(w);
	struct ref work;

	p.w.spec = spec;
	if (proof_work(w, &work) && is_of_step_run(w, work)) {
		p.w.run = run_of(work);
		go_on(&p, work, fx);
	} else {
		p.w.run = run;
		AUTO_STR name = benchmark_work_name(&p.w);
		forget_work(w, fx);
		send(&p, (struct ref){ &KUBE_MANIFEST_WORK, w->cluster, name }, fx);
	}
}

static const char *proven(const struct world *w)
{
	return json_str(json_find(json_at(w->step, "outputs"), "name", OUTPUT, NULL), "value");
}

/* An earlier version kept the output alone. */
static void keep_measured(const struct world *w, struct effects *fx)
{
	AUTO_JSON known = status_measurements(w->status, json_str_or(w->step, "name", ""));
	cJSON *list;

	if (known->child)
		return;
	list = xjson_lit("[{'name':'" PROBE "','unit':'" UNIT "'}]");
	xjson_set_str(list->child, "value", proven(w));
	effects_measured(fx, list);
}

static bool is_wanted(const cJSON *settings)
{
	return !strcmp(json_str_or(settings, "proof", "Status"), "Probe");
}

static void connected(const struct world *w, const cJSON *settings, const char *word,
	struct effects *fx)
{
	struct ref work;

	if (!is_wanted(settings)) {
		forget_work(w, fx); /* the plan asked for one before */
		unproven(fx);
		effects_done(fx, REASON_STATUS_ONLY, "%s; no packet of ours has tried it", word);
	} else if (proven(w)) {
		if (proof_work(w, &work)) /* the power went before it was deleted */
			effects_cleanup(fx, work);
		keep_measured(w, fx);
		done(word, json_at(settings, "probe.peer"), proven(w), fx);
	} else {
		unproven(fx);
		probe(w, settings, word, fx);
	}
}

void proof_settle(const struct world *w, const cJSON *settings, struct effects *fx)
{
	if (fx->verdict == VERDICT_NONE)
		return;
	if (fx->verdict == VERDICT_DONE && !strcmp(fx->reason, REASON_STATUS_ONLY)) {
		AUTO_STR word = effects_unsay(fx);

		connected(w, settings, word, fx);
	} else {
		forget_work(w, fx);
		unproven(fx);
	}
}

void proof_assume(const struct world *w, const cJSON *settings, struct effects *fx)
{
	AUTO_JSON spec = spec_of(w, json_key(settings, "probe"));
	struct world as = *w;

	as.spec = spec;
	if (is_wanted(settings))
		(void)found(benchmark_reference(&as), fx);
}

bool proof_was_connected(const struct world *w)
{
	const char *reason = json_str_or(w->step, "reason", "");

	return !strcmp(reason, REASON_STATUS_ONLY) || !strcmp(reason, REASON_PROBED) ||
		!strcmp(reason, REASON_CONNECTION_LOST);
}

bool proof_end(const struct world *w, struct effects *fx)
{
	const cJSON *object = NULL;
	enum seen seen;
	struct ref work;

	if (!proof_work(w, &work))
		return false;
	seen = world_object(w, work, &object);
	if (seen != SEEN_NOT_YET && !(object && world_owns(w, object)))
		effects_forget(fx, work);
	else if (!json_at(object, "metadata.deletionTimestamp"))
		effects_delete(fx, work);
	return fx->len;
}

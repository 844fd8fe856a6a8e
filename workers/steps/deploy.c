/* deploy.c — the Deploy step: one ManifestWork with the plan's manifests, updated in place, and outputs read from its
 * feedback.
 *
 *   Pending ──intend, apply──► Waiting ──feedback──► Done      the work stays until the step is undone
 *
 * Done is looked at again whenever a worker comes: a work that is gone or was changed is put right, and outputs follow
 * what is on the edge. */
#include "workers/steps.h"
#include "workers/steps/deploy.h"

#include "base/clock.h"
#include "base/mem.h"
#include "workers/names.h"
#include "workers/status.h"

#include <string.h>

#define LOOK_MS (60 * 1000)
#define GONE_MS (10 * 1000)

static void inputs(const struct world *w, struct buf *out)
{
	AUTO_STR executor = json_text(json_at(w->plan, "executor"));

	buf_printf(out, " executor=%s", executor ? executor : "");
	names_add_used(w, "deploy", out);
}

/* Feedback wakes a worker.  What does not, such as a kind that the agent calls otherwise than we guessed, is found by a
 * look now and then, ever more seldom. */
static int64_t next_look(const struct world *w)
{
	int64_t begun_ms = w->now_ms;

	clock_parse(json_str_or(w->step, "startTime", ""), &begun_ms);
	return w->now_ms + (w->now_ms - begun_ms > LOOK_MS ? w->now_ms - begun_ms : LOOK_MS);
}

static void look(const struct world *w, const cJSON *work, struct effects *fx)
{
	struct deploy_report r;
	const cJSON *o;

	deploy_read(w, work, &r);
	if (r.state == DEPLOY_DONE)
		effects_done(fx, r.reason, "%s", r.message);
	else
		(r.state == DEPLOY_BLOCKED ? effects_blocked : effects_wait)(fx, next_look(w),
			r.reason, "%s", r.message);
	json_each(o, r.outputs)
		effects_output(fx, json_str(o, "name"), json_str(o, "type"), json_str(o, "value"));
	cJSON_Delete(r.outputs);
}

static bool is_as_sent(const struct world *w, const cJSON *have, const cJSON *want)
{
	const char *is = deploy_proof(have);

	return have && is && !strcmp(is, deploy_proof(want)) && strcmp(world_state(w), "Pending");
}

static void advance(const struct world *w, struct effects *fx)
{
	AUTO_STR name = deploy_work_name(w);
	struct ref work = { &KUBE_MANIFEST_WORK, w->cluster, name };
	const cJSON *have = NULL;
	AUTO_JSON want = NULL;
	struct err e;
	int rc;

	if (world_object(w, work, &have) == SEEN_NOT_YET) {
		effects_read(fx, work);
	} else if (have && !world_owns(w, have)) {
		effects_fail(fx, step_retry_ms(w), "NameTaken",
			"ManifestWork %s/%s exists and is not of this onboarding", w->cluster,
			name);
	} else if (json_at(have, "metadata.deletionTimestamp")) {
		effects_wait(fx, w->now_ms + GONE_MS, "WorkDeleting",
			"waiting for the edge to let go of ManifestWork %s/%s, which is being deleted",
			w->cluster, name);
	} else if (!have && status_ref_uid(w->step, work) && step_cluster_leaves(w, work, fx)) {
		return;
	} else if ((rc = deploy_work(w, have, &want, &e)) < 0) {
		names_missing(fx, rc, e.msg);
	} else if (is_as_sent(w, have, want)) {
		look(w, have, fx);
	} else {
		step_drop_refs(w, &work, fx); /* of a step of this name that was of another type */
		effects_intend(fx, work);
		effects_apply(fx, work, NULL, STEAL(want));
	}
}

static void assume(const struct world *w, struct effects *fx)
{
	names_assume(fx, json_at(w->spec, "deploy.outputs"));
}

const struct step_kind STEP_DEPLOY = {
	.type = "Deploy",
	.condition = "Deployed",
	.inputs = inputs,
	.advance = advance,
	.retract = step_retract_refs,
	.assume = assume,
};

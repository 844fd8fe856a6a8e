/* binding.c — the Binding step: a Secret on the hub with what functions need to know of the cluster, to which they are
 * bound by reference (servicebinding.io, Direct Secret Reference), updated in place.
 *
 * It holds no credential: a plan cannot write what it cannot read.  Which namespaces plans may write to, an administrator
 * says by a RoleBinding to the ClusterRole berth-binding. */
#include "workers/steps.h"

#include "base/base64.h"
#include "base/mem.h"
#include "workers/names.h"

#include <string.h>

#define GONE_MS (10 * 1000)
/* Of Kubernetes: a Secret's type cannot be changed later. */
#define SECRET_TYPE "servicebinding.io/onboarded-cluster"

static void inputs(const struct world *w, struct buf *out)
{
	names_add_used(w, "binding", out);
}

/* What the specification asks a binding to have; a plan names no others so, by its schema. */
static void put_well_known(const struct world *w, cJSON *data)
{
	xjson_put(data, "type", cJSON_CreateString("onboarded-cluster"));
	xjson_put(data, "provider", cJSON_CreateString("berth"));
	xjson_put(data, "cluster", cJSON_CreateString(w->cluster));
}

static int render(const struct world *w, cJSON **ret, struct err *e)
{
	struct names names = { .w = w };
	AUTO_JSON data = xjson_object();
	const cJSON *from;

	put_well_known(w, data);
	json_each(from, json_at(w->spec, "binding.data")) {
		const char *template = cJSON_GetStringValue(from);
		AUTO_STR text = NULL;
		int rc = expr_text(template ? template : "", names_look_up, &names, &text, e);

		if (rc < 0)
			return rc;
		xjson_put(data, from->string, cJSON_CreateString(text));
	}
	*ret = STEAL(data);
	return 0;
}

/* What others added to it is theirs. */
static bool is_as_wanted(const cJSON *have, const cJSON *data)
{
	const cJSON *want;

	json_each(want, data) {
		const char *base64 =
			cJSON_GetStringValue(json_key(json_key(have, "data"), want->string));
		AUTO_STR is = NULL;

		if (!base64 || base64_text(base64, &is) < 0 ||
			strcmp(is, cJSON_GetStringValue(want)))
			return false;
	}
	return true;
}

static cJSON *secret_of(const struct world *w, struct ref r, const cJSON *data)
{
	cJSON *secret = xjson_lit("{'apiVersion':'v1','kind':'Secret','type':'" SECRET_TYPE "',"
				  "'data':{}}");
	const cJSON *value;

	xjson_set_str(secret, "metadata.name", r.name);
	xjson_set_str(secret, "metadata.namespace", r.ns);
	xjson_set(secret, "metadata.labels", world_labels(w));
	json_each(value, data) {
		const char *text = cJSON_GetStringValue(value);
		AUTO_STR base64 = base64_of(text, strlen(text));

		xjson_put(json_key(secret, "data"), value->string, cJSON_CreateString(base64));
	}
	return secret;
}

static void bound(struct ref r, struct effects *fx)
{
	effects_done(fx, "Bound", "Secret %s/%s tells functions of the cluster", r.ns, r.name);
	effects_output(fx, "namespace", "String", r.ns);
	effects_output(fx, "secret", "String", r.name);
}

static void advance(const struct world *w, struct effects *fx)
{
	AUTO_STR name = xprintf("%s-%s", w->cluster, json_str_or(w->spec, "name", ""));
	struct ref secret = { &KUBE_SECRET, json_str_or(w->spec, "binding.namespace", ""), name };
	const cJSON *have = NULL;
	AUTO_JSON data = NULL;
	struct err e;
	int rc;

	if (world_object(w, secret, &have) == SEEN_NOT_YET) {
		effects_read(fx, secret);
	} else if (have && !world_owns(w, have)) {
		effects_fail(fx, step_retry_ms(w), "NameTaken",
			"Secret %s/%s exists and is not of this onboarding: rename the step, or delete the Secret",
			secret.ns, name);
	} else if (json_at(have, "metadata.deletionTimestamp")) {
		effects_wait(fx, w->now_ms + GONE_MS, "SecretDeleting",
			"waiting until Secret %s/%s, which is being deleted, is gone", secret.ns,
			name);
	} else if ((rc = render(w, &data, &e)) < 0) {
		names_missing(fx, rc, e.msg);
	} else if (have && strcmp(world_state(w), "Pending") && is_as_wanted(have, data)) {
		bound(secret, fx);
	} else {
		step_drop_refs(w, &secret, fx); /* of where it was before */
		effects_intend(fx, secret);
		effects_apply(fx, secret, NULL, secret_of(w, secret, data));
	}
}

const struct step_kind STEP_BINDING = {
	.type = "Binding",
	.condition = "Bound",
	.inputs = inputs,
	.advance = advance,
	.retract = step_retract_refs,
};

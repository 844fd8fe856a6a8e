#include "workers/schedulers/placement_probe.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ASKED  "berth.dev/asked" /* annotation */
#define LABELS "{'app.kubernetes.io/managed-by':'berth','berth.dev/scheduler':'%s'}"

const char *placement_probe_name(const cJSON *scheduler, char out[PROBE_NAME_LEN])
{
	snprintf(out, PROBE_NAME_LEN, "probe-%.40s-%.8s",
		json_str_or(scheduler, "metadata.name", ""),
		json_str_or(scheduler, "metadata.uid", ""));
	return out;
}

const char *placement_score_name(const cJSON *scheduler)
{
	return json_str_or(scheduler, "spec.placement.scoreName", "berth");
}

bool placement_is_probed(const cJSON *scheduler)
{
	return !strcmp(json_str_or(scheduler, "spec.type", ""), "Placement") &&
		strcmp(json_str_or(scheduler, "spec.placement.verify", ""), "None") != 0;
}

/* ---- the question ---- */

/* What may stand in a text of CEL as it is. */
static bool is_plain(const char *text)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./";

	return *text && strspn(text, letters) == strlen(text);
}

char *placement_probe_asks(const cJSON *score_object, int64_t now_ms)
{
	const cJSON *first = cJSON_GetArrayItem(json_at(score_object, "status.scores"), 0);
	const char *name = json_str_or(first, "name", "");
	int64_t until_ms;

	if (clock_parse(json_str_or(score_object, "status.validUntil", ""), &until_ms) &&
		until_ms <= now_ms)
		return NULL;
	return is_plain(name) && is_plain(json_str_or(score_object, "metadata.namespace", ""))
		? xprintf("%s=%" PRId64, name, json_int_or(first, "value", 0))
		: NULL;
}

/* ["edge1","edge2"] and {"edge1":"overall=51","edge2":"cpu=3"} as CEL has them. */
static void write_names(struct buf *out, const cJSON *asked)
{
	const cJSON *a;

	json_each(a, asked)
		buf_printf(out, "%s\"%s\"", a == asked->child ? "[" : ",", a->string);
	buf_str(out, "]");
}

static void write_map(struct buf *out, const cJSON *asked)
{
	const cJSON *a;

	json_each(a, asked)
		buf_printf(out, "%s\"%s\":\"%s\"", a == asked->child ? "{" : ",", a->string,
			cJSON_GetStringValue(a));
	buf_str(out, "}");
}

/* The second is asked only of clusters that passed the first: to have no such object is an error there, and means no. */
static cJSON *expressions(const cJSON *scheduler, const cJSON *asked)
{
	AUTO_BUF among = { 0 };
	AUTO_BUF scored = { 0 };
	cJSON *list = xjson_array();

	buf_str(&among, "managedCluster.metadata.name in ");
	write_names(&among, asked);
	buf_printf(&scored,
		"managedCluster.scores(\"%s\").exists(s, s.name + \"=\" + string(s.value) == ",
		placement_score_name(scheduler));
	write_map(&scored, asked);
	buf_str(&scored, "[managedCluster.metadata.name])");
	if (among.oom || scored.oom)
		mem_exhausted();
	cJSON_AddItemToArray(list, cJSON_CreateString(among.s));
	cJSON_AddItemToArray(list, cJSON_CreateString(scored.s));
	return list;
}

static cJSON *predicates(const cJSON *scheduler, const cJSON *asked)
{
	cJSON *list = xjson_array(), *one = xjson_object();

	xjson_set(one, "requiredClusterSelector.celSelector.celExpressions",
		expressions(scheduler, asked));
	cJSON_AddItemToArray(list, one);
	return list;
}

/* Goes with the scheduler, whatever becomes of its question. */
static cJSON *owners(const cJSON *scheduler)
{
	return xjson_lit(
		"[{'apiVersion':'berth.dev/v1alpha1','kind':'FunctionScheduler','name':'%s','uid':'%s'}]",
		json_str_or(scheduler, "metadata.name", ""),
		json_str_or(scheduler, "metadata.uid", ""));
}

cJSON *placement_probe(const cJSON *scheduler, const char *ns, const cJSON *asked)
{
	cJSON *p = xjson_object(), *annotations = xjson_object();
	AUTO_STR text = json_text(asked);
	char name[PROBE_NAME_LEN];

	if (!text)
		mem_exhausted();
	xjson_put(annotations, ASKED, cJSON_CreateString(text));
	xjson_set_str(p, "apiVersion", "cluster.open-cluster-management.io/v1beta1");
	xjson_set_str(p, "kind", "Placement");
	xjson_set_str(p, "metadata.name", placement_probe_name(scheduler, name));
	xjson_set_str(p, "metadata.namespace", ns);
	xjson_set(p, "metadata.labels",
		xjson_lit(LABELS, json_str_or(scheduler, "metadata.name", "")));
	xjson_set(p, "metadata.annotations", annotations);
	xjson_set(p, "metadata.ownerReferences", owners(scheduler));
	xjson_set(p, "spec.tolerations", xjson_lit("[{'operator':'Exists'}]"));
	xjson_set(p, "spec.predicates", predicates(scheduler, asked));
	return p;
}

static bool is_owned(const cJSON *object, const char *uid)
{
	const cJSON *owner;

	json_each(owner, json_at(object, "metadata.ownerReferences"))
		if (!strcmp(json_str_or(owner, "uid", ""), uid))
			return true;
	return false;
}

static bool is_question(const cJSON *asked)
{
	const cJSON *a;

	json_each(a, asked)
		if (!cJSON_IsString(a))
			return false;
	return cJSON_IsObject(asked);
}

cJSON *placement_probe_asked(const cJSON *placement, const cJSON *scheduler)
{
	const char *text =
		cJSON_GetStringValue(json_key(json_at(placement, "metadata.annotations"), ASKED));
	cJSON *asked = text && is_owned(placement, json_str_or(scheduler, "metadata.uid", "?"))
		? json_parse(text, strlen(text), NULL)
		: NULL;

	if (is_question(asked))
		return asked;
	cJSON_Delete(asked);
	return NULL;
}

/* ---- the answer ---- */

/* The controller writes this condition when the decisions are written. */
enum probe_state placement_probe_state(const cJSON *placement)
{
	static const char *const unbound[] = { "NoManagedClusterSetBindings", "NoIntersection",
		"AllManagedClusterSetsEmpty" };
	const cJSON *satisfied = json_find(json_at(placement, "status.conditions"), "type",
		"PlacementSatisfied", NULL);

	if (!satisfied)
		return PROBE_UNDECIDED;
	for (size_t i = 0; i < COUNT(unbound); i++)
		if (!strcmp(json_str_or(satisfied, "reason", ""), unbound[i]))
			return PROBE_UNBOUND;
	return PROBE_DECIDED;
}

bool placement_probe_is_decision(const cJSON *decision, const cJSON *placement)
{
	return is_owned(decision, json_str_or(placement, "metadata.uid", "?"));
}

bool placement_probe_shows(const cJSON *decision, const char *cluster)
{
	return json_find(json_at(decision, "status.decisions"), "clusterName", cluster, NULL);
}

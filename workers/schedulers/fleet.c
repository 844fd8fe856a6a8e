#include "workers/schedulers/fleet.h"

#include "base/mem.h"
#include "base/quantity.h"

#include <errno.h>
#include <string.h>

void fleet_set_init(struct fleet_set *s, const cJSON *scheduler)
{
	*s = (struct fleet_set){ .scheduler = scheduler, .clusters = xjson_object() };
}

static void free_facts(void *facts);

void fleet_set_clear(struct fleet_set *s)
{
	cJSON_Delete(s->clusters);
	map_clear(&s->facts, free_facts);
	*s = (struct fleet_set){ 0 };
}

static const char *path_of(const cJSON *j)
{
	return json_str_or(j, "path", ".") + 1;
}

/* ---- who is in it ---- */

static bool is_member(const cJSON *ref, const char *scheduler)
{
	return !strcmp(json_str_or(ref, "kind", ""), "FunctionScheduler") &&
		!strcmp(json_str_or(ref, "name", ""), scheduler) &&
		!json_bool_or(ref, "leaving", false);
}

/* As often as the operator counts it. */
static unsigned places(const struct fleet_set *s, const cJSON *onboarding)
{
	const char *scheduler = json_str_or(s->scheduler, "metadata.name", "");
	const cJSON *step, *ref;
	unsigned n = 0;

	json_each(step, json_at(onboarding, "status.steps"))
		json_each(ref, json_key(step, "refs"))
			n += is_member(ref, scheduler);
	return n;
}

static uint64_t hash_scores(const cJSON *scores)
{
	const cJSON *score;
	uint64_t sum = 0;

	json_each(score, scores)
		sum += fleet_score(json_str_or(score, "name", ""), json_int_or(score, "value", -1));
	return sum;
}

/* ---- what is told of it ---- */

static const struct {
	const char *from, *resource;
	int64_t unit;
} capacities[] = {
	{ "CPU", "status.capacity.cpu", 1 },
	{ "MemoryMB", "status.capacity.memory", 1000000 },
};

#define CLAIM_MOST 253 /* bytes: an edge writes its claims itself */

struct facts {
	int64_t of[COUNT(capacities)]; /* in its units; -1: not known */
	cJSON *claims;                 /* those that are told: value by name; NULL: none */
};

static void free_facts(void *facts)
{
	cJSON_Delete(((struct facts *)facts)->claims);
}

static bool is_claim(const cJSON *field)
{
	return !strcmp(json_str_or(field, "from", ""), "Claim");
}

static bool is_capacity(const cJSON *field, size_t *ret_i)
{
	const char *from = json_str_or(field, "from", "");

	for (*ret_i = 0; *ret_i < COUNT(capacities); ++*ret_i)
		if (!strcmp(from, capacities[*ret_i].from))
			return true;
	return false;
}

bool fleet_set_tells_facts(const struct fleet_set *s)
{
	const cJSON *field;
	size_t i;

	json_each(field, json_at(s->scheduler, "spec.http.clusters.fields"))
		if (is_claim(field) || is_capacity(field, &i))
			return true;
	return false;
}

static void know_claim(struct facts *f, const cJSON *claims, const char *name)
{
	const char *value = json_str_or(json_find(claims, "name", name, NULL), "value", "");

	if (!*value || strlen(value) > CLAIM_MOST)
		return;
	if (!f->claims)
		f->claims = xjson_object();
	xjson_put(f->claims, name, cJSON_CreateString(value));
}

void fleet_set_know(struct fleet_set *s, const cJSON *managed_cluster)
{
	struct facts *f =
		map_add(&s->facts, json_str_or(managed_cluster, "metadata.name", ""), sizeof(*f));
	const cJSON *field;

	if (!f)
		mem_exhausted();
	for (size_t i = 0; i < COUNT(capacities); i++)
		if (!quantity_units(json_str_or(managed_cluster, capacities[i].resource, ""),
			    capacities[i].unit, &f->of[i]))
			f->of[i] = -1;
	json_each(field, json_at(s->scheduler, "spec.http.clusters.fields"))
		if (is_claim(field))
			know_claim(f, json_at(managed_cluster, "status.clusterClaims"),
				json_str_or(field, "claim", ""));
}

static cJSON *capacity_of(const struct fleet_set *s, const char *name, size_t i)
{
	const struct facts *f = map_get(&s->facts, name);

	return f && f->of[i] >= 0 ? cJSON_CreateNumber((double)f->of[i]) : NULL;
}

static cJSON *claim_of(const struct fleet_set *s, const char *name, const char *claim)
{
	const struct facts *f = map_get(&s->facts, name);
	const cJSON *value = f ? json_key(f->claims, claim) : NULL;

	return value ? xjson_dup(value) : NULL;
}

/* NULL: it was not measured. */
static cJSON *score_of(const cJSON *field, const cJSON *scores)
{
	const cJSON *score =
		json_find(scores, "name", json_str_or(field, "score", "overall"), NULL);
	int64_t value = json_int_or(score, "value", 0), least = json_int_or(field, "minimum", 0);

	return score ? cJSON_CreateNumber((double)(value < least ? least : value)) : NULL;
}

static cJSON *value_of(const struct fleet_set *s, const cJSON *field, const char *name,
	const cJSON *scores)
{
	const char *from = json_str_or(field, "from", "");
	size_t i;

	if (!strcmp(from, "Name"))
		return cJSON_CreateString(name);
	if (!strcmp(from, "Score"))
		return score_of(field, scores);
	if (is_capacity(field, &i))
		return capacity_of(s, name, i);
	if (is_claim(field))
		return claim_of(s, name, json_str_or(field, "claim", ""));
	return json_key(field, "value") ? xjson_dup(json_key(field, "value")) : NULL;
}

static cJSON *tell(const struct fleet_set *s, const char *name, const cJSON *scores)
{
	cJSON *told = xjson_object();
	const cJSON *field;

	json_each(field, json_at(s->scheduler, "spec.http.clusters.fields")) {
		cJSON *value = value_of(s, field, name, scores);

		if (value)
			xjson_set(told, path_of(field), value);
	}
	return told;
}

/* Of a pool only who is in it. */
static bool tells_scores(const struct fleet_set *s)
{
	return json_at(s->scheduler, "spec.http");
}

void fleet_set_add(struct fleet_set *s, const cJSON *onboarding)
{
	const char *name = json_str_or(onboarding, "metadata.name", "");
	const cJSON *scores = json_at(onboarding, "status.scores");
	unsigned n = places(s, onboarding);

	if (n && !cJSON_AddItemToObject(s->clusters, name, tell(s, name, scores)))
		mem_exhausted();
	while (n--)
		fleet_add(&s->sum, name, tells_scores(s) ? hash_scores(scores) : 0);
}

char *fleet_set_body(const struct fleet_set *s)
{
	AUTO_JSON body = xjson_object();
	char *text;

	xjson_set(body, path_of(json_at(s->scheduler, "spec.http.clusters")),
		xjson_dup(s->clusters));
	text = json_text(body);
	if (!text)
		mem_exhausted();
	return text;
}

/* ---- what the scheduler shows ---- */

static bool holds(const cJSON *shown, const cJSON *told)
{
	const cJSON *member;

	if (!cJSON_IsObject(told))
		return json_equal(shown, told);
	json_each(member, told)
		if (!holds(json_key(shown, member->string), member))
			return false;
	return cJSON_IsObject(shown);
}

static int check_members(const struct map *shown, const cJSON *told, struct err *e)
{
	const cJSON *cluster;

	json_each(cluster, told) {
		const cJSON *have = map_get(shown, cluster->string);

		if (!have)
			return err_set(e, EINVAL, "it shows no cluster %.63s", cluster->string);
		if (!holds(have, cluster))
			return err_set(e, EINVAL, "it shows cluster %.63s otherwise than told",
				cluster->string);
	}
	return 0;
}

int fleet_set_check(const struct fleet_set *s, const cJSON *answer, struct err *e)
{
	const cJSON *set = json_at(answer, path_of(json_at(s->scheduler, "spec.http.clusters")));
	struct map shown = { 0 };
	const cJSON *cluster;
	int rc;

	if (cJSON_IsObject(set))
		json_each(cluster, set)
			if (map_put(&shown, cluster->string, (void *)cluster, NULL) < 0)
				mem_exhausted();
	rc = check_members(&shown, s->clusters, e);
	if (rc == 0 && (int)map_len(&shown) != cJSON_GetArraySize(s->clusters))
		rc = err_set(e, EINVAL, "it shows %d clusters instead of %d", (int)map_len(&shown),
			cJSON_GetArraySize(s->clusters));
	map_clear(&shown, NULL);
	return rc;
}

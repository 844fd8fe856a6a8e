/* fleet.h — for tests that look at plans and their clusters in a world.h. */
#ifndef CONTROLLER_TESTING_FLEET_H
#define CONTROLLER_TESTING_FLEET_H

#include "controller/testing/world.h"

static inline const char *reason_of(const char *cluster, const char *type)
{
	return json_str_or(condition_of(object_of(WATCH_ONBOARDINGS, cluster), type), "reason", "");
}

static inline const char *plan_of(const char *cluster)
{
	return json_str_or(object_of(WATCH_ONBOARDINGS, cluster), "spec.plan.name", "");
}

static inline const char *revision_of(const char *cluster)
{
	return json_str_or(object_of(WATCH_ONBOARDINGS, cluster), "spec.plan.revision", "");
}

static inline int64_t plan_says(const char *plan, const char *field)
{
	AUTO_STR path = xprintf("status.%s", field);

	return json_int_or(object_of(WATCH_PLANS, plan), path, -1);
}

static inline const char *plan_condition(const char *plan, const char *type, const char *field)
{
	return json_str_or(condition_of(object_of(WATCH_PLANS, plan), type), field, "");
}

static inline void edit_plan(const char *name, const char *path, cJSON *value)
{
	edit_spec(WATCH_PLANS, name, path, value);
}

/* Of this plan, any revision or that of now. */
static inline unsigned followers(const char *plan, bool updated)
{
	const cJSON *p = object_of(WATCH_PLANS, plan);
	unsigned n = 0;

	for (unsigned i = 0; i < n_world; i++) {
		const cJSON *o = world[i].object;

		if (world[i].kind != WATCH_ONBOARDINGS ||
			strcmp(json_str_or(o, "spec.plan.name", ""), plan) != 0)
			continue;
		n += !updated ||
			!strcmp(json_str_or(o, "spec.plan.revision", ""),
				json_str_or(p, "status.revision", "-"));
	}
	return n;
}

/* Does what an object's condition says, as a person would: copies the annotation out of the message. */
static inline void confirm_thing(struct thing *t, const char *type)
{
	const char *message = json_str_or(condition_of(t->object, type), "message", "");
	const char *at = strstr(message, "berth.dev/confirm"), *value = at ? strchr(at, '=') : NULL;
	AUTO_STR key = NULL;

	T_TRUE(value != NULL);
	key = xprintf("%.*s", (int)(value - at), at);
	if (!json_at(t->object, "metadata.annotations"))
		xjson_set(t->object, "metadata.annotations", xjson_object());
	xjson_put(json_at(t->object, "metadata.annotations"), key, cJSON_CreateString(value + 1));
	thing_changed(t);
}

static inline void confirm(const char *plan, const char *type)
{
	confirm_thing(thing_find(WATCH_PLANS, plan), type);
}

/* Each batch of an edit under a leader of its own, until all of so many clusters have it. */
static inline void roll_out(const char *plan, unsigned clusters, unsigned most)
{
	for (unsigned turn = 0; followers(plan, true) < clusters; turn++) {
		T_TRUE(turn < 10);
		T_TRUE(work_all(WORKS) <= most);
		restart();
		settle_all();
	}
	run_all();
	T_EQ(count_ready(), clusters);
}

static inline cJSON *one_step(void)
{
	return xjson_lit("[{'name':'bench','type':'Benchmark'}]");
}

#endif

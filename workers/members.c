#include "workers/members.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void list(struct members *m, const char *from);

static void on_page(void *arg, struct kube_reply *r)
{
	struct members *m = arg;
	const char *next = json_str_or(r->json, "metadata.continue", ""), *name;
	const cJSON *item;

	if (r->rc < 0) {
		snprintf(m->why, sizeof(m->why), "list clusteronboardings: %.250s", r->err.msg);
		m->done(m->arg, m->why);
		return;
	}
	json_each(item, json_key(r->json, "items")) {
		name = m->name_of(m->arg, item);
		if (!name)
			continue;
		cJSON_AddItemToArray(m->names, cJSON_CreateString(name));
		m->n++;
	}
	if (*next)
		list(m, next);
	else
		m->done(m->arg, NULL);
}

static void list(struct members *m, const char *from)
{
	struct kube_object all = { &KUBE_CLUSTER_ONBOARDING, NULL, NULL, NULL };

	if (m->hub->list(m->hub->arg, all, from, on_page, m) < 0)
		abort(); /* out of memory: exit and retry is our contract */
}

void members_list(struct members *m)
{
	m->names = xjson_array();
	m->n = 0;
	list(m, NULL);
}

void members_clear(struct members *m)
{
	cJSON_Delete(STEAL(m->names));
}

const cJSON *members_first(const struct members *m, int64_t every_ms)
{
	int64_t turn = clock_real_ms() / every_ms;

	return m->n ? cJSON_GetArrayItem(m->names, (int)(turn * MEMBERS_LOOK % m->n)) : NULL;
}

const cJSON *members_next(const struct members *m, const cJSON *name)
{
	return name->next ? name->next : m->names->child;
}

static bool is_there(const cJSON *step, const char *kind, const char *name)
{
	const cJSON *ref;

	if (strcmp(json_str_or(step, "type", ""), "Register") != 0 ||
		strcmp(json_str_or(step, "state", ""), "Done") != 0)
		return false;
	json_each(ref, json_key(step, "refs"))
		if (!strcmp(json_str_or(ref, "kind", ""), kind) &&
			!strcmp(json_str_or(ref, "name", ""), name))
			return true;
	return false;
}

int members_step(const cJSON *onboarding, const char *kind, const char *name)
{
	const cJSON *step;
	int i = 0;

	if (json_at(onboarding, "metadata.deletionTimestamp"))
		return -1;
	json_each(step, json_at(onboarding, "status.steps")) {
		if (is_there(step, kind, name))
			return i;
		i++;
	}
	return -1;
}

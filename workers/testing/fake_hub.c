/* fake_hub.c — see fake_hub.h. */
#include "workers/testing/fake_hub.h"

#include "testing/t.h"

#include <stdio.h>
#include <stdlib.h>

static char *path_of(struct kube_object o)
{
	return kube_path(o.type, o.ns, o.name, NULL);
}

cJSON *fake_get(struct fake *f, struct kube_object o)
{
	AUTO_STR path = path_of(o);

	return map_get(&f->objects, path);
}

void fake_put(struct fake *f, struct kube_object o, cJSON *object)
{
	AUTO_STR path = path_of(o);
	void *old = NULL;

	xjson_set_str(object, "metadata.resourceVersion", NULL);
	AUTO_STR rv = xprintf("%d", ++f->version);
	xjson_set_str(object, "metadata.resourceVersion", rv);
	T_EQ(map_put(&f->objects, path, object, &old), 0);
	if (old != object)
		cJSON_Delete(old);
}

static cJSON *pointer(cJSON *root, const char *path, char *ret_last)
{
	AUTO_STR copy = xstrdup(path + 1);
	cJSON *at = root;
	char *save = NULL, *token = strtok_r(copy, "/", &save), *next;

	while ((next = strtok_r(NULL, "/", &save))) {
		at = cJSON_IsArray(at) ? cJSON_GetArrayItem(at, atoi(token)) : json_key(at, token);
		token = next;
	}
	char *slash = strstr(token, "~1");
	if (slash) {
		*slash = '/';
		memmove(slash + 1, slash + 2, strlen(slash + 2) + 1);
	}
	snprintf(ret_last, 128, "%s", token);
	return at;
}

static bool patch_one(cJSON *root, const cJSON *op)
{
	char last[128];
	cJSON *parent = pointer(root, json_str(op, "path"), last), *value = json_key(op, "value");
	const char *verb = json_str(op, "op");
	cJSON *have = cJSON_IsArray(parent) ? cJSON_GetArrayItem(parent, atoi(last))
					    : json_key(parent, last);

	if (!strcmp(verb, "test"))
		return have ? json_equal(have, value) : cJSON_IsNull(value);
	if (!parent || (!strcmp(verb, "remove") && !have))
		return false;
	if (cJSON_IsArray(parent))
		cJSON_DeleteItemFromArray(parent, atoi(last));
	else
		cJSON_DeleteItemFromObjectCaseSensitive(parent, last);
	if (!strcmp(verb, "add"))
		cJSON_AddItemToObject(parent, last, xjson_dup(value));
	return true;
}

static int fake_patch(struct fake *f, struct kube_object o, const cJSON *patch)
{
	AUTO_JSON copy = fake_get(f, o) ? xjson_dup(fake_get(f, o)) : NULL;
	const cJSON *op;

	if (!copy)
		return -ENOENT;
	json_each(op, patch)
		if (!patch_one(copy, op))
			return -EAGAIN;
	if (json_at(copy, "metadata.deletionTimestamp") &&
		!cJSON_GetArraySize(json_at(copy, "metadata.finalizers"))) {
		AUTO_STR path = path_of(o);
		cJSON_Delete(map_del(&f->objects, path));
		return 0;
	}
	fake_put(f, o, STEAL(copy));
	return 0;
}

static int fake_create(struct fake *f, struct kube_object o, const cJSON *body)
{
	cJSON *object;

	if (fake_get(f, o))
		return -EEXIST;
	object = xjson_dup(body);
	AUTO_STR uid = xprintf("uid-%d", f->version);
	xjson_set_str(object, "metadata.uid", uid);
	xjson_set_int(object, "metadata.generation", 1);
	fake_put(f, o, object);
	f->works_created += o.type == &KUBE_MANIFEST_WORK;
	return 0;
}

static int fake_apply(struct fake *f, struct kube_object o, const cJSON *body)
{
	cJSON *object = fake_get(f, o);

	if (!object)
		return -ENOENT;
	object = xjson_dup(object);
	if (o.sub)
		xjson_set(object, "status", xjson_dup(json_key(body, "status")));
	fake_put(f, o, object);
	return 0;
}

static int fake_delete(struct fake *f, struct kube_object o, const char *uid)
{
	AUTO_STR path = path_of(o);
	cJSON *object = map_get(&f->objects, path);

	if (!object)
		return -ENOENT;
	if (uid && strcmp(uid, json_str(object, "metadata.uid")))
		return -EAGAIN;
	if (cJSON_GetArraySize(json_at(object, "metadata.finalizers"))) {
		xjson_set_str(object, "metadata.deletionTimestamp", "2026-01-01T00:00:00Z");
		return 0;
	}
	cJSON_Delete(map_del(&f->objects, path));
	return 0;
}

static int fake_call(void *arg, enum hub_verb verb, struct kube_object o, const cJSON *body,
	const char *uid, kube_done *done, void *done_arg)
{
	static const char *const verbs[] = { "get", "create", "apply", "patch", "delete" };
	struct fake *f = arg;
	struct pending *p = &f->queue[f->queued];
	int rc = 0;

	assert_true(f->queued < COUNT(f->queue));
	*p = (struct pending){ .done = done, .arg = done_arg, .reply = { .rc = -ECANCELED } };
	f->queued++;
	if (f->cut_after == 0)
		return 0; /* the power is out: nothing happens any more */
	buf_printf(&f->journal, "%s %s%s%s\n", verbs[verb], o.type->plural, o.sub ? "/" : "",
		o.sub ? o.sub : "");
	f->calls++;
	*(verb == HUB_GET ? &f->gets : &f->writes) += 1;
	AUTO_STR asked = xprintf("%s %s", verbs[verb], o.type->plural);
	if (f->refuse && !strcmp(f->refuse, asked))
		rc = -EACCES;
	else if (verb == HUB_GET)
		rc = fake_get(f, o) ? 0 : -ENOENT;
	else if (verb == HUB_CREATE)
		rc = fake_create(f, o, body);
	else if (verb == HUB_APPLY)
		rc = fake_apply(f, o, body);
	else if (verb == HUB_JSON_PATCH)
		rc = fake_patch(f, o, body);
	else
		rc = fake_delete(f, o, uid);
	if (f->cut_after > 0)
		f->cut_after--;
	if (f->cut_after == 0)
		return 0; /* done on the server, the answer is lost */
	p->reply.rc = rc;
	if (rc == 0 && fake_get(f, o))
		p->reply.json = xjson_dup(fake_get(f, o));
	if (rc < 0)
		err_set(&p->reply.err, -rc, "the hub says %d", rc);
	return 0;
}

#define PAGE 2

/* A page of two; `continue` is how many were shown. */
static int fake_list(void *arg, const struct kube_type *type, const char *from, kube_done *done,
	void *done_arg)
{
	struct fake *f = arg;
	AUTO_STR path = kube_path(type, NULL, NULL, NULL);
	struct pending *p = &f->queue[f->queued++];
	cJSON *items = xjson_array();
	int at = 0, first = from ? atoi(from) : 0;

	if (f->cut_after == 0 || (f->cut_after > 0 && --f->cut_after == 0)) {
		*p = (struct pending){ .done = done, .arg = done_arg, .reply.rc = -ECANCELED };
		cJSON_Delete(items);
		return 0;
	}
	*p = (struct pending){ .done = done, .arg = done_arg };
	p->reply.json = xjson_object();
	xjson_set(p->reply.json, "items", items);
	buf_printf(&f->journal, "list %s\n", type->plural);
	map_each(&f->objects, slot) {
		if (strncmp(slot->key, path, strlen(path)) || slot->key[strlen(path)] != '/')
			continue;
		if (at >= first && at < first + PAGE)
			cJSON_AddItemToArray(items, xjson_dup(slot->value));
		at++;
	}
	if (at > first + PAGE) {
		AUTO_STR next = xprintf("%d", first + PAGE);
		xjson_set_str(p->reply.json, "metadata.continue", next);
	}
	return 0;
}

static void fake_event(void *arg, const struct kube_event *ev)
{
	struct fake *f = arg;

	buf_printf(&f->events, "%s%s ", ev->reason, ev->warning ? "!" : "");
}

struct hub fake_hub(struct fake *f)
{
	return (struct hub){ .call = fake_call, .list = fake_list, .event = fake_event, .arg = f };
}

void fake_pump(struct fake *f)
{
	while (f->head < f->queued) {
		struct pending p = f->queue[f->head++];

		p.done(p.arg, &p.reply);
		cJSON_Delete(p.reply.json);
	}
	f->head = f->queued = 0;
}

void fake_clear(struct fake *f)
{
	map_clear(&f->objects, (void (*)(void *))cJSON_Delete);
	buf_clear(&f->journal);
	buf_clear(&f->events);
}

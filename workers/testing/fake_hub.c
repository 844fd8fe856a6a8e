/* fake_hub.c — see fake_hub.h. */
#include "workers/testing/fake_hub.h"

#include "testing/t.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

cJSON *fake_get(struct fake *f, struct kube_object o)
{
	return store_get(&f->store, o);
}

void fake_put(struct fake *f, struct kube_object o, cJSON *object)
{
	store_put(&f->store, o, object);
}

static int fake_call(void *arg, enum hub_verb verb, struct kube_object o, const cJSON *body,
	const char *uid, kube_done *done, void *done_arg)
{
	static const char *const verbs[] = { "get", "create", "apply", "patch", "delete" };
	struct fake *f = arg;
	struct pending *p = &f->queue[f->queued];
	bool is_new = (verb == HUB_CREATE || verb == HUB_APPLY) && !fake_get(f, o);
	int rc = 0;

	assert_true(f->queued < COUNT(f->queue));
	*p = (struct pending){ .done = done, .arg = done_arg, .reply = { .rc = -ECANCELED } };
	f->queued++;
	if (f->cut_after == 0)
		return 0; /* the power is out: nothing happens any more */
	buf_printf(&f->journal, "%s %s%s%s\n", verbs[verb], o.type->plural, o.sub ? "/" : "",
		o.sub ? o.sub : "");
	f->calls++;
	if (f->spy)
		f->spy(f, verb, o);
	*(verb == HUB_GET ? &f->gets : &f->writes) += 1;
	AUTO_STR asked = xprintf("%s %s", verbs[verb], o.type->plural);
	if (f->refuse && !strcmp(f->refuse, asked))
		rc = -EACCES;
	else
		rc = store_do(&f->store, verb, o, body, uid);
	if (verb == HUB_DELETE)
		buf_printf(&f->deleted, "%s ", o.name);
	f->works_created += rc == 0 && is_new && o.type == &KUBE_MANIFEST_WORK;
	if (rc == 0 && verb != HUB_GET && o.type != &KUBE_CLUSTER_ONBOARDING)
		buf_printf(&f->effects, "%s %s %s%s%s%s%s\n", verbs[verb], o.type->kind,
			o.ns ? o.ns : "", o.ns ? "/" : "", o.name, o.sub ? " " : "",
			o.sub ? o.sub : "");
	if (f->cut_after > 0)
		f->cut_after--;
	if (f->cut_after == 0)
		return 0; /* done on the server, the answer is lost */
	p->reply.rc = rc;
	if (rc == 0 && fake_get(f, o))
		p->reply.json = xjson_dup(fake_get(f, o));
	if (rc < 0)
		err_set(&p->reply.err, -rc, "the hub says %d", rc);
	if (rc == -ENOENT && !(f->unserved && !strcmp(f->unserved, o.type->plural)))
		snprintf(p->reply.reason, sizeof(p->reply.reason), "NotFound");
	return 0;
}

#define PAGE 2

/* The next one of that path by name, as an API server lists; NULL: there is none. */
static const struct map_slot *next_of(const struct fake *f, const char *path, const char *after)
{
	const struct map_slot *next = NULL;
	size_t len = strlen(path);

	map_each(&f->store.objects, slot)
		if (!strncmp(slot->key, path, len) && slot->key[len] == '/' &&
			strcmp(slot->key, after) > 0 && (!next || strcmp(slot->key, next->key) < 0))
			next = slot;
	return next;
}

/* A page of two; `continue` is the last that was shown. */
static int fake_list(void *arg, struct kube_object in, const char *from, kube_done *done,
	void *done_arg)
{
	struct fake *f = arg;
	AUTO_STR path = kube_path(in.type, in.ns, NULL, NULL);
	struct pending *p = &f->queue[f->queued++];
	cJSON *items = xjson_array();
	const struct map_slot *at;
	const char *after = from ? from : "";

	if (f->cut_after == 0 || (f->cut_after > 0 && --f->cut_after == 0)) {
		*p = (struct pending){ .done = done, .arg = done_arg, .reply.rc = -ECANCELED };
		cJSON_Delete(items);
		return 0;
	}
	*p = (struct pending){ .done = done, .arg = done_arg };
	AUTO_STR asked = xprintf("list %s", in.type->plural);
	if (f->refuse && !strcmp(f->refuse, asked)) {
		p->reply.rc = err_set(&p->reply.err, EACCES, "the hub forbids to %s", asked);
		cJSON_Delete(items);
		return 0;
	}
	p->reply.json = xjson_object();
	xjson_set(p->reply.json, "items", items);
	buf_printf(&f->journal, "list %s\n", in.type->plural);
	for (int i = 0; i < PAGE && (at = next_of(f, path, after)); i++) {
		cJSON_AddItemToArray(items, xjson_dup(at->value));
		after = at->key;
	}
	if (next_of(f, path, after))
		xjson_set_str(p->reply.json, "metadata.continue", after);
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

bool fake_pump_one(struct fake *f)
{
	struct pending p;

	if (f->head == f->queued) {
		f->head = f->queued = 0;
		return false;
	}
	p = f->queue[f->head++];
	p.done(p.arg, &p.reply);
	cJSON_Delete(p.reply.json);
	return true;
}

void fake_pump(struct fake *f)
{
	while (fake_pump_one(f))
		;
}

void fake_clear(struct fake *f)
{
	store_clear(&f->store);
	buf_clear(&f->journal);
	buf_clear(&f->events);
	buf_clear(&f->effects);
	buf_clear(&f->deleted);
}

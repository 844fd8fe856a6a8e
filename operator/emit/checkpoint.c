#include "emit/checkpoint.h"

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD = LEDGER_SHARDS };

static unsigned index_of(const struct checkpoint_part *p)
{
	return (unsigned)(p - p->c->parts);
}

static char *name_of(const struct checkpoint_part *p)
{
	unsigned i = index_of(p);

	return i == HEAD ? xprintf("%s", p->c->name) : xprintf("%s-%x", p->c->name, i);
}

static void note_version(struct checkpoint_part *p, const struct kube_reply *r)
{
	const char *version = r->rc < 0 ? "" : json_str_or(r->json, "metadata.resourceVersion", "");

	snprintf(p->version, sizeof(p->version), "%s", version);
}

/* Of a round that fails the first cause is told, and once. */
static void fail(struct checkpoint *c, const struct kube_reply *r)
{
	if (r->rc != -ECANCELED && !c->failed && strcmp(c->trouble.msg, r->err.msg) != 0) {
		log_warn("events: their checkpoint cannot be used", "resource", c->about, "error",
			r->err.msg, NULL);
		c->trouble = r->err;
	}
	c->failed = true;
}

static void write_head(struct checkpoint *c);

static void request_ended(struct checkpoint *c)
{
	assert(c->requests > 0);
	if (c->requests == 1 && !c->failed && !c->loading && !c->head)
		write_head(c);
	if (--c->requests)
		return;
	if (!c->failed)
		c->trouble.msg[0] = '\0';
	c->done(c->arg, !c->failed);
}

static void request_start(struct checkpoint *c, int rc)
{
	if (rc == -ENOMEM)
		mem_exhausted();
	if (rc == 0)
		c->requests++;
	else /* the client is closing, and so are we */
		c->failed = true;
}

static void read_part(struct checkpoint_part *p, kube_done *done)
{
	AUTO_STR name = name_of(p);
	struct kube_object o = { &KUBE_CONFIG_MAP, p->c->namespace, name, NULL };

	request_start(p->c, kube_get(p->c->api, o, done, p));
}

/* ---- loading ---- */

static void take(struct checkpoint_part *p, const cJSON *object)
{
	struct ledger *l = p->c->ledger;

	if (index_of(p) == HEAD)
		l->start = l->position = p->c->written =
			strtoull(json_str_or(object, "data.resourceVersion", "0"), NULL, 10);
	else
		ledger_load(l, json_str_or(object, "data.known", ""));
}

static void on_loaded(void *arg, struct kube_reply *r)
{
	struct checkpoint_part *p = arg;

	note_version(p, r);
	if (r->rc == 0)
		take(p, r->json);
	else if (r->rc != -ENOENT)
		fail(p->c, r);
	request_ended(p->c);
}

void checkpoint_load(struct checkpoint *c)
{
	assert(!c->requests);
	c->loading = true;
	c->failed = false;
	c->requests = 1; /* this one */
	for (unsigned i = 0; i < CHECKPOINT_PARTS; i++) {
		c->parts[i].c = c;
		read_part(&c->parts[i], on_loaded);
	}
	request_ended(c);
}

/* ---- saving ---- */

/* A conflict: our own write whose answer was lost, or somebody's.  The next save goes by what is there. */
static void on_read_again(void *arg, struct kube_reply *r)
{
	struct checkpoint_part *p = arg;

	note_version(p, r);
	request_ended(p->c);
}

static void on_written(void *arg, struct kube_reply *r)
{
	struct checkpoint_part *p = arg;
	struct checkpoint *c = p->c;
	unsigned i = index_of(p);

	if (r->rc == 0) {
		note_version(p, r);
		c->written = i == HEAD ? c->since : c->written;
	} else {
		fail(c, r);
		c->ledger->dirty |= i == HEAD ? 0 : 1u << i;
		if (r->rc == -ENOENT) /* who deleted this one may have deleted them all */
			ledger_touch_all(c->ledger);
		if (r->rc == -EAGAIN || r->rc == -EEXIST || r->rc == -ENOENT)
			read_part(p, on_read_again);
	}
	request_ended(c);
}

static void write_part(struct checkpoint_part *p, const char *key, const char *value)
{
	struct checkpoint *c = p->c;
	AUTO_STR name = name_of(p);
	AUTO_JSON body = xjson_lit(
		"{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'%s','labels':{"
		"'app.kubernetes.io/managed-by':'berth','app.kubernetes.io/component':'events'}}}",
		name);
	struct kube_object o = { &KUBE_CONFIG_MAP, c->namespace, name, NULL };

	xjson_put(json_at(body, "metadata"), "annotations", xjson_object());
	xjson_put(json_at(body, "metadata.annotations"), "berth.dev/events",
		cJSON_CreateString(c->about));
	xjson_put(body, "data", xjson_object());
	xjson_put(json_at(body, "data"), key, cJSON_CreateString(value));
	if (*p->version) {
		xjson_set_str(body, "metadata.resourceVersion", p->version);
		request_start(c, kube_merge_patch(c->api, o, body, on_written, p));
	} else {
		request_start(c, kube_create(c->api, o, body, on_written, p));
	}
}

static void write_head(struct checkpoint *c)
{
	AUTO_STR since = xprintf("%" PRIu64, c->since);

	c->head = true;
	if (c->since != c->written)
		write_part(&c->parts[HEAD], "resourceVersion", since);
}

void checkpoint_save(struct checkpoint *c)
{
	unsigned dirty = c->ledger->dirty;

	assert(!c->requests);
	c->loading = c->failed = c->head = false;
	c->since = ledger_since(c->ledger);
	c->ledger->dirty = 0;
	c->requests = 1; /* this one */
	for (unsigned i = 0; i < LEDGER_SHARDS; i++) {
		AUTO_STR known = dirty & 1u << i ? ledger_known(c->ledger, i) : NULL;

		if (known)
			write_part(&c->parts[i], "known", known);
	}
	request_ended(c);
}

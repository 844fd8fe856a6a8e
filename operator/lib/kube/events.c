#include "kube/events.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "kube/call.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAMESPACE     "default" /* where Events about cluster-scoped objects must live */
#define NAME_MOST     200       /* of 253, the rest is ours */
#define NOTE_MOST     1024
#define GIVE_UP_MS    60000
#define TELL_EVERY_MS 60000
#define SLOTS         1024

/* The last fact told of an object, in the slot that its uid hashes to.  Two objects that share a slot only
 * make a repetition possible; memory stays bounded however many objects come and go. */
static uint64_t told[SLOTS];

static uint64_t hash64(const char *text)
{
	char hex[HASH_HEX_LEN];
	hash_hex(text, strlen(text), hex);
	hex[16] = '\0';
	return strtoull(hex, NULL, 16);
}

/* NULL if this was the last fact told of the object, or if memory is out. */
static uint64_t *claim_slot(const struct kube_event *ev)
{
	AUTO_STR object = mem_printf("%s\n%s", ev->name, ev->uid);
	AUTO_STR fact = mem_printf("%s\n%s\n%s\n%s", ev->name, ev->uid, ev->reason, ev->note);
	if (!object || !fact)
		return NULL;
	uint64_t *slot = &told[hash64(object) % SLOTS], hash = hash64(fact);
	if (*slot == hash)
		return NULL;
	*slot = hash;
	return slot;
}

struct member {
	const char *key, *value;
};

static bool add_members(cJSON *object, const struct member *m, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!cJSON_AddStringToObject(object, m[i].key, m[i].value))
			return false;
	return true;
}

static bool add_metadata(cJSON *event, const char *name)
{
	const struct member m[] = { { "name", name }, { "namespace", NAMESPACE } };
	return add_members(cJSON_AddObjectToObject(event, "metadata"), m, COUNT(m));
}

static bool add_object(cJSON *event, const struct kube_event *ev)
{
	AUTO_STR version = kube_api_version(ev->type);
	const struct member m[] = { { "apiVersion", version }, { "kind", ev->type->kind },
		{ "name", ev->name }, { "uid", ev->uid } };
	return version &&
		add_members(cJSON_AddObjectToObject(event, "involvedObject"), m, COUNT(m));
}

static bool add_fact(cJSON *event, const char *controller, const struct kube_event *ev)
{
	char now[CLOCK_TEXT_LEN], host[65] = "";
	AUTO_STR note = mem_strndup(ev->note, utf8_cut(ev->note, NOTE_MOST));
	gethostname(host, sizeof(host) - 1);
	const struct member m[] = { { "apiVersion", "v1" }, { "kind", "Event" },
		{ "firstTimestamp", clock_text(clock_real_ms(), now) }, { "lastTimestamp", now },
		{ "type", ev->warning ? "Warning" : "Normal" }, { "reason", ev->reason },
		{ "action", ev->action }, { "message", note }, { "reportingComponent", controller },
		{ "reportingInstance", *host ? host : "unknown" } };
	return note && add_members(event, m, COUNT(m));
}

static cJSON *event_body(const char *name, const char *controller, const struct kube_event *ev)
{
	AUTO_JSON event = cJSON_CreateObject();
	if (!add_fact(event, controller, ev) || !add_metadata(event, name) ||
		!add_object(event, ev))
		return NULL;
	return STEAL(event);
}

static void tell_failure(const char *why)
{
	static int64_t last; /* of the failures one a minute is enough: they have one cause */
	int64_t now = clock_mono_ms();
	if (last && now - last < TELL_EVERY_MS)
		return;
	last = now;
	log_warn("Event not sent", "error", why, NULL);
}

static void sent(void *arg, struct kube_reply *r)
{
	uint64_t *slot = arg;
	/* A name that exists already is our own Event, whose answer was lost on the way. */
	if (r->rc == 0 || r->rc == -EEXIST || r->rc == -ECANCELED)
		return;
	*slot = 0;
	tell_failure(r->err.msg);
}

/* Later ones sort later; two processes in the same millisecond differ by chance. */
static char *event_name(const char *object)
{
	static unsigned sequence;
	char unique[5];
	return mem_printf("%.*s.%011llx%02x%s", NAME_MOST, object, (long long)clock_real_ms(),
		sequence++ & 0xff, hash_random_hex(4, unique));
}

void kube_event_send(struct kube *k, const char *controller, const struct kube_event *ev)
{
	uint64_t *slot = claim_slot(ev);
	if (!slot)
		return;
	AUTO_STR name = event_name(ev->name);
	AUTO_JSON body = name ? event_body(name, controller, ev) : NULL;
	struct kube_object o = { &KUBE_EVENT, NAMESPACE, name, NULL };
	int rc = body ? kube_create_in_background(k, o, body, GIVE_UP_MS, sent, slot) : -ENOMEM;
	if (rc == 0)
		return;
	*slot = 0;
	if (rc != -ECANCELED)
		tell_failure(rc == -EAGAIN ? "too many wait for their turn" : "out of memory");
}

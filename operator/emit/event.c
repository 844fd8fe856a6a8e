#include "emit/event.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"

#include <assert.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#define ERROR_DATA_MOST 1024 /* of Base64, as Knative cuts it */

static const char *const words[N_EVENT_VERBS] = {
	[EVENT_ADD] = "add",
	[EVENT_UPDATE] = "update",
	[EVENT_DELETE] = "delete",
	[EVENT_SEEN] = "seen",
	[EVENT_READY] = "ready",
	[EVENT_BENCHMARKED] = "benchmarked",
	[EVENT_NETWORKED] = "networked",
	[EVENT_REGISTERED] = "registered",
	[EVENT_ONBOARDED] = "onboarded",
	[EVENT_SUSPENDED] = "suspended",
	[EVENT_LEFT] = "left",
};

void event_free(struct event *ev)
{
	if (!ev)
		return;
	mem_free(ev->body);
	mem_free(ev);
}

/* ---- the data ---- */

/* The namespace of a key, "" if it has none, and by ret_name the rest; caller frees. */
static char *split(const char *key, const char **ret_name)
{
	const char *slash = strchr(key, '/');
	char *ns = mem_strndup(key, slash ? (size_t)(slash - key) : 0);

	if (!ns)
		mem_exhausted();
	*ret_name = slash ? slash + 1 : key;
	return ns;
}

static char *taken(char *text)
{
	if (!text)
		mem_exhausted();
	return text;
}

/* Members in the order in which Go's ObjectReference has them. */
static void add_reference(struct buf *b, const struct event_kind *k, const char *key)
{
	const char *name;
	AUTO_STR ns = split(key, &name);

	buf_printf(b, "{\"kind\":\"%s\",", k->kind);
	if (*ns)
		buf_printf(b, "\"namespace\":\"%s\",", ns);
	buf_printf(b, "\"name\":\"%s\",\"apiVersion\":\"%s\"}", name, k->api_version);
}

static void add_unseen(struct buf *b, const struct event_kind *k, const char *key, const char *uid,
	uint64_t version)
{
	const char *name;
	AUTO_STR ns = split(key, &name);

	buf_printf(b, "{\"apiVersion\":\"%s\",\"kind\":\"%s\",\"metadata\":{\"name\":\"%s\",",
		k->api_version, k->kind, name);
	if (*ns)
		buf_printf(b, "\"namespace\":\"%s\",", ns);
	buf_printf(b, "\"uid\":\"%s\",\"resourceVersion\":\"%" PRIu64 "\"}}", uid, version);
}

/* Lists of built-in types come without the items' apiVersion and kind. */
static void add_whole(struct buf *b, const struct event_kind *k, struct span object)
{
	assert(span_kind(object) == '{');
	if (span_is_set(span_get(object, "kind"))) {
		buf_add(b, object.at, object.len);
		return;
	}
	buf_printf(b, "{\"apiVersion\":\"%s\",\"kind\":\"%s\",", k->api_version, k->kind);
	buf_add(b, object.at + 1, object.len - 1);
}

struct event *event_with(enum event_verb verb, const char *uid, uint64_t version, char *body)
{
	struct event *ev = xalloc(sizeof(*ev));

	ev->verb = verb;
	snprintf(ev->uid, sizeof(ev->uid), "%s", uid);
	ev->version = version;
	ev->made = clock_real_ms();
	ev->body = body;
	ev->len = strlen(body);
	return ev;
}

/* Names, kinds and uids are what the API server lets through: nothing in them needs an escape. */
struct event *event_new(const struct event_kind *k, enum event_verb verb, const char *key,
	struct span object, const char *uid, uint64_t version)
{
	AUTO_BUF b = { 0 };

	if (k->reference)
		add_reference(&b, k, key);
	else if (object.at)
		add_whole(&b, k, object);
	else
		add_unseen(&b, k, key, uid, version);
	return event_with(verb, uid, version, taken(buf_steal(&b)));
}

/* ---- the attributes ---- */

/* Space, double quote, per cent, and what is not printable ASCII (CloudEvents, HTTP binding 3.1.3.2). */
static char *encoded(const char *text)
{
	AUTO_BUF b = { 0 };

	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (*p <= ' ' || *p > '~' || *p == '"' || *p == '%')
			buf_printf(&b, "%%%02X", *p);
		else
			buf_add(&b, p, 1);
	}
	return taken(buf_steal(&b));
}

static void put(struct attributes *a, const char *name, const char *value)
{
	assert(a->n < COUNT(a->list));
	a->list[a->n++] = (struct http_header){ name, encoded(value) };
}

static char *id_of(const struct event *ev)
{
	const char *word = words[ev->verb];

	if (ev->verb < EVENT_SEEN)
		return xprintf("%s.%" PRIu64 ".%s", ev->uid, ev->version, word);
	if (ev->stamp)
		return xprintf("%s.%s.%" PRIu32, ev->uid, word, ev->stamp);
	return xprintf("%s.%s", ev->uid, word);
}

static void put_object(const struct event_kind *k, const char *key, const struct event *ev,
	struct attributes *ret)
{
	const char *name;
	AUTO_STR ns = split(key, &name);
	AUTO_STR version = xprintf("%" PRIu64, ev->version);
	AUTO_STR type = xprintf("dev.knative.apiserver.%s.%s", k->reference ? "ref" : "resource",
		words[ev->verb]);
	AUTO_STR subject =
		xprintf("/apis/%s/namespaces/%s/%s/%s", k->api_version, ns, k->plural, name);

	put(ret, "Ce-Type", type);
	put(ret, "Ce-Subject", subject);
	put(ret, "Ce-Apiversion", k->api_version);
	put(ret, "Ce-Kind", k->kind);
	put(ret, "Ce-Name", name);
	put(ret, "Ce-Namespace", ns);
	put(ret, "Ce-Uid", ev->uid);
	put(ret, "Ce-Resourceversion", version);
	put(ret, "Kn-Namespace", k->namespace);
}

static void put_cluster(const char *key, const struct event *ev, struct attributes *ret)
{
	AUTO_STR type = xprintf("dev.berth.cluster.%s", words[ev->verb]);

	put(ret, "Ce-Type", type);
	put(ret, "Ce-Subject", key);
}

void event_attributes(const struct event_kind *k, const char *key, const struct event *ev,
	struct attributes *ret)
{
	AUTO_STR id = id_of(ev);
	char made[CLOCK_TEXT_LEN];

	*ret = (struct attributes){ 0 };
	put(ret, "Ce-Id", id); /* ATTRIBUTE_ID */
	put(ret, "Ce-Specversion", "1.0");
	put(ret, "Ce-Source", k->source);
	put(ret, "Ce-Time", clock_text_milli(ev->made, made));
	if (ev->verb < EVENT_SEEN)
		put_object(k, key, ev, ret);
	else
		put_cluster(key, ev, ret);
}

void event_attributes_failed(struct attributes *a, const char *sink, int status, const char *answer,
	size_t len)
{
	char code[16], data[ERROR_DATA_MOST + 4];
	size_t most = ERROR_DATA_MOST / 4 * 3, n = len < most ? len : most;

	snprintf(code, sizeof(code), "%d", status ? status : -1);
	put(a, "Ce-Knativeerrordest", sink);
	put(a, "Ce-Knativeerrorcode", code);
	EVP_EncodeBlock((unsigned char *)data, (const unsigned char *)(answer ? answer : ""),
		answer ? (int)n : 0);
	if (answer && len)
		put(a, "Ce-Knativeerrordata", data);
}

void attributes_clear(struct attributes *a)
{
	for (unsigned i = 0; i < a->n; i++)
		mem_free((char *)a->list[i].value);
	a->n = 0;
}

/* event.h — one event on its way out: what happened to an object of the hub, as Knative's ApiServerSource says it, or
 * how far a cluster has come, in Berth's own words.  Pure.  Memory running out aborts.
 *
 * Both are CloudEvents 1.0 in HTTP binary mode.  Of an object:
 *   type      dev.knative.apiserver.resource.{add,update,delete}, in Reference mode .ref. for .resource.
 *   source    URL of the API server
 *   subject   /apis/<apiVersion>/namespaces/<namespace>/<plural>/<name>
 *   id        <uid>.<resourceVersion>.<add|update|delete>: who takes an event twice can tell
 *   apiversion, kind, name, namespace (empty for what has none), and, beyond Knative's, uid, resourceversion
 *   data      the object as the API server wrote it, or {kind, namespace, name, apiVersion} of it
 * and header Kn-Namespace.  A deletion has the last state; if nobody saw that (the list that followed an outage
 * was without the object) only apiVersion, kind and metadata.{name,namespace,uid,resourceVersion}.
 *
 * Of a cluster (cluster_events.h says when, and with which data):
 *   type      dev.berth.cluster.{seen,ready,benchmarked,networked,registered,onboarded,suspended,left}
 *   source    urn:berth:<uid of kube-system>
 *   subject   the cluster
 *   id        <uid of its ClusterOnboarding>.<seen|left>, or <uid>.<word>.<since when, Unix time> */
#ifndef EMIT_EVENT_H
#define EMIT_EVENT_H

#include "base/span.h"
#include "http/http.h"

#include <stdbool.h>
#include <stdint.h>

#define EVENT_UID 40 /* 36 and NUL; longer ones are no uids of an API server and are cut */

enum event_verb {
	EVENT_ADD,
	EVENT_UPDATE,
	EVENT_DELETE,
	EVENT_SEEN, /* from here on Berth's own */
	EVENT_READY,
	EVENT_BENCHMARKED,
	EVENT_NETWORKED,
	EVENT_REGISTERED,
	EVENT_ONBOARDED,
	EVENT_SUSPENDED,
	EVENT_LEFT,
	N_EVENT_VERBS
};

struct event {
	struct event *next;
	enum event_verb verb;
	char uid[EVENT_UID];
	uint64_t version; /* of the object */
	uint64_t
		since; /* a watch from this resourceVersion on would show it again; 0: only a list would */
	bool partial;   /* another one follows about the same version */
	uint32_t stamp; /* EVENT_READY…: since when, Unix time; 0: that is no matter */
	int64_t made;   /* real ms */
	char *body;     /* JSON */
	size_t len;
};

/* What all events of one source have in common; all borrowed. */
struct event_kind {
	const char *source, *api_version, *kind, *plural;
	const char *namespace; /* for Kn-Namespace */
	bool reference;
};

/* After it the object is not known any more. */
static inline bool event_ends(const struct event *ev)
{
	return ev->verb == EVENT_DELETE || ev->verb == EVENT_LEFT;
}

enum { ATTRIBUTE_ID }; /* its place in the list */

/* Headers, their values percent-encoded as the binary mode wants it. */
struct attributes {
	struct http_header list[16];
	unsigned n;
};

/* `key` is "name" or "namespace/name"; `object` the object's text, absent: nobody saw it.  Caller frees. */
struct event *event_new(const struct event_kind *k, enum event_verb verb, const char *key,
	struct span object, const char *uid, uint64_t version);
/* With a body of its own, which it takes. */
struct event *event_with(enum event_verb verb, const char *uid, uint64_t version, char *body);
void event_free(struct event *ev);

/* The headers of a binary CloudEvent, but Content-Type.  attributes_clear() afterwards. */
void event_attributes(const struct event_kind *k, const char *key, const struct event *ev,
	struct attributes *ret);
/* What Knative's delivery adds on the way to a dead-letter sink: who refused, and how; status 0: no answer came. */
void event_attributes_failed(struct attributes *a, const char *sink, int status, const char *answer,
	size_t len);
void attributes_clear(struct attributes *a);

#endif

/* calls.h — for tests of a life whose plan has the HTTP step `call`. */
#ifndef WORKERS_TESTING_CALLS_H
#define WORKERS_TESTING_CALLS_H

#include "testing/t.h"

#include "workers/testing/scene.h"

#define HTTP(more)                                                                                        \
	"{'name':'call','type':'HTTP','http':{'method':'POST','url':'https://a.example/${cluster.name}'," \
	"'body':{'who':'${cluster.name}'}" more "}}"
#define UNDO       ",'undo':{'method':'DELETE','url':'https://a.example/${cluster.name}'}"
#define PLAN(more) "{'undoTimeoutSeconds':600,'steps':[" HTTP(more) "]}"
#define SECRET_KEY                                                                                 \
	",'headers':[{'name':'X-API-Key','valueFrom':{'secretKeyRef':{'name':'s','key':'k'}}}]"
#define TOP_SECRET   "hunter2hunter2"
#define TOP_SECRET64 "aHVudGVyMmh1bnRlcjIK" /* with a line feed */

static inline void set_up(struct scene *s, const char *plan)
{
	scene_set_up(s);
	scene_set_plan(s, "edge-h", plan);
}

static inline void answer_with(struct scene *s, struct web_answer a)
{
	s->web.answers[s->web.n++] = a;
}

static inline const char *step(struct scene *s, const char *member)
{
	return json_str_or(scene_step(s, "call"), member, "");
}

static inline void put_secret(struct scene *s, const char *hosts)
{
	struct kube_object o = { &KUBE_SECRET, "berth-credentials", "s", NULL };

	fake_put(&s->hub, o,
		xjson_lit("{'metadata':{'name':'s','annotations':{}},'data':{'k':'" TOP_SECRET64
			  "'}}"));
	if (hosts)
		xjson_put(json_at(fake_get(&s->hub, o), "metadata.annotations"),
			"berth.dev/allowed-hosts", cJSON_CreateString(hosts));
}

/* Nothing of the credential is anywhere but in the request. */
static inline void assert_kept(struct scene *s)
{
	map_each(&s->hub.store.objects, slot) {
		AUTO_STR text = json_text(slot->value);

		T_NULL(strstr(text, TOP_SECRET));
		T_TRUE(strstr(slot->key, "/secrets/") || !strstr(text, TOP_SECRET64));
	}
	T_NULL(s->message ? strstr(s->message, TOP_SECRET) : NULL);
}

#endif

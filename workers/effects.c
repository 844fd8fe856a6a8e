/* effects.c — building a list of effects. */
#include "workers/effects.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static void add(struct effects *fx, enum effect_type type, struct ref r, const char *sub,
	cJSON *body)
{
	if (fx->len == fx->cap) {
		fx->cap = fx->cap ? fx->cap * 2 : 8;
		fx->list = xrealloc(fx->list, fx->cap * sizeof(*fx->list));
	}
	fx->list[fx->len++] = (struct effect){
		.type = type,
		.ref = { r.type, r.ns ? xstrdup(r.ns) : NULL, r.name ? xstrdup(r.name) : NULL },
		.sub = sub,
		.body = body,
	};
}

static void push(struct effects *fx, enum effect_type type, struct ref r, const char *sub,
	cJSON *body)
{
	assert(r.type && r.name);
	add(fx, type, r, sub, body);
}

void effects_clear(struct effects *fx)
{
	for (unsigned i = 0; i < fx->len; i++) {
		mem_free((char *)fx->list[i].ref.ns);
		mem_free((char *)fx->list[i].ref.name);
		cJSON_Delete(fx->list[i].body);
		cJSON_Delete(fx->list[i].undo);
	}
	mem_free(fx->list);
	mem_free(fx->reason);
	mem_free(fx->message);
	cJSON_Delete(fx->outputs);
	cJSON_Delete(fx->measurements);
	cJSON_Delete(fx->facts);
	*fx = (struct effects){ 0 };
}

void effects_read(struct effects *fx, struct ref r)
{
	push(fx, EFFECT_READ, r, NULL, NULL);
}

void effects_list(struct effects *fx, const struct kube_type *type, const char *ns)
{
	push(fx, EFFECT_LIST, (struct ref){ type, ns, "" }, NULL, NULL);
}

void effects_intend(struct effects *fx, struct ref r)
{
	push(fx, EFFECT_INTEND, r, NULL, NULL);
}

void effects_create(struct effects *fx, struct ref r, cJSON *body)
{
	push(fx, EFFECT_CREATE, r, NULL, body);
}

void effects_apply(struct effects *fx, struct ref r, const char *sub, cJSON *body)
{
	push(fx, EFFECT_APPLY, r, sub, body);
}

void effects_delete(struct effects *fx, struct ref r)
{
	push(fx, EFFECT_DELETE, r, NULL, NULL);
}

void effects_cleanup(struct effects *fx, struct ref r)
{
	push(fx, EFFECT_CLEANUP, r, NULL, NULL);
}

void effects_purge(struct effects *fx, struct ref r, const char *uid)
{
	cJSON *body = xjson_object();

	xjson_set_str(body, "uid", uid);
	push(fx, EFFECT_PURGE, r, NULL, body);
}

void effects_unblock(struct effects *fx, struct ref r)
{
	push(fx, EFFECT_UNBLOCK, r, NULL, NULL);
}

void effects_disown(struct effects *fx, struct ref r)
{
	push(fx, EFFECT_DISOWN, r, NULL, NULL);
}

void effects_forget(struct effects *fx, struct ref r)
{
	push(fx, EFFECT_FORGET, r, NULL, NULL);
}

void effects_enlist(struct effects *fx, struct ref scheduler, bool leaving)
{
	push(fx, EFFECT_ENLIST, scheduler, NULL, NULL);
	fx->list[fx->len - 1].leaving = leaving;
}

void effects_enlisted(struct effects *fx, struct ref scheduler)
{
	push(fx, EFFECT_ENLISTED, scheduler, NULL, NULL);
}

void effects_unlist(struct effects *fx, struct ref scheduler)
{
	push(fx, EFFECT_UNLIST, scheduler, NULL, NULL);
}

void effects_told(struct effects *fx, struct ref r, const char *hash)
{
	push(fx, EFFECT_TOLD, r, NULL, hash ? cJSON_CreateString(hash) : NULL);
}

static const struct ref no_ref;

void effects_call(struct effects *fx, const cJSON *request, const cJSON *undo)
{
	add(fx, EFFECT_CALL, no_ref, NULL, xjson_dup(request));
	fx->list[fx->len - 1].undo = undo ? xjson_dup(undo) : NULL;
}

void effects_call_undo(struct effects *fx, const cJSON *request)
{
	add(fx, EFFECT_CALL_UNDO, no_ref, NULL, xjson_dup(request));
}

void effects_undone(struct effects *fx, const cJSON *request)
{
	add(fx, EFFECT_UNDONE, no_ref, NULL, xjson_dup(request));
}

void effects_left(struct effects *fx, const cJSON *request)
{
	add(fx, EFFECT_LEFT, no_ref, NULL, xjson_dup(request));
}

void effects_output(struct effects *fx, const char *name, const char *type, const char *value)
{
	cJSON *output = xjson_object();

	xjson_set_str(output, "name", name);
	xjson_set_str(output, "type", type);
	xjson_set_str(output, "value", value);
	if (!fx->outputs)
		fx->outputs = xjson_array();
	cJSON_AddItemToArray(fx->outputs, output);
}

void effects_measured(struct effects *fx, cJSON *list)
{
	cJSON_Delete(fx->measurements);
	fx->measurements = list;
}

void effects_fact(struct effects *fx, const char *member, cJSON *value)
{
	if (!fx->facts)
		fx->facts = xjson_object();
	xjson_set(fx->facts, member, value);
}

static void decide(struct effects *fx, enum verdict v, int64_t wake_ms, const char *reason,
	const char *fmt, va_list args)
{
	char text[EFFECTS_MESSAGE_MAX + 1];

	assert(fx->verdict == VERDICT_NONE);
	vsnprintf(text, sizeof(text), fmt, args);
	utf8_tame(text);
	fx->verdict = v;
	fx->wake_ms = wake_ms;
	fx->reason = xstrdup(reason);
	fx->message = xstrdup(text);
}

void effects_wait(struct effects *fx, int64_t wake_ms, const char *reason, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	decide(fx, VERDICT_WAIT, wake_ms, reason, fmt, args);
	va_end(args);
}

void effects_blocked(struct effects *fx, int64_t wake_ms, const char *reason, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	decide(fx, VERDICT_BLOCKED, wake_ms, reason, fmt, args);
	va_end(args);
}

void effects_done(struct effects *fx, const char *reason, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	decide(fx, VERDICT_DONE, 0, reason, fmt, args);
	va_end(args);
}

void effects_fail(struct effects *fx, int64_t wake_ms, const char *reason, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	decide(fx, VERDICT_FAIL, wake_ms, reason, fmt, args);
	va_end(args);
}

char *effects_unsay(struct effects *fx)
{
	assert(fx->verdict != VERDICT_NONE);
	mem_free(STEAL(fx->reason));
	fx->verdict = VERDICT_NONE;
	return STEAL(fx->message);
}

void effects_retell(struct effects *fx, const char *reason, const char *fmt, ...)
{
	enum verdict v = fx->verdict;
	va_list args;

	mem_free(effects_unsay(fx));
	va_start(args, fmt);
	decide(fx, v, fx->wake_ms, reason, fmt, args);
	va_end(args);
}

void effects_refresh(struct effects *fx, enum refresh how, int64_t at_ms)
{
	fx->refresh = how;
	fx->refresh_ms = at_ms;
}

/* effects.c — building a list of effects. */
#include "workers/effects.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static void push(struct effects *fx, enum effect_type type, struct ref r, const char *sub,
	cJSON *body)
{
	assert(r.type && r.name);
	if (fx->len == fx->cap) {
		fx->cap = fx->cap ? fx->cap * 2 : 8;
		fx->list = xrealloc(fx->list, fx->cap * sizeof(*fx->list));
	}
	fx->list[fx->len++] = (struct effect){
		.type = type,
		.ref = { r.type, r.ns ? xstrdup(r.ns) : NULL, xstrdup(r.name) },
		.sub = sub,
		.body = body,
	};
}

void effects_clear(struct effects *fx)
{
	for (unsigned i = 0; i < fx->len; i++) {
		mem_free((char *)fx->list[i].ref.ns);
		mem_free((char *)fx->list[i].ref.name);
		cJSON_Delete(fx->list[i].body);
	}
	mem_free(fx->list);
	mem_free(fx->reason);
	mem_free(fx->message);
	cJSON_Delete(fx->outputs);
	cJSON_Delete(fx->facts);
	*fx = (struct effects){ 0 };
}

void effects_read(struct effects *fx, struct ref r)
{
	push(fx, EFFECT_READ, r, NULL, NULL);
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

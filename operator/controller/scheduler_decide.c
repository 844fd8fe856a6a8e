#include "controller/scheduler_decide.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "controller/brake_decide.h"
#include "controller/parts.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum scheduler_loss scheduler_loss(const struct scheduler *s)
{
	if (s->deleting)
		return SCHEDULER_DELETED;
	return same_text(s->address, s->effect.address) ? SCHEDULER_KEEPS : SCHEDULER_MOVES;
}

static void take_effect(struct scheduler *s, int64_t generation, const char *address)
{
	char *copy = address ? xstrdup(address) : NULL;

	mem_free(s->effect.address);
	s->effect.address = copy;
	s->effect.generation = generation;
}

void scheduler_follow(struct scheduler *seen, const struct scheduler *was)
{
	if (strcmp(seen->uid, was->uid) != 0)
		return;
	take_effect(seen, was->effect.generation, was->effect.address);
	seen->held = was->held;
	seen->let_go = was->let_go && seen->deleting;
}

static const char *confirmation(const struct scheduler *s, char out[CONFIRM_LEN])
{
	snprintf(out, CONFIRM_LEN, "%s.%" PRId64, s->uid, s->generation);
	return out;
}

static bool is_confirmed(const struct scheduler *s)
{
	char want[CONFIRM_LEN];

	return s->confirm && !strcmp(s->confirm, confirmation(s, want));
}

/* One that was let go stays so, whoever becomes Ready meanwhile. */
void scheduler_brake(struct scheduler *s, int64_t losing)
{
	enum scheduler_loss loss = scheduler_loss(s);

	s->held =
		loss != SCHEDULER_KEEPS && !s->let_go && losing > BRAKE_ALLOWS && !is_confirmed(s);
	if (s->held)
		return;
	s->let_go = loss == SCHEDULER_DELETED;
	take_effect(s, s->generation, s->address);
}

/* ---- what it says ---- */

static PRINTF_LIKE(4, 5) void say(struct status_text *t, bool yes, const char *reason,
	const char *message, ...)
{
	va_list args;

	t->ready = yes;
	t->reason = reason;
	va_start(args, message);
	vsnprintf(t->message, sizeof(t->message), message, args);
	va_end(args);
}

static void ready_text(const struct scheduler_view *v, struct status_text *t)
{
	const struct scheduler *s = v->scheduler;

	if (s->deleting && s->held)
		say(t, false, "Deleting",
			"is being deleted, and keeps its clusters until that is confirmed: see AwaitingConfirmation");
	else if (s->reason)
		say(t, false, s->reason, "%.*s", s->message ? (int)utf8_cut(s->message, 800) : 0,
			s->message ? s->message : "");
	else if (v->trouble)
		say(t, false, "SyncFailed", "it could not be told its clusters: %.*s",
			(int)utf8_cut(v->trouble, 300), v->trouble);
	else if (s->deleting)
		say(t, false, "Deleting",
			"clusters that are registered here, or may be: %" PRId64
			"; they are taken away first, within undoTimeoutSeconds of their plans",
			v->using);
	else if (v->latency)
		latency_text(v->latency, t);
	else
		say(t, true, "Accepted", "%" PRId64 " clusters are registered%s%.*s", v->registered,
			s->message ? "; " : "", s->message ? (int)utf8_cut(s->message, 600) : 0,
			s->message ? s->message : "");
}

static void awaiting_text(const struct scheduler_view *v, struct status_text *t)
{
	const struct scheduler *s = v->scheduler;
	char confirm[CONFIRM_LEN], why[300];

	t->reason = NULL;
	if (!s->held)
		return;
	if (s->deleting)
		snprintf(why, sizeof(why),
			"it is being deleted.  They stay until this is confirmed");
	else
		snprintf(why, sizeof(why),
			"its address has changed from %.100s to %.100s.  They stay until the edit is undone or confirmed",
			s->effect.address, s->address);
	say(t, true, s->deleting ? "SchedulerDeleted" : "AddressChanged",
		"%" PRId64
		" Ready clusters would be taken away from it (%.250s), more than %d, because %s: "
		"kubectl annotate fsched %s --overwrite " CONFIRM "=%s",
		v->losing, v->first, BRAKE_ALLOWS, why, s->name, confirmation(s, confirm));
}

static bool awaiting_differs(const struct scheduler *s, const struct status_text *want)
{
	if (!want->reason)
		return s->awaiting.status != STATUS_ABSENT;
	return text_differs(&s->awaiting, want, s->generation);
}

static bool status_differs(const struct scheduler_view *v, const struct scheduler_todo *t)
{
	const struct scheduler *s = v->scheduler;

	return text_differs(&s->ready, &t->ready, s->generation) ||
		awaiting_differs(s, &t->awaiting) ||
		s->observed_generation != s->effect.generation ||
		!same_text(s->status_address, s->effect.address) || s->registered != v->registered;
}

static enum scheduler_act decide(const struct scheduler_view *v, const struct scheduler_todo *t)
{
	const struct scheduler *s = v->scheduler;

	if (s->deleting && s->finalizer < 0)
		return SCHEDULER_NOTHING;
	if (s->deleting && !v->using)
		return SCHEDULER_RELEASE;
	if (s->finalizer < 0)
		return SCHEDULER_FINALIZE;
	return status_differs(v, t) ? SCHEDULER_SET_STATUS : SCHEDULER_NOTHING;
}

void scheduler_decide(const struct scheduler_view *v, struct scheduler_todo *ret)
{
	ready_text(v, &ret->ready);
	awaiting_text(v, &ret->awaiting);
	ret->act = decide(v, ret);
}

const char *scheduler_act_name(enum scheduler_act act)
{
	static const char *const names[] = {
		[SCHEDULER_NOTHING] = "do nothing",
		[SCHEDULER_FINALIZE] = "put the finalizer on the scheduler",
		[SCHEDULER_SET_STATUS] = "write the scheduler's status",
		[SCHEDULER_RELEASE] = "take the finalizer off the scheduler",
	};

	return names[act];
}

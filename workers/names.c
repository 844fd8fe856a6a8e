#include "workers/names.h"

#include "base/mem.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int score(struct names *n, const char *name, struct expr_value *ret, struct err *e)
{
	const cJSON *s = json_find(json_key(n->w->status, "scores"), "name", name, NULL);

	if (!s)
		return err_set(e, EAGAIN, "the cluster has no score %.63s yet", name);
	snprintf(n->number, sizeof(n->number), "%" PRId64, json_int_or(s, "value", 0));
	*ret = (struct expr_value){ VALUE_INTEGER, n->number };
	return 0;
}

/* "STEP.outputs.NAME" */
static int output(const struct names *n, const char *name, struct expr_value *ret, struct err *e)
{
	static const char between[] = ".outputs.";
	const char *dot = strstr(name, between);
	AUTO_STR step_name = mem_strndup(name, dot ? (size_t)(dot - name) : 0);
	const char *output_name = dot ? dot + sizeof(between) - 1 : "";
	const cJSON *step = json_find(json_key(n->w->status, "steps"), "name",
		step_name ? step_name : "", NULL);
	const cJSON *o = json_find(json_key(step, "outputs"), "name", output_name, NULL);
	const char *text = json_str_or(o, "value", "");

	if (!o)
		return err_set(e, EAGAIN, "step %.63s has no output %.63s yet",
			step_name ? step_name : "", output_name);
	if (!value_type_of(json_str(o, "type"), &ret->type) ||
		value_check(ret->type, text, NULL) < 0)
		return err_set(e, EINVAL, "output %.63s of step %.63s is no %.32s", output_name,
			step_name ? step_name : "", json_str_or(o, "type", "value"));
	ret->text = text;
	return 0;
}

/* What the plan hands to the scheduler: register.values. */
static int handed(struct names *n, const char *name, struct expr_value *ret, struct err *e)
{
	const cJSON *v = json_find(json_at(n->w->spec, "register.values"), "name", name, NULL);
	const char *from = json_str(v, "from");

	if (from && strncmp(from, "values.", 7) != 0)
		return names_look_up(n, from, ret, e);
	ret->text = json_str(v, "value");
	return ret->text
		? 0
		: err_set(e, EINVAL,
			  "the Register step hands over no value %.63s: add it to register.values in the plan",
			  name);
}

int names_look_up(void *arg, const char *name, struct expr_value *ret, struct err *e)
{
	struct names *n = arg;

	*ret = (struct expr_value){ .type = VALUE_STRING };
	if (!n->w->cluster)
		return err_set(e, EINVAL, "it is about no cluster alone, so it has no ${%.80s}",
			name);
	if (!strcmp(name, "cluster.name"))
		ret->text = n->w->cluster;
	else if (!strcmp(name, "onboarding.uid"))
		ret->text = n->w->uid;
	else if (!strcmp(name, "run"))
		ret->text = n->w->run;
	else if (!strncmp(name, "scores.", 7))
		return score(n, name + 7, ret, e);
	else if (!strncmp(name, "steps.", 6))
		return output(n, name + 6, ret, e);
	else if (!strncmp(name, "values.", 7))
		return handed(n, name + 7, ret, e);
	else
		return err_set(e, EINVAL, "this version of Berth knows no ${%.80s}", name);
	return 0;
}

struct used {
	struct names names;
	struct buf *out;
};

static int add_used(void *arg, const char *path, const char *name, struct err *e)
{
	struct used *u = arg;
	struct expr_value v;

	(void)path, (void)e;
	if (!strcmp(name, "run"))
		return 0;
	buf_printf(u->out, " %s=%s", name,
		names_look_up(&u->names, name, &v, NULL) == 0 ? v.text : "");
	return 0;
}

void names_add_used(const struct world *w, const char *member, struct buf *out)
{
	struct used u = { { .w = w }, out };

	(void)!expr_uses_json(json_key(w->spec, member), member, add_used, &u, NULL);
}

void names_assume(struct effects *fx, const cJSON *outputs)
{
	static const char *const values[VALUE_N_TYPES] = {
		[VALUE_STRING] = "x",
		[VALUE_INTEGER] = "1",
		[VALUE_NUMBER] = "1",
		[VALUE_BOOLEAN] = "true",
		[VALUE_IP] = "192.0.2.1",
		[VALUE_HOST] = "host.example",
	};
	const cJSON *o;

	json_each(o, outputs) {
		enum value_type type;

		if (value_type_of(json_str(o, "type"), &type))
			effects_output(fx, json_str_or(o, "name", ""), value_type_name(type),
				values[type]);
	}
}

void names_missing(struct effects *fx, int rc, const char *why)
{
	if (rc == -EAGAIN)
		effects_blocked(fx, 0, "NoValue", "%s: see the steps before this one", why);
	else
		effects_fail(fx, 0, "BadValue", "%s", why);
}

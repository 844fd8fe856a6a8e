#include "plan/check.h"

#include "base/buf.h"
#include "base/cidr.h"
#include "base/mem.h"
#include "plan/expr.h"
#include "plan/url.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A step that is looked at, and what those before it provide. */
struct place {
	const cJSON *step;
	struct buf names; /* "a, b, c" */
};

static void add_name(struct buf *names, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void add_name(struct buf *names, const char *fmt, ...)
{
	va_list args;
	char name[256];

	va_start(args, fmt);
	vsnprintf(name, sizeof(name), fmt, args);
	va_end(args);
	buf_printf(names, "%s%s", names->len ? ", " : "", name);
	if (names->oom)
		mem_exhausted();
}

/* Of a network, that a packet has to prove. */
static bool is_probed(const cJSON *step)
{
	return !strcmp(json_str_or(step, "submariner.proof", ""), "Probe") ||
		!strcmp(json_str_or(step, "liqo.proof", ""), "Probe");
}

/* What the steps behind this one may use of it. */
static void add_provided(struct buf *names, const cJSON *step)
{
	static const char *const declared[] = { "deploy.outputs", "http.outputs" };
	const cJSON *item;

	if (json_key(step, "benchmark"))
		add_name(names, "scores.overall");
	json_each(item, json_at(step, "benchmark.probes"))
		add_name(names, "scores.%.63s",
			cJSON_GetStringValue(item) ? cJSON_GetStringValue(item) : "");
	json_each(item, json_at(step, "benchmark.customProbes"))
		add_name(names, "scores.%.63s", json_str_or(item, "name", ""));
	if (json_key(step, "binding")) {
		add_name(names, "steps.%.63s.outputs.namespace", json_str_or(step, "name", ""));
		add_name(names, "steps.%.63s.outputs.secret", json_str_or(step, "name", ""));
	}
	if (is_probed(step))
		add_name(names, "steps.%.63s.outputs.rtt", json_str_or(step, "name", ""));
	for (size_t i = 0; i < COUNT(declared); i++)
		json_each(item, json_at(step, declared[i]))
			add_name(names, "steps.%.63s.outputs.%.63s", json_str_or(step, "name", ""),
				json_str_or(item, "name", ""));
}

static bool is_listed(const char *names, const char *name)
{
	size_t n = strlen(name);

	for (; *names; names += strspn(names, ", ")) {
		size_t len = strcspn(names, ",");

		if (len == n && !strncmp(names, name, n))
			return true;
		names += len;
	}
	return false;
}

static int check_name(void *arg, const char *path, const char *name, struct err *e)
{
	const struct place *p = arg;

	if (is_listed(p->names.s, name))
		return 0;
	return err_set(e, EINVAL, "%.100s: nothing is called ${%.80s} there; there is %.160s", path,
		name, p->names.s);
}

static int check_url(struct place *p, const char *path, const char *url, struct err *e)
{
	struct url u;
	int rc = expr_uses_text(url, path, check_name, p, e);

	if (rc < 0)
		return rc;
	rc = expr_has_name(url) ? expr_url_check(url, e) : url_parse(url, &u, e);
	return rc < 0 ? err_wrap(e, rc, "%s", path) : 0;
}

static int check_request(struct place *p, const char *at, struct err *e)
{
	const cJSON *request = json_at(p->step, at), *header;
	AUTO_STR url = xprintf("%s.url", at);
	AUTO_STR body = xprintf("%s.body", at);
	int rc, i = 0;

	if (!request)
		return 0;
	rc = check_url(p, url, json_str_or(request, "url", ""), e);
	if (rc == 0)
		rc = expr_uses_json(json_key(request, "body"), body, check_name, p, e);
	json_each(header, json_key(request, "headers")) {
		AUTO_STR path = xprintf("%s.headers[%d].value", at, i++);

		if (rc == 0)
			rc = expr_uses_text(json_str_or(header, "value", ""), path, check_name, p,
				e);
	}
	return rc;
}

static int check_values(struct place *p, struct err *e)
{
	const cJSON *value;
	int rc = 0, i = 0;

	json_each(value, json_at(p->step, "register.values")) {
		AUTO_STR path = xprintf("register.values[%d].from", i++);
		const char *from = json_str(value, "from");

		if (rc == 0 && from)
			rc = check_name(p, path, from, e);
	}
	return rc;
}

static int check_step(struct place *p, struct err *e)
{
	int rc = expr_uses_json(json_at(p->step, "deploy.manifests"), "deploy.manifests",
		check_name, p, e);

	if (rc == 0)
		rc = expr_uses_json(json_at(p->step, "binding.data"), "binding.data", check_name, p,
			e);
	if (rc == 0)
		rc = check_request(p, "http", e);
	if (rc == 0)
		rc = check_request(p, "http.undo", e);
	if (rc == 0)
		rc = expr_uses_json(json_at(p->step, "http.expect.equals"), "http.expect.equals",
			check_name, p, e);
	if (rc == 0)
		rc = check_values(p, e);
	return rc < 0 ? err_wrap(e, rc, "step %.63s", json_str_or(p->step, "name", "")) : 0;
}

static int check_ranges(const cJSON *spec, struct err *e)
{
	const cJSON *range;
	int i = 0;

	json_each(range, json_key(spec, "allowedCIDRs")) {
		const char *text = cJSON_GetStringValue(range);
		struct cidr c;

		if (!text || !cidr_parse(text, &c))
			return err_set(e, EINVAL,
				"allowedCIDRs[%d] \"%.64s\" is no address range: write it like 10.1.0.0/16 or fd00:1::/48, with zeros behind the mask",
				i, text ? text : "");
		i++;
	}
	return 0;
}

static const cJSON *declared_output(const cJSON *step, const char *name)
{
	const cJSON *o = json_find(json_at(step, "deploy.outputs"), "name", name, NULL);

	return o ? o : json_find(json_at(step, "http.outputs"), "name", name, NULL);
}

/* A score that a step tells: the step declares it, as a number. */
static int check_scores(const cJSON *spec, struct err *e)
{
	const cJSON *from;

	json_each(from, json_key(spec, "scoresFrom")) {
		const char *step = json_str_or(from, "step", ""),
			   *name = json_str_or(from, "output", "");
		const cJSON *o =
			declared_output(json_find(json_key(spec, "steps"), "name", step, NULL),
				name);
		const char *type = json_str_or(o, "type", "");

		if (strcmp(type, "Integer") && strcmp(type, "Number"))
			return err_set(e, EINVAL,
				"scoresFrom %.63s: step %.63s declares no output %.63s of type Integer or Number",
				json_str_or(from, "name", ""), step, name);
	}
	return 0;
}

/* What the score stands for may be used behind the step that tells it. */
static void add_scores(struct buf *names, const cJSON *spec, const cJSON *step)
{
	const cJSON *from;

	json_each(from, json_key(spec, "scoresFrom"))
		if (!strcmp(json_str_or(from, "step", ""), json_str_or(step, "name", "-")))
			add_name(names, "scores.%.63s", json_str_or(from, "name", ""));
}

int plan_check(const cJSON *spec, struct err *e)
{
	struct place p = { 0 };
	int rc = check_ranges(spec, e);

	if (rc == 0)
		rc = check_scores(spec, e);
	add_name(&p.names, "cluster.name");
	add_name(&p.names, "onboarding.uid");
	add_name(&p.names, "run");
	json_each(p.step, json_key(spec, "steps")) {
		if (rc == 0)
			rc = check_step(&p, e);
		add_provided(&p.names, p.step);
		add_scores(&p.names, spec, p.step);
	}
	buf_clear(&p.names);
	return rc;
}

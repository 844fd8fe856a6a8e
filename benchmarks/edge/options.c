#include "options.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define BUDGET_MIN  2 /* seconds: warm-up and a round of two probes */
#define BUDGET_MAX  3600
#define RUN_MAX     63 /* it is also a label value */
#define NAME_MAX_   253
#define RESPOND_MAX 86400

struct parser {
	struct options *o;
	char *error;
	size_t error_size;
};

/* `from` is the flag or variable that the value came by. */
typedef bool set_fn(struct parser *p, const char *from, const char *value);

static bool refuse(struct parser *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool refuse(struct parser *p, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(p->error, p->error_size, fmt, args);
	va_end(args);
	return false;
}

static bool made_of(const char *s, size_t max, const char *punctuation)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++) {
		bool inner = i > 0 && i + 1 < n && strchr(punctuation, s[i]);

		if (!isalnum((unsigned char)s[i]) && !inner)
			return false;
	}
	return n > 0 && n <= max;
}

static bool set_run(struct parser *p, const char *from, const char *value)
{
	if (!made_of(value, RUN_MAX, "-_."))
		return refuse(p, "%s: `%s` is not a run id: 1 to %d of A-Z a-z 0-9 - _ .", from,
			value, RUN_MAX);
	p->o->run = value;
	return true;
}

static bool add_probe(struct parser *p, const char *from, const char *name)
{
	struct options *o = p->o;
	const struct probe *probe = probe_find(name);
	char known[160] = "";

	for (size_t i = 0; probe && i < o->n_probes; i++) {
		if (o->probes[i] == probe)
			return refuse(p, "%s: `%s` is named twice", from, name);
	}
	if (probe) {
		o->probes[o->n_probes++] = probe;
		return true;
	}
	for (const struct probe *const *k = all_probes; *k; k++) {
		strncat(known, " ", sizeof(known) - strlen(known) - 1);
		strncat(known, (*k)->name, sizeof(known) - strlen(known) - 1);
	}
	return refuse(p, "%s: no probe is named `%s`; there are:%s", from, name, known);
}

static bool set_probes(struct parser *p, const char *from, const char *value)
{
	p->o->n_probes = 0;
	for (const char *at = value;; at++) {
		char name[32];
		size_t n = strcspn(at, ",");

		snprintf(name, sizeof(name), "%.*s", (int)n, at);
		if (!add_probe(p, from, name))
			return false;
		at += n;
		if (!*at)
			return true;
	}
}

static bool take_number(struct parser *p, const char *from, const char *value, int least, int most,
	int *ret)
{
	char *end;
	long n = strtol(value, &end, 10);

	if (end == value || *end || n < least || n > most)
		return refuse(p, "%s: `%s` is not a whole number from %d to %d", from, value, least,
			most);
	*ret = (int)n;
	return true;
}

static bool set_budget(struct parser *p, const char *from, const char *value)
{
	return take_number(p, from, value, BUDGET_MIN, BUDGET_MAX, &p->o->budget_seconds);
}

static bool set_max_pressure(struct parser *p, const char *from, const char *value)
{
	return take_number(p, from, value, 1, 100, &p->o->max_pressure);
}

static bool set_peer(struct parser *p, const char *from, const char *value)
{
	return peer_parse(value, p->o->peer_host, p->o->peer_port) == 0 ||
		refuse(p, "%s: `%s` is not HOST:PORT or [IPv6]:PORT", from, value);
}

static bool set_token(struct parser *p, const char *from, const char *value)
{
	p->o->peer_token = value;
	return made_of(value, PEER_TOKEN - 1, "-_.") ||
		refuse(p, "%s: the token is not 1 to %d of A-Z a-z 0-9 - _ .", from,
			PEER_TOKEN - 1);
}

static bool set_respond(struct parser *p, const char *from, const char *value)
{
	return take_number(p, from, value, 1, 65535, &p->o->respond);
}

static bool set_respond_seconds(struct parser *p, const char *from, const char *value)
{
	return take_number(p, from, value, 1, RESPOND_MAX, &p->o->respond_seconds);
}

static bool set_scratch(struct parser *p, const char *from, const char *value)
{
	if (*value != '/')
		return refuse(p, "%s: `%s` is no absolute path", from, value);
	p->o->scratch = value;
	return true;
}

static const char *const output_names[] = {
	[OUTPUT_STDOUT] = "stdout",
	[OUTPUT_TERMINATION_LOG] = "termination-log",
	[OUTPUT_CONFIGMAP] = "configmap",
};

static bool set_output(struct parser *p, const char *from, const char *value)
{
	for (int i = 0; i <= OUTPUT_CONFIGMAP; i++) {
		if (!strcmp(value, output_names[i])) {
			p->o->output = (enum output)i;
			return true;
		}
	}
	return refuse(p, "%s: `%s` is none of stdout, termination-log, configmap", from, value);
}

/* These go into a URL. */
static bool is_object_name(struct parser *p, const char *from, const char *value)
{
	return made_of(value, NAME_MAX_, "-.") ||
		refuse(p, "%s: `%s` cannot be the name of a Kubernetes object", from, value);
}

static bool set_namespace(struct parser *p, const char *from, const char *value)
{
	p->o->result_namespace = value;
	return is_object_name(p, from, value);
}

static bool set_name(struct parser *p, const char *from, const char *value)
{
	p->o->result_name = value;
	return is_object_name(p, from, value);
}

static const struct flag {
	const char *name, *argument, *env, *help;
	set_fn *set; /* NULL: --help, --version */
} flags[] = {
	{ "--run", "ID", "BERTH_RUN", "run id, repeated in the result", set_run },
	{ "--probes", "LIST", "BERTH_PROBES", "probes with commas between (cpu,memory)",
		set_probes },
	{ "--budget-seconds", "N", "BERTH_BUDGET_SECONDS", "most time to measure for (30)",
		set_budget },
	{ "--max-pressure", "PERCENT", "BERTH_MAX_PRESSURE",
		"wait while others wait for more of the time (50; 100: never)", set_max_pressure },
	{ "--scratch", "DIR", "BERTH_SCRATCH",
		"where disk and disk-sync may write 16 MiB each (/tmp)", set_scratch },
	{ "--peer", "HOST:PORT", "BERTH_PEER", "the responder that the network probes ask",
		set_peer },
	{ "--peer-token", "TOKEN", "BERTH_PEER_TOKEN", "what tells it from others", set_token },
	{ "--respond", "PORT", "BERTH_RESPOND", "measure nothing: be such a responder",
		set_respond },
	{ "--respond-seconds", "N", "BERTH_RESPOND_SECONDS", "and end after that (3600)",
		set_respond_seconds },
	{ "--output", "WHERE", "BERTH_OUTPUT", "stdout, termination-log or configmap (stdout)",
		set_output },
	{ "--result-namespace", "NS", "BERTH_RESULT_NAMESPACE", "where the ConfigMap is",
		set_namespace },
	{ "--result-name", "NAME", "BERTH_RESULT_NAME", "the ConfigMap, which must exist",
		set_name },
	{ "--help", "", "", "this text", NULL },
	{ "--version", "", "", "print the version", NULL },
};
#define N_FLAGS (sizeof(flags) / sizeof(flags[0]))

/* Levenshtein distance; the words are short. */
static size_t distance(const char *a, const char *b)
{
	size_t row[64], nb = strlen(b);

	for (size_t j = 0; j <= nb; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= nb; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[nb];
}

static bool refuse_unknown(struct parser *p, const char *word)
{
	const struct flag *nearest = &flags[0];

	for (size_t i = 1; i < N_FLAGS; i++) {
		if (distance(word, flags[i].name) < distance(word, nearest->name))
			nearest = &flags[i];
	}
	return refuse(p, "unknown argument `%s`; did you mean %s? (--help lists all)", word,
		nearest->name);
}

static const struct flag *find_flag(const char *word, size_t n)
{
	for (size_t i = 0; i < N_FLAGS; i++) {
		if (strlen(flags[i].name) == n && !strncmp(word, flags[i].name, n))
			return &flags[i];
	}
	return NULL;
}

/* Takes argv[*i], and the next one where that is the value. */
static bool take_flag(struct parser *p, char **argv, int *i)
{
	const char *word = argv[*i];
	size_t n = strcspn(word, "=");
	const struct flag *f = find_flag(word, n);

	if (!f || !f->set)
		return refuse_unknown(p, word);
	if (word[n])
		return f->set(p, f->name, word + n + 1);
	if (!argv[*i + 1])
		return refuse(p, "%s needs a value: %s %s", f->name, f->name, f->argument);
	return f->set(p, f->name, argv[++*i]);
}

static bool take_environment(struct parser *p, char *(*get_env)(const char *))
{
	for (size_t i = 0; i < N_FLAGS; i++) {
		const char *value = *flags[i].env ? get_env(flags[i].env) : NULL;

		if (value && *value && !flags[i].set(p, flags[i].env, value))
			return false;
	}
	return true;
}

static bool has_peer(struct parser *p)
{
	for (size_t i = 0; i < p->o->n_probes && !*p->o->peer_host; i++)
		if (p->o->probes[i]->needs_peer)
			return refuse(p, "probe `%s` needs --peer", p->o->probes[i]->name);
	return true;
}

static bool complete(struct parser *p)
{
	struct options *o = p->o;

	if (o->respond)
		return true;
	if (!has_peer(p))
		return false;

	if (o->output == OUTPUT_CONFIGMAP && (!o->result_namespace || !o->result_name))
		return refuse(p, "--output configmap needs --result-namespace and --result-name");
	if (o->output != OUTPUT_STDOUT && !o->run)
		return refuse(p,
			"--output %s needs --run: a result without its id counts for nothing",
			output_names[o->output]);
	if (!o->run)
		o->run = "manual";
	return o->n_probes || set_probes(p, "default", "cpu,memory");
}

enum options_verdict options_parse(struct options *o, int argc, char **argv,
	char *(*get_env)(const char *), char *error, size_t error_size)
{
	struct parser p = { o, error, error_size };

	*o = (struct options){ .budget_seconds = 30,
		.max_pressure = 50,
		.scratch = "/tmp",
		.peer_token = "",
		.respond_seconds = 3600 };
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--help"))
			return OPTIONS_HELP;
		if (!strcmp(argv[i], "--version"))
			return OPTIONS_VERSION;
	}
	if (!take_environment(&p, get_env))
		return OPTIONS_BAD;
	for (int i = 1; i < argc; i++) {
		if (!take_flag(&p, argv, &i))
			return OPTIONS_BAD;
	}
	if (!complete(&p))
		return OPTIONS_BAD;
	return o->respond ? OPTIONS_RESPOND : OPTIONS_MEASURE;
}

void options_help(FILE *to)
{
	fputs("usage: berth-benchmark [FLAG...]\n\n"
	      "Measures the machine it runs on and writes one line of JSON; or answers others that do.\n\n",
		to);
	for (size_t i = 0; i < N_FLAGS; i++) {
		char left[64];

		snprintf(left, sizeof(left), "%s %s", flags[i].name, flags[i].argument);
		fprintf(to, "  %-22s %-23s %s\n", left, flags[i].env, flags[i].help);
	}
	fputs("\nEach flag can be given by the environment variable beside it; flags win.\n"
	      "Exit: 0 result delivered, 1 not delivered, 2 usage, 3 no probe could measure.\n",
		to);
}

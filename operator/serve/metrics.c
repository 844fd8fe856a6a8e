#include "serve/metrics.h"

#include "base/mem.h"

#include <assert.h>
#include <ctype.h>
#include <dirent.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

struct metric_family {
	struct metric_family *next;
	char *name, *help;
	const char *type;
	struct buf samples;
};

static bool name_is_good(const char *name)
{
	for (const char *p = name; *p; p++)
		if (!(isalpha((unsigned char)*p) || *p == '_' ||
			    (p > name && isdigit((unsigned char)*p))))
			return false;
	return *name;
}

static bool ends_in(const char *name, const char *tail)
{
	size_t n = strlen(name), t = strlen(tail);
	return n > t && !strcmp(name + n - t, tail);
}

static void family_free(struct metric_family *f)
{
	buf_clear(&f->samples);
	mem_free(f->name);
	mem_free(f->help);
	mem_free(f);
}

static struct metric_family *family_new(const char *name, const char *help, const char *type)
{
	struct metric_family *f = mem_alloc(sizeof(*f));

	if (!f)
		return NULL;
	f->name = mem_strdup(name);
	f->help = mem_strdup(help);
	f->type = type;
	if (f->name && f->help)
		return f;
	family_free(f);
	return NULL;
}

/* In the order of their first samples. */
static struct metric_family *family(struct metrics *m, const char *name, const char *help,
	const char *type)
{
	struct metric_family *f;

	assert(name_is_good(name));
	for (f = m->families; f; f = f->next)
		if (!strcmp(f->name, name)) {
			assert(!strcmp(f->type, type));
			return f;
		}
	f = family_new(name, help, type);
	if (!f) {
		m->oom = true;
		return NULL;
	}
	if (m->last)
		m->last->next = f;
	else
		m->families = f;
	m->last = f;
	return f;
}

/* Backslash and newline are escaped everywhere, the quote in label values alone. */
static void add_escaped(struct buf *out, const char *text, bool quote)
{
	for (const char *p = text; *p; p++) {
		if (*p == '\n')
			buf_str(out, "\\n");
		else if (*p == '\\' || (quote && *p == '"'))
			buf_printf(out, "\\%c", *p);
		else
			buf_add(out, p, 1);
	}
}

static void add_label(struct buf *out, const char **separator, const char *name, const char *value)
{
	assert(name_is_good(name));
	buf_printf(out, "%s%s=\"", *separator, name);
	add_escaped(out, value, true);
	buf_str(out, "\"");
	*separator = ",";
}

/* `bound`: of a histogram's bucket, else NULL. */
static void add_labels(struct buf *out, const char *bound, va_list labels)
{
	const char *name, *separator = "{";

	while ((name = va_arg(labels, const char *)))
		add_label(out, &separator, name, va_arg(labels, const char *));
	if (bound)
		add_label(out, &separator, "le", bound);
	if (*separator == ',')
		buf_str(out, "}");
}

/* The shortest decimal that reads back as the same number. */
static void add_value(struct buf *out, double value)
{
	char text[32];

	if (isnan(value) || isinf(value)) {
		buf_str(out, isnan(value) ? " NaN\n" : value > 0 ? " +Inf\n" : " -Inf\n");
		return;
	}
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	buf_printf(out, " %s\n", text);
}

static void add_sample(struct metric_family *f, double value, va_list labels)
{
	buf_str(&f->samples, f->name);
	add_labels(&f->samples, NULL, labels);
	add_value(&f->samples, value);
}

/* One of a histogram's: its name has a tail. */
static void add_part(struct metric_family *f, const char *tail, const char *bound, double value,
	va_list labels)
{
	va_list copy;

	va_copy(copy, labels);
	buf_printf(&f->samples, "%s%s", f->name, tail);
	add_labels(&f->samples, bound, copy);
	add_value(&f->samples, value);
	va_end(copy);
}

void metrics_counter(struct metrics *m, const char *name, const char *help, double value, ...)
{
	struct metric_family *f = family(m, name, help, "counter");
	va_list labels;

	assert(ends_in(name, "_total") && value >= 0);
	if (!f)
		return;
	va_start(labels, value);
	add_sample(f, value, labels);
	va_end(labels);
}

void metrics_gauge(struct metrics *m, const char *name, const char *help, double value, ...)
{
	struct metric_family *f = family(m, name, help, "gauge");
	va_list labels;

	assert(!ends_in(name, "_total"));
	if (!f)
		return;
	va_start(labels, value);
	add_sample(f, value, labels);
	va_end(labels);
}

void metrics_histogram(struct metrics *m, const char *name, const char *help,
	const struct histogram *h, ...)
{
	struct metric_family *f = family(m, name, help, "histogram");
	uint64_t below = 0;
	va_list labels;

	assert(ends_in(name, "_seconds"));
	if (!f)
		return;
	va_start(labels, h);
	for (unsigned i = 0; i < HISTOGRAM_N; i++) {
		char bound[24];

		below += h->counts[i];
		snprintf(bound, sizeof(bound), "%g", (double)histogram_bounds_ms[i] / 1e3);
		add_part(f, "_bucket", bound, (double)below, labels);
	}
	below += h->counts[HISTOGRAM_N];
	add_part(f, "_bucket", "+Inf", (double)below, labels);
	add_part(f, "_sum", NULL, (double)h->sum_ms / 1e3, labels);
	add_part(f, "_count", NULL, (double)below, labels);
	va_end(labels);
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static void add_memory(struct metrics *m)
{
	long pages;
	FILE *f = fopen("/proc/self/statm", "re");

	if (!f)
		return;
	if (fscanf(f, "%*s %ld", &pages) == 1)
		metrics_gauge(m, "process_resident_memory_bytes", "Resident memory size in bytes.",
			(double)pages * (double)sysconf(_SC_PAGESIZE), NULL);
	fclose(f);
}

static void add_descriptors(struct metrics *m)
{
	int n = -3; /* ".", ".." and the one that reads */
	DIR *d = opendir("/proc/self/fd");

	if (!d)
		return;
	while (readdir(d))
		n++;
	closedir(d);
	metrics_gauge(m, "process_open_fds", "Number of open file descriptors.", n, NULL);
}

void metrics_process(struct metrics *m)
{
	struct rusage u;

	if (getrusage(RUSAGE_SELF, &u) == 0)
		metrics_counter(m, "process_cpu_seconds_total",
			"Total user and system CPU time spent in seconds.",
			seconds(u.ru_utime) + seconds(u.ru_stime), NULL);
	add_memory(m);
	add_descriptors(m);
}

void metrics_text(const struct metrics *m, struct buf *out)
{
	for (const struct metric_family *f = m->families; f; f = f->next) {
		buf_printf(out, "# HELP %s ", f->name);
		add_escaped(out, f->help, false);
		buf_printf(out, "\n# TYPE %s %s\n", f->name, f->type);
		buf_add(out, f->samples.s, f->samples.len);
		out->oom |= f->samples.oom;
	}
	out->oom |= m->oom;
}

void metrics_clear(struct metrics *m)
{
	struct metric_family *next;

	for (struct metric_family *f = m->families; f; f = next) {
		next = f->next;
		family_free(f);
	}
	*m = (struct metrics){ 0 };
}

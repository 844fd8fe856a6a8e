/* orders.c — orders come in on standard input, answers go out on standard output. */
#include "e2e/fleet/fleet.h"

#include "base/log.h"
#include "loop/child.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static unsigned obey(struct member *m, enum order o)
{
	if (o == ORDER_EDGE)
		return works_held(m);
	member_obey(m, o);
	return 0;
}

static unsigned obey_all(struct fleet *f, enum order o)
{
	unsigned n = 0;

	for (unsigned i = 0; i < f->cfg.clusters; i++)
		n += obey(&f->members[i], o);
	return n;
}

static void on_line(void *arg, const char *line, size_t len)
{
	struct fleet *f = arg;
	struct member *m = NULL;
	struct err e = { "" };
	char cluster[64];
	enum order o;
	unsigned n;
	bool all;

	if (order_parse(line, len, &o, cluster, &e) < 0) {
		printf("error %s\n", e.msg);
	} else if (!(all = !strcmp(cluster, "all")) && !(m = member_find(f, cluster))) {
		printf("error there is no cluster \"%s\" in this fleet\n", cluster);
	} else {
		n = all ? obey_all(f, o) : obey(m, o);
		if (o == ORDER_EDGE)
			printf("ok %u\n", n);
		else
			printf("ok\n");
	}
	fflush(stdout);
}

/* Who gave them has gone, or does not know how: the fleet ends. */
static void on_end(void *arg, int error)
{
	struct fleet *f = arg;

	if (error < 0)
		log_error("the orders broke off", "error", strerror(-error), NULL);
	f->over(f->arg);
}

int orders_open(struct fleet *f, struct err *e)
{
	return line_reader_new(f->loop, STDIN_FILENO, ORDER_MAX, on_line, on_end, f, &f->orders, e);
}

void orders_close(struct fleet *f)
{
	line_reader_close(STEAL(f->orders));
}

/* watch_trouble.h — what is wrong with a view, and telling it once: a line when an outage begins, again at
 * most each 30 s while it lasts, one when it is over. */
#ifndef KUBE_WATCH_TROUBLE_H
#define KUBE_WATCH_TROUBLE_H

#include "kube/watch.h"
#include "kube/watch_fault.h"

#include <stdbool.h>
#include <stdint.h>

enum { WATCH_REPEAT_MS = 30 * 1000 };

struct watch_trouble {
	const char *type; /* plural name, for the log; borrowed */
	enum kube_watch_trouble kind;
	struct err text;
	enum kube_watch_trouble said; /* the last that was logged */
	int64_t said_at;
	bool outage_said; /* this outage was; its end will be, too */
};

void trouble_is(struct watch_trouble *t, const struct watch_fault *fault);
void trouble_over(struct watch_trouble *t);

#endif

/* checkpoint.h — a ledger kept in ConfigMaps of Berth's namespace.  Loop thread only.
 *
 *   NAME      data.resourceVersion: everything up to there was told
 *   NAME-0…f  data.known: the objects that were told of, in shards by the first digit of their uid
 *
 * The shards are written first, and only those that changed; the first one when they are there: so it never covers
 * what is not in them.  Each write names the resourceVersion that it replaces: a late one of a leader of before is
 * refused.  Kubernetes' limit of 1 MiB for each bounds a source: 13,700 objects with names of 30 characters per shard,
 * 220,000 in all.  One that has outgrown it says so in /readyz, and goes on without writing. */
#ifndef EMIT_CHECKPOINT_H
#define EMIT_CHECKPOINT_H

#include "emit/ledger.h"
#include "kube/client.h"

enum { CHECKPOINT_PARTS = LEDGER_SHARDS + 1 };

struct checkpoint {
	struct kube *api; /* borrowed, like the next three; set by the owner */
	struct ledger *ledger;
	const char *namespace, *name;
	const char *about; /* for whoever finds it: what source this is of */
	/* A load or a save has ended. */
	void (*done)(void *arg, bool ok);
	void *arg;

	unsigned requests; /* under way; 0: nothing is */
	bool loading, failed, head;
	uint64_t since, written;
	struct err trouble; /* of the last failure, "" after a success */
	struct checkpoint_part {
		struct checkpoint *c;
		char version[24]; /* resourceVersion; "": it is not there */
	} parts[CHECKPOINT_PARTS];
};

/* Into an empty ledger; its position is that of the checkpoint then, 0 if there is none. */
void checkpoint_load(struct checkpoint *c);
/* What the ledger knows now, if it is another than was written last.  Not while something is under way. */
void checkpoint_save(struct checkpoint *c);
static inline bool checkpoint_busy(const struct checkpoint *c)
{
	return c->requests;
}

#endif

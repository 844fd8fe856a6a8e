#include "leader.h"

#include "base/log.h"
#include "base/mem.h"
#include "kube/lease.h"
#include "kube/lease_holder.h"

#include <errno.h>

#define LEASE      "berth-operator"
#define GIVE_UP_MS 5000 /* half the time in which it must be renewed */

struct leader {
	struct kube *api; /* its own, for it must not wait behind other requests */
	struct lease *lease;
	struct leader_cfg cfg;
	void (*closed)(void *arg);
	void *closed_arg;
};

static void on_changed(void *arg, bool held)
{
	struct leader *l = arg;

	l->cfg.changed(l->cfg.arg, held);
}

int leader_new(struct loop *loop, const struct leader_cfg *cfg, struct leader **ret, struct err *e)
{
	struct leader *l = xalloc(sizeof(*l));
	char identity[LEASE_HOLDER_LEN];
	struct kube_cfg kc = { .config = cfg->config,
		.user_agent = cfg->user_agent,
		.field_manager = LEASE,
		.give_up_ms = GIVE_UP_MS };
	struct lease_cfg lc = { .ns = cfg->namespace,
		.name = LEASE,
		.identity = lease_holder_self(identity),
		.changed = on_changed,
		.arg = l };
	int rc = kube_new(loop, &kc, &l->api, e);

	l->cfg = *cfg;
	lc.api = l->api;
	if (rc == 0)
		rc = lease_new(loop, &lc, &l->lease, e);
	*ret = l;
	return rc;
}

bool leader_leads(const struct leader *l)
{
	return lease_held(l->lease);
}

bool leader_deposed(const struct leader *l)
{
	return lease_lost(l->lease);
}

bool leader_unreachable(const struct leader *l)
{
	return *lease_trouble(l->lease);
}

static void on_api_closed(void *arg)
{
	struct leader *l = arg;
	void (*closed)(void *arg) = l->closed;
	void *closed_arg = l->closed_arg;

	mem_free(l);
	closed(closed_arg);
}

static void on_lease_closed(void *arg)
{
	struct leader *l = arg;

	kube_close(l->api, on_api_closed, l);
}

void leader_close(struct leader *l, void (*closed)(void *arg), void *arg)
{
	l->closed = closed;
	l->closed_arg = arg;
	lease_close(l->lease, on_lease_closed, l);
}

void leader_ready(const struct leader *l, struct buf *why_not)
{
	if (*lease_trouble(l->lease))
		buf_printf(why_not, "lease: %s\n", lease_trouble(l->lease));
}

void leader_collect(const struct leader *l, struct metrics *m)
{
	metrics_gauge(m, "leader_election_master_status", "1 if this replica leads.",
		lease_held(l->lease), "name", LEASE, NULL);
}

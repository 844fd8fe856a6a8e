#include "e2e/fleet/order.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *const names[N_ORDERS] = {
	[ORDER_JOIN] = "join",
	[ORDER_LEAVE] = "leave",
	[ORDER_REIMPORT] = "reimport",
	[ORDER_REPLACE] = "replace",
	[ORDER_ACCEPT] = "accept",
	[ORDER_DENY] = "deny",
	[ORDER_DIE] = "die",
	[ORDER_REVIVE] = "revive",
	[ORDER_BREAK] = "break",
	[ORDER_MEND] = "mend",
	[ORDER_EDGE] = "edge",
};

int order_parse(const char *line, size_t len, enum order *ret, char cluster[64], struct err *e)
{
	char text[ORDER_MAX + 1], verb[16], more;

	if (len > ORDER_MAX)
		return err_set(e, EINVAL, "longer than %d characters", ORDER_MAX);
	memcpy(text, line, len);
	text[len] = '\0';
	if (sscanf(text, "%15s %63s %c", verb, cluster, &more) != 2)
		return err_set(e, EINVAL, "wanted ORDER CLUSTER, got \"%s\"", text);
	for (unsigned i = 0; i < N_ORDERS; i++)
		if (!strcmp(names[i], verb)) {
			*ret = (enum order)i;
			return 0;
		}
	return err_set(e, EINVAL, "there is no order \"%s\"", verb);
}

void order_apply(struct told *t, enum order o, bool there)
{
	switch (o) {
	case ORDER_JOIN:
		t->gone = false;
		break;
	case ORDER_LEAVE:
		t->gone = true;
		t->again = false;
		break;
	case ORDER_REIMPORT:
	case ORDER_REPLACE:
		t->life += o == ORDER_REPLACE;
		t->gone = false;
		t->again = there;
		break;
	case ORDER_ACCEPT:
	case ORDER_DENY:
		t->denied = o == ORDER_DENY;
		break;
	case ORDER_DIE:
	case ORDER_REVIVE:
		t->dead = o == ORDER_DIE;
		break;
	case ORDER_BREAK:
	case ORDER_MEND:
		t->broken = o == ORDER_BREAK;
		break;
	case ORDER_EDGE:
	case N_ORDERS:
		break;
	}
}

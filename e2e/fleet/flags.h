/* flags.h — the command line of berth-fleet. */
#ifndef FLEET_FLAGS_H
#define FLEET_FLAGS_H

#include "e2e/fleet/fleet.h"

/* Points into texts that live as long as the program. */
struct flags {
	const char *kubeconfig, *context; /* NULL: not given */
	bool help, version;
	struct fleet_cfg fleet;
};

/* 0, or -EINVAL with what is wrong.  Sets the log level. */
int flags_parse(int argc, char **argv, struct flags *ret, struct err *e) MUST_CHECK;
void flags_usage(void);
void flags_clear(void);

#endif

/* options.h — flags and their environment variables.  A flag wins over its variable; an empty
 * variable counts as unset.  The text of --help is in options.c's table. */
#ifndef EDGE_OPTIONS_H
#define EDGE_OPTIONS_H

#include "peer.h"
#include "probe.h"

#include <stdio.h>

enum output { OUTPUT_STDOUT, OUTPUT_TERMINATION_LOG, OUTPUT_CONFIGMAP };

struct options {
	const char *run;
	const struct probe *probes[PROBES_MAX];
	size_t n_probes;
	int budget_seconds;
	int max_pressure;                            /* percent */
	const char *scratch;                         /* the probes' folder */
	char peer_host[PEER_HOST_MAX], peer_port[6]; /* "" = none */
	const char *peer_token;
	int respond;         /* OPTIONS_RESPOND: on this port... */
	int respond_seconds; /* ...for so long */
	enum output output;
	const char *result_namespace, *result_name; /* set for OUTPUT_CONFIGMAP */
};

enum options_verdict {
	OPTIONS_MEASURE,
	OPTIONS_RESPOND,
	OPTIONS_HELP,
	OPTIONS_VERSION,
	OPTIONS_BAD
};

/* Strings are borrowed from argv and the environment.  `get_env` is getenv() outside of tests.
 * OPTIONS_BAD: `error` names the flag or variable and the fix. */
enum options_verdict options_parse(struct options *o, int argc, char **argv,
	char *(*get_env)(const char *), char *error, size_t error_size);

void options_help(FILE *to);

#endif

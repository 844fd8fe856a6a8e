/* options.h — one table describes a program's options; the same names serve as command-line flags
 * (--metrics-address X, --metrics-address=X) and as keys of the config file (metricsAddress: X).
 *
 * Unknown names are refused with the nearest match.  A flag wins over the file. */
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

#include "base/auto.h"
#include "base/err.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

/* A list may be given again and again; its text is the values, one per line.  In the file: a list of strings. */
enum option_type { OPTION_STRING, OPTION_INT, OPTION_BOOL, OPTION_LIST };

struct option_def {
	const char *flag; /* "metrics-address"; the file key is its camelCase */
	enum option_type type;
	const char *arg;    /* placeholder in --help: "ADDRESS"; NULL for OPTION_BOOL */
	const char *help;   /* one line */
	const char *preset; /* default as text; NULL = unset */
	long min, max;      /* OPTION_INT */
};

struct option_value {
	char *text; /* NULL = unset; owned */
	long number;
	bool given; /* by flag: the file must not overwrite it */
};

/* values[i] belongs to defs[i].  0, or -EINVAL with a message that names the flag and the fix.
 * The table must hold "help" and "version" if the program has them: they are only recorded. */
int options_init(const struct option_def *defs, unsigned n, struct option_value *values,
	struct err *e) MUST_CHECK;
int options_parse(const struct option_def *defs, unsigned n, int argc, char **argv,
	struct option_value *values, struct err *e) MUST_CHECK;
int options_apply_file(const struct option_def *defs, unsigned n, const cJSON *file,
	struct option_value *values, struct err *e) MUST_CHECK;
void options_clear(unsigned n, struct option_value *values);
/* The aligned list for --help; caller frees; NULL if out of memory. */
char *options_help(const struct option_def *defs, unsigned n) MUST_CHECK;

/* The closest of `names` to `word` by edit distance (swapped neighbours count once), or NULL if
 * none is near (distance > 1/3 of the word). */
const char *options_nearest(const char *word, const char *const *names, unsigned n);

#endif

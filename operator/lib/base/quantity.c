#include "base/quantity.h"

#include "base/auto.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define MOST 9007199254740992.0 /* up to there a double is exact */

static const struct {
	const char *suffix;
	double times;
} suffixes[] = {
	{ "", 1 },
	{ "n", 1e-9 },
	{ "u", 1e-6 },
	{ "m", 1e-3 },
	{ "k", 1e3 },
	{ "M", 1e6 },
	{ "G", 1e9 },
	{ "T", 1e12 },
	{ "P", 1e15 },
	{ "E", 1e18 },
	{ "Ki", 1024.0 },
	{ "Mi", 1048576.0 },
	{ "Gi", 1073741824.0 },
	{ "Ti", 1099511627776.0 },
	{ "Pi", 1125899906842624.0 },
	{ "Ei", 1152921504606846976.0 },
};

/* strtod() would take more: blanks, hexadecimal, names. */
static bool is_decimal(const char *text)
{
	return (isdigit((unsigned char)*text) || *text == '.' || *text == '+') &&
		!strpbrk(text, "xX");
}

bool quantity_units(const char *text, int64_t unit, int64_t *ret)
{
	char *end = NULL;
	double value;

	assert(unit >= 1);
	if (!is_decimal(text))
		return false;
	value = strtod(text, &end);
	for (size_t i = 0; end > text && i < COUNT(suffixes); i++) {
		if (strcmp(suffixes[i].suffix, end) != 0)
			continue;
		value *= suffixes[i].times;
		if (!(value >= 0 && value <= MOST))
			return false;
		*ret = (int64_t)(value / (double)unit);
		return true;
	}
	return false;
}

/* Any text: the extractor and a cJSON tree must agree. */
#include "testing/extract_oracle.h"
#include "testing/fuzz.h"

static const char *const paths[] = {
	".",
	".a",
	".a.b",
	".a['b.c/d']",
	".l[0]",
	".l[1].b",
	".l[?(@.a==\"X\")]",
	".l[?(@.a==\"X\")].b",
	".l[?(@.a==\"Y\")].b",
	".l[?(@.b==\"Y\")].a.b",
	".a.l",
	NULL,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct extract x;

	if (!x.n_fields)
		FUZZ_CHECK(extract_add(&x, ".", paths, NULL) == 0);
	const char *why = oracle_differs(&x, paths, (const char *)data, size);
	FUZZ_CHECK(!why, "%s\n", why);
	return 0;
}

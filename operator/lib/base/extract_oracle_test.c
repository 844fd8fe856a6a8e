/* Random documents, whole and damaged: the extractor and a cJSON tree must agree on all of them. */
#include "base/buf.h"
#include "testing/extract_oracle.h"
#include "testing/t.h"

static const char *const paths[] = {
	".",
	".a",
	".a.b",
	".a['b.c/d']",
	".a.list[0]",
	".a.list[1].b",
	".a.list[?(@.type==\"X\")]",
	".a.list[?(@.type==\"X\")].status",
	".a.list[?(@.type==\"Y\")].status",
	".a.list[?(@.b==\"Y\")].type",
	".list[?(@.type==\"\xc3\xa9/\")].status.b",
	".list",
	".b.b.b",
	".b.b",
	".a.b",
	NULL,
};

static uint64_t state_of_dice;

static unsigned dice(unsigned sides)
{
	state_of_dice ^= state_of_dice << 13;
	state_of_dice ^= state_of_dice >> 7;
	state_of_dice ^= state_of_dice << 17;
	return (unsigned)(state_of_dice >> 33) % sides;
}

#define ANY(list) (list)[dice(COUNT(list))]

static void add_value(struct buf *b, int depth);

static void add_space(struct buf *b)
{
	static const char *const spaces[] = { " ", "\n", "\t", "\r\n" };

	if (dice(8) == 0)
		buf_str(b, ANY(spaces));
}

static void add_scalar(struct buf *b)
{
	static const char *const scalars[] = { "null", "true", "false", "0", "-1", "12.5e+3",
		"-0.25E-2", "1e5", "9007199254740993", "\"\"", "\"X\"", "\"Y\"", "\"\\u0058\"",
		"\"\\u00e9/\"", "\"\xc3\xa9\\/\"", "\"\\ud83d\\ude00\"",
		"\"twelve bytes and many more than that, with \\\" inside\"", "\"\\b\\f\\n\\r\\t\"",
		"\"},]\"" };

	buf_str(b, ANY(scalars));
}

static void add_items(struct buf *b, int depth);
static void add_members(struct buf *b, int depth);

static void add_name(struct buf *b, int depth)
{
	static const char *const names[] = { "\"X\"", "\"Y\"", "\"Y\"", "\"\\u0058\"",
		"\"\\u00e9/\"", "\"\xc3\xa9\\/\"" };

	(void)depth;
	buf_str(b, ANY(names));
}

/* Keys, and what is most often under them. */
static const struct {
	const char *key;
	void (*add)(struct buf *b, int depth);
} usual[] = {
	{ "a", add_members },
	{ "\\u0061", add_members },
	{ "list", add_items },
	{ "l\\u0069st", add_items },
	{ "type", add_name },
	{ "typ\\u0065", add_name },
	{ "b", add_members },
	{ "b", add_name },
	{ "b", add_name },
	{ "status", add_value },
	{ "b.c/d", add_value },
	{ "b.c\\/d", add_value },
	{ "x", add_value },
	{ "", add_value },
};

static void add_member(struct buf *b, int depth)
{
	unsigned i = dice(COUNT(usual));

	add_space(b);
	buf_printf(b, "\"%s\"", usual[i].key);
	add_space(b);
	buf_str(b, ":");
	if (dice(4) > 0 && depth > 0)
		usual[i].add(b, depth);
	else
		add_value(b, depth);
}

static void add_members(struct buf *b, int depth)
{
	buf_str(b, "{");
	for (unsigned i = 0, n = dice(6); i < n; i++) {
		buf_str(b, i ? "," : "");
		add_member(b, depth - 1);
	}
	buf_str(b, "}");
}

static void add_items(struct buf *b, int depth)
{
	buf_str(b, "[");
	for (unsigned i = 0, n = dice(6); i < n; i++) {
		buf_str(b, i ? "," : "");
		add_value(b, depth - 1);
	}
	buf_str(b, "]");
}

static void add_value(struct buf *b, int depth)
{
	unsigned kind = depth > 0 ? dice(8) : 7;

	add_space(b);
	if (kind < 4)
		add_members(b, depth);
	else if (kind < 6)
		add_items(b, depth);
	else
		add_scalar(b);
	add_space(b);
}

/* One random fault: a byte changed, removed or doubled, a piece cut off or repeated. */
static void damage(struct buf *b)
{
	static const char bytes[] = "{}[]\",:\\ 0-eu\n\x01\x7f\xff";
	size_t at = dice((unsigned)b->len), n = dice(4) + 1;

	if (n > b->len - at)
		n = b->len - at;
	switch (dice(4)) {
	case 0:
		b->s[at] = ANY(bytes);
		break;
	case 1:
		memmove(b->s + at, b->s + at + n, b->len - at - n);
		b->len -= n;
		break;
	case 2:
		b->len = at;
		break;
	default: {
		AUTO_STR piece = mem_strndup(b->s + at, n);
		buf_str(b, piece);
	}
	}
}

static unsigned found[COUNT(paths)];

static void count_found(const struct extract *x, const struct buf *b)
{
	struct span fields[EXTRACT_FIELDS];

	if (extract_run(x, b->s, b->len, fields) < 0)
		return;
	for (size_t i = 0; paths[i]; i++)
		found[i] += fields[i].at != NULL;
}

static void compare(const struct extract *x, const struct buf *b, uint64_t seed)
{
	/* of its exact size, so that a sanitizer sees a byte read too far */
	AUTO_STR text = mem_alloc(b->len + 1);
	const char *why;

	memcpy(text + 1, b->s, b->len);
	why = oracle_differs(x, paths, text + 1, b->len);
	if (why)
		fail_msg("seed %lu: %s\n%.*s", (unsigned long)seed, why, (int)b->len, b->s);
	count_found(x, b);
}

static void agrees(unsigned damages)
{
	struct extract x = { 0 };

	T_EQ(extract_add(&x, ".", paths, NULL), 0);
	for (uint64_t seed = 1; seed <= 8000; seed++) {
		AUTO_BUF b = { 0 };

		state_of_dice = seed * UINT64_C(0x9e3779b97f4a7c15);
		add_members(&b, 6);
		for (unsigned i = 0; i < damages && b.len > 0; i++)
			damage(&b);
		compare(&x, &b, seed);
	}
}

static void on_whole_documents(void **state)
{
	(void)state;
	agrees(0);
	for (size_t i = 0; paths[i]; i++) {
		if (found[i] < 5) /* the documents are about these paths, or nothing is shown */
			fail_msg("%s was there %u times only", paths[i], found[i]);
	}
}

static void on_documents_with_a_fault(void **state)
{
	(void)state;
	agrees(1);
}

static void on_documents_with_faults(void **state)
{
	(void)state;
	agrees(3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(on_whole_documents),
		cmocka_unit_test(on_documents_with_a_fault),
		cmocka_unit_test(on_documents_with_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

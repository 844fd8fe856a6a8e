#include "base/hash.h"
#include "testing/t.h"

/* FIPS 180-4 examples, and the empty message. */
static void known_vectors(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
			"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	};
	char hex[HASH_HEX_LEN];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		T_STR(hash_hex(cases[i].text, strlen(cases[i].text), hex), cases[i].want);
}

static void a_million_letters(void **state)
{
	AUTO_STR text = mem_alloc(1000000);
	char hex[HASH_HEX_LEN];

	(void)state;
	memset(text, 'a', 1000000);
	T_STR(hash_hex(text, 1000000, hex),
		"cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void random_ids_are_hex_and_differ(void **state)
{
	char a[33], b[33], odd[6] = "#####";

	(void)state;
	T_TRUE(hash_random_hex(32, a) == a);
	hash_random_hex(32, b);
	T_EQ(strspn(a, "0123456789abcdef"), 32);
	T_EQ(strlen(a), 32);
	T_TRUE(strcmp(a, b) != 0);
	T_EQ(strlen(hash_random_hex(3, odd)), 3);
	T_EQ(odd[4], '#');
	T_STR(hash_random_hex(0, odd), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_vectors),
		cmocka_unit_test(a_million_letters),
		cmocka_unit_test(random_ids_are_hex_and_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

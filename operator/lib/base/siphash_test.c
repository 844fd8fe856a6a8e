#include "base/siphash.h"

#include "testing/t.h"

#include <openssl/evp.h>
#include <openssl/params.h>

/* The paper's own example: key 00..0f, input 00..0e. */
static void the_example_of_the_paper(void **state)
{
	const struct siphash_key key = { { UINT64_C(0x0706050403020100),
		UINT64_C(0x0f0e0d0c0b0a0908) } };
	unsigned char input[15];

	(void)state;
	for (unsigned char i = 0; i < sizeof(input); i++)
		input[i] = i;
	T_TRUE(siphash(&key, input, sizeof(input)) == UINT64_C(0xa129ca6149be45e5));
}

static uint64_t by_openssl(const struct siphash_key *key, const void *bytes, size_t n)
{
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "SIPHASH", NULL);
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);
	size_t size = 8, got = 0;
	const OSSL_PARAM params[] = { OSSL_PARAM_construct_size_t("size", &size), OSSL_PARAM_END };
	uint64_t out = 0;

	T_TRUE(EVP_MAC_init(ctx, (const void *)key->k, sizeof(key->k), params));
	T_TRUE(EVP_MAC_update(ctx, bytes, n));
	T_TRUE(EVP_MAC_final(ctx, (void *)&out, &got, sizeof(out)));
	T_EQ(got, sizeof(out));
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(mac);
	return out;
}

static void as_openssl_has_it(void **state)
{
	const struct siphash_key *key = siphash_own_key();
	unsigned char input[70];

	(void)state;
	for (size_t n = 0; n < sizeof(input); n++) {
		input[n] = (unsigned char)(n * 151 + 7);
		T_TRUE(siphash(key, input, n) == by_openssl(key, input, n));
	}
}

static void one_key_per_process(void **state)
{
	const struct siphash_key *key = siphash_own_key(), before = *key;

	(void)state;
	T_TRUE(key->k[0] != 0 && key->k[1] != 0 && key->k[0] != key->k[1]);
	T_TRUE(siphash_own_key() == key);
	T_EQ(memcmp(key, &before, sizeof(before)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_of_the_paper),
		cmocka_unit_test(as_openssl_has_it),
		cmocka_unit_test(one_key_per_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* OpenSSL has it, too, behind an interface that allocates: good for comparing. */
#include "base/siphash.h"

#include "testing/t.h"

#include <openssl/evp.h>
#include <openssl/params.h>

static uint64_t by_openssl(const struct siphash_key *key, const void *bytes, size_t n)
{
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "SIPHASH", NULL);
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);
	size_t size = sizeof(uint64_t), got = 0;
	unsigned compress = 1, finish = 3;
	const OSSL_PARAM params[] = { OSSL_PARAM_construct_size_t("size", &size),
		OSSL_PARAM_construct_uint("c-rounds", &compress),
		OSSL_PARAM_construct_uint("d-rounds", &finish), OSSL_PARAM_END };
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
		cmocka_unit_test(as_openssl_has_it),
		cmocka_unit_test(one_key_per_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

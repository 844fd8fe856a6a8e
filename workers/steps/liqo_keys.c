/* liqo_keys.c — what Liqo's key exchange wants signed, by libcrypto.
 *
 * The key is that of the hub's Liqo itself: Ed25519, or RSA where it is told to be compatible.  It has to be that one: the
 * edge's Liqo takes only slices whose requests are signed with it. */
#include "workers/steps/liqo.h"

#include "base/base64.h"
#include "base/mem.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

AUTO_DEFINE(EVP_PKEY *, EVP_PKEY_free)
AUTO_DEFINE(EVP_MD_CTX *, EVP_MD_CTX_free)
AUTO_DEFINE(X509_REQ *, X509_REQ_free)
AUTO_DEFINE(BIO *, BIO_free_all)

char *liqo_base64(const char *text)
{
	return base64_of(text, strlen(text));
}

/* All that was written to it. */
static char *base64_of_bio(BIO *b)
{
	char *bytes = NULL;
	long n = BIO_get_mem_data(b, &bytes);

	return base64_of(bytes, (size_t)n);
}

static EVP_PKEY *key_read(const char *pem)
{
	AUTO(BIO_free_all) BIO *b = BIO_new_mem_buf(pem, -1);

	return b ? PEM_read_bio_PrivateKey(b, NULL, NULL, NULL) : NULL;
}

/* Ed25519 hashes by itself. */
static const EVP_MD *digest_of(const EVP_PKEY *key)
{
	return EVP_PKEY_base_id(key) == EVP_PKEY_ED25519 ? NULL : EVP_sha256();
}

static char *sign(EVP_PKEY *key, const char *nonce)
{
	AUTO(EVP_MD_CTX_free) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char bytes[1024];
	size_t n = sizeof(bytes);

	if (!ctx || EVP_DigestSignInit(ctx, NULL, digest_of(key), NULL, key) != 1 ||
		EVP_DigestSign(ctx, bytes, &n, (const unsigned char *)nonce, strlen(nonce)) != 1)
		return NULL;
	return base64_of(bytes, n);
}

static char *public_half(EVP_PKEY *key)
{
	AUTO(BIO_free_all) BIO *b = BIO_new(BIO_s_mem());

	return b && PEM_write_bio_PUBKEY(b, key) == 1 ? base64_of_bio(b) : NULL;
}

static bool add_name(X509_NAME *name, const char *field, const char *value)
{
	return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, (const unsigned char *)value,
		       -1, -1, 0) == 1;
}

/* Of the user that the edge's Liqo expects: the hub's id. */
static char *request(EVP_PKEY *key, const char *id)
{
	AUTO(X509_REQ_free) X509_REQ *req = X509_REQ_new();
	AUTO(BIO_free_all) BIO *b = BIO_new(BIO_s_mem());
	X509_NAME *name = req ? X509_REQ_get_subject_name(req) : NULL;

	if (!name || !b || !add_name(name, "O", "liqo.io") || !add_name(name, "CN", id) ||
		X509_REQ_set_version(req, 0) != 1 || X509_REQ_set_pubkey(req, key) != 1 ||
		X509_REQ_sign(req, key, digest_of(key)) == 0 || PEM_write_bio_X509_REQ(b, req) != 1)
		return NULL;
	return base64_of_bio(b);
}

int liqo_prove(const struct liqo_hub *hub, const char *nonce, struct liqo_proof *ret, struct err *e)
{
	AUTO(EVP_PKEY_free) EVP_PKEY *key = key_read(hub->key);
	int type = key ? EVP_PKEY_base_id(key) : 0;
	struct liqo_proof p = { NULL, NULL, NULL };

	/* Signatures of other kinds hold chance, and would be others each time. */
	if (type != EVP_PKEY_ED25519 && type != EVP_PKEY_RSA)
		return err_set(e, EINVAL,
			"Secret " LIQO_NAMESPACE
			"/authentication-keys holds no Ed25519 or RSA key");
	p = (struct liqo_proof){ public_half(key), request(key, hub->id), sign(key, nonce) };
	if (!p.public_key || !p.csr || !p.signature) {
		liqo_proof_clear(&p);
		return err_set(e, EINVAL,
			"the key in Secret " LIQO_NAMESPACE "/authentication-keys signs nothing");
	}
	*ret = p;
	return 0;
}

void liqo_proof_clear(struct liqo_proof *p)
{
	mem_free(p->public_key);
	mem_free(p->csr);
	mem_free(p->signature);
	*p = (struct liqo_proof){ NULL, NULL, NULL };
}

bool liqo_hub_read(const cJSON *id_config_map, const cJSON *keys_secret, struct liqo_hub *ret)
{
	const char *key = json_str(keys_secret, "data.privateKey");

	*ret = (struct liqo_hub){ .id = json_str(id_config_map, "data.CLUSTER_ID") };
	return ret->id && *ret->id && strlen(ret->id) <= 63 && key &&
		base64_text(key, &ret->key) == 0;
}

void liqo_hub_clear(struct liqo_hub *h)
{
	if (h->key)
		memset(h->key, 0, strlen(h->key));
	mem_free(h->key);
	h->key = NULL;
}

#include "testing/pki.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/random.h"

#include <assert.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#define YEAR_MS INT64_C(31536000000)

static char *text_of(BIO *bio)
{
	char *bytes;
	long n = BIO_get_mem_data(bio, &bytes);
	char *text = mem_strndup(bytes, (size_t)n);
	assert(text);
	BIO_free(bio);
	return text;
}

static EVP_PKEY *read_key(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	BIO_free(bio);
	assert(key);
	return key;
}

static X509 *read_cert(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	BIO_free(bio);
	assert(cert);
	return cert;
}

static void extend(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	assert(extension && X509_add_ext(cert, extension, -1));
	X509_EXTENSION_free(extension);
}

static X509 *new_cert(EVP_PKEY *key, const char *common_name, int64_t from_ms, int64_t to_ms)
{
	X509 *cert = X509_new();
	uint32_t serial;
	random_bytes(&serial, sizeof(serial));
	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), serial >> 1);
	ASN1_TIME_set(X509_getm_notBefore(cert), (time_t)(from_ms / 1000));
	ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)(to_ms / 1000));
	X509_set_pubkey(cert, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
		(const unsigned char *)common_name, -1, -1, 0);
	return cert;
}

static void finish(X509 *cert, EVP_PKEY *key, EVP_PKEY *signer, struct pki *ret)
{
	assert(X509_sign(cert, signer, EVP_sha256()));
	BIO *cert_text = BIO_new(BIO_s_mem()), *key_text = BIO_new(BIO_s_mem());
	PEM_write_bio_X509(cert_text, cert);
	PEM_write_bio_PrivateKey(key_text, key, NULL, NULL, 0, NULL, NULL);
	*ret = (struct pki){ text_of(cert_text), text_of(key_text) };
	X509_free(cert);
	EVP_PKEY_free(key);
}

void pki_make_ca(struct pki *ret)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	int64_t now = clock_real_ms();
	X509 *cert = new_cert(key, "test authority", now - YEAR_MS, now + YEAR_MS);
	X509_set_issuer_name(cert, X509_get_subject_name(cert));
	extend(cert, NID_basic_constraints, "critical,CA:TRUE");
	finish(cert, key, key, ret);
}

void pki_issue(const struct pki *ca, const char *name, int64_t from_ms, int64_t to_ms,
	struct pki *ret)
{
	EVP_PKEY *key = EVP_EC_gen("P-256"), *signer = read_key(ca->key);
	X509 *issuer = read_cert(ca->cert), *cert = new_cert(key, "test", from_ms, to_ms);
	X509_set_issuer_name(cert, X509_get_subject_name(issuer));
	extend(cert, NID_subject_alt_name, name);
	finish(cert, key, signer, ret);
	EVP_PKEY_free(signer);
	X509_free(issuer);
}

void pki_clear(struct pki *p)
{
	mem_free(p->cert);
	mem_free(p->key);
	*p = (struct pki){ 0 };
}

char *pki_base64(const char *text)
{
	size_t n = strlen(text);
	char *out = mem_alloc(n / 3 * 4 + 8);
	assert(out);
	EVP_EncodeBlock((unsigned char *)out, (const unsigned char *)text, (int)n);
	return out;
}

#include "kube/pem.h"

#include "base/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <time.h>

AUTO_DEFINE(BIO *, BIO_free_all)
AUTO_DEFINE(X509 *, X509_free)
AUTO_DEFINE(EVP_PKEY *, EVP_PKEY_free)

#define DAY_MS INT64_C(86400000)

static int first_certificate(const char *pem, const char *what, X509 **ret, struct err *e)
{
	AUTO(BIO_free_all) BIO *in = BIO_new_mem_buf(pem, -1);
	*ret = in ? PEM_read_bio_X509_AUX(in, NULL, NULL, NULL) : NULL;
	ERR_clear_error();
	return *ret ? 0 : err_set(e, EINVAL, "%s holds no PEM certificate", what);
}

int pem_check_ca(const char *pem, const char *what, struct err *e)
{
	AUTO(X509_free) X509 *cert = NULL;
	return first_certificate(pem, what, &cert, e);
}

static int64_t asn1_ms(const ASN1_TIME *t)
{
	struct tm tm;
	return ASN1_TIME_to_tm(t, &tm) ? (int64_t)timegm(&tm) * 1000 : 0;
}

static int check_dates(const X509 *cert, const char *what, struct err *e)
{
	char text[CLOCK_TEXT_LEN];
	int64_t now = clock_real_ms();
	int64_t from = asn1_ms(X509_get0_notBefore(cert)), to = asn1_ms(X509_get0_notAfter(cert));
	if (now < from)
		return err_set(e, EKEYREJECTED,
			"%s is not valid before %s: check this machine's clock", what,
			clock_text(from, text));
	if (now > to)
		return err_set(e, EKEYEXPIRED, "%s expired on %s (%" PRId64 " days ago): renew it",
			what, clock_text(to, text), (now - to) / DAY_MS);
	return 0;
}

/* Nobody is there to type a pass phrase, and OpenSSL would ask for it on the terminal. */
static int no_pass_phrase(char *buf, int size, int rwflag, void *arg)
{
	(void)buf, (void)size, (void)rwflag, (void)arg;
	return -1;
}

int pem_check_pair(const char *cert_pem, const char *key_pem, const char *what, struct err *e)
{
	AUTO(X509_free) X509 *cert = NULL;
	int rc = first_certificate(cert_pem, what, &cert, e);
	if (rc == 0)
		rc = check_dates(cert, what, e);
	if (rc < 0)
		return rc;
	AUTO(BIO_free_all) BIO *in = BIO_new_mem_buf(key_pem, -1);
	AUTO(EVP_PKEY_free)
	EVP_PKEY *key = in ? PEM_read_bio_PrivateKey(in, NULL, no_pass_phrase, NULL) : NULL;
	bool fits = key && X509_check_private_key(cert, key) == 1;
	ERR_clear_error();
	if (!key)
		return err_set(e, EINVAL,
			"%s: its key is no PEM private key, or one with a pass phrase", what);
	return fits ? 0 : err_set(e, EINVAL, "%s: its key belongs to another certificate", what);
}

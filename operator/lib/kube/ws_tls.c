/* The client's TLS context is made here and handed to libwebsockets ready: its own loading from memory
 * takes one CA and one certificate only, without their chains. */
#include "kube/ws_int.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

static int tls_failed(struct err *e, const struct kube_config *config, const char *what)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());
	int rc = err_set(e, EINVAL, "%s: %s: %s", config->origin, what,
		reason ? reason : "unusable");

	ERR_clear_error();
	return rc;
}

/* An encrypted key is refused; OpenSSL would ask at the terminal. */
static int no_password(char *buf, int size, int rwflag, void *arg)
{
	(void)buf, (void)size, (void)rwflag, (void)arg;
	return 0;
}

/* Calls `each` with every certificate of the PEM text; returns how many it took, -1 on the first refused. */
static int each_cert(const char *pem, int (*each)(SSL_CTX *ctx, X509 *cert, int index),
	SSL_CTX *ctx)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	int n = 0;

	if (!bio)
		return -1;
	for (X509 *x; n >= 0 && (x = PEM_read_bio_X509(bio, NULL, no_password, NULL));) {
		n = each(ctx, x, n) == 1 ? n + 1 : -1;
		X509_free(x);
	}
	BIO_free(bio);
	if (n > 0)
		ERR_clear_error(); /* "no start line": how reading a PEM file ends */
	return n;
}

static int trust(SSL_CTX *ctx, X509 *cert, int index)
{
	(void)index;
	return X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), cert);
}

static int present(SSL_CTX *ctx, X509 *cert, int index)
{
	return index ? (int)SSL_CTX_add1_chain_cert(ctx, cert) : SSL_CTX_use_certificate(ctx, cert);
}

static int use_key(SSL_CTX *ctx, const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL) : NULL;
	int ok =
		key && SSL_CTX_use_PrivateKey(ctx, key) == 1 && SSL_CTX_check_private_key(ctx) == 1;

	EVP_PKEY_free(key);
	BIO_free(bio);
	return ok;
}

/* libwebsockets checks the name too, but only one without colons: an IPv6 address is checked here alone. */
static int expect_name(SSL_CTX *ctx, const char *name)
{
	X509_VERIFY_PARAM *p = SSL_CTX_get0_param(ctx);
	struct in6_addr address;

	X509_VERIFY_PARAM_set_hostflags(p, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(p, name);
	return X509_VERIFY_PARAM_set1_host(p, name, 0);
}

static int configure(SSL_CTX *ctx, const struct kube_config *c, struct err *e)
{
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_mode(ctx, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	if (!expect_name(ctx, c->tls_server_name ? c->tls_server_name : c->host))
		return tls_failed(e, c, "server name");
	if (!c->ca_pem && SSL_CTX_set_default_verify_paths(ctx) != 1)
		return tls_failed(e, c, "the system's CA certificates");
	if (c->ca_pem && each_cert(c->ca_pem, trust, ctx) < 1)
		return tls_failed(e, c, "CA certificates");
	if (c->cert_pem && each_cert(c->cert_pem, present, ctx) < 1)
		return tls_failed(e, c, "client certificate");
	if (c->key_pem && !use_key(ctx, c->key_pem))
		return tls_failed(e, c, "client key");
	return 0;
}

int ws_tls_new(const struct kube_config *config, SSL_CTX **ret, struct err *e)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (!ctx)
		return err_set(e, ENOMEM, "TLS: out of memory");
	int rc = configure(ctx, config, e);
	if (rc < 0) {
		SSL_CTX_free(ctx);
		return rc;
	}
	*ret = ctx;
	return 0;
}

/* The decisions as tables, the requests against a server that plays a script. */
#include "result_configmap.h"

#include "measure.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	CURLcode rc;
	long status;
	enum patch_verdict want;
} verdicts[] = {
	{ CURLE_OK, 200, PATCH_DONE },
	{ CURLE_OK, 201, PATCH_DONE },
	{ CURLE_OK, 409, PATCH_AGAIN },
	{ CURLE_OK, 429, PATCH_AGAIN },
	{ CURLE_OK, 500, PATCH_AGAIN },
	{ CURLE_OK, 503, PATCH_AGAIN },
	{ CURLE_OK, 401, PATCH_AGAIN },
	{ CURLE_OK, 403, PATCH_AGAIN },
	{ CURLE_OK, 404, PATCH_AGAIN },
	{ CURLE_OK, 302, PATCH_REFUSED },
	{ CURLE_OK, 400, PATCH_REFUSED },
	{ CURLE_OK, 413, PATCH_REFUSED },
	{ CURLE_OK, 422, PATCH_REFUSED },
	{ CURLE_COULDNT_CONNECT, 0, PATCH_AGAIN },
	{ CURLE_OPERATION_TIMEDOUT, 0, PATCH_AGAIN },
	{ CURLE_SSL_CONNECT_ERROR, 0, PATCH_AGAIN },
	{ CURLE_RECV_ERROR, 200, PATCH_AGAIN }, /* cut off within the answer */
	{ CURLE_PEER_FAILED_VERIFICATION, 0, PATCH_REFUSED },
	{ CURLE_SSL_CACERT_BADFILE, 0, PATCH_REFUSED },
};

static void test_judge(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(verdicts); i++) {
		if (result_configmap_judge(verdicts[i].rc, verdicts[i].status) != verdicts[i].want)
			fail_msg("curl %d, status %ld", (int)verdicts[i].rc, verdicts[i].status);
	}
}

static const struct {
	int attempt;
	long retry_after;
	unsigned random;
	long want;
} pauses[] = {
	{ 1, 0, 0, 500 },
	{ 2, 0, 0, 1000 },
	{ 5, 0, 0, 8000 },
	{ 6, 0, 0, 8000 },
	{ 1000000, 0, 0, 8000 },
	{ 1, 0, 249, 251 },
	{ 1, 0, 250, 500 },
	{ 5, 0, 3999, 4001 },
	{ 1, 3, 0, 3000 },
	{ 5, 1, 0, 8000 },
	{ 1, 0, UINT32_MAX, 455 },
};

static void test_pause(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(pauses); i++)
		assert_int_equal(result_configmap_pause_ms(pauses[i].attempt, pauses[i].retry_after,
					 pauses[i].random),
			pauses[i].want);
}

static void test_url(void **state)
{
	(void)state;
	struct result_configmap c = { "10.96.0.1", "443", "", "berth-1", "bench" };
	char url[100];

	assert_int_equal(result_configmap_url(&c, url, sizeof(url)), 0);
	assert_string_equal(url,
		"https://10.96.0.1:443/api/v1/namespaces/berth-1/configmaps/bench");
	c.host = "fd00::1";
	assert_int_equal(result_configmap_url(&c, url, sizeof(url)), 0);
	assert_string_equal(url,
		"https://[fd00::1]:443/api/v1/namespaces/berth-1/configmaps/bench");
	assert_int_equal(result_configmap_url(&c, url, 40), -ENAMETOOLONG);
}

static void test_body_is_json_within_json(void **state)
{
	(void)state;
	char *body = result_configmap_body("result", "{\"run\":\"x\"}\n");

	assert_string_equal(body, "{\"data\":{\"result\":\"{\\\"run\\\":\\\"x\\\"}\\n\"}}");
	cJSON_free(body);
}

/* An HTTPS server on a port of 127.0.0.1 that plays a script, one connection per answer. */
struct server {
	const char *answers[4]; /* closed by NULL: it accepts no more */
	char requests[4][1024]; /* what it was asked; empty if the handshake failed */
	int served;
	int fd;
	char port[8], dir[40]; /* dir: the ServiceAccount's, with token and ca.crt */
	SSL_CTX *tls;
	pthread_t thread;
};

static char *path_in(const struct server *s, const char *name, char out[64])
{
	snprintf(out, 64, "%s/%s", s->dir, name);
	return out;
}

static void put_token(const struct server *s, const char *token)
{
	char path[64];
	FILE *f = fopen(path_in(s, "token", path), "w");

	assert_non_null(f);
	fputs(token, f);
	fclose(f);
}

static X509 *new_certificate(EVP_PKEY *key)
{
	X509 *cert = X509_new();
	X509V3_CTX ctx;

	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -60);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
		(const unsigned char *)"test", -1, -1, 0);
	X509_set_issuer_name(cert, X509_get_subject_name(cert));
	X509_set_pubkey(cert, key);
	X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
	X509_EXTENSION *names =
		X509V3_EXT_conf_nid(NULL, &ctx, NID_subject_alt_name, "IP:127.0.0.1");
	X509_add_ext(cert, names, -1);
	X509_EXTENSION_free(names);
	assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
	return cert;
}

/* The server's certificate, written as ca.crt too. */
static void new_identity(struct server *s)
{
	char path[64];
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = new_certificate(key);
	FILE *f = fopen(path_in(s, "ca.crt", path), "w");

	assert_non_null(f);
	PEM_write_X509(f, cert);
	fclose(f);
	s->tls = SSL_CTX_new(TLS_server_method());
	assert_int_equal(SSL_CTX_use_certificate(s->tls, cert), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(s->tls, key), 1);
	X509_free(cert);
	EVP_PKEY_free(key);
}

/* Headers and body come in one or two records; all bodies here end with "}}". */
static void read_request(SSL *ssl, char *out, int size)
{
	int len = 0, n;

	while (len < 2 || strcmp(out + len - 2, "}}")) {
		n = SSL_read(ssl, out + len, size - 1 - len);
		if (n <= 0)
			return;
		len += n;
		out[len] = '\0';
	}
}

static void *serve(void *arg)
{
	struct server *s = arg;

	for (; s->answers[s->served]; s->served++) {
		const char *answer = s->answers[s->served];
		int fd = accept(s->fd, NULL, NULL);
		SSL *ssl = SSL_new(s->tls);

		SSL_set_fd(ssl, fd);
		if (SSL_accept(ssl) == 1) {
			read_request(ssl, s->requests[s->served], sizeof(s->requests[0]));
			SSL_write(ssl, answer, (int)strlen(answer));
			SSL_shutdown(ssl);
		}
		SSL_free(ssl);
		close(fd);
	}
	return NULL;
}

static void server_start(struct server *s)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);

	strcpy(s->dir, "/tmp/configmap_test.XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	put_token(s, "secret\n");
	new_identity(s);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(s->fd, 4), 0);
	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&at, &len), 0);
	snprintf(s->port, sizeof(s->port), "%d", ntohs(at.sin_port));
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void server_stop(struct server *s)
{
	char path[64];

	pthread_join(s->thread, NULL);
	close(s->fd);
	SSL_CTX_free(s->tls);
	unlink(path_in(s, "token", path));
	unlink(path_in(s, "ca.crt", path));
	rmdir(s->dir);
}

static struct result_configmap target(const struct server *s)
{
	return (struct result_configmap){ "127.0.0.1", s->port, s->dir, "ns", "bench" };
}

#define OK_ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

static void test_patches_one_key(void **state)
{
	(void)state;
	struct server s = { .answers = { OK_ANSWER } };

	server_start(&s);
	struct result_configmap c = target(&s);
	int rc = result_configmap_patch(&c, "started", "4f2a", 5);
	server_stop(&s);
	assert_int_equal(rc, 0);
	assert_ptr_equal(strstr(s.requests[0], "PATCH /api/v1/namespaces/ns/configmaps/bench HTTP"),
		s.requests[0]);
	assert_non_null(strstr(s.requests[0], "\r\nAuthorization: Bearer secret\r\n"));
	assert_non_null(strstr(s.requests[0],
		"\r\nContent-Type: application/merge-patch+json\r\n"));
	assert_non_null(strstr(s.requests[0], "\r\n\r\n{\"data\":{\"started\":\"4f2a\"}}"));
}

static void test_tries_again_until_it_works(void **state)
{
	(void)state;
	struct server s = { .answers = { "HTTP/1.1 409 Conflict\r\nContent-Length: 0\r\n\r\n",
				    "cut off", OK_ANSWER } };

	server_start(&s);
	struct result_configmap c = target(&s);
	int rc = result_configmap_patch(&c, "result", "{}", 10);
	server_stop(&s);
	assert_int_equal(rc, 0);
	assert_int_equal(s.served, 3);
}

static void test_waits_as_long_as_the_server_asks(void **state)
{
	(void)state;
	struct server s = { .answers = { "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\n"
					 "Content-Length: 0\r\n\r\n",
				    OK_ANSWER } };
	double start = measure_clock_ms();

	server_start(&s);
	struct result_configmap c = target(&s);
	int rc = result_configmap_patch(&c, "result", "{}", 10);
	server_stop(&s);
	assert_int_equal(rc, 0);
	assert_true(measure_clock_ms() - start >= 1000);
}

static void test_a_refusal_is_final(void **state)
{
	(void)state;
	struct server s = { .answers = {
				    "HTTP/1.1 422 Unprocessable\r\nContent-Length: 2\r\n\r\nno" } };

	server_start(&s);
	struct result_configmap c = target(&s);
	int rc = result_configmap_patch(&c, "result", "{}", 10);
	server_stop(&s);
	assert_int_equal(rc, -EACCES);
}

/* The token must not reach a server that our CA does not vouch for. */
static void test_no_token_for_a_stranger(void **state)
{
	(void)state;
	struct server s = { .answers = { OK_ANSWER } }, other = { .answers = { NULL } };

	server_start(&s);
	server_start(&other);
	struct result_configmap c = target(&s);
	c.account_dir = other.dir;
	int rc = result_configmap_patch(&c, "result", "{}", 10);
	server_stop(&s);
	server_stop(&other);
	assert_int_equal(rc, -EACCES);
	assert_string_equal(s.requests[0], "");
}

static void test_without_an_account(void **state)
{
	(void)state;
	struct result_configmap c = { "127.0.0.1", "1", "/nonexistent", "ns", "name" };

	assert_int_equal(result_configmap_patch(&c, "started", "r", 5), -ENOENT);
}

/* Nobody listens on port 1: it is tried again, and given up in time. */
static void test_unreachable_is_given_up_in_time(void **state)
{
	(void)state;
	struct server s = { .answers = { NULL } };

	server_start(&s);
	struct result_configmap c = target(&s);
	c.port = "1";
	double start = measure_clock_ms();
	int rc = result_configmap_patch(&c, "started", "r", 1);
	double took = measure_clock_ms() - start;
	server_stop(&s);
	assert_int_equal(rc, -ETIMEDOUT);
	assert_true(took >= 250 && took < 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_judge),
		cmocka_unit_test(test_pause),
		cmocka_unit_test(test_url),
		cmocka_unit_test(test_body_is_json_within_json),
		cmocka_unit_test(test_patches_one_key),
		cmocka_unit_test(test_tries_again_until_it_works),
		cmocka_unit_test(test_waits_as_long_as_the_server_asks),
		cmocka_unit_test(test_a_refusal_is_final),
		cmocka_unit_test(test_no_token_for_a_stranger),
		cmocka_unit_test(test_without_an_account),
		cmocka_unit_test(test_unreachable_is_given_up_in_time),
	};

	signal(SIGPIPE, SIG_IGN); /* a client that hangs up must not end the server's thread */
	return cmocka_run_group_tests(tests, NULL, NULL);
}

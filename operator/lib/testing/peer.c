#include "testing/peer.h"

#include <arpa/inet.h>
#include <assert.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char *pem_text(BIO *bio)
{
	char *bytes;
	long n = BIO_get_mem_data(bio, &bytes);
	char *s = strndup(bytes, (size_t)n);

	BIO_free(bio);
	return s;
}

static void add_extension(X509 *x, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);

	assert(ext);
	X509_add_ext(x, ext, -1);
	X509_EXTENSION_free(ext);
}

void peer_make_cert(const char *names, long valid_s, char **ret_cert, char **ret_key)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	BIO *cert_bio = BIO_new(BIO_s_mem()), *key_bio = BIO_new(BIO_s_mem());

	assert(key && x);
	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -86400);
	X509_gmtime_adj(X509_getm_notAfter(x), valid_s);
	X509_set_pubkey(x, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
		(const unsigned char *)names, -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	add_extension(x, NID_basic_constraints, "critical,CA:TRUE");
	add_extension(x, NID_subject_alt_name, names);
	X509_sign(x, key, EVP_sha256());
	PEM_write_bio_X509(cert_bio, x);
	PEM_write_bio_PrivateKey(key_bio, key, NULL, NULL, 0, NULL, NULL);
	*ret_cert = pem_text(cert_bio);
	*ret_key = pem_text(key_bio);
	X509_free(x);
	EVP_PKEY_free(key);
}

static X509 *parse_cert(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *x = PEM_read_bio_X509(bio, NULL, NULL, NULL);

	BIO_free(bio);
	return x;
}

static void use_cert(struct peer *p)
{
	BIO *bio = BIO_new_mem_buf(p->key_pem, -1);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	X509 *x = parse_cert(p->cert_pem);

	SSL_CTX_use_certificate(p->ctx, x);
	SSL_CTX_use_PrivateKey(p->ctx, key);
	EVP_PKEY_free(key);
	X509_free(x);
	BIO_free(bio);
}

static void demand_client_cert(struct peer *p)
{
	X509 *ca = parse_cert(p->cfg.client_ca);

	X509_STORE_add_cert(SSL_CTX_get_cert_store(p->ctx), ca);
	X509_free(ca);
	SSL_CTX_set_verify(p->ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
}

static void listen_on(struct peer *p)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_in four = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	bool is_six = strchr(p->cfg.address, ':');
	struct sockaddr *a = is_six ? (struct sockaddr *)&six : (struct sockaddr *)&four;
	socklen_t size = is_six ? sizeof(six) : sizeof(four);

	p->listener = socket(a->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int failed = bind(p->listener, a, size) || listen(p->listener, 4) ||
		getsockname(p->listener, a, &size);
	assert(!failed);
	(void)failed;
	p->port = ntohs(is_six ? six.sin6_port : four.sin_port);
}

static void wait_until_closed(int fd)
{
	char bytes[4096];

	while (recv(fd, bytes, sizeof(bytes), 0) > 0)
		;
}

static void serve(struct peer *p, int fd)
{
	struct timeval patience = { .tv_sec = 20 };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (p->cfg.no_tls) {
		wait_until_closed(fd);
		return;
	}
	p->tls = SSL_new(p->ctx);
	SSL_set_fd(p->tls, fd);
	p->shook_hands = SSL_accept(p->tls) == 1;
	if (p->shook_hands)
		p->cfg.script(p);
	SSL_free(p->tls);
}

/* Until the listener is shut down. */
static void *run(void *arg)
{
	struct peer *p = arg;
	int fd;

	while ((fd = accept(p->listener, NULL, NULL)) >= 0) {
		p->connections++;
		p->upgraded = false;
		serve(p, fd);
		close(fd);
	}
	return NULL;
}

void peer_start(struct peer *p, const struct peer_cfg *cfg)
{
	memset(p, 0, sizeof(*p));
	p->cfg = *cfg;
	signal(SIGPIPE, SIG_IGN);
	peer_make_cert(cfg->names, cfg->valid_s, &p->cert_pem, &p->key_pem);
	p->ctx = SSL_CTX_new(TLS_server_method());
	use_cert(p);
	if (cfg->client_ca)
		demand_client_cert(p);
	listen_on(p);
	pthread_create(&p->thread, NULL, run, p);
}

void peer_stop(struct peer *p)
{
	shutdown(p->listener, SHUT_RDWR);
	pthread_join(p->thread, NULL);
	close(p->listener);
	SSL_CTX_free(p->ctx);
	free(p->cert_pem);
	free(p->key_pem);
}

bool peer_read_request(struct peer *p)
{
	size_t n = 0;
	int got;

	do {
		got = SSL_read(p->tls, p->request + n, (int)(sizeof(p->request) - 1 - n));
		n += got > 0 ? (size_t)got : 0;
		p->request[n] = '\0';
	} while (got > 0 && !strstr(p->request, "\r\n\r\n"));
	if (got > 0 && p->requests < PEER_MOST)
		snprintf(p->asked[p->requests++], sizeof(p->asked[0]), "%.*s",
			(int)strcspn(p->request, "\r"), p->request);
	return got > 0;
}

bool peer_wants_upgrade(const struct peer *p)
{
	return strcasestr(p->request, "\r\nUpgrade: websocket") != NULL;
}

void peer_send(struct peer *p, const void *bytes, size_t n)
{
	if (n)
		SSL_write(p->tls, bytes, (int)n);
}

/* RFC 6455 section 4.2.2: the key and a fixed text, hashed. */
static void upgrade(struct peer *p)
{
	static const char field[] = "Sec-WebSocket-Key: ";
	char text[128], answer[256];
	unsigned char digest[SHA_DIGEST_LENGTH], accept64[32];
	const char *key = strcasestr(p->request, field);

	snprintf(text, sizeof(text), "%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11",
		key ? key + sizeof(field) - 1 : "");
	SHA1((const unsigned char *)text, strlen(text), digest);
	EVP_EncodeBlock(accept64, digest, sizeof(digest));
	int n = snprintf(answer, sizeof(answer),
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		"Sec-WebSocket-Accept: %s\r\n\r\n",
		(const char *)accept64);
	peer_send(p, answer, (size_t)n);
}

void peer_answer(struct peer *p, int status, const char *headers, const char *body)
{
	char head[512];
	int n = snprintf(head, sizeof(head),
		"HTTP/1.1 %d Scripted\r\n%sContent-Type: application/json\r\nContent-Length: %zu\r\n"
		"Connection: close\r\n\r\n",
		status, headers, strlen(body));

	peer_send(p, head, (size_t)n);
	peer_send(p, body, strlen(body));
}

void peer_open(struct peer *p)
{
	static const char chunked[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
				      "Transfer-Encoding: chunked\r\n\r\n";

	p->upgraded = peer_wants_upgrade(p);
	if (p->upgraded)
		upgrade(p);
	else
		peer_send(p, chunked, sizeof(chunked) - 1);
}

void peer_accept(struct peer *p)
{
	peer_read_request(p);
	peer_open(p);
}

static void chunk(struct peer *p, const char *bytes, size_t n)
{
	char head[32];

	peer_send(p, head, (size_t)snprintf(head, sizeof(head), "%zx\r\n", n));
	peer_send(p, bytes, n);
	peer_send(p, "\r\n", 2);
}

void peer_say(struct peer *p, const char *text, size_t n)
{
	if (p->upgraded) {
		peer_frame(p, 1, true, text, n);
		return;
	}
	chunk(p, text, n);
	chunk(p, "\n", 1);
}

void peer_say_part(struct peer *p)
{
	if (p->upgraded)
		peer_send(p, "\x81\x7d part", 7);
	else
		peer_send(p, "7d\r\n part", 9);
}

void peer_goodbye(struct peer *p)
{
	if (p->upgraded)
		peer_frame(p, 8, true, "\x03\xe8", 2); /* 1000 */
	else
		peer_send(p, "0\r\n\r\n", 5);
	peer_wait(p);
}

void peer_wait(struct peer *p)
{
	char bytes[256];

	while (SSL_read(p->tls, bytes, sizeof(bytes)) > 0)
		;
}

void peer_frame(struct peer *p, int opcode, bool final, const char *bytes, size_t n)
{
	unsigned char head[10] = { (unsigned char)((final ? 0x80 : 0) | opcode) };
	size_t length_bytes = n < 126 ? 0 : n < 65536 ? 2 : 8;

	head[1] = n < 126 ? (unsigned char)n : length_bytes == 2 ? 126 : 127;
	for (size_t i = 0; i < length_bytes; i++)
		head[2 + i] = (unsigned char)(n >> 8 * (length_bytes - 1 - i));
	peer_send(p, head, 2 + length_bytes);
	peer_send(p, bytes, n);
}

/* What a client sends here is short: one length byte, masked. */
int peer_next(struct peer *p)
{
	unsigned char head[6], payload[125];

	for (int n = 0, got; n < 6; n += got)
		if ((got = SSL_read(p->tls, head + n, 6 - n)) <= 0)
			return -1;
	int length = head[1] & 0x7f;
	for (int n = 0, got; n < length; n += got)
		if ((got = SSL_read(p->tls, payload + n, length - n)) <= 0)
			return -1;
	return head[0] & 0x0f;
}

#include "testing/fake_api.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define DAY_MS INT64_C(86400000)

static SSL_CTX *make_context(const struct fake_api *f)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	BIO *cert_text = BIO_new_mem_buf(f->server.cert, -1);
	BIO *key_text = BIO_new_mem_buf(f->server.key, -1),
	    *ca_text = BIO_new_mem_buf(f->ca.cert, -1);
	X509 *cert = PEM_read_bio_X509(cert_text, NULL, NULL, NULL);
	X509 *ca = PEM_read_bio_X509(ca_text, NULL, NULL, NULL);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(key_text, NULL, NULL, NULL);
	assert(SSL_CTX_use_certificate(ctx, cert) == 1 && SSL_CTX_use_PrivateKey(ctx, key) == 1);
	X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), ca);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL); /* asked for, not demanded */
	return ctx;
}

/* The value of a header, or "". */
static void copy_header(const char *head, const char *name, char *out, size_t size)
{
	const char *at = strcasestr(head, name);
	*out = '\0';
	if (at)
		snprintf(out, size, "%.*s", (int)strcspn(at + strlen(name), "\r"),
			at + strlen(name));
}

/* One client's connection. */
struct line {
	int fd;
	SSL *ssl; /* NULL: without TLS */
};

static bool read_exactly(const struct line *l, char *out, size_t n)
{
	for (int got; n > 0; n -= (size_t)got, out += got) {
		got = l->ssl ? SSL_read(l->ssl, out, (int)n) : (int)read(l->fd, out, n);
		if (got <= 0)
			return false;
	}
	return true;
}

static bool write_all(const struct line *l, const char *bytes, size_t n)
{
	if (l->ssl)
		return n == 0 || SSL_write(l->ssl, bytes, (int)n) > 0;
	return send(l->fd, bytes, n, MSG_NOSIGNAL) == (ssize_t)n;
}

static bool read_head(const struct line *l, char *out, size_t size)
{
	for (size_t n = 0; n < size - 1; n++) {
		if (!read_exactly(l, out + n, 1))
			return false;
		out[n + 1] = '\0';
		if (n >= 3 && !strcmp(out + n - 3, "\r\n\r\n"))
			return true;
	}
	return false;
}

static void note_peer(const struct line *l, struct fake_asked *a)
{
	X509 *peer = l->ssl ? SSL_get0_peer_certificate(l->ssl) : NULL;

	if (peer)
		X509_NAME_get_text_by_NID(X509_get_subject_name(peer), NID_commonName, a->peer,
			sizeof(a->peer));
}

static bool read_request(const struct line *l, struct fake_asked *a)
{
	char head[8192], length[16];
	*a = (struct fake_asked){ 0 };
	if (!read_head(l, head, sizeof(head)) || sscanf(head, "%7s %255s", a->method, a->path) != 2)
		return false;
	copy_header(head, "\r\nContent-Type: ", a->type, sizeof(a->type));
	copy_header(head, "\r\nAuthorization: ", a->authorization, sizeof(a->authorization));
	copy_header(head, "\r\nUser-Agent: ", a->agent, sizeof(a->agent));
	snprintf(a->head, sizeof(a->head), "%.*s", (int)sizeof(a->head) - 1, head);
	copy_header(head, "\r\nContent-Length: ", length, sizeof(length));
	size_t n = (size_t)atol(length);
	assert(n < sizeof(a->body));
	a->connection = getpid(); /* a process serves each */
	note_peer(l, a);
	return read_exactly(l, a->body, n);
}

static const struct fake_answer *choose(struct fake_script *s, const struct fake_asked *a)
{
	unsigned n = __atomic_fetch_add(&s->asked_len, 1, __ATOMIC_SEQ_CST);
	if (n < FAKE_MOST)
		s->asked[n] = *a;
	return &s->answers[n < s->answers_len ? n : s->answers_len - 1];
}

static bool answer(const struct line *l, const struct fake_answer *a)
{
	char head[512], blanks[4096];
	const char *body = a->body ? a->body : "";
	usleep((useconds_t)a->delay_ms * 1000);
	if (a->status == 0)
		return false;
	int n = snprintf(head, sizeof(head),
		"HTTP/1.1 %d Scripted\r\nContent-Type: application/json\r\n%s", a->status,
		a->headers ? a->headers : "");
	if (!a->unsized)
		n += sprintf(head + n, "Content-Length: %zu\r\n", strlen(body) + a->filler);
	n += sprintf(head + n, "\r\n");
	memset(blanks, ' ', sizeof(blanks));
	bool ok = write_all(l, head, (size_t)n) && write_all(l, body, strlen(body));
	for (size_t left = a->filler; ok && left > 0;) {
		size_t some = left < sizeof(blanks) ? left : sizeof(blanks);
		ok = write_all(l, blanks, some);
		left -= some;
	}
	return ok && !a->unsized;
}

static void serve(struct fake_script *script, SSL_CTX *ctx, int fd)
{
	struct fake_asked a;
	struct line l = { .fd = fd, .ssl = ctx ? SSL_new(ctx) : NULL };
	if (l.ssl)
		SSL_set_fd(l.ssl, fd);
	if (!l.ssl || SSL_accept(l.ssl) == 1)
		while (read_request(&l, &a) && answer(&l, choose(script, &a)))
			;
	_exit(0);
}

static void run_server(const struct fake_api *f, int listener)
{
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	SSL_CTX *ctx = f->server.cert ? make_context(f) : NULL;
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		if (fd < 0)
			_exit(1);
		int one = 1;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		if (fork() == 0) {
			close(listener);
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			serve(f->script, ctx, fd);
		}
		close(fd);
	}
}

static int bind_to(int *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)*port),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(a);
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
	int rc = bind(fd, (struct sockaddr *)&a, sizeof(a));
	assert(rc == 0);
	getsockname(fd, (struct sockaddr *)&a, &len);
	*port = ntohs(a.sin_port);
	return fd;
}

void fake_api_up(struct fake_api *f)
{
	int listener = bind_to(&f->port);
	int rc = listen(listener, 64);
	assert(rc == 0);
	f->pid = fork();
	assert(f->pid >= 0);
	if (f->pid == 0)
		run_server(f, listener);
	close(listener);
}

void fake_api_down(struct fake_api *f)
{
	if (!f->pid)
		return;
	kill(f->pid, SIGKILL); /* those that serve a connection die of their parent's death */
	waitpid(f->pid, NULL, 0);
	f->pid = 0;
}

void fake_api_start(struct fake_api *f, const char *name)
{
	int64_t now = clock_real_ms();
	*f = (struct fake_api){ 0 };
	if (name) {
		pki_make_ca(&f->ca);
		pki_issue(&f->ca, name, now - DAY_MS, now + DAY_MS, &f->server);
	}
	f->script = mmap(NULL, sizeof(*f->script), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert(f->script != MAP_FAILED);
	f->reserved = bind_to(&f->port);
	fake_api_up(f);
}

void fake_api_stop(struct fake_api *f)
{
	fake_api_down(f);
	close(f->reserved);
	munmap(f->script, sizeof(*f->script));
	pki_clear(&f->ca);
	pki_clear(&f->server);
}

void fake_api_play(struct fake_api *f, const struct fake_answer *answers, unsigned n)
{
	assert(n > 0 && n <= FAKE_MOST);
	memset(f->script, 0, sizeof(*f->script));
	memcpy(f->script->answers, answers, n * sizeof(*answers));
	f->script->answers_len = n;
}

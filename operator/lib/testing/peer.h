/* peer.h — for tests: a TLS server in a thread, with a certificate made on the spot, that serves one connection
 * after the other by a script.  It speaks to each client in its own way: frames after an upgrade, else chunks of
 * an HTTP/1.1 answer.  So one script serves both transports of a watch. */
#ifndef TESTING_PEER_H
#define TESTING_PEER_H

#include <openssl/ssl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct peer;

struct peer_cfg {
	const char *address;   /* "127.0.0.1" or "::1" */
	const char *names;     /* "IP:127.0.0.1,DNS:api.test": what the certificate is for */
	long valid_s;          /* from now; negative: expired */
	const char *client_ca; /* PEM: a client certificate of this CA is demanded; NULL: none is */
	bool no_tls;           /* accepts, then leaves the connection alone until it is closed */
	void (*script)(struct peer *p); /* after the handshake; the connection is cut after it */
	void *arg;                      /* the script's own */
};

#define PEER_MOST 32

struct peer {
	struct peer_cfg cfg;
	int listener, port;
	SSL_CTX *ctx;
	SSL *tls;
	char *cert_pem, *key_pem;   /* self-signed: the CA, too */
	char request[32 * 1024];    /* headers of the last one */
	char asked[PEER_MOST][512]; /* the first line of each */
	int requests;
	bool upgraded; /* this connection was */
	bool shook_hands;
	int connections;
	pthread_t thread;
};

void peer_start(struct peer *p, const struct peer_cfg *cfg);
/* Waits for the script's end. */
void peer_stop(struct peer *p);

/* A self-signed certificate and its key; caller frees with free(). */
void peer_make_cert(const char *names, long valid_s, char **ret_cert, char **ret_key);

/* For scripts. */
bool peer_read_request(struct peer *p); /* false: none came */
bool peer_wants_upgrade(const struct peer *p);
/* Opens the stream that the request wants: 101, or 200 and a chunked body. */
void peer_open(struct peer *p);
void peer_accept(struct peer *p); /* reads the request and opens */
/* Answers the request that was read, whole, and says that the connection ends with it; `headers` each with
 * \r\n. */
void peer_answer(struct peer *p, int status, const char *headers, const char *body);
void peer_send(struct peer *p, const void *bytes, size_t n);
void peer_say(struct peer *p, const char *text, size_t n); /* one message */
void peer_say_part(struct peer *p);                        /* the beginning of one */
void peer_goodbye(struct peer *p);                         /* ends the stream in due form */
void peer_wait(struct peer *p);                            /* until the client has closed */
/* A frame: opcode 1 text, 0 continuation, 8 close, 9 ping. */
void peer_frame(struct peer *p, int opcode, bool final, const char *bytes, size_t n);
/* Opcode of the next frame from the client, -1 when it has closed. */
int peer_next(struct peer *p);

#endif

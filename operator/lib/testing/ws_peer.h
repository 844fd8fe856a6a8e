/* ws_peer.h — for tests: a TLS server in a thread, with a certificate made on the spot, that does what a
 * script says to its one connection. */
#ifndef TESTING_WS_PEER_H
#define TESTING_WS_PEER_H

#include <openssl/ssl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct ws_peer;

struct ws_peer_cfg {
	const char *address;   /* "127.0.0.1" or "::1" */
	const char *names;     /* "IP:127.0.0.1,DNS:api.test": what the certificate is for */
	long valid_s;          /* from now; negative: expired */
	const char *client_ca; /* PEM: a client certificate of this CA is demanded; NULL: none is */
	bool no_tls;           /* accepts, then leaves the connection alone until it is closed */
	void (*script)(struct ws_peer *p); /* after the handshake; the connection is cut after it */
};

struct ws_peer {
	struct ws_peer_cfg cfg;
	int listener, port;
	SSL_CTX *ctx;
	SSL *tls;
	char *cert_pem, *key_pem; /* self-signed: the CA, too */
	char request[32 * 1024];  /* headers of the last upgrade */
	bool shook_hands;
	int connections;
	pthread_t thread;
};

void ws_peer_start(struct ws_peer *p, const struct ws_peer_cfg *cfg);
/* Waits for the script's end. */
void ws_peer_stop(struct ws_peer *p);

/* A self-signed certificate and its key; caller frees with free(). */
void ws_peer_make_cert(const char *names, long valid_s, char **ret_cert, char **ret_key);

/* For scripts. */
void ws_peer_read_request(struct ws_peer *p);
void ws_peer_accept(struct ws_peer *p); /* reads the request, answers 101 */
void ws_peer_send(struct ws_peer *p, const void *bytes, size_t n);
/* One frame: opcode 1 text, 0 continuation, 8 close, 9 ping. */
void ws_peer_frame(struct ws_peer *p, int opcode, bool final, const char *bytes, size_t n);
/* Opcode of the next frame from the client, -1 when it has closed. */
int ws_peer_next(struct ws_peer *p);

#endif

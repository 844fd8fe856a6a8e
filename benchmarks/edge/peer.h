/* peer.h — what the network probes and the responder say to each other, over one TCP connection.
 *
 *   probe      "berth-q1" | nonce, 16 bytes | token, 64 bytes padded with NUL
 *   responder  "berth-a1" | the nonce
 *   probe      'e' | 7 bytes of any kind         responder  the same 8 bytes
 *   probe      's' | 3 bytes 0 | n, big-endian   responder  n bytes of any kind
 *
 * The answer is not what was asked: a service that echoes what it gets is not taken for a responder.  The token is no
 * secret of weight, it tells one responder from another: who answers by the right one is the one that was started with
 * it.  Whoever is there else is told nothing. */
#ifndef EDGE_PEER_H
#define EDGE_PEER_H

#include <stddef.h>
#include <stdint.h>

#define PEER_MAGIC  8
#define PEER_NONCE  16
#define PEER_TOKEN  64
#define PEER_ASK    "berth-q1"
#define PEER_ANSWER "berth-a1"
#define PEER_HELLO  (PEER_MAGIC + PEER_NONCE + PEER_TOKEN)
#define PEER_WORD   8           /* of a request */
#define PEER_MOST   (16u << 20) /* bytes that one request may ask for */

#define PEER_HOST_MAX 254

/* "HOST:PORT", "[IPv6]:PORT".  0 and both parts copied, or -EINVAL. */
int peer_parse(const char *text, char host[PEER_HOST_MAX], char port[6]);
/* 1 to 65535, digits alone; 0 = no port. */
int peer_port(const char *text);
/* For how long a peer may be silent; only tests change it. */
extern int peer_patience_ms;
/* Connects and says hello: a blocking socket, or -errno.  -EPROTO: somebody else answers there, or the token is another
 * one.  Of a name's addresses the first PEER_ADDRESSES are tried. */
#define PEER_ADDRESSES 4
int peer_connect(const char *host, const char *port, const char *token);
/* The whole of it, and not much longer than the patience; 0 or -errno. */
int peer_send(int fd, const void *bytes, size_t n);
int peer_receive(int fd, void *bytes, size_t n);
/* What there is of it, at least a byte; how much, or -errno. */
int peer_receive_some(int fd, void *bytes, size_t n);
void peer_request(unsigned char word[PEER_WORD], char what, uint32_t n);

#endif

/* respond.h — the other side of the network probes: answers them on a TCP port until its time is over.
 *
 * Whoever reaches the port is a stranger.  Who does not say hello with the token, or is silent for RESPOND_IDLE_MS, is
 * hung up on; RESPOND_CONNECTIONS are served at a time, the others wait in the kernel; sent is what was asked for,
 * PEER_MOST bytes per request, and kept is nothing.  One thread, no memory but these connections'. */
#ifndef EDGE_RESPOND_H
#define EDGE_RESPOND_H

#include <stdint.h>

#define RESPOND_CONNECTIONS 16
#define RESPOND_IDLE_MS     10000
#define RESPOND_LONGEST_MS  900000 /* of one connection */

struct responder {
	int fd; /* listens */
	const char *token;
	double (*now_ms)(void);
	double until_ms;
};

/* Listens on `port` (0: any) of all addresses.  0, or -errno; *ret_port is the port. */
int respond_listen(struct responder *r, int port, int *ret_port);
/* Until until_ms.  0, or -errno. */
int respond_serve(struct responder *r);
/* Listens, says where, serves, closes. */
int respond_run(int port, const char *token, int seconds);

#endif

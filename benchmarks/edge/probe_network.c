/* network, network-latency — to a responder (respond.h) on another cluster, by whatever joins the two.
 *
 * network asks for portions of bytes and counts what arrives, MB/s (10^6 bytes), one TCP stream, towards this side: what
 * a function that fetches something gets.  A portion is asked for when the one before has arrived, so that nothing waits in
 * a socket's buffer while another probe has its turn; it is made large enough, while the probe opens, that the
 * round trip before it is a twentieth of its time at most, or 16 MiB.
 *
 * network-latency is the time of 8 bytes there and back, in us: TCP, from program to program.
 *
 * A peer may be hostile.  It is sent what peer.h says and no more; what it sends is counted, compared and thrown away; and
 * it may be silent for peer_patience_ms, and take BATCH_MOST_MS for a portion: then the probe has failed. */
#include "measure.h"
#include "peer.h"
#include "probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PINGS         8
#define FIRST_BYTES   (16u << 10)
#define BATCH_MS      50    /* a portion takes so long at least... */
#define ROUND_TRIPS   20    /* ...and so many round trips */
#define BATCH_MOST_MS 20000 /* what drips on for longer is no network */

struct network {
	int fd;
	uint32_t bytes; /* of a portion */
	uint64_t pings;
	char sink[64 << 10];
};

static int ping(struct network *n)
{
	unsigned char word[PEER_WORD], back[PEER_WORD];
	int rc;

	peer_request(word, 'e', (uint32_t)++n->pings);
	rc = peer_send(n->fd, word, sizeof(word));
	if (rc == 0)
		rc = peer_receive(n->fd, back, sizeof(back));
	if (rc == 0 && memcmp(word, back, sizeof(word)))
		rc = -EPROTO;
	return rc;
}

static int fetch(struct network *n)
{
	unsigned char word[PEER_WORD];
	double end_ms = measure_clock_ms() + BATCH_MOST_MS;
	int rc;

	peer_request(word, 's', n->bytes);
	rc = peer_send(n->fd, word, sizeof(word));
	for (size_t left = n->bytes; rc >= 0 && left; left -= (size_t)rc) {
		size_t part = left < sizeof(n->sink) ? left : sizeof(n->sink);

		rc = measure_clock_ms() < end_ms ? peer_receive_some(n->fd, n->sink, part)
						 : -ETIMEDOUT;
		if (rc < 0)
			return rc;
	}
	return rc < 0 ? rc : 0;
}

static void network_close(void *state)
{
	struct network *n = state;

	if (n->fd >= 0)
		close(n->fd);
	free(n);
}

static int connect_peer(const struct probe_site *site, struct network **ret)
{
	struct network *n;

	if (!*site->peer_host)
		return -EDESTADDRREQ;
	n = calloc(1, sizeof(*n));
	if (!n)
		return -ENOMEM;
	n->bytes = FIRST_BYTES;
	n->fd = peer_connect(site->peer_host, site->peer_port, site->peer_token);
	if (n->fd < 0) {
		int rc = n->fd;

		network_close(n);
		return rc;
	}
	*ret = n;
	return 0;
}

static int latency_open(const struct probe_site *site, void **ret_state)
{
	struct network *n;
	int rc = connect_peer(site, &n);

	if (rc == 0)
		*ret_state = n;
	return rc;
}

static double latency_batch(void *state)
{
	for (int i = 0; i < PINGS; i++) {
		int rc = ping(state);

		if (rc < 0)
			return rc;
	}
	return PINGS;
}

/* Doubles the portion until it takes long enough. */
static int size_portion(struct network *n)
{
	double start = measure_clock_ms(), wanted_ms;
	int rc = ping(n);

	wanted_ms = (measure_clock_ms() - start) * ROUND_TRIPS;
	wanted_ms = wanted_ms < BATCH_MS ? BATCH_MS : wanted_ms;
	while (rc == 0 && n->bytes < PEER_MOST) {
		start = measure_clock_ms();
		rc = fetch(n);
		if (measure_clock_ms() - start >= wanted_ms)
			break;
		n->bytes *= 2;
	}
	return rc;
}

static int network_open(const struct probe_site *site, void **ret_state)
{
	struct network *n;
	int rc = connect_peer(site, &n);

	if (rc < 0)
		return rc;
	rc = size_portion(n);
	if (rc < 0)
		network_close(n);
	else
		*ret_state = n;
	return rc;
}

static double network_batch(void *state)
{
	struct network *n = state;
	int rc = fetch(n);

	return rc < 0 ? rc : n->bytes / 1e6;
}

const struct probe probe_network = {
	.name = "network",
	.unit = "MB/s",
	.version = 1,
	.needs_peer = true,
	.open = network_open,
	.batch = network_batch,
	.close = network_close,
};

const struct probe probe_network_latency = {
	.name = "network-latency",
	.unit = "us",
	.version = 1,
	.tick = 1e-6,
	.needs_peer = true,
	.open = latency_open,
	.batch = latency_batch,
	.close = network_close,
};

/* sink.h — workers behind an HTTP sink: a Knative JobSink, Service or Broker, which starts and ends them as it sees
 * fit.
 *
 * An event is one POST, a CloudEvent in structured mode.  A sink that answers 202 has accepted it and no more; that
 * it was worked is seen in the onboarding's status, and the delivery waits for that (settled).  Any other 2xx
 * says that it was worked.  What goes wrong on the way is tried again some times, as an event of its own each time
 * (ID, ID.1, ID.2): one too many does no harm, one that the sink takes for a repetition would be lost for a while.
 * Then the key comes again by the queue.  A sink that is away costs most_out deliveries that knock: all other
 * keys stay in the queue. */
#ifndef DISPATCH_SINK_H
#define DISPATCH_SINK_H

#include "dispatch/spawner.h"
#include "loop/loop.h"

struct sink_cfg {
	const char *url, *user_agent; /* copied */
	const char *ca_pem;           /* copied; NULL: the system's authorities */
	unsigned most_out;            /* deliveries at once, >= 1 */
	int64_t answer_ms;            /* so long may a sink hold a request: it may work meanwhile */
	int64_t retry_base_ms;        /* the back-off between attempts begins with it */
	bool (*may_send)(void *arg);  /* NULL, or asked before each read and write */
	void *may_send_arg;
};

int sink_new(struct loop *l, const struct sink_cfg *cfg, struct spawner **ret, struct err *e)
	MUST_CHECK;

#endif

#include "dispatch/sink_answer.h"

enum sink_meaning sink_meaning(int status)
{
	if (!status || status >= 500)
		return SINK_AGAIN;
	if (status >= 200 && status <= 299)
		return status == 202 ? SINK_ACCEPTED : SINK_WORKED;
	switch (status) {
	case 408: /* these tell of a moment, not of the event */
	case 425:
	case 429:
		return SINK_AGAIN;
	default:
		return SINK_REFUSED;
	}
}

const char *sink_advice(int status)
{
	if (!status)
		return "does the sink run, and is --worker-sink its address?";
	if (status >= 500)
		return "the sink's own log says why";
	switch (status) {
	case 400: /* JobSink's answer for one that does not exist, too */
	case 404:
		return "does the JobSink of --worker-sink exist? kubectl get jobsinks -A";
	case 401:
	case 403:
		return "the sink lets somebody else in: an EventPolicy, or OIDC, which is not spoken here";
	case 413:
		return "the sink takes no event of this size";
	case 429:
		return "the sink has more than it can do: lower --max-workers";
	default:
		return status < 400
			? "redirects are not followed: --worker-sink must be the place itself"
			: "is --worker-sink a sink of CloudEvents?";
	}
}

#include "dispatch/sink_away.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/utf8.h"
#include "dispatch/sink_answer.h"

#include <stdio.h>

#define NOTICE_EVERY_MS 30000

static void describe(const struct http_exchange *x, char ret[160])
{
	if (!x->status)
		snprintf(ret, 160, "%.159s", x->text);
	else
		snprintf(ret, 160, "HTTP %d%s%.130s", x->status, x->answer.len ? ": " : "",
			x->answer.len ? x->answer.s : "");
	utf8_tame(ret); /* it quotes a stranger, and /readyz has a line for each thing */
}

void sink_away_note(struct sink_away *a, const struct http_exchange *x)
{
	int64_t now = clock_mono_ms();
	char how[160];

	describe(x, how);
	snprintf(a->text, sizeof(a->text), "the sink does not take events: %s", how);
	if (!a->since)
		a->since = now;
	if (a->told_at && now - a->told_at < NOTICE_EVERY_MS)
		return;
	a->told_at = now;
	a->back_owed = true;
	log_warn("the sink does not take events; they are sent again", "sink", x->to->url, "how",
		how, "advice", sink_advice(x->status), NULL);
}

void sink_away_over(struct sink_away *a, const char *url)
{
	char seconds[24];

	if (!a->since)
		return;
	snprintf(seconds, sizeof(seconds), "%.1f", (double)(clock_mono_ms() - a->since) / 1000);
	if (a->back_owed)
		log_info("the sink takes events", "sink", url, "away_seconds", seconds, NULL);
	a->since = 0;
	a->back_owed = false;
	a->text[0] = '\0';
}

/* retry.c — what keeps failing costs little. */
#include "workers/steps.h"

#define FIRST_MS (60 * 1000)
#define MOST_MS  (3600 * 1000)

int64_t step_retry_ms(const struct world *w)
{
	int64_t attempts = json_int_or(w->step, "refresh.attempts",
			json_int_or(w->step, "attempts", 1)),
		delay_ms = FIRST_MS;

	for (int64_t i = 1; i < attempts && delay_ms < MOST_MS; i++)
		delay_ms *= 2;
	return w->now_ms + (delay_ms < MOST_MS ? delay_ms : MOST_MS);
}

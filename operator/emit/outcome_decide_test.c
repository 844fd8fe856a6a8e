#include "emit/outcome_decide.h"
#include "testing/t.h"

#define MINUTE 60000

static const struct delivery soon = { .tried_ms = 59999, .retry_ms = MINUTE };
static const struct delivery alone = { .tried_ms = 1000 * MINUTE, .retry_ms = MINUTE };
static const struct delivery early = { .has_dead_letter = true,
	.tried_ms = 59999,
	.retry_ms = MINUTE };
static const struct delivery late = { .has_dead_letter = true,
	.tried_ms = MINUTE,
	.retry_ms = MINUTE };
static const struct delivery dead = { .has_dead_letter = true,
	.dead = true,
	.tried_ms = 1000 * MINUTE,
	.retry_ms = MINUTE };

#define D NEXT_DONE
#define A NEXT_AGAIN
#define L NEXT_DEAD_LETTER
#define X NEXT_DROP

static const struct {
	int status;
	enum next alone, early, late, dead; /* soon: as alone, but that nothing is dropped */
} cases[] = {
	{ 200, D, D, D, D },
	{ 202, D, D, D, D },
	{ 299, D, D, D, D },
	{ 100, X, L, L, X },
	{ 301, X, L, L, X },
	{ 400, X, L, L, X },
	{ 401, X, L, L, X },
	{ 403, X, L, L, X },
	{ 404, A, A, L, A },
	{ 408, A, A, L, A },
	{ 409, A, A, L, A },
	{ 413, X, L, L, X },
	{ 422, X, L, L, X },
	{ 425, A, A, L, A },
	{ 429, A, A, L, A },
	{ 500, A, A, L, A },
	{ 501, A, A, L, A },
	{ 503, A, A, L, A },
	{ 504, A, A, L, A },
	{ 0, A, A, L, A },
};

static void each_answer(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		T_EQ(outcome_decide(cases[i].status, &alone), cases[i].alone);
		T_EQ(outcome_decide(cases[i].status, &soon),
			cases[i].alone == X ? A : cases[i].alone);
		T_EQ(outcome_decide(cases[i].status, &early), cases[i].early);
		T_EQ(outcome_decide(cases[i].status, &late), cases[i].late);
		T_EQ(outcome_decide(cases[i].status, &dead), cases[i].dead);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(each_answer) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

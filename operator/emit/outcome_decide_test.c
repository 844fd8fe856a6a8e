#include "emit/outcome_decide.h"
#include "testing/t.h"

#include <errno.h>

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
	int rc, status;
	enum next alone, early, late, dead; /* soon: as alone, but that nothing is dropped */
} cases[] = {
	{ 0, 200, D, D, D, D },
	{ 0, 202, D, D, D, D },
	{ 0, 299, D, D, D, D },
	{ 0, 100, X, L, L, X },
	{ 0, 301, X, L, L, X },
	{ 0, 400, X, L, L, X },
	{ 0, 401, X, L, L, X },
	{ 0, 403, X, L, L, X },
	{ 0, 404, A, A, L, A },
	{ 0, 408, A, A, L, A },
	{ 0, 409, A, A, L, A },
	{ 0, 413, X, L, L, X },
	{ 0, 422, X, L, L, X },
	{ 0, 425, A, A, L, A },
	{ 0, 429, A, A, L, A },
	{ 0, 500, A, A, L, A },
	{ 0, 501, A, A, L, A },
	{ 0, 503, A, A, L, A },
	{ 0, 504, A, A, L, A },
	{ -ENOTCONN, 0, A, A, L, A },
	{ -ENOMEM, 0, A, A, L, A },
	{ -EINVAL, 0, X, L, L, X },
	{ -EMSGSIZE, 200, X, L, L, X },
};

static void each_answer(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct outcome o = { cases[i].rc, cases[i].status };

		T_EQ(outcome_decide(o, &alone), cases[i].alone);
		T_EQ(outcome_decide(o, &soon), cases[i].alone == X ? A : cases[i].alone);
		T_EQ(outcome_decide(o, &early), cases[i].early);
		T_EQ(outcome_decide(o, &late), cases[i].late);
		T_EQ(outcome_decide(o, &dead), cases[i].dead);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(each_answer) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

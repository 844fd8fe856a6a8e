#include "proto/fleet.h"

#include "testing/t.h"

static struct fleet fleet_of(const char *const *names, uint64_t scores)
{
	struct fleet f = { 0 };

	for (; *names; names++)
		fleet_add(&f, *names, scores);
	return f;
}

static bool same(struct fleet a, const char *uid_a, int64_t gen_a, struct fleet b,
	const char *uid_b, int64_t gen_b)
{
	char of_a[INPUTS_DIGEST_LEN], of_b[INPUTS_DIGEST_LEN];

	fleet_digest(&a, uid_a, gen_a, of_a);
	return strcmp(of_a, fleet_digest(&b, uid_b, gen_b, of_b)) == 0;
}

static void digest_tells_what_matters_and_nothing_else(void **state)
{
	struct fleet ab = fleet_of((const char *[]){ "a", "b", NULL }, 7);
	struct fleet ba = fleet_of((const char *[]){ "b", "a", NULL }, 7);
	struct fleet a = fleet_of((const char *[]){ "a", NULL }, 7);
	struct fleet aa = fleet_of((const char *[]){ "a", "a", NULL }, 7);
	struct fleet others = fleet_of((const char *[]){ "a", "b", NULL }, 8);

	(void)state;
	T_TRUE(same(ab, "s", 1, ba, "s", 1));
	T_FALSE(same(ab, "s", 1, a, "s", 1));
	T_FALSE(same(ab, "s", 1, aa, "s", 1));
	T_FALSE(same(ab, "s", 1, others, "s", 1));
	T_FALSE(same(ab, "s", 1, ab, "s", 2));
	T_FALSE(same(ab, "s", 1, ab, "t", 1));
	T_FALSE(same(a, "s", 1, (struct fleet){ 0 }, "s", 1));
}

static void scores_are_a_sum(void **state)
{
	(void)state;
	T_TRUE(fleet_score("cpu", 1) != fleet_score("cpu", 2));
	T_TRUE(fleet_score("cpu", 0) == fleet_score("cpu", 1));
	T_TRUE(fleet_score("cpu", 1) != fleet_score("memory", 1));
	T_TRUE(fleet_score("cpu", 1) + fleet_score("memory", 2) !=
		fleet_score("cpu", 2) + fleet_score("memory", 1));
	T_TRUE(fleet_hash(FLEET_SEED, "ab") != fleet_hash(fleet_hash(FLEET_SEED, "a"), "b"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digest_tells_what_matters_and_nothing_else),
		cmocka_unit_test(scores_are_a_sum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

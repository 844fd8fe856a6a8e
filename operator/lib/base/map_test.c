#include "base/map.h"
#include "testing/t.h"

#include <stdio.h>

enum { MANY = 2000 };

static const char *key_of(unsigned i)
{
	static char key[16];

	snprintf(key, sizeof(key), "edge%u", i);
	return key;
}

static void *value_of(unsigned i)
{
	return (void *)(uintptr_t)(i + 1);
}

static void fill(struct map *m)
{
	for (unsigned i = 0; i < MANY; i++)
		T_EQ(map_put(m, key_of(i), value_of(i), NULL), 0);
}

static void empty_map_answers(void **state)
{
	struct map m = { 0 };

	(void)state;
	T_NULL(map_get(&m, "a"));
	T_FALSE(map_has(&m, "a"));
	T_NULL(map_del(&m, "a"));
	T_EQ(map_len(&m), 0);
	T_NULL(map_next(&m, NULL));
	map_clear(&m, NULL);
}

static void put_get_replace(void **state)
{
	struct map m = { 0 };
	char key[] = "a";
	void *old = "untouched?";

	(void)state;
	T_EQ(map_put(&m, key, "1", &old), 0);
	T_NULL(old);
	key[0] = 'z'; /* the map holds a copy */
	T_STR(map_get(&m, "a"), "1");
	T_EQ(map_put(&m, "a", "2", &old), 0);
	T_STR(old, "1");
	T_STR(map_get(&m, "a"), "2");
	T_EQ(map_put(&m, "", "empty", NULL), 0);
	T_STR(map_get(&m, ""), "empty");
	T_EQ(map_len(&m), 2);
	map_clear(&m, NULL);
}

static void null_is_a_value(void **state)
{
	struct map m = { 0 };

	(void)state;
	T_EQ(map_put(&m, "a", NULL, NULL), 0);
	T_TRUE(map_has(&m, "a"));
	T_NULL(map_get(&m, "a"));
	T_NULL(map_del(&m, "a"));
	T_FALSE(map_has(&m, "a"));
	map_clear(&m, NULL);
}

static void holds_many(void **state)
{
	struct map m = { 0 };

	(void)state;
	fill(&m);
	T_EQ(map_len(&m), MANY);
	for (unsigned i = 0; i < MANY; i++)
		T_TRUE(map_get(&m, key_of(i)) == value_of(i));
	T_FALSE(map_has(&m, key_of(MANY)));
	map_clear(&m, NULL);
	T_EQ(map_len(&m), 0);
}

static void deleted_ones_are_gone_the_others_stay(void **state)
{
	struct map m = { 0 };

	(void)state;
	fill(&m);
	for (unsigned i = 0; i < MANY; i += 2)
		T_TRUE(map_del(&m, key_of(i)) == value_of(i));
	T_EQ(map_len(&m), MANY / 2);
	for (unsigned i = 0; i < MANY; i++)
		T_EQ(map_has(&m, key_of(i)), i % 2);
	map_clear(&m, NULL);
}

/* Tombstones must neither fill the table for ever nor make it grow. */
static void churn_keeps_the_table_small(void **state)
{
	struct map m = { 0 };

	(void)state;
	for (unsigned i = 0; i < 50 * MANY; i++) {
		T_EQ(map_put(&m, key_of(i), value_of(i), NULL), 0);
		if (i >= 3)
			T_TRUE(map_del(&m, key_of(i - 3)));
	}
	T_EQ(map_len(&m), 3);
	T_TRUE(m.cap <= 16);
	map_clear(&m, NULL);
}

/* A key that comes back lies down in its own grave: one allocation, for the copy of the key. */
static void graves_are_used_again(void **state)
{
	struct map m = { 0 };

	(void)state;
	T_EQ(map_put(&m, "edge", NULL, NULL), 0);
	for (unsigned i = 0; i < 100; i++) {
		map_del(&m, "edge");
		oom_fail_at(1);
		T_EQ(map_put(&m, "edge", NULL, NULL), 0);
		T_FALSE(oom_off());
	}
	map_clear(&m, NULL);
}

static void each_visits_all_and_may_delete(void **state)
{
	struct map m = { 0 };
	size_t seen = 0, sum = 0;

	(void)state;
	fill(&m);
	map_each(&m, slot) {
		seen++;
		sum += (uintptr_t)slot->value;
		T_TRUE(map_get(&m, slot->key) == slot->value);
		if ((uintptr_t)slot->value % 2)
			map_del(&m, slot->key);
	}
	T_EQ(seen, MANY);
	T_EQ(sum, (size_t)MANY * (MANY + 1) / 2);
	T_EQ(map_len(&m), MANY / 2);
	map_clear(&m, NULL);
}

static void clear_frees_values(void **state)
{
	long before = mem_live();
	struct map m = { 0 };

	(void)state;
	for (unsigned i = 0; i < 20; i++)
		T_EQ(map_put(&m, key_of(i), mem_strdup("value"), NULL), 0);
	map_clear(&m, mem_free);
	T_EQ(mem_live(), before);
}

static void out_of_memory_leaves_it_whole(void **state)
{
	struct map m = { 0 };
	int rc;

	(void)state;
	T_OOM(rc, {
		struct map fresh = { 0 };
		rc = map_put(&fresh, "a", "1", NULL);
		T_EQ(map_len(&fresh), rc == 0);
		map_clear(&fresh, NULL);
	});
	for (unsigned i = 0; i < MANY; i++) {
		oom_fail_at(i % 2);
		rc = map_put(&m, key_of(i), value_of(i), NULL);
		T_EQ(rc, oom_off() ? -ENOMEM : 0);
		T_EQ(map_has(&m, key_of(i)), rc == 0);
		if (rc < 0)
			T_EQ(map_put(&m, key_of(i), value_of(i), NULL), 0);
		T_EQ(map_len(&m), i + 1);
	}
	map_clear(&m, NULL);
}

struct small {
	unsigned number;
};

static void added_values_lie_with_their_keys(void **state)
{
	struct map m = { 0 };
	struct small *a;
	long before = mem_live();

	(void)state;
	for (unsigned i = 0; i < MANY; i++) {
		a = map_add(&m, key_of(i), sizeof(*a));
		T_EQ(a->number, 0);
		T_STR((const char *)(a + 1), key_of(i));
		a->number = i;
	}
	T_EQ(mem_live(), before + MANY + 1); /* one block each, and the table */
	for (unsigned i = 0; i < MANY; i++) {
		a = map_add(&m, key_of(i), sizeof(*a)); /* is there already */
		T_EQ(a->number, i);
		T_TRUE(map_get(&m, key_of(i)) == a);
		if (i % 2)
			T_NULL(map_del(&m, key_of(i)));
	}
	T_EQ(map_len(&m), MANY / 2);
	T_NULL(map_get(&m, key_of(1)));
	map_clear(&m, NULL);
	T_EQ(mem_live(), before);
}

static void hand_back(void *value)
{
	mem_free(*(char **)value);
}

static void added_values_may_hold_more(void **state)
{
	struct map m = { 0 };
	long before = mem_live();
	char **a = map_add(&m, "a", sizeof(*a));

	(void)state;
	*a = mem_strdup("more");
	map_clear(&m, hand_back);
	T_EQ(mem_live(), before);
}

static void adding_without_memory(void **state)
{
	struct map m = { 0 };
	int rc;

	(void)state;
	T_OOM(rc, ({
		rc = map_add(&m, "a", 100) ? 0 : -ENOMEM;
		T_EQ(map_len(&m), rc == 0);
		map_clear(&m, NULL);
	}));
}

static void one_way_of_filling(void **state)
{
	struct map m = { 0 };

	(void)state;
	T_TRUE(map_add(&m, "a", 1));
	T_ABORTS((void)!map_put(&m, "b", "1", NULL));
	map_clear(&m, NULL);
	T_EQ(map_put(&m, "b", "1", NULL), 0);
	T_ABORTS((void)!map_add(&m, "a", 1));
	map_clear(&m, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_map_answers),
		cmocka_unit_test(put_get_replace),
		cmocka_unit_test(null_is_a_value),
		cmocka_unit_test(holds_many),
		cmocka_unit_test(deleted_ones_are_gone_the_others_stay),
		cmocka_unit_test(churn_keeps_the_table_small),
		cmocka_unit_test(graves_are_used_again),
		cmocka_unit_test(each_visits_all_and_may_delete),
		cmocka_unit_test(clear_frees_values),
		cmocka_unit_test(out_of_memory_leaves_it_whole),
		cmocka_unit_test(added_values_lie_with_their_keys),
		cmocka_unit_test(added_values_may_hold_more),
		cmocka_unit_test(adding_without_memory),
		cmocka_unit_test(one_way_of_filling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

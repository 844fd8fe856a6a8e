#include "base/heap.h"
#include "testing/t.h"

#include <stdlib.h>

enum { MANY = 500 };

struct sleeper {
	const char *name;
	struct heap_node node;
};

static struct sleeper *earliest(const struct heap *h)
{
	return container_of(heap_top(h), struct sleeper, node);
}

static void earliest_is_on_top(void **state)
{
	struct sleeper a = { .name = "a" }, b = { .name = "b" }, c = { .name = "c" };
	struct heap h = { 0 };

	(void)state;
	T_NULL(heap_top(&h));
	T_EQ(heap_put(&h, &b.node, 20), 0);
	T_EQ(heap_put(&h, &a.node, 10), 0);
	T_EQ(heap_put(&h, &c.node, -30), 0);
	T_STR(earliest(&h)->name, "c");
	T_EQ(heap_put(&h, &c.node, 30), 0);
	T_STR(earliest(&h)->name, "a");
	T_EQ(heap_put(&h, &b.node, 5), 0);
	T_STR(earliest(&h)->name, "b");
	T_EQ(h.len, 3);
	heap_clear(&h);
}

static void remove_takes_out_and_is_idempotent(void **state)
{
	struct heap_node a = { 0 }, b = { 0 };
	struct heap h = { 0 };

	(void)state;
	heap_remove(&h, &a);
	T_EQ(heap_put(&h, &a, 1), 0);
	T_EQ(heap_put(&h, &b, 2), 0);
	heap_remove(&h, &a);
	heap_remove(&h, &a);
	T_EQ(a.index, 0);
	T_TRUE(heap_top(&h) == &b);
	heap_clear(&h);
	T_EQ(b.index, 0);
	T_NULL(heap_top(&h));
}

static void check_order(const struct heap *h)
{
	for (size_t i = 2; i <= h->len; i++)
		T_TRUE(h->nodes[i / 2 - 1]->at <= h->nodes[i - 1]->at);
	for (size_t i = 1; i <= h->len; i++)
		T_EQ(h->nodes[i - 1]->index, i);
}

/* Random puts, moves and removals; then all come out in order. */
static void survives_a_random_walk(void **state)
{
	static struct heap_node nodes[MANY];
	struct heap h = { 0 };
	int64_t last = INT64_MIN;

	(void)state;
	srand(1);
	for (int i = 0; i < 20 * MANY; i++) {
		struct heap_node *n = &nodes[rand() % MANY];
		if (rand() % 3)
			T_EQ(heap_put(&h, n, rand() % 100), 0);
		else
			heap_remove(&h, n);
		if (i % 50 == 0)
			check_order(&h);
	}
	T_TRUE(h.len > MANY / 3);
	for (struct heap_node *n; (n = heap_top(&h)); last = n->at) {
		T_TRUE(n->at >= last);
		heap_remove(&h, n);
	}
	heap_clear(&h);
}

static void out_of_memory_leaves_it_whole(void **state)
{
	struct heap_node first = { 0 };
	int rc;

	(void)state;
	T_OOM(rc, {
		struct heap h = { 0 };
		rc = heap_put(&h, &first, 1);
		T_EQ(first.index, rc == 0);
		T_EQ(h.len, rc == 0);
		heap_clear(&h);
	});
}

static void foreign_node_is_a_bug(void **state)
{
	struct heap_node stranger = { .index = 7 };
	struct heap h = { 0 };

	(void)state;
	T_ABORTS(heap_remove(&h, &stranger));
	T_ABORTS((void)!heap_put(&h, &stranger, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(earliest_is_on_top),
		cmocka_unit_test(remove_takes_out_and_is_idempotent),
		cmocka_unit_test(survives_a_random_walk),
		cmocka_unit_test(out_of_memory_leaves_it_whole),
		cmocka_unit_test(foreign_node_is_a_bug),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

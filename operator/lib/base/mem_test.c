#include "base/mem.h"
#include "testing/t.h"

#include <cjson/cJSON.h>

struct point {
	int x, y;
};

static void memory_comes_zeroed(void **state)
{
	(void)state;
	for (size_t n = 0; n < 100; n++) {
		unsigned char *p = mem_alloc(n);
		for (size_t i = 0; i < n; i++) {
			T_EQ(p[i], 0);
			p[i] = 0xff;
		}
		mem_free(p);
	}
}

static void counts_what_is_alive(void **state)
{
	long before = mem_live();
	void *a = mem_alloc(1), *b = mem_realloc(NULL, 10);

	(void)state;
	T_EQ(mem_live(), before + 2);
	b = mem_realloc(b, 1000);
	T_EQ(mem_live(), before + 2);
	mem_free(a);
	mem_free(b);
	mem_free(NULL);
	T_EQ(mem_live(), before);
}

static void strings(void **state)
{
	AUTO_STR whole = mem_strdup("berth");
	AUTO_STR part = mem_strndup("berth", 3);
	AUTO_STR more = mem_strndup("be", 30);
	AUTO_STR made = mem_printf("%s-%d", "edge", 7);

	(void)state;
	T_STR(whole, "berth");
	T_STR(part, "ber");
	T_STR(more, "be");
	T_STR(made, "edge-7");
	T_NULL(mem_strdup(NULL));
}

static void auto_frees_pointers_of_any_type(void **state)
{
	long before = mem_live();

	(void)state;
	{
		AUTO(mem_free) struct point *p = mem_alloc(sizeof(*p));
		AUTO(mem_free) const char **list = mem_alloc(2 * sizeof(*list));
		AUTO_STR s = mem_strdup("s");
		AUTO_STR none = NULL;
		p->x = 1;
		list[0] = s;
		T_EQ(mem_live(), before + 3);
		T_NULL(none);
	}
	T_EQ(mem_live(), before);
}

static char *stolen(void)
{
	AUTO_STR s = mem_strdup("moved");
	char *moved = STEAL(s);

	T_NULL(s);
	return moved;
}

static void steal_moves_out_of_auto(void **state)
{
	long before = mem_live();
	char *s = stolen();

	(void)state;
	T_STR(s, "moved");
	mem_free(s);
	T_EQ(mem_live(), before);
}

static void fails_the_nth(void **state)
{
	long failed = mem_failed();
	void *p;

	(void)state;
	oom_fail_at(1);
	p = mem_alloc(1);
	T_TRUE(p);
	T_NULL(mem_alloc(1));
	T_EQ(mem_failed(), failed + 1);
	T_TRUE(oom_off());
	oom_fail_at(0);
	T_NULL(mem_realloc(p, 100)); /* and p is as it was */
	T_EQ(mem_failed(), failed + 2);
	T_TRUE(oom_off());
	oom_fail_at(1);
	mem_free(mem_alloc(1));
	T_FALSE(oom_off());
	mem_free(p);
}

static void out_of_memory_is_null(void **state)
{
	int rc;

	(void)state;
	T_OOM(rc, {
		AUTO_STR s = mem_strdup("x");
		rc = s ? 0 : -ENOMEM;
	});
	T_OOM(rc, {
		AUTO_STR s = mem_printf("%d", 1);
		rc = s ? 0 : -ENOMEM;
	});
}

static void cjson_allocates_here(void **state)
{
	long before = mem_live();
	cJSON *j = cJSON_CreateObject();

	(void)state;
	T_EQ(mem_live(), before + 1);
	cJSON_Delete(j);
	T_EQ(mem_live(), before);
}

static void with_memory_the_x_family_is_the_same(void **state)
{
	AUTO_STR dup = xstrdup("a");
	AUTO_STR empty = xstrdup(NULL);
	AUTO_STR made = xprintf("%d", 42);
	AUTO(mem_free) struct point *p = xalloc(sizeof(*p));

	(void)state;
	T_STR(dup, "a");
	T_STR(empty, "");
	T_STR(made, "42");
	T_EQ(p->x, 0);
	p = xrealloc(p, 10 * sizeof(*p));
}

#define WITHOUT_MEMORY(call)                                                                       \
	T_ABORTS({                                                                                 \
		oom_fail_at(0);                                                                    \
		(void)call;                                                                        \
	})

static void without_memory_the_x_family_aborts(void **state)
{
	(void)state;
	WITHOUT_MEMORY(xalloc(1));
	WITHOUT_MEMORY(xrealloc(NULL, 1));
	WITHOUT_MEMORY(xstrdup("a"));
	WITHOUT_MEMORY(xstrdup(NULL));
	WITHOUT_MEMORY(xprintf("%d", 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_comes_zeroed),
		cmocka_unit_test(counts_what_is_alive),
		cmocka_unit_test(strings),
		cmocka_unit_test(auto_frees_pointers_of_any_type),
		cmocka_unit_test(steal_moves_out_of_auto),
		cmocka_unit_test(fails_the_nth),
		cmocka_unit_test(out_of_memory_is_null),
		cmocka_unit_test(cjson_allocates_here),
		cmocka_unit_test(with_memory_the_x_family_is_the_same),
		cmocka_unit_test(without_memory_the_x_family_aborts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

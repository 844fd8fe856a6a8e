#include "base/options.h"
#include "testing/t.h"

static const char *const names[] = { "help", "version", "kubeconfig", "metrics-address",
	"max-workers" };

static void finds_what_was_meant(void **state)
{
	static const struct {
		const char *word, *want;
	} cases[] = {
		{ "metrics-address", "metrics-address" },
		{ "metrics-adress", "metrics-address" },
		{ "metric-addres", "metrics-address" },
		{ "kubeconfg", "kubeconfig" },
		{ "kube-config", "kubeconfig" },
		{ "hlep", "help" },
		{ "verison", "version" },
		{ "max-worker", "max-workers" },
		{ "workers", NULL },
		{ "colour", NULL },
		{ "hi", NULL },
		{ "h", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *near = options_nearest(cases[i].word, names, COUNT(names));
		if (cases[i].want)
			T_STR(near, cases[i].want);
		else
			T_NULL(near);
	}
}

static void the_closest_wins(void **state)
{
	static const char *const close[] = { "abcdefxx", "abcdefgx", "abcdefgh" };

	(void)state;
	T_STR(options_nearest("abcdefgh", close, 3), "abcdefgh");
	T_STR(options_nearest("abcdefgy", close, 3), "abcdefgx");
	T_NULL(options_nearest("abc", close, 0));
}

static void endless_words_are_near_nothing(void **state)
{
	AUTO_STR word = mem_alloc(100001);
	const char *const long_name[] = { word };

	(void)state;
	memset(word, 'a', 100000);
	T_NULL(options_nearest(word, names, COUNT(names)));
	T_NULL(options_nearest("aaa", long_name, 1));
	word[64] = '\0';
	T_STR(options_nearest(word, long_name, 1), word);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_was_meant),
		cmocka_unit_test(the_closest_wins),
		cmocka_unit_test(endless_words_are_near_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

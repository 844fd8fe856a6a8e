/* t.h — cmocka in one include, short names, and the loop over failing allocations. */
#ifndef TESTING_T_H
#define TESTING_T_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <signal.h>
#include <string.h>
#include <errno.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/mem.h"

#define T_EQ(a, b)     assert_int_equal((a), (b))
#define T_STR(a, b)    assert_string_equal((a), (b))
#define T_TRUE(a)      assert_true(a)
#define T_FALSE(a)     assert_false(a)
#define T_NULL(a)      assert_null(a)
#define T_HAS(s, part) t_has((s), (part), __FILE__, __LINE__)

static inline void t_has(const char *s, const char *part, const char *file, int line)
{
	if (!s || !strstr(s, part)) {
		print_error("\"%s\" does not hold \"%s\"\n", s ? s : "(null)", part);
		_fail(file, line);
	}
}

/* The body must end in abort(): a broken precondition, or the x-family without memory.  It runs in
 * a child process, which is silent and leaves no core. */
#define T_ABORTS(body)                                                                             \
	do {                                                                                       \
		pid_t child_ = fork();                                                             \
		if (child_ == 0) {                                                                 \
			t_be_silent();                                                             \
			body;                                                                      \
			_exit(0);                                                                  \
		}                                                                                  \
		t_aborted(child_, __FILE__, __LINE__);                                             \
	} while (0)

static inline void t_be_silent(void)
{
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	close(STDERR_FILENO);
}

static inline void t_aborted(pid_t child, const char *file, int line)
{
	int status;

	if (waitpid(child, &status, 0) != child || !WIFSIGNALED(status) ||
		WTERMSIG(status) != SIGABRT) {
		print_error("did not abort\n");
		_fail(file, line);
	}
}

/* Runs the body with the n-th allocation failing, for every n, until none failed.  The body must
 * set `rc` to what it got and free it: T_OOM checks -ENOMEM on each failing turn, 0 on the last,
 * and that nothing leaked. */
#define T_OOM(rc, body)                                                                            \
	for (long n_ = 0;; n_++) {                                                                 \
		long before_ = mem_live();                                                         \
		oom_fail_at(n_);                                                                   \
		body;                                                                              \
		bool fired_ = oom_off();                                                           \
		T_EQ(mem_live(), before_);                                                         \
		if (!fired_) {                                                                     \
			T_EQ(rc, 0);                                                               \
			break;                                                                     \
		}                                                                                  \
		T_EQ(rc, -ENOMEM);                                                                 \
	}

#endif

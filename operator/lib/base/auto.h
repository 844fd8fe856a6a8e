/* auto.h — cleanup of locals: `AUTO(buf_clear)` runs the closer when the variable leaves its scope.
 *
 * A closer takes the value (AUTO_DEFINE) and accepts NULL.  Never put the attribute on what
 * outlives the loop turn: those things are closed by name. */
#ifndef BASE_AUTO_H
#define BASE_AUTO_H

#include <stddef.h>

#define AUTO_DEFINE(type, closer)                                                                  \
	static inline void closer##p(type *p)                                                      \
	{                                                                                          \
		if (*p)                                                                            \
			closer(*p);                                                                \
	}
#define AUTO(closer) __attribute__((cleanup(closer##p)))

/* Moves a pointer out of its variable: the caller of the result owns it, the variable is NULL. */
#define STEAL(p)                                                                                   \
	__extension__({                                                                            \
		__typeof__(p) stolen_ = (p);                                                       \
		(p) = NULL;                                                                        \
		stolen_;                                                                           \
	})

#define MUST_CHECK             __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define COUNT(array)           (sizeof(array) / sizeof((array)[0]))

#endif

/* log.h — one logfmt line per fact on standard error:
 *
 *   time=2026-11-21T05:24:00.123Z level=info msg="benchmark work created" cluster=edge1 run=4f2a…
 *
 * Call log_info("text", "cluster", name, "run", run, NULL): pairs of strings, at most 32, closed by
 * NULL; a NULL value ends the list too, so pass "" for unknown.  Values are quoted and escaped when
 * they need it, and cut after 2 KiB: a line never breaks, whatever an edge put into a value. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

void log_level_set(enum log_level level);
bool log_level_parse(const char *name, enum log_level *ret); /* debug info warn error */

void log_fact(enum log_level level, const char *msg, ...) __attribute__((sentinel));
#define log_debug(...) log_fact(LOG_DEBUG, __VA_ARGS__)
#define log_info(...)  log_fact(LOG_INFO, __VA_ARGS__)
#define log_warn(...)  log_fact(LOG_WARN, __VA_ARGS__)
#define log_error(...) log_fact(LOG_ERROR, __VA_ARGS__)

/* Appends one line without its time to `out`: what the tests look at. */
struct buf;
void log_format(struct buf *out, enum log_level level, const char *msg, const char *const *pairs);

#endif

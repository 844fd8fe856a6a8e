/* clock.h — time, replaceable by tests.  Milliseconds everywhere; RFC 3339 in UTC on the wire. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/auto.h"

#include <stdbool.h>
#include <stdint.h>

int64_t clock_mono_ms(void);
int64_t clock_real_ms(void);

/* Tests: both clocks stand at `real_ms` (mono starts at 0) and move only by clock_fake_add(). */
void clock_fake(int64_t real_ms);
void clock_fake_add(int64_t ms);
void clock_unfake(void);

/* The time as text, for years 0 to 9999; each returns out.
 * Plain: "2026-11-21T05:24:00Z"; milli, for logs: "….123Z"; micro, a MicroTime: "….123000Z". */
#define CLOCK_TEXT_LEN 32
const char *clock_text(int64_t real_ms, char out[CLOCK_TEXT_LEN]);
const char *clock_text_milli(int64_t real_ms, char out[CLOCK_TEXT_LEN]);
const char *clock_text_micro(int64_t real_ms, char out[CLOCK_TEXT_LEN]);

/* Fraction and offset allowed.  false: not a time (nor is NULL), *ret_real_ms is untouched. */
bool clock_parse(const char *text, int64_t *ret_real_ms);

#endif

/* utf8.h — just enough UTF-8 to cut and to escape text that strangers wrote. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of the character at `s` (1 to 4), or 0 if no valid one begins there (overlong forms and
 * surrogates are not).  n > 0 bytes may be read; ret_code may be NULL. */
size_t utf8_char(const char *s, size_t n, uint32_t *ret_code);

/* The longest length <= max of `s` that does not end inside a character. */
size_t utf8_cut(const char *s, size_t max);

/* In place: a blank for every character that drives a terminal, a question mark for every byte that is of no
 * character; a character that is cut at the end is dropped. */
void utf8_tame(char *text);

#endif

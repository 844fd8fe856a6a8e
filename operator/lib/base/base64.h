/* base64.h — base64 to text, with line breaks or without, and back. */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/auto.h"

/* The caller's.  -EINVAL: it is no base64, or what it holds is no text, for there is a NUL in it; -ENOMEM. */
int base64_text(const char *base64, char **ret) MUST_CHECK;
/* Without line breaks.  The caller's; aborts when memory is out. */
char *base64_of(const void *bytes, size_t n);

#endif

/* file.h — a whole small file as text. */
#ifndef KUBE_FILE_H
#define KUBE_FILE_H

#include "base/auto.h"
#include "base/err.h"

#include <stddef.h>

/* Caller frees; ret_len may be NULL.  Files over 1 MiB and such that hold NUL are refused.  The message
 * names the file. */
int file_read(const char *path, char **ret, size_t *ret_len, struct err *e) MUST_CHECK;

#endif

/* termination_log.h — the result as the container's termination message: no API access needed. */
#ifndef EDGE_TERMINATION_LOG_H
#define EDGE_TERMINATION_LOG_H

#define TERMINATION_LOG "/dev/termination-log" /* terminationMessagePath's default */

/* The kubelet has made the file; elsewhere it is missing and stays so.  0 or -errno. */
int termination_log_write(const char *path, const char *text);

#endif

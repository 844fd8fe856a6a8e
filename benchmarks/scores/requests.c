/* requests SECONDS — a foreground service and its caller: every 10 ms a request goes to another process, which takes the
 * SHA-256 of 256 KiB and answers.  Prints how many there were, and the median and the 99th percentile of the time from
 * request to answer, in us.
 *
 * A request that is late does not put off the next one: what waits behind it waits in its time, too, as callers do. */
#include <errno.h>
#include <math.h>
#include <openssl/sha.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define EVERY_NS 10000000
#define MOST     100000

static _Noreturn void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void serve(int fd)
{
	static unsigned char bytes[256 << 10], digest[SHA256_DIGEST_LENGTH];

	while (read(fd, bytes, 1) == 1) {
		SHA256(bytes, sizeof(bytes), digest);
		if (write(fd, digest, 1) != 1)
			break;
	}
	_exit(0);
}

static double us_since(const struct timespec *t)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - t->tv_sec) * 1e6 + (double)(now.tv_nsec - t->tv_nsec) / 1e3;
}

static void later(struct timespec *t)
{
	t->tv_nsec += EVERY_NS;
	if (t->tv_nsec >= 1000000000) {
		t->tv_nsec -= 1000000000;
		t->tv_sec++;
	}
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, t, NULL) == EINTR)
		;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	static double took_us[MOST];
	int pair[2], n = argc == 2 ? (int)(atof(argv[1]) * 1e9 / EVERY_NS) : 0;
	struct timespec due;
	pid_t server;
	char byte = 7;

	if (n < 1 || n > MOST) {
		fputs("usage: requests SECONDS, 0.01 to 1000\n", stderr);
		return 2;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 || (server = fork()) < 0)
		fail("requests");
	if (server == 0) {
		close(pair[0]);
		serve(pair[1]);
	}
	close(pair[1]);
	clock_gettime(CLOCK_MONOTONIC, &due);
	for (int i = 0; i < n; i++) {
		later(&due);
		if (write(pair[0], &byte, 1) != 1 || read(pair[0], &byte, 1) != 1)
			fail("a request");
		took_us[i] = us_since(&due);
	}
	close(pair[0]);
	waitpid(server, NULL, 0);
	qsort(took_us, (size_t)n, sizeof(*took_us), ascending);
	printf("%d %.1f %.1f\n", n, took_us[(n - 1) / 2], took_us[(int)ceil(0.99 * n) - 1]);
	return 0;
}

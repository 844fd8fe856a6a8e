/* functions NAME SECONDS DIR — calls something that functions do, over and over, and prints how often a second.
 *
 *   hash   SHA-256 of 64 KiB            json   a document of 200 records parsed and printed
 *   sort   20,000 numbers               image  every fourth pixel of a picture of 64 MiB
 *   file   4 KiB into a new file of DIR, made safe, and removed
 *
 * None of it is a probe of berth-benchmark: what these score shall predict how fast those run.  By wall time, as a caller
 * sees it. */
#include <cjson/cJSON.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define COUNT(a)     (sizeof(a) / sizeof((a)[0]))
#define IMAGE_PIXELS (16u << 20)
#define SORTED       20000

static uint64_t word = 0x9e3779b97f4a7c15u;

static uint64_t next_word(void)
{
	word ^= word << 13;
	word ^= word >> 7;
	word ^= word << 17;
	return word;
}

static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

/* ---- what is called; each returns something that hangs on its work ---- */

static unsigned hash(const char *dir)
{
	static unsigned char bytes[64 << 10], digest[SHA256_DIGEST_LENGTH];

	(void)dir;
	bytes[0]++;
	SHA256(bytes, sizeof(bytes), digest);
	return digest[0];
}

static char *document(void)
{
	cJSON *list = must(cJSON_CreateArray());
	char *text;

	for (int i = 0; i < 200; i++) {
		cJSON *o = must(cJSON_CreateObject());

		cJSON_AddNumberToObject(o, "id", i);
		cJSON_AddStringToObject(o, "name", "a function that somebody wrote");
		cJSON_AddNumberToObject(o, "value", (double)(next_word() % 100000) / 7);
		cJSON_AddItemToArray(list, o);
	}
	text = must(cJSON_PrintUnformatted(list));
	cJSON_Delete(list);
	return text;
}

static unsigned json(const char *dir)
{
	static char *text;
	cJSON *tree;
	char *again;
	unsigned n;

	(void)dir;
	text = text ? text : document();
	tree = must(cJSON_Parse(text));
	again = must(cJSON_PrintUnformatted(tree));
	n = (unsigned)strlen(again);
	cJSON_free(again);
	cJSON_Delete(tree);
	return n;
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static unsigned sort(const char *dir)
{
	static uint32_t numbers[SORTED];

	(void)dir;
	for (int i = 0; i < SORTED; i++)
		numbers[i] = (uint32_t)next_word();
	qsort(numbers, SORTED, sizeof(*numbers), compare);
	return numbers[0];
}

/* Half of its width and height, without smoothing. */
static unsigned image(const char *dir)
{
	static uint32_t *from, *to;
	const unsigned width = 4096, height = IMAGE_PIXELS / 4096;

	(void)dir;
	if (!from) {
		from = must(malloc(IMAGE_PIXELS * sizeof(*from)));
		to = must(malloc(IMAGE_PIXELS / 4 * sizeof(*to)));
		for (unsigned i = 0; i < IMAGE_PIXELS; i++)
			from[i] = (uint32_t)next_word();
	}
	for (unsigned y = 0; y < height; y += 2)
		for (unsigned x = 0; x < width; x += 2)
			to[y / 2 * (width / 2) + x / 2] = from[y * width + x];
	from[0]++;
	return to[next_word() % (IMAGE_PIXELS / 4)];
}

static unsigned file(const char *dir)
{
	static char bytes[4096];
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/f", dir);
	bytes[0]++;
	fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, bytes, sizeof(bytes)) != sizeof(bytes) || fdatasync(fd) < 0) {
		perror(path);
		exit(1);
	}
	close(fd);
	unlink(path);
	return 1;
}

static const struct {
	const char *name;
	unsigned (*call)(const char *dir);
} functions[] = { { "hash", hash }, { "json", json }, { "sort", sort }, { "image", image },
	{ "file", file } };

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double rate(unsigned (*call)(const char *), double seconds, const char *dir)
{
	volatile unsigned seen = call(dir); /* warm */
	double start = now(), passed, calls = 0;

	do {
		seen += call(dir);
		calls++;
		passed = now() - start;
	} while (passed < seconds);
	return calls / passed;
}

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 4 && i < COUNT(functions); i++)
		if (!strcmp(argv[1], functions[i].name)) {
			printf("%.6g\n", rate(functions[i].call, atof(argv[2]), argv[3]));
			return 0;
		}
	fputs("usage: functions hash|json|sort|image|file SECONDS DIR\n", stderr);
	return 2;
}

/* Any texts as names in a URL: they come back out of it as they were, and no name makes another
 * path than one with a name in it. */
#include "base/buf.h"
#include "base/mem.h"
#include "kube/type.h"
#include "testing/fuzz.h"

#include <string.h>

static void check_decodes(const char *url, const char *text)
{
	for (; *url; text++) {
		unsigned code = (unsigned char)*url;

		FUZZ_CHECK(strspn(url,
				   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789-._~%") > 0,
			"%s\n", url);
		if (*url == '%')
			FUZZ_CHECK(sscanf(url, "%%%2X", &code) == 1, "%s\n", url);
		url += *url == '%' ? 3 : 1;
		FUZZ_CHECK(code == (unsigned char)*text, "%s, %s\n", url, text);
	}
	FUZZ_CHECK(!*text, "%s is left\n", text);
}

/* ".." would be taken for the parent, "" for the whole collection. */
static void check_path(const char *ns, const char *name, const char *sub)
{
	AUTO_STR path = kube_path(&KUBE_MANIFEST_WORK, ns, name, sub);
	int segments = 0;

	FUZZ_CHECK(path);
	for (char *save, *segment = strtok_r(path, "/", &save); segment;
		segment = strtok_r(NULL, "/", &save)) {
		FUZZ_CHECK(strcmp(segment, ".") != 0 && strcmp(segment, "..") != 0);
		segments++;
	}
	FUZZ_CHECK(segments == 8, "%d segments\n", segments);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *parts[3];
	AUTO_STR text = mem_strndup((const char *)data, size);
	AUTO_BUF url = { 0 };

	FUZZ_CHECK(text);
	kube_url_add(&url, text);
	if (url.s)
		check_decodes(url.s, text);
	parts[0] = text;
	for (int i = 1; i < 3; i++) {
		char *end = strchr(parts[i - 1], '\n');
		parts[i] = end ? end + 1 : parts[i - 1] + strlen(parts[i - 1]);
		if (end)
			*end = '\0';
	}
	check_path(parts[0], parts[1], parts[2]);
	return 0;
}

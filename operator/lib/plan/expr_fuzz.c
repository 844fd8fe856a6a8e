/* Any template, a NUL, any value: what stands for a name never breaks out of where it stands.  A rendered URL is one that
 * may be asked, and its host is what it would be with a harmless value if no name stands there. */
#include "base/mem.h"
#include "plan/expr.h"
#include "plan/url.h"
#include "testing/fuzz.h"

#include <string.h>

static int look_up(void *arg, const char *name, struct expr_value *ret, struct err *e)
{
	(void)name, (void)e;
	*ret = (struct expr_value){ VALUE_STRING, arg };
	return 0;
}

static void try_url(const char *template, const char *value)
{
	AUTO_STR url = NULL;
	AUTO_STR plain = NULL;
	bool foreign, foreign_too;
	struct url u, p;
	struct err e = { "" };

	if (expr_url(template, look_up, (void *)(uintptr_t)value, &url, &foreign, &e) < 0) {
		FUZZ_CHECK(e.msg[0]);
		return;
	}
	FUZZ_CHECK(url_parse(url, &u, NULL) == 0);
	if (foreign)
		return;
	FUZZ_CHECK(expr_url(template, look_up, (void *)(uintptr_t) "x", &plain, &foreign_too,
			   NULL) == 0);
	FUZZ_CHECK(url_parse(plain, &p, NULL) == 0 && !foreign_too);
	FUZZ_CHECK(!strcmp(u.host, p.host) && u.port == p.port && u.https == p.https, "%s %s\n",
		url, plain);
	FUZZ_CHECK(expr_url_check(template, NULL) == 0);
}

static void try_json(const char *template, const char *value)
{
	AUTO_JSON from = cJSON_CreateString(template);
	AUTO_JSON list = cJSON_CreateArray();
	cJSON *to = NULL;

	cJSON_AddItemToArray(list, STEAL(from));
	if (expr_json(list, look_up, (void *)(uintptr_t)value, &to, NULL) == 0)
		FUZZ_CHECK(cJSON_GetArraySize(to) == 1 && cJSON_IsString(to->child));
	cJSON_Delete(to);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_STR template = mem_strndup((const char *)data, size);
	size_t n = template ? strlen(template) : 0;
	AUTO_STR value =
		n < size ? mem_strndup((const char *)data + n + 1, size - n - 1) : mem_strdup("");

	if (!template || !value || value_check(VALUE_STRING, value, NULL) < 0)
		return 0;
	try_url(template, value);
	try_json(template, value);
	return 0;
}

/* Any text as a kubeconfig, and as YAML: refused with a reason, or read.  What YAML gives can be
 * written as JSON. */
#include "base/mem.h"
#include "kube/config.h"
#include "kube/yaml.h"
#include "testing/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct kube_config c = { 0 };
	struct err e = { "" };
	cJSON *tree = NULL;

	if (kube_config_parse(text, size, NULL, "/nonexistent", "the text", &c, &e) == 0)
		FUZZ_CHECK(c.server && c.host && c.prefix && c.namespace);
	else
		FUZZ_CHECK(e.msg[0]);
	kube_config_clear(&c);
	if (yaml_parse(text, size, &tree, &e) < 0)
		return 0;
	AUTO_STR json = json_text(tree);
	FUZZ_CHECK(json);
	cJSON_Delete(tree);
	return 0;
}

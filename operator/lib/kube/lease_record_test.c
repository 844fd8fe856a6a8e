#include "kube/lease_record.h"

#include "testing/t.h"

#include <stdio.h>

static struct lease_record held_by(const char *holder)
{
	struct lease_record r = { .rv = "7",
		.acquired = "2026-01-01T00:00:00.000000Z",
		.transitions = 4 };

	snprintf(r.holder, sizeof(r.holder), "%s", holder);
	return r;
}

static void a_term_begins_with_another_holder(void **state)
{
	static const struct {
		const char *was, *is;
		int64_t transitions;
		bool new_term;
	} cases[] = {
		{ "a", "a", 4, false },
		{ "a", "b", 5, true },
		{ "", "b", 5, true },
		{ "a", "", 4, false },
	};

	(void)state;
	clock_fake(1790000000000);
	for (unsigned i = 0; i < COUNT(cases); i++) {
		struct lease_record r = held_by(cases[i].was);
		AUTO_JSON patch = lease_record_patch(&r, cases[i].is, 15000);
		const cJSON *spec = json_key(cJSON_GetArrayItem(patch, 1), "value");

		T_STR(json_str(spec, "holderIdentity"), cases[i].is);
		T_EQ(json_int_or(spec, "leaseTransitions", -1), cases[i].transitions);
		T_EQ(json_int_or(spec, "leaseDurationSeconds", -1), 15);
		T_EQ(strcmp(json_str(spec, "acquireTime"), r.acquired) != 0, cases[i].new_term);
		T_HAS(json_str(spec, "renewTime"), ".000000Z");
	}
	clock_unfake();
}

static void the_first_term_is_no_transition(void **state)
{
	struct lease_record r = { "", "", "", 0, 0 };
	AUTO_JSON body = lease_record_body(&r, "ns", "n", "me", 15000);

	(void)state;
	T_EQ(json_int_or(body, "spec.leaseTransitions", -1), 0);
	T_STR(json_str(body, "metadata.namespace"), "ns");
	T_STR(json_str(body, "kind"), "Lease");
}

/* All of it is somebody else's word. */
static void odd_leases_are_read(void **state)
{
	static const char *const texts[] = { "{}", "{\"spec\":null}",
		"{\"spec\":{\"holderIdentity\":5}}",
		"{\"metadata\":{\"resourceVersion\":\"123456789012345678901234567890\"}}" };

	(void)state;
	for (unsigned i = 0; i < COUNT(texts); i++) {
		struct lease_record r = held_by("a");
		AUTO_JSON object = json_parse(texts[i], strlen(texts[i]), NULL);

		T_TRUE(lease_record_read(&r, object));
		T_STR(r.holder, "");
		T_EQ(r.duration_ms, 0);
	}
}

static void out_of_memory(void **state)
{
	struct lease_record r = held_by("a");
	int rc;

	(void)state;
	T_OOM(rc, {
		cJSON *j = lease_record_body(&r, "ns", "n", "me", 1);
		rc = j ? 0 : -ENOMEM;
		cJSON_Delete(j);
	});
	T_OOM(rc, {
		cJSON *j = lease_record_patch(&r, "me", 1);
		rc = j ? 0 : -ENOMEM;
		cJSON_Delete(j);
	});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_term_begins_with_another_holder),
		cmocka_unit_test(the_first_term_is_no_transition),
		cmocka_unit_test(odd_leases_are_read),
		cmocka_unit_test(out_of_memory),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

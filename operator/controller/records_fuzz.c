/* Any object as each of the kinds that are watched: a record is cut from it. */
#include "base/extract.h"
#include "base/mem.h"
#include "controller/records.h"
#include "testing/fuzz.h"

static const struct span *cut(const char *const *paths, const uint8_t *data, size_t size)
{
	static struct span fields[EXTRACT_FIELDS];
	struct extract x = { 0 };

	FUZZ_CHECK(extract_add(&x, ".", paths, NULL) == 0);
	return extract_run(&x, (const char *)data, size, fields) == 0 ? fields : NULL;
}

/* A name like a key of the view. */
#define NAME "edge"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cluster cluster = { 0 };
	struct onboarding onboarding = { 0 };
	struct work work = { 0 };
	struct score score = { 0 };
	struct plan plan = { 0 };
	struct scheduler scheduler = { 0 };

	if (!cut(cluster_fields, data, size))
		return 0;
	cluster_parse(cut(cluster_fields, data, size), &cluster);
	namespace_active(cut(namespace_fields, data, size));
	onboarding_parse(cut(onboarding_fields, data, size), &onboarding);
	work_parse(NAME, cut(work_fields, data, size), &work);
	score_parse(NAME, cut(score_fields, data, size), &score);
	plan_parse(NAME, cut(plan_fields, data, size), &plan);
	scheduler_parse(NAME, cut(scheduler_fields, data, size), &scheduler);
	FUZZ_CHECK(cluster.labels && plan.revision && plan.spec);
	selector_matches(&plan.selector, cluster.labels);
	cluster_clear(&cluster);
	onboarding_clear(&onboarding);
	work_clear(&work);
	score_clear(&score);
	plan_clear(&plan);
	scheduler_clear(&scheduler);
	return 0;
}

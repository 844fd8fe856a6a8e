/* packet.c — see packet.h. */
#include "workers/testing/packet.h"

#include "testing/t.h"

#include "base/mem.h"

#include <string.h>

/* A Liqo step has a work besides, which brings no pod. */
cJSON *packet_work(struct scene *s)
{
	map_each(&s->hub.store.objects, slot)
		if (strstr(slot->key, "/manifestworks/berth-mesh-") &&
			json_find(json_at(slot->value, "spec.workload.manifests"), "kind", "Pod",
				NULL))
			return slot->value;
	return NULL;
}

void packet_ends(struct scene *s, int code, const char *message)
{
	cJSON *work = packet_work(s), *values;

	xjson_set(work, "status",
		xjson_lit(
			"{'conditions':[{'type':'Applied','status':'True','observedGeneration':1}],"
			"'resourceStatus':{'manifests':[{'resourceMeta':{'resource':'pods'},"
			"'statusFeedback':{'values':[{'name':'exitCode','fieldValue':{'type':'Integer',"
			"'integer':%d}},{'name':'message','fieldValue':{'type':'String'}}]}}]}}",
			code));
	values = json_at(json_at(work, "status.resourceStatus.manifests")->child,
		"statusFeedback.values");
	xjson_set_str(cJSON_GetArrayItem(values, 1), "fieldValue.string", message);
}

void packet_crosses(struct scene *s, const char *of_run)
{
	const cJSON *labels = json_at(packet_work(s), "metadata.labels");
	const char *run = cJSON_GetStringValue(json_key(labels, "berth.dev/run"));
	AUTO_STR report = xprintf(
		"{\"schema\":1,\"run\":\"%s\",\"probes\":[{\"name\":\"network-latency\",\"unit\":\"us\","
		"\"value\":420,\"n\":9,\"low\":415,\"high\":431,\"cvPerMille\":9,\"settled\":true,"
		"\"version\":1}]}",
		of_run ? of_run : run);

	packet_ends(s, 0, report);
}

const cJSON *packet_measurement(struct scene *s)
{
	return json_find(json_key(scene_status(s), "measurements"), "step", "mesh", NULL);
}

const char *packet_rtt(struct scene *s)
{
	const char *rtt = json_str_or(json_find(json_key(scene_step(s, "mesh"), "outputs"), "name",
					      "rtt", NULL),
		"value", "");

	T_STR(json_str_or(packet_measurement(s), "value", ""), rtt);
	return rtt;
}

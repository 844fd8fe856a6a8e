#include "dispatch/job_body.h"

#include "proto/batch.h"

#define EVENTS_ANNOTATION "berth.dev/events"
#define EVENTS_FOLDER     "/etc/berth"

static cJSON *labels(void)
{
	return xjson_lit(
		"{'app.kubernetes.io/managed-by':'berth','app.kubernetes.io/name':'berth-worker',"
		"'app.kubernetes.io/component':'worker','app.kubernetes.io/part-of':'berth'}");
}

static cJSON *container(const struct job_spec *s)
{
	cJSON *c =
		xjson_lit("{'name':'worker','command':['/berth-worker'],"
			  "'env':[{'name':'" BATCH_PATH_VARIABLE "','value':'" EVENTS_FOLDER "'}],"
			  "'volumeMounts':[{'name':'events','mountPath':'" EVENTS_FOLDER
			  "','readOnly':true}],"
			  "'resources':{'requests':{'cpu':'10m','memory':'16Mi'},"
			  "'limits':{'memory':'128Mi'}},"
			  "'securityContext':{'allowPrivilegeEscalation':false,"
			  "'readOnlyRootFilesystem':true,'capabilities':{'drop':['ALL']}}}");
	cJSON *args = xjson_array();
	const char *const words[] = { "--namespace", s->namespace, "--deny-cidrs", s->deny_cidrs,
		"--log-level", s->log_level };

	for (unsigned i = 0; i < COUNT(words); i++)
		cJSON_AddItemToArray(args, cJSON_CreateString(words[i]));
	xjson_set_str(c, "image", s->image);
	xjson_set(c, "args", args);
	return c;
}

static cJSON *volumes(void)
{
	cJSON *list = xjson_lit("[{'name':'events','downwardAPI':{'items':[{'path':'" BATCH_FILE
				"','fieldRef':{}}]}}]");
	cJSON *item =
		cJSON_GetArrayItem(json_at(cJSON_GetArrayItem(list, 0), "downwardAPI.items"), 0);

	xjson_set_str(item, "fieldRef.fieldPath", "metadata.annotations['" EVENTS_ANNOTATION "']");
	return list;
}

static cJSON *pod(const struct job_spec *s)
{
	cJSON *p = xjson_lit("{'restartPolicy':'Never','serviceAccountName':'berth-worker',"
			     "'enableServiceLinks':false,'securityContext':{'runAsNonRoot':true,"
			     "'runAsUser':65532,'runAsGroup':65532,"
			     "'seccompProfile':{'type':'RuntimeDefault'}}}");
	cJSON *containers = xjson_array();

	cJSON_AddItemToArray(containers, container(s));
	xjson_set(p, "containers", containers);
	xjson_set(p, "volumes", volumes());
	return p;
}

cJSON *job_body(const struct job_spec *s)
{
	cJSON *job = xjson_lit("{'apiVersion':'batch/v1','kind':'Job'}");
	cJSON *metadata = xjson_object();

	xjson_set_str(job, "metadata.name", s->name);
	xjson_set_str(job, "metadata.namespace", s->namespace);
	xjson_put(json_key(job, "metadata"), "labels", labels());
	/* Failed events come again by the queue, with a back-off of their own and as they are then. */
	xjson_set_int(job, "spec.backoffLimit", 0);
	xjson_set_int(job, "spec.activeDeadlineSeconds", (s->deadline_ms + 999) / 1000);
	xjson_set_int(job, "spec.ttlSecondsAfterFinished", JOB_TTL_S);
	xjson_put(metadata, "labels", labels());
	xjson_put(metadata, "annotations", xjson_object());
	xjson_put(json_key(metadata, "annotations"), EVENTS_ANNOTATION,
		cJSON_CreateString(s->events));
	xjson_set(job, "spec.template.metadata", metadata);
	xjson_set(job, "spec.template.spec", pod(s));
	return job;
}

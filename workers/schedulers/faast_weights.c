#include "workers/schedulers/faast_weights.h"

#include "base/auto.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define WHOLE 100

const char *faast_weights_url(const cJSON *scheduler)
{
	return json_str(scheduler, "spec.faast.weightsURL");
}

static void say(struct faast_verdict *v, const char *status, const char *reason, const char *fmt,
	...) PRINTF_LIKE(4, 5);
static void say(struct faast_verdict *v, const char *status, const char *reason, const char *fmt,
	...)
{
	va_list args;

	v->status = status;
	v->reason = reason;
	va_start(args, fmt);
	vsnprintf(v->message, sizeof(v->message), fmt, args);
	va_end(args);
}

/* Its rows; -1: it is no square of weights. */
static int size_of(const cJSON *matrix)
{
	int n = cJSON_IsArray(matrix) ? cJSON_GetArraySize(matrix) : 0;
	const cJSON *row, *weight;

	json_each(row, matrix) {
		if (!cJSON_IsArray(row) || cJSON_GetArraySize(row) != n)
			return -1;
		json_each(weight, row)
			if (!cJSON_IsNumber(weight) || weight->valuedouble < 0 ||
				weight->valuedouble > WHOLE)
				return -1;
	}
	return n ? n : -1;
}

static bool depends_on_nothing(const cJSON *matrix)
{
	const cJSON *row;
	int i = 0;

	json_each(row, matrix)
		if (cJSON_GetArrayItem(row, i++)->valueint != WHOLE)
			return false;
	return true;
}

static void judge(const cJSON *matrix, int nodes, struct faast_verdict *v)
{
	int n = size_of(matrix);

	if (n < 0)
		say(v, "Unknown", "Unverified",
			"what miporin answers is no matrix of weights: is weightsURL its /api/weight of a function?");
	else if (depends_on_nothing(matrix))
		say(v, "Unknown", "Unverified",
			"the function of weightsURL has no pod, and what miporin tells of it then depends on nothing");
	else if (n != nodes)
		say(v, "False", "NotSeen",
			"miporin knows %d nodes and the hub has %d: it has read them when it started, and takes what is told of others for its first; kubectl rollout restart -n knative-serving deployment/miporin",
			n, nodes);
	else
		say(v, "True", "Seen",
			"miporin knows as many nodes as the hub has: %d; how far it takes them to be from each other it does not say",
			n);
}

void faast_weights_judge(int status, const char *body, int nodes, struct faast_verdict *ret)
{
	AUTO_JSON matrix = status == 200 ? json_parse(body, strlen(body), NULL) : NULL;

	if (!status)
		say(ret, "Unknown", "Unverified", "miporin does not answer: %.300s", body);
	else if (status == 404)
		say(ret, "Unknown", "Unverified",
			"miporin has no weights of the function of weightsURL: is there one of that name, in namespace default?");
	else if (status != 200)
		say(ret, "Unknown", "Unverified", "miporin answers %d", status);
	else
		judge(matrix, nodes, ret);
}

/* call_request.c — from the plan to a request, and the credentials that it needs. */
#include "workers/steps/call.h"

#include "base/clock.h"
#include "base/base64.h"
#include "base/mem.h"
#include "plan/url.h"
#include "workers/names.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define UNDO_URL_MOST    512
#define UNDO_BODY_MOST   512
#define UNDO_HEADER_MOST 256

/* ---- rendering ---- */

/* A header's value must not end its line. */
static int check_value(const char *name, const char *value, struct err *e)
{
	for (const char *c = value; *c; c++)
		if (((unsigned char)*c < ' ' && *c != '\t') || *c == 127)
			return err_set(e, EINVAL,
				"header %.64s: a control character stands in its value", name);
	return 0;
}

static int render_header(struct names *names, const cJSON *from, cJSON *list, struct err *e)
{
	const char *name = json_str_or(from, "name", "");
	const cJSON *ref = json_at(from, "valueFrom.secretKeyRef");
	AUTO_STR value = NULL;
	cJSON *header;
	int rc = ref ? 0
		     : expr_text(json_str_or(from, "value", ""), names_look_up, names, &value, e);

	if (rc == 0 && value)
		rc = check_value(name, value, e);
	if (rc < 0)
		return rc;
	header = xjson_object();
	xjson_set_str(header, "name", name);
	if (ref)
		xjson_set(header, "secretKeyRef", xjson_dup(ref));
	else
		xjson_set_str(header, "value", value);
	cJSON_AddItemToArray(list, header);
	return 0;
}

static int render_headers(struct names *names, const struct call_form *form, cJSON *request,
	struct err *e)
{
	const cJSON *from = form->headers ? form->headers : json_key(form->spec, "headers");
	cJSON *list = xjson_array();
	const cJSON *header;
	int rc = 0;

	json_each(header, from)
		if (rc == 0)
			rc = render_header(names, header, list, e);
	if (list->child)
		xjson_set(request, "headers", list);
	else
		cJSON_Delete(list);
	return rc;
}

static int render_body(struct names *names, const cJSON *spec, cJSON *request, struct err *e)
{
	AUTO_JSON body = NULL;
	AUTO_STR text = NULL;
	cJSON *made = NULL;
	int rc = json_key(spec, "body")
		? expr_json(json_key(spec, "body"), names_look_up, names, &made, e)
		: 0;

	body = made;
	if (rc < 0 || !body)
		return rc;
	text = json_text(body);
	if (!text)
		mem_exhausted();
	xjson_set_str(request, "body", text);
	return 0;
}

static int render_url(struct names *names, const struct call_form *form, cJSON *request,
	struct err *e)
{
	const cJSON *ranges = json_key(names->w->plan, "allowedCIDRs");
	AUTO_STR from = xprintf("%s%s", form->base ? form->base : "",
		json_str_or(form->spec, form->base ? "path" : "url", ""));
	AUTO_STR url = NULL;
	bool foreign;
	int rc = expr_url(from, names_look_up, names, &url, &foreign, e);

	if (rc < 0)
		return rc;
	xjson_set_str(request, "url", url);
	if (foreign)
		xjson_set(request, "allowedCIDRs", ranges ? xjson_dup(ranges) : xjson_array());
	return 0;
}

/* What will be called to undo it is kept in status, which has its bounds. */
static int check_room(const cJSON *request, struct err *e)
{
	const cJSON *header;

	if (strlen(json_str_or(request, "url", "")) > UNDO_URL_MOST)
		return err_set(e, EMSGSIZE, "undo.url is longer than %d bytes", UNDO_URL_MOST);
	if (strlen(json_str_or(request, "body", "")) > UNDO_BODY_MOST)
		return err_set(e, EMSGSIZE, "undo.body is longer than %d bytes", UNDO_BODY_MOST);
	json_each(header, json_key(request, "headers"))
		if (strlen(json_str_or(header, "value", "")) > UNDO_HEADER_MOST)
			return err_set(e, EMSGSIZE, "undo: header %.64s is longer than %d bytes",
				json_str_or(header, "name", ""), UNDO_HEADER_MOST);
	return 0;
}

int call_render(const struct world *w, const struct call_form *form, cJSON **ret, struct err *e)
{
	struct names names = { .w = w };
	AUTO_JSON request = xjson_object();
	int rc;

	xjson_set_str(request, "method", json_str_or(form->spec, "method", form->method));
	rc = render_url(&names, form, request, e);
	if (rc == 0)
		rc = render_headers(&names, form, request, e);
	if (rc == 0)
		rc = render_body(&names, form->spec, request, e);
	if (rc == 0 && form->kept)
		rc = check_room(request, e);
	if (rc < 0)
		return rc;
	if (form->ca)
		xjson_set(request, "caSecretRef", xjson_dup(form->ca));
	xjson_set_str(request, "as", form->as);
	*ret = STEAL(request);
	return 0;
}

/* ---- credentials ---- */

#define AGAIN_FIRST_MS (60 * 1000)
#define AGAIN_MOST_MS  (600 * 1000)

static struct ref secret_ref(const cJSON *secret_key_ref)
{
	return (struct ref){ &KUBE_SECRET, CREDENTIALS, json_str_or(secret_key_ref, "name", "") };
}

/* What tools put behind the last line of a file is no part of it. */
static void trim(char *text)
{
	size_t n = strlen(text);

	while (n && strchr("\r\n", text[n - 1]))
		text[--n] = '\0';
}

char *call_secret(const struct map *objects, const cJSON *secret_key_ref)
{
	struct world w = { .objects = objects };
	const cJSON *secret = NULL, *value;
	char *text = NULL;

	if (world_object(&w, secret_ref(secret_key_ref), &secret) != SEEN_PRESENT)
		return NULL;
	value = json_key(json_key(secret, "data"), json_str_or(secret_key_ref, "key", ""));
	if (!cJSON_IsString(value) || base64_text(cJSON_GetStringValue(value), &text) < 0)
		return NULL;
	trim(text);
	return text;
}

int64_t call_again_ms(const struct world *w)
{
	int64_t since_ms = w->now_ms, waited_ms;

	clock_parse(json_str_or(w->step, "startTime", ""), &since_ms);
	waited_ms = w->now_ms - since_ms;
	if (waited_ms < AGAIN_FIRST_MS)
		waited_ms = AGAIN_FIRST_MS;
	return w->now_ms + (waited_ms < AGAIN_MOST_MS ? waited_ms : AGAIN_MOST_MS);
}

static int check_secret(const struct world *w, const cJSON *ref, const struct url *u,
	bool is_header, const char **ret_reason, struct err *why)
{
	const char *name = json_str_or(ref, "name", ""), *key = json_str_or(ref, "key", "");
	AUTO_STR value = call_secret(w->objects, ref);
	const cJSON *secret = NULL;
	const char *hosts;

	*ret_reason = "SecretNotFound";
	if (world_object(w, secret_ref(ref), &secret) != SEEN_PRESENT)
		return err_set(why, ENOENT,
			"there is no Secret %.253s in namespace " CREDENTIALS
			": create it, or correct what names it",
			name);
	hosts = cJSON_GetStringValue(json_key(json_at(secret, "metadata.annotations"),
		"berth.dev/allowed-hosts"));
	if (!value)
		return err_set(why, ENOENT,
			"Secret " CREDENTIALS "/%.200s has no text under key %.100s", name, key);
	if (is_header && (!*value || check_value("", value, NULL) < 0))
		return err_set(why, EINVAL,
			"Secret " CREDENTIALS
			"/%.200s: what is under key %.100s is empty or no line of text",
			name, key);
	if (is_header && !url_is_among(u, hosts ? hosts : "")) {
		*ret_reason = "SecretHostDenied";
		return err_set(why, EACCES,
			"Secret " CREDENTIALS
			"/%.120s is not for %.150s port %u%s: add it to the Secret's annotation berth.dev/allowed-hosts if it should be%s",
			name, u->host, u->port, u->https ? "" : " over plain http",
			u->https ? "" : ", with http:// before it");
	}
	return 0;
}

/* Asks for it if nobody looked yet. */
static void read_once(const struct world *w, const cJSON *ref, struct effects *fx)
{
	if (ref && world_object(w, secret_ref(ref), NULL) == SEEN_NOT_YET)
		effects_read(fx, secret_ref(ref));
}

enum call_ready call_prepare(const struct world *w, const cJSON *request, struct effects *fx,
	const char **ret_reason, struct err *why)
{
	const cJSON *header, *ca = json_key(request, "caSecretRef");
	struct url u;
	int rc;

	json_each(header, json_key(request, "headers"))
		read_once(w, json_key(header, "secretKeyRef"), fx);
	read_once(w, ca, fx);
	if (fx->len)
		return CALL_READING;
	*ret_reason = "BadURL";
	rc = url_parse(json_str_or(request, "url", ""), &u, why);
	json_each(header, json_key(request, "headers")) {
		const cJSON *ref = json_key(header, "secretKeyRef");

		if (rc == 0 && ref)
			rc = check_secret(w, ref, &u, true, ret_reason, why);
	}
	if (rc == 0 && ca)
		rc = check_secret(w, ca, &u, false, ret_reason, why);
	return rc < 0 ? CALL_REFUSED : CALL_READY;
}

bool call_may(const struct world *w, const cJSON *request, struct effects *fx)
{
	const char *reason;
	struct err why;
	enum call_ready ready = call_prepare(w, request, fx, &reason, &why);

	if (ready == CALL_REFUSED)
		effects_blocked(fx, call_again_ms(w), reason, "%s", why.msg);
	return ready == CALL_READY;
}

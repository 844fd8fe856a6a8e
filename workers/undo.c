#include "workers/undo.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <string.h>

/* An empty object says nothing. */
static void tidy(cJSON *status)
{
	const cJSON *undo = json_key(status, "undo");

	if (undo && !undo->child)
		xjson_remove(status, "undo");
}

static void drop(cJSON *status, const char *member)
{
	cJSON_DeleteItemFromObjectCaseSensitive(json_key(status, "undo"), member);
	tidy(status);
}

void undo_note_plan(cJSON *status, const cJSON *plan)
{
	int64_t seconds = json_int_or(plan, "undoTimeoutSeconds", UNDO_DEFAULT_S);

	if (!plan)
		return;
	if (seconds == UNDO_DEFAULT_S)
		drop(status, "timeoutSeconds");
	else
		xjson_set_int(status, "undo.timeoutSeconds", seconds);
}

void undo_start(cJSON *status, int64_t now_ms)
{
	char now[CLOCK_TEXT_LEN];

	if (!json_at(status, "undo.startTime"))
		xjson_set_str(status, "undo.startTime", clock_text(now_ms, now));
}

int64_t undo_deadline_ms(const cJSON *status)
{
	int64_t start_ms;

	if (!clock_parse(json_str(status, "undo.startTime"), &start_ms))
		return 0;
	return start_ms + json_int_or(status, "undo.timeoutSeconds", UNDO_DEFAULT_S) * 1000;
}

void undo_stop(cJSON *status)
{
	drop(status, "startTime");
}

/* ---- the receipt ---- */

static void name(cJSON *status, const char *list, const char *text)
{
	AUTO_STR path = xprintf("undo.%s", list);
	cJSON *named = json_at(status, path), *item;

	if (!named) {
		named = xjson_array();
		xjson_set(status, path, named);
	}
	json_each(item, named)
		if (!strcmp(cJSON_GetStringValue(item), text))
			return;
	if (cJSON_GetArraySize(named) < UNDO_NAMED)
		cJSON_AddItemToArray(named, cJSON_CreateString(text));
	else
		xjson_set_int(status, "undo.more", json_int_or(status, "undo.more", 0) + 1);
}

void undo_removed(cJSON *status, struct ref r)
{
	AUTO_STR text =
		xprintf("%s %s%s%s", r.type->kind, r.ns ? r.ns : "", r.ns ? "/" : "", r.name);

	name(status, "removed", text);
}

void undo_called(cJSON *status, const char *method, const char *url)
{
	AUTO_STR text = xprintf("%s %s", method, url);

	text[utf8_cut(text, UNDO_TEXT_MAX)] = '\0';
	name(status, "removed", text);
}

void undo_left(cJSON *status, const char *step, const char *why)
{
	AUTO_STR text = xprintf("%s: %s", step, why);

	undo_not_left(status, step);
	text[utf8_cut(text, UNDO_TEXT_MAX)] = '\0';
	name(status, "left", text);
}

void undo_not_left(cJSON *status, const char *step)
{
	AUTO_STR prefix = xprintf("%s: ", step);
	cJSON *left = json_at(status, "undo.left"), *item;

	json_each(item, left)
		if (!strncmp(cJSON_GetStringValue(item), prefix, strlen(prefix)))
			break;
	if (item)
		cJSON_Delete(cJSON_DetachItemViaPointer(left, item));
	if (left && !left->child)
		drop(status, "left");
}

void undo_forget(cJSON *status)
{
	drop(status, "removed");
	drop(status, "left");
	drop(status, "more");
}

bool undo_left_anything(const cJSON *status)
{
	return cJSON_GetArraySize(json_at(status, "undo.left"));
}

static void list(struct buf *b, const char *title, const cJSON *named)
{
	const cJSON *item;

	if (!named)
		return;
	buf_printf(b, "%s%s (%d): ", b->len ? "; " : "", title, cJSON_GetArraySize(named));
	json_each(item, named)
		buf_printf(b, "%s%s", item == named->child ? "" : ", ", cJSON_GetStringValue(item));
}

/* What stayed comes first: it is what somebody may have to look after. */
char *undo_receipt(const cJSON *status)
{
	AUTO_BUF b = { 0 };
	int64_t more = json_int_or(status, "undo.more", 0);
	char *text;

	list(&b, "left behind", json_at(status, "undo.left"));
	list(&b, "removed", json_at(status, "undo.removed"));
	if (more)
		buf_printf(&b, ", and %lld more", (long long)more);
	if (!b.len)
		buf_str(&b, "nothing had been done for the cluster");
	text = buf_steal(&b);
	if (!text)
		mem_exhausted();
	text[utf8_cut(text, UNDO_RECEIPT_MAX)] = '\0';
	return text;
}

#include "proto/batch.h"

#include "base/json_scan.h"
#include "base/mem.h"
#include "base/span.h"

#include <errno.h>
#include <string.h>

void batch_add(struct buf *out, const struct work_event *ev, int64_t now_real_ms)
{
	AUTO_STR line = work_event_line(ev, now_real_ms);

	buf_str(out, out->len ? "," : "[");
	if (line)
		buf_add(out, line, strlen(line) - 1);
	else
		out->oom = true;
}

void batch_end(struct buf *out)
{
	buf_str(out, "]");
}

struct telling {
	void (*event)(void *arg, struct work_event *ev);
	void (*bad)(void *arg, const char *why);
	void *arg;
};

static int tell(const struct telling *t, struct span text)
{
	struct work_event ev;
	struct err e;
	int rc = work_event_parse(text.at, text.len, &ev, &e);

	if (rc == 0)
		t->event(t->arg, &ev);
	else if (rc != -ENOMEM)
		t->bad(t->arg, e.msg);
	return rc == -ENOMEM ? rc : 0;
}

/* The one value that the text is. */
static bool whole(const char *text, size_t len, struct span *ret)
{
	char closing[SCAN_DEPTH];
	struct scan s;

	scan_init(&s, closing, text, len);
	scan_peek(&s);
	ret->at = s.at;
	if (!scan_value(&s))
		return false;
	ret->len = (size_t)(s.at - ret->at);
	scan_peek(&s);
	return s.at == s.end;
}

int batch_parse(const char *text, size_t len, void (*event)(void *arg, struct work_event *ev),
	void (*bad)(void *arg, const char *why), void *arg, struct err *e)
{
	const struct telling t = { event, bad, arg };
	struct span all, item;
	int rc = 0;

	if (!whole(text, len, &all))
		return err_set(e, EPROTO, "no JSON, or more than one value");
	if (span_kind(all) == '{')
		return tell(&t, all);
	if (span_kind(all) != '[')
		return err_set(e, EPROTO, "neither an event nor a batch of events");
	while (rc == 0 && span_item(&all, &item))
		rc = tell(&t, item);
	return rc < 0 ? err_set(e, ENOMEM, "out of memory") : 0;
}

#include "e2e/fleet/tools/script.h"

#include "base/buf.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY, USER, STATUS, METHOD, PATH, TYPE, OBJECT, BODY, N_COLUMNS };

static struct chain *chain_of(struct script *s, const char *key)
{
	struct chain *c = map_get(&s->chains, key);

	if (c)
		return c;
	c = xalloc(sizeof(*c));
	c->tail = &c->head;
	if (map_put(&s->chains, key, c, NULL) < 0)
		mem_exhausted();
	return c;
}

/* A chain's turn is as early as its next request was. */
static void queue(struct script *s, struct chain *c)
{
	if (c->head && heap_put(&s->turns, &c->turn, c->head - s->requests) < 0)
		mem_exhausted();
}

static int add_line(struct script *s, char *line, struct err *e)
{
	struct request *r = &s->requests[s->n];
	char *column[N_COLUMNS];
	int n = 0;

	while (n < N_COLUMNS && (column[n] = strsep(&line, n < BODY ? "\t" : "")))
		n++;
	if (n < N_COLUMNS)
		return err_set(e, EPROTO, "request %zu has %d columns, not %d", s->n + 1, n,
			N_COLUMNS);
	*r = (struct request){ .chain = chain_of(s, column[KEY]),
		.user = column[USER][0] == '1',
		.status = atoi(column[STATUS]),
		.method = column[METHOD],
		.path = column[PATH],
		.type = column[TYPE],
		.object = column[OBJECT],
		.body = column[BODY] };
	*r->chain->tail = r;
	r->chain->tail = &r->next;
	s->n++;
	return 0;
}

int script_parse(char *text, struct script *ret, struct err *e)
{
	size_t lines = 1;
	char *rest = text;
	int rc = 0;

	*ret = (struct script){ .text = text };
	for (const char *c = text; (c = strchr(c, '\n')); c++)
		lines++;
	ret->requests = xalloc(lines * sizeof(*ret->requests));
	for (char *line; rc == 0 && (line = strsep(&rest, "\n"));)
		rc = *line ? add_line(ret, line, e) : 0;
	map_each(&ret->chains, slot)
		queue(ret, slot->value);
	return rc;
}

int script_load(const char *file, struct script *ret, struct err *e)
{
	AUTO_BUF text = { 0 };
	char chunk[65536];
	size_t n;
	FILE *f = fopen(file, "re");

	if (!f)
		return err_set(e, errno, "%s: %s", file, strerror(errno));
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(&text, chunk, n);
	fclose(f);
	char *all = buf_steal(&text);
	if (!all)
		mem_exhausted();
	return script_parse(all, ret, e);
}

void script_clear(struct script *s)
{
	heap_clear(&s->turns); /* its nodes are in the chains */
	map_clear(&s->chains, mem_free);
	map_clear(&s->known, mem_free);
	mem_free(s->requests);
	mem_free(s->text);
}

struct request *script_take(struct script *s)
{
	struct heap_node *first = heap_top(&s->turns);

	if (!first)
		return NULL;
	heap_remove(&s->turns, first);
	return container_of(first, struct chain, turn)->head;
}

/* The first one in the text of an object is its own: metadata comes before spec, and what managedFields say of it reads
 * otherwise. */
static void learn(struct script *s, const struct request *r, const char *as, const char *mark,
	const char *answer)
{
	const char *at = strstr(answer, mark);
	AUTO_STR key = xprintf("%s:%s", as, r->object);
	void *old = NULL;

	if (!at)
		return;
	at += strlen(mark);
	if (map_put(&s->known, key, mem_strndup(at, strcspn(at, "\"")), &old) < 0)
		mem_exhausted();
	mem_free(old);
}

void script_done(struct script *s, struct request *r, const char *answer)
{
	if (*r->object) {
		learn(s, r, "uid", "\"uid\":\"", answer);
		learn(s, r, "rv", "\"resourceVersion\":\"", answer);
	}
	r->chain->head = r->next;
	queue(s, r->chain);
}

void script_again(struct script *s, struct request *r)
{
	queue(s, r->chain);
}

/* An @…@ that nothing is known of stays as it is. */
char *script_body(const struct script *s, const struct request *r)
{
	AUTO_BUF out = { 0 };
	const char *at = r->body, *mark, *end;

	while ((mark = strchr(at, '@')) && (end = strchr(mark + 1, '@'))) {
		AUTO_STR name = mem_strndup(mark + 1, (size_t)(end - mark - 1));
		const char *value = name ? map_get(&s->known, name) : NULL;

		buf_add(&out, at, (size_t)(mark - at));
		if (value)
			buf_str(&out, value);
		else
			buf_add(&out, mark, (size_t)(end - mark));
		at = value ? end + 1 : end;
	}
	buf_str(&out, at);
	char *text = buf_steal(&out);
	if (!text)
		mem_exhausted();
	return text;
}

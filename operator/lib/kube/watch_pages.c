/* The objects of a type page by page, for servers without WatchList: each object is a message, and then it is told
 * of which resourceVersion the list is.
 *
 * The resourceVersion is not asked for, so the first page is of the server's present and the others, by their
 * continue token, of the same moment.  A page is kept whole while its objects are handed out: the text of 500
 * objects of 4 KB is 2 MB, for as long as the list takes.  One that would not fit is asked for again in smaller
 * pieces.  A token that has expired (410), and whatever else goes wrong, ends the list: it is begun anew by
 * whoever asked, who has to pace that anyway. */
#include "kube/watch_transport.h"

#include "base/buf.h"
#include "base/extract.h"
#include "base/heap.h"
#include "base/mem.h"
#include "kube/type.h"

#include <assert.h>
#include <errno.h>

enum { PAGE = 500, SMALLER = 4 }; /* objects; by what it is divided when a page is too large */

enum { CONTINUE, VERSION, ITEMS, N_FIELDS };
static const char *const paths[] = {
	[CONTINUE] = ".metadata.continue",
	[VERSION] = ".metadata.resourceVersion",
	[ITEMS] = ".items",
	NULL,
};

struct pages {
	struct http_exchange x;
	struct api_http *http;
	struct stream_cfg cfg;
	char *path, *page, *token; /* of the list; of this page; bearer */
	char *more;                /* continue token of the next page; NULL: it is the first */
	unsigned limit;
	struct timer timer; /* the next turn */
	bool open, ending;  /* ending: told to hang up */
	struct stream_end end;
	struct err why; /* the first reason is the true one */
};

static void because(struct pages *p, const char *text)
{
	if (!*p->why.msg)
		err_set(&p->why, EIO, "%s: %s", p->http->config->server, text);
}

static void pages_free(struct pages *p)
{
	http_exchange_clear(&p->x);
	mem_free(p->path);
	mem_free(p->page);
	mem_free(p->token);
	mem_free(p->more);
	mem_free(p);
}

static void gone(void *arg)
{
	struct pages *p = arg;

	because(p, "the list was given up");
	p->end.text = p->why.msg;
	p->cfg.sink.down(p->cfg.sink.arg, &p->end);
	pages_free(p);
}

static void cut(void *arg)
{
	struct pages *p = arg;

	http_cancel(p->http->client, &p->x);
	timer_close(&p->timer, gone);
}

static void hang_up(void *conn)
{
	struct pages *p = conn;

	if (p->ending)
		return;
	p->ending = true;
	p->timer.cb = cut;
	timer_set(&p->timer, 0);
}

/* --- what a page says ------------------------------------------------------------------------------ */

static void hand_out(struct pages *p, struct span items, const char *version)
{
	const struct stream_sink *sink = &p->cfg.sink;

	if (!p->open)
		sink->open(sink->arg);
	p->open = true;
	for (struct span rest = items, item; !p->ending && span_item(&rest, &item);)
		sink->message(sink->arg, item.at, item.len);
	if (!p->ending && !p->more)
		sink->whole(sink->arg, version);
}

/* The text of a JSON string that needs no escapes, as versions and continue tokens. */
static int plain(struct span s, char **ret)
{
	*ret = s.len > 2 ? mem_strndup(s.at + 1, s.len - 2) : NULL;
	return s.len > 2 && !*ret ? -ENOMEM : 0;
}

/* Some servers write null for none. */
static bool is_list(struct span items)
{
	return span_kind(items) == '[' || span_kind(items) == 'n';
}

static int read_page(struct pages *p)
{
	struct extract x = { 0 };
	struct span fields[N_FIELDS];
	int rc = extract_add(&x, ".", paths, NULL);

	assert(rc == 0);
	rc = extract_run(&x, p->x.answer.s, p->x.answer.len, fields);
	if (rc < 0 || !is_list(fields[ITEMS]) || span_kind(fields[VERSION]) != '"') {
		because(p, "its answer is no list");
		return -EPROTO;
	}
	AUTO_STR version = NULL;
	mem_free(STEAL(p->more));
	if (plain(fields[CONTINUE], &p->more) < 0 || plain(fields[VERSION], &version) < 0) {
		because(p, "out of memory");
		return -ENOMEM;
	}
	hand_out(p, fields[ITEMS], version);
	return 0;
}

/* --- one page after the other ---------------------------------------------------------------------- */

static void next_page(void *arg);

/* Once hung up, the cut is under way: nothing else must happen before it. */
static void finish(struct pages *p)
{
	if (!p->ending)
		timer_close(&p->timer, gone);
}

static void turn(struct pages *p)
{
	if (p->ending)
		return;
	p->timer.cb = next_page;
	timer_set(&p->timer, 0);
}

static void done(struct http_exchange *x)
{
	struct pages *p = container_of(x, struct pages, x);

	if (p->ending) {
		return;
	} else if (x->rc == -EMSGSIZE && p->limit > 1) {
		p->limit = p->limit / SMALLER ? p->limit / SMALLER : 1;
		turn(p);
	} else if (x->rc < 0) {
		because(p, x->text);
		finish(p);
	} else if (x->status < 200 || x->status > 299) {
		p->end.http = x->status;
		p->end.retry_after_s = (unsigned)(x->retry_after_ms / 1000);
		p->end.body = x->answer.s;
		finish(p);
	} else if (read_page(p) < 0 || !p->more) {
		finish(p);
	} else {
		turn(p);
	}
}

static char *page_path(const struct pages *p)
{
	AUTO_BUF b = { 0 };

	buf_printf(&b, "%slimit=%u", p->path, p->limit);
	if (p->more) {
		buf_str(&b, "&continue=");
		kube_url_add(&b, p->more);
	}
	return buf_steal(&b);
}

static void next_page(void *arg)
{
	struct pages *p = arg;

	mem_free(STEAL(p->token));
	mem_free(STEAL(p->page));
	int rc = kube_config_token(p->http->config, &p->token, &p->why);
	p->page = page_path(p);
	p->x.method = "GET";
	p->x.path = p->page;
	p->x.token = p->token;
	p->x.done = done;
	if (rc == 0)
		rc = p->page ? api_http_start(p->http, &p->x) : -ENOMEM;
	if (rc < 0) {
		because(p, "out of memory");
		timer_close(&p->timer, gone);
	}
}

static int connect_pages(void *ctx, const struct stream_cfg *cfg, void **ret_conn, struct err *e)
{
	struct pages *p = mem_alloc(sizeof(*p));

	if (p)
		p->path = mem_strdup(cfg->path);
	if (!p || !p->path) {
		mem_free(p);
		return err_set(e, ENOMEM, "list: out of memory");
	}
	p->http = ctx;
	p->cfg = *cfg;
	p->limit = PAGE;
	timer_init(p->http->loop, &p->timer, next_page, p);
	timer_set(&p->timer, 0);
	*ret_conn = p;
	return 0;
}

struct watch_transport watch_by_pages(struct api_http *http)
{
	return (struct watch_transport){
		.name = "pages",
		.connect = connect_pages,
		.hangup = hang_up,
		.ctx = http,
	};
}

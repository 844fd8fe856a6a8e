#include "worker_token.h"

#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LIFE_S   3600
#define RETRY_MS 5000

struct worker_token {
	struct worker_token_cfg cfg;
	struct timer timer;
	int fd;
	bool there;
	char trouble[sizeof(((struct kube_reply *)0)
				    ->err.msg)]; /* the last request's; "" if none */
	void (*closed)(void *arg);
	void *closed_arg;
};

static cJSON *body_of(void)
{
	AUTO_JSON body = cJSON_CreateObject();

	if (cJSON_AddStringToObject(body, "apiVersion", "authentication.k8s.io/v1") &&
		cJSON_AddStringToObject(body, "kind", "TokenRequest") &&
		cJSON_AddNumberToObject(cJSON_AddObjectToObject(body, "spec"), "expirationSeconds",
			LIFE_S))
		return STEAL(body);
	return NULL;
}

static int keep(struct worker_token *t, const char *token, struct err *e)
{
	size_t len = strlen(token);

	if (pwrite(t->fd, token, len, 0) != (ssize_t)len || ftruncate(t->fd, (off_t)len) < 0)
		return err_set(e, EIO, "cannot keep it: %s", strerror(errno));
	return 0;
}

/* The server may have given less time than we asked for. */
static int take(struct worker_token *t, const cJSON *answer, int64_t *ret_life_s, struct err *e)
{
	const char *token = json_str_or(answer, "status.token", "");
	int64_t life_s = json_int_or(answer, "spec.expirationSeconds", 0);

	if (!*token || life_s <= 0)
		return err_set(e, EPROTO, "the answer holds no token, or no time for it");
	*ret_life_s = life_s < LIFE_S ? life_s : LIFE_S;
	return keep(t, token, e);
}

static void fail(struct worker_token *t, const char *why)
{
	if (strcmp(t->trouble, why) != 0)
		log_error("no token for the workers; trying again", "serviceaccount", t->cfg.name,
			"error", why, NULL);
	snprintf(t->trouble, sizeof(t->trouble), "%s", why);
	timer_set(&t->timer, t->cfg.retry_ms);
}

static void on_minted(void *arg, struct kube_reply *r)
{
	struct worker_token *t = arg;
	int64_t life_s = 0;

	if (r->rc == -ECANCELED)
		return;
	if (r->rc < 0 || take(t, r->json, &life_s, &r->err) < 0) {
		fail(t, r->err.msg);
		return;
	}
	*t->trouble = '\0';
	timer_set(&t->timer, life_s * 800);
	log_debug("token for the workers", "serviceaccount", t->cfg.name, NULL);
	if (!t->there) {
		t->there = true;
		t->cfg.first(t->cfg.arg);
	}
}

static void mint(void *arg)
{
	struct worker_token *t = arg;
	struct kube_object at = { &KUBE_SERVICE_ACCOUNT, t->cfg.namespace, t->cfg.name, "token" };
	AUTO_JSON body = body_of();

	if (!body || kube_create(t->cfg.api, at, body, on_minted, t) < 0)
		fail(t, "out of memory");
}

int worker_token_new(struct loop *l, const struct worker_token_cfg *cfg, struct worker_token **ret,
	struct err *e)
{
	struct worker_token *t = mem_alloc(sizeof(*t));

	if (!t)
		return err_set(e, ENOMEM, "worker token: out of memory");
	t->cfg = *cfg;
	if (!t->cfg.retry_ms)
		t->cfg.retry_ms = RETRY_MS;
	t->fd = memfd_create("berth-worker-token", MFD_CLOEXEC);
	if (t->fd < 0) {
		int rc = err_set(e, errno, "worker token: memfd: %s", strerror(errno));

		mem_free(t);
		return rc;
	}
	timer_init(l, &t->timer, mint, t);
	timer_set(&t->timer, 0);
	*ret = t;
	return 0;
}

int worker_token_fd(const struct worker_token *t)
{
	return t->fd;
}

bool worker_token_there(const struct worker_token *t)
{
	return t->there;
}

void worker_token_ready(const struct worker_token *t, struct buf *why_not)
{
	if (*t->trouble || !t->there)
		buf_printf(why_not, "worker token: %s\n", *t->trouble ? t->trouble : "asked for");
}

static void on_timer_closed(void *arg)
{
	struct worker_token *t = arg;
	void (*closed)(void *arg) = t->closed;
	void *closed_arg = t->closed_arg;

	close(t->fd);
	mem_free(t);
	closed(closed_arg);
}

void worker_token_close(struct worker_token *t, void (*closed)(void *arg), void *arg)
{
	if (!t) {
		closed(arg);
		return;
	}
	t->closed = closed;
	t->closed_arg = arg;
	timer_close(&t->timer, on_timer_closed);
}

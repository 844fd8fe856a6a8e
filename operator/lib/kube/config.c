#include "kube/config.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "kube/file.h"
#include "kube/pem.h"
#include "kube/server_url.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SERVICE_ACCOUNT "/var/run/secrets/kubernetes.io/serviceaccount"

void kube_config_clear(struct kube_config *c)
{
	char *const owned[] = { c->server, c->host, c->prefix, c->tls_server_name, c->ca_pem,
		c->cert_pem, c->key_pem, c->token, c->token_file, c->namespace, c->origin };
	for (size_t i = 0; i < COUNT(owned); i++)
		mem_free(owned[i]);
	*c = (struct kube_config){ 0 };
}

static void trim_end(char *s)
{
	size_t n = strlen(s);
	while (n && isspace((unsigned char)s[n - 1]))
		s[--n] = '\0';
}

static int load_file(const char *path, const char *context, struct kube_config *ret, struct err *e)
{
	AUTO_STR text = NULL;
	size_t len;
	int rc = file_read(path, &text, &len, e);
	if (rc < 0)
		return err_wrap(e, rc, "kubeconfig");
	const char *slash = strrchr(path, '/');
	AUTO_STR dir = slash ? mem_strndup(path, (size_t)(slash - path)) : mem_strdup(".");
	if (!dir)
		return err_set(e, ENOMEM, "%s: out of memory", path);
	return kube_config_parse(text, len, context, dir, path, ret, e);
}

/* $KUBECONFIG may list several files.  One that names only absent files is a mistake: to fall through to
 * ~/.kube/config would speak to another cluster than was meant. */
static int load_listed(const char *list, const char *context, struct kube_config *ret,
	struct err *e)
{
	for (const char *p = list; *p;) {
		size_t n = strcspn(p, ":");
		AUTO_STR path = mem_strndup(p, n);
		if (!path)
			return err_set(e, ENOMEM, "$KUBECONFIG: out of memory");
		if (*path && access(path, F_OK) == 0)
			return load_file(path, context, ret, e);
		p += n + (p[n] == ':');
	}
	return err_set(e, ENOENT, "$KUBECONFIG names no file that exists: %s", list);
}

static int load_home(const char *context, struct kube_config *ret, struct err *e)
{
	const char *home = getenv("HOME");
	AUTO_STR path = mem_printf("%s/.kube/config", home ? home : "");
	if (!path)
		return err_set(e, ENOMEM, "kubeconfig: out of memory");
	return load_file(path, context, ret, e);
}

int kube_config_load(const char *path, const char *context, struct kube_config *ret, struct err *e)
{
	const char *list = getenv("KUBECONFIG"), *host = getenv("KUBERNETES_SERVICE_HOST");
	if (path)
		return load_file(path, context, ret, e);
	if (list && *list)
		return load_listed(list, context, ret, e);
	if (host && *host)
		return kube_config_in_cluster(NULL, ret, e);
	return load_home(context, ret, e);
}

static int read_service_account(const char *dir, const char *name, char **ret, struct err *e)
{
	AUTO_STR path = mem_printf("%s/%s", dir, name);
	if (!path)
		return err_set(e, ENOMEM, "%s: out of memory", dir);
	return file_read(path, ret, NULL, e);
}

static int take_service_account(const char *dir, struct kube_config *c, struct err *e)
{
	int rc = read_service_account(dir, "ca.crt", &c->ca_pem, e);
	if (rc == 0)
		rc = pem_check_ca(c->ca_pem, "ca.crt of the ServiceAccount", e);
	if (rc == 0)
		rc = read_service_account(dir, "namespace", &c->namespace, e);
	if (rc < 0)
		return rc;
	trim_end(c->namespace);
	c->token_file = mem_printf("%s/token", dir);
	c->origin = mem_strdup("in-cluster");
	c->in_cluster = true;
	return c->token_file && c->origin ? 0 : err_set(e, ENOMEM, "out of memory");
}

static int take_service_address(struct kube_config *c, struct err *e)
{
	const char *host = getenv("KUBERNETES_SERVICE_HOST"),
		   *port = getenv("KUBERNETES_SERVICE_PORT");
	if (!host || !*host)
		return err_set(e, ENOENT, "KUBERNETES_SERVICE_HOST is not set: not in a pod");
	bool six = strchr(host, ':');
	AUTO_STR url = mem_printf("https://%s%s%s:%s", six ? "[" : "", host, six ? "]" : "",
		port && *port ? port : "443");
	if (!url)
		return err_set(e, ENOMEM, "out of memory");
	return server_url_parse(url, c, e);
}

int kube_config_in_cluster(const char *dir, struct kube_config *ret, struct err *e)
{
	AUTO(kube_config_clear) struct kube_config c = { 0 };
	int rc = take_service_address(&c, e);
	if (rc == 0)
		rc = take_service_account(dir ? dir : SERVICE_ACCOUNT, &c, e);
	if (rc < 0)
		return err_wrap(e, rc, "in-cluster configuration");
	*ret = c;
	c = (struct kube_config){ 0 };
	return 0;
}

/* It goes into a header line: a line break in it would begin another. */
static bool is_token(const char *s)
{
	for (; *s; s++)
		if (*s <= ' ' || *s > '~')
			return false;
	return true;
}

int kube_config_token(const struct kube_config *c, char **ret, struct err *e)
{
	AUTO_STR token = NULL;
	const char *from = c->token_file ? c->token_file : c->origin;
	*ret = NULL;
	if (c->token_file) {
		int rc = file_read(c->token_file, &token, NULL, e);
		if (rc < 0)
			return err_wrap(e, rc, "token");
		trim_end(token);
	} else if (c->token) {
		token = mem_strdup(c->token);
		if (!token)
			return err_set(e, ENOMEM, "token: out of memory");
	} else {
		return 0;
	}
	if (!*token || !is_token(token))
		return err_set(e, EINVAL, "the token of %s is %s", from,
			*token ? "no token: it holds blanks or control characters" : "empty");
	*ret = STEAL(token);
	return 0;
}

/* The link is opened anew each time: whoever shares the descriptor shares no offset. */
int kube_config_take_token(struct kube_config *c, int fd, struct err *e)
{
	AUTO_STR path = mem_printf("/proc/self/fd/%d", fd);
	AUTO_STR token = NULL;
	struct kube_config probe = { .token_file = path };
	int rc = path ? kube_config_token(&probe, &token, e) : err_set(e, ENOMEM, "out of memory");

	if (rc < 0)
		return rc;
	mem_free(STEAL(c->cert_pem));
	mem_free(STEAL(c->key_pem));
	mem_free(STEAL(c->token));
	mem_free(c->token_file);
	c->token_file = STEAL(path);
	return 0;
}

/* A kubeconfig is read in full before anything is tried with it, so that its faults are told by the
 * names that stand in the file and not by a failed handshake. */
#include "kube/config.h"

#include "base/base64.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "kube/file.h"
#include "kube/pem.h"
#include "kube/server_url.h"
#include "kube/yaml.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct source {
	const cJSON *root;
	const char *dir, *origin;
	struct err *e;
};

/* One entry of clusters[], users[] or contexts[]. */
struct entry {
	const cJSON *body;
	const char *kind, *name;
};

static int no_memory(struct source *s)
{
	return err_set(s->e, ENOMEM, "%s: out of memory", s->origin);
}

static void list_names(const cJSON *entries, struct buf *out)
{
	const cJSON *entry;
	const char *separator = "";
	json_each(entry, entries) {
		buf_printf(out, "%s\"%s\"", separator, json_str_or(entry, "name", ""));
		separator = ", ";
	}
	if (!*separator)
		buf_str(out, "none");
}

static int find_entry(struct source *s, const char *kind, const char *name, struct entry *ret)
{
	char list[16];
	snprintf(list, sizeof(list), "%ss", kind);
	const cJSON *entries = json_key(s->root, list);
	*ret = (struct entry){ json_key(json_find(entries, "name", name, NULL), kind), kind, name };
	if (cJSON_IsObject(ret->body))
		return 0;
	AUTO_BUF names = { 0 };
	list_names(entries, &names);
	if (names.oom)
		return no_memory(s);
	return err_set(s->e, EINVAL, "%s has no %s \"%s\"; it has: %s", s->origin, kind, name,
		names.s);
}

/* *ret NULL if absent or empty. */
static int member(struct source *s, const struct entry *entry, const char *key, const char **ret)
{
	const cJSON *j = json_key(entry->body, key);
	*ret = NULL;
	if (!j || cJSON_IsNull(j))
		return 0;
	if (!cJSON_IsString(j))
		return err_set(s->e, EINVAL, "%s of %s \"%s\" in %s must be a string: quote it",
			key, entry->kind, entry->name, s->origin);
	if (*j->valuestring)
		*ret = j->valuestring;
	return 0;
}

static int required(struct source *s, const struct entry *entry, const char *key, const char **ret)
{
	int rc = member(s, entry, key, ret);
	if (rc < 0 || *ret)
		return rc;
	return err_set(s->e, EINVAL, "%s \"%s\" in %s names no %s", entry->kind, entry->name,
		s->origin, key);
}

static int copy_member(struct source *s, const struct entry *entry, const char *key, char **ret)
{
	const char *text;
	int rc = member(s, entry, key, &text);
	if (rc < 0 || !text)
		return rc;
	*ret = mem_strdup(text);
	return *ret ? 0 : no_memory(s);
}

static char *path_beside(struct source *s, const char *file)
{
	return *file == '/' ? mem_strdup(file) : mem_printf("%s/%s", s->dir, file);
}

static int copy_path(struct source *s, const struct entry *entry, const char *key, char **ret)
{
	const char *file;
	int rc = member(s, entry, key, &file);
	if (rc < 0 || !file)
		return rc;
	*ret = path_beside(s, file);
	return *ret ? 0 : no_memory(s);
}

/* `key-data` in base64, else the file that `key` names; neither: *ret stays. */
static int load_pem(struct source *s, const struct entry *entry, const char *key, char **ret)
{
	char data_key[48];
	const char *data;
	AUTO_STR file = NULL;
	snprintf(data_key, sizeof(data_key), "%s-data", key);
	int rc = member(s, entry, data_key, &data);
	if (rc == 0 && data) {
		rc = base64_text(data, ret);
		if (rc == -ENOMEM)
			return no_memory(s);
		return rc == 0 ? 0
			       : err_set(s->e, EINVAL, "%s of %s \"%s\" in %s is no base64 text",
					 data_key, entry->kind, entry->name, s->origin);
	}
	if (rc == 0)
		rc = copy_path(s, entry, key, &file);
	if (rc < 0 || !file)
		return rc;
	rc = file_read(file, ret, NULL, s->e);
	return rc < 0 ? err_wrap(s->e, rc, "%s of %s \"%s\" in %s", key, entry->kind, entry->name,
				s->origin)
		      : 0;
}

struct refusal {
	const char *key, *why;
};

static const struct refusal cluster_refusals[] = {
	{ "insecure-skip-tls-verify",
		"the server's certificate is always verified: give "
		"certificate-authority-data" },
	{ "proxy-url", "set https_proxy in the environment instead" },
};

static const struct refusal user_refusals[] = {
	{ "exec",
		"credential plugins are not run: use a client certificate, a token or a tokenFile" },
	{ "auth-provider",
		"credential plugins are not run: use a client certificate, a token or a tokenFile" },
	{ "username",
		"Kubernetes has no basic auth since 1.19: use a client certificate or a token" },
	{ "password",
		"Kubernetes has no basic auth since 1.19: use a client certificate or a token" },
	{ "as", "impersonation is not done: use the credential of the user to be" },
};

static int refuse(struct source *s, const struct entry *entry, const struct refusal *refusals,
	size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const cJSON *j = json_key(entry->body, refusals[i].key);
		if (!j || cJSON_IsNull(j) || cJSON_IsFalse(j))
			continue;
		return err_set(s->e, ENOTSUP, "%s of %s \"%s\" in %s is refused: %s",
			refusals[i].key, entry->kind, entry->name, s->origin, refusals[i].why);
	}
	return 0;
}

static int take_server(struct source *s, const struct entry *cluster, struct kube_config *c)
{
	const char *url;
	int rc = required(s, cluster, "server", &url);
	if (rc == 0)
		rc = server_url_parse(url, c, s->e);
	return rc < 0 ? err_wrap(s->e, rc, "cluster \"%s\" in %s", cluster->name, s->origin) : 0;
}

static int take_cluster(struct source *s, const struct entry *cluster, struct kube_config *c)
{
	char what[256];
	snprintf(what, sizeof(what), "certificate-authority of cluster \"%s\" in %s", cluster->name,
		s->origin);
	int rc = refuse(s, cluster, cluster_refusals, COUNT(cluster_refusals));
	if (rc == 0)
		rc = take_server(s, cluster, c);
	if (rc == 0)
		rc = copy_member(s, cluster, "tls-server-name", &c->tls_server_name);
	if (rc == 0)
		rc = load_pem(s, cluster, "certificate-authority", &c->ca_pem);
	if (rc == 0 && c->ca_pem)
		rc = pem_check_ca(c->ca_pem, what, s->e);
	return rc;
}

static int take_certificate(struct source *s, const struct entry *user, struct kube_config *c)
{
	char what[256];
	snprintf(what, sizeof(what), "client certificate of user \"%s\" in %s", user->name,
		s->origin);
	int rc = load_pem(s, user, "client-certificate", &c->cert_pem);
	if (rc == 0)
		rc = load_pem(s, user, "client-key", &c->key_pem);
	if (rc < 0 || (!c->cert_pem && !c->key_pem))
		return rc;
	if (!c->key_pem)
		return err_set(s->e, EINVAL, "%s has no client-key beside it", what);
	if (!c->cert_pem)
		return err_set(s->e, EINVAL, "%s is missing; its client-key is there", what);
	return pem_check_pair(c->cert_pem, c->key_pem, what, s->e);
}

static int take_user(struct source *s, const struct entry *user, struct kube_config *c)
{
	int rc = refuse(s, user, user_refusals, COUNT(user_refusals));
	if (rc == 0)
		rc = take_certificate(s, user, c);
	if (rc == 0)
		rc = copy_member(s, user, "token", &c->token);
	if (rc == 0)
		rc = copy_path(s, user, "tokenFile", &c->token_file);
	return rc;
}

static int take_context(struct source *s, const struct entry *context, struct kube_config *c)
{
	struct entry cluster = { 0 }, user = { 0 };
	const char *cluster_name, *user_name, *ns;
	int rc = required(s, context, "cluster", &cluster_name);
	if (rc == 0)
		rc = required(s, context, "user", &user_name);
	if (rc == 0)
		rc = find_entry(s, "cluster", cluster_name, &cluster);
	if (rc == 0)
		rc = find_entry(s, "user", user_name, &user);
	if (rc == 0)
		rc = take_cluster(s, &cluster, c);
	if (rc == 0)
		rc = take_user(s, &user, c);
	if (rc == 0)
		rc = member(s, context, "namespace", &ns);
	if (rc < 0)
		return rc;
	c->namespace = mem_strdup(ns ? ns : "default");
	c->origin = mem_printf("context `%s` of %s", context->name, s->origin);
	return c->namespace && c->origin ? 0 : no_memory(s);
}

static int choose_context(struct source *s, const char *name, struct entry *ret)
{
	if (!name)
		name = json_str(s->root, "current-context");
	if (name && *name)
		return find_entry(s, "context", name, ret);
	AUTO_BUF names = { 0 };
	list_names(json_key(s->root, "contexts"), &names);
	if (names.oom)
		return no_memory(s);
	return err_set(s->e, EINVAL,
		"%s has no current-context; set it or name a context; it has: %s", s->origin,
		names.s);
}

int kube_config_parse(const char *text, size_t len, const char *context, const char *dir,
	const char *origin, struct kube_config *ret, struct err *e)
{
	AUTO_JSON root = NULL;
	AUTO(kube_config_clear) struct kube_config c = { 0 };
	int rc = yaml_parse(text, len, &root, e);
	if (rc < 0)
		return err_wrap(e, rc, "%s", origin);
	if (!cJSON_IsObject(root))
		return err_set(e, EINVAL, "%s is no kubeconfig: not a mapping", origin);
	struct source s = { root, dir, origin, e };
	struct entry chosen = { 0 };
	rc = choose_context(&s, context, &chosen);
	if (rc == 0)
		rc = take_context(&s, &chosen, &c);
	if (rc < 0)
		return rc;
	*ret = c;
	c = (struct kube_config){ 0 };
	return 0;
}

#include "base/clock.h"
#include "kube/config.h"
#include "testing/pki.h"
#include "testing/t.h"

#include <stdio.h>
#include <stdlib.h>

#define NOW_MS INT64_C(1795238640000) /* 2026-11-21T05:24:00Z */
#define DAY_MS INT64_C(86400000)

static struct pki ca, client, expired, future;
static char dir[] = "/tmp/kubeconfig_test.XXXXXX";

static void write_file(const char *name, const char *text)
{
	char path[128];
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	FILE *f = fopen(path, "w");
	T_TRUE(f);
	T_TRUE(fputs(text, f) >= 0);
	T_EQ(fclose(f), 0);
}

static int make_material(void **state)
{
	(void)state;
	mem_init();
	clock_fake(NOW_MS);
	if (!mkdtemp(dir))
		return -1;
	pki_make_ca(&ca);
	pki_issue(&ca, "DNS:client", NOW_MS - DAY_MS, NOW_MS + DAY_MS, &client);
	pki_issue(&ca, "DNS:client", NOW_MS - 9 * DAY_MS, NOW_MS - 3 * DAY_MS, &expired);
	pki_issue(&ca, "DNS:client", NOW_MS + DAY_MS, NOW_MS + 2 * DAY_MS, &future);
	write_file("ca.crt", ca.cert);
	write_file("client.crt", client.cert);
	write_file("client.key", client.key);
	write_file("empty", "");
	return 0;
}

static int remove_material(void **state)
{
	static const char *const names[] = { "ca.crt", "client.crt", "client.key", "empty" };
	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		char path[128];
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	rmdir(dir);
	pki_clear(&ca);
	pki_clear(&client);
	pki_clear(&expired);
	pki_clear(&future);
	return mem_live() == 0 ? 0 : -1;
}

static int parse(const char *text, const char *context, struct kube_config *c, struct err *e)
{
	return kube_config_parse(text, strlen(text), context, dir, "/etc/kube.conf", c, e);
}

/* A kubeconfig with one context whose cluster and user hold what is given, in YAML's flow style. */
static char *config_with(const char *cluster, const char *user)
{
	char *text = mem_printf("current-context: main\n"
				"contexts: [{name: main, context: {cluster: hub, user: admin}}]\n"
				"clusters: [{name: hub, cluster: {%s}}]\n"
				"users: [{name: admin, user: {%s}}]\n",
		cluster, user);
	T_TRUE(text);
	return text;
}

static void check_refused(const char *text, const char *context, int code, const char *want)
{
	struct kube_config c = { .port = 17 };
	struct err e = { "" };
	int rc = parse(text, context, &c, &e);
	if (rc != -code)
		print_error("%s\n=> %d %s\n", text, rc, e.msg);
	T_EQ(rc, -code);
	T_EQ(c.port, 17); /* untouched */
	T_HAS(e.msg, want);
}

#define SERVER "server: 'https://10.1.2.3:6443'"

static void takes_what_a_context_names(void **state)
{
	static const char text[] =
		"apiVersion: v1\n"
		"kind: Config\n"
		"current-context: two\n"
		"preferences: {}\n"
		"contexts:\n"
		"- name: one\n"
		"  context: {cluster: a, user: x, namespace: ns1}\n"
		"- name: two\n"
		"  context: {cluster: b, user: y}\n"
		"clusters:\n"
		"- name: a\n"
		"  cluster: {server: 'https://a.example', tls-server-name: hub.example}\n"
		"- name: b\n"
		"  cluster: {server: 'https://[fd00::1]:6443/k8s/', certificate-authority: ca.crt}\n"
		"users:\n"
		"- name: x\n"
		"  user: {token: secret}\n"
		"- name: y\n"
		"  user: {client-certificate: client.crt, client-key: client.key, tokenFile: t}\n";
	AUTO(kube_config_clear) struct kube_config one = { 0 };
	AUTO(kube_config_clear) struct kube_config two = { 0 };
	char token_file[128];
	(void)state;
	T_EQ(parse(text, "one", &one, NULL), 0);
	T_STR(one.server, "https://a.example");
	T_STR(one.host, "a.example");
	T_EQ(one.port, 443);
	T_STR(one.prefix, "");
	T_STR(one.tls_server_name, "hub.example");
	T_STR(one.token, "secret");
	T_STR(one.namespace, "ns1");
	T_STR(one.origin, "context `one` of /etc/kube.conf");
	T_NULL(one.ca_pem);
	T_NULL(one.cert_pem);

	T_EQ(parse(text, NULL, &two, NULL), 0);
	T_STR(two.server, "https://[fd00::1]:6443/k8s");
	T_STR(two.host, "fd00::1");
	T_EQ(two.port, 6443);
	T_STR(two.prefix, "/k8s");
	T_NULL(two.tls_server_name);
	T_STR(two.ca_pem, ca.cert);
	T_STR(two.cert_pem, client.cert);
	T_STR(two.key_pem, client.key);
	T_STR(two.namespace, "default");
	snprintf(token_file, sizeof(token_file), "%s/t", dir);
	T_STR(two.token_file, token_file);
}

static void inline_data_wins_over_files(void **state)
{
	AUTO_STR ca64 = pki_base64(ca.cert);
	AUTO_STR cert64 = pki_base64(client.cert);
	AUTO_STR key64 = pki_base64(client.key);
	AUTO_STR cluster = mem_printf(SERVER ", certificate-authority: /absent, "
					     "certificate-authority-data: %s",
		ca64);
	AUTO_STR user =
		mem_printf("client-certificate-data: %s, client-key-data: %s", cert64, key64);
	AUTO_STR text = config_with(cluster, user);
	AUTO(kube_config_clear) struct kube_config c = { 0 };
	(void)state;
	T_EQ(parse(text, NULL, &c, NULL), 0);
	T_STR(c.ca_pem, ca.cert);
	T_STR(c.cert_pem, client.cert);
	T_STR(c.key_pem, client.key);
}

static void refuses_by_name(void **state)
{
	static const struct {
		const char *cluster, *user;
		int code;
		const char *want;
	} cases[] = {
		{ SERVER, "exec: {command: aws}", ENOTSUP,
			"exec of user \"admin\" in /etc/kube.conf is refused: credential plugins are "
			"not run: use" },
		{ SERVER, "auth-provider: {name: gcp}", ENOTSUP,
			"auth-provider of user \"admin\"" },
		{ SERVER, "username: u", ENOTSUP, "username of user" },
		{ SERVER, "password: p", ENOTSUP, "password of user" },
		{ SERVER, "as: root, token: t", ENOTSUP, "impersonation" },
		{ SERVER ", insecure-skip-tls-verify: true", "token: t", ENOTSUP,
			"insecure-skip-tls-verify of cluster \"hub\" in /etc/kube.conf is refused" },
		{ SERVER ", proxy-url: 'http://p'", "token: t", ENOTSUP, "https_proxy" },
		{ "server: 'http://10.1.2.3'", "token: t", ENOTSUP,
			"cluster \"hub\" in /etc/kube.conf: server \"http://10.1.2.3\" is refused: "
			"plain http" },
		{ "server: 'HTTP://10.1.2.3'", "token: t", ENOTSUP, "plain http" },
		{ "server: '10.1.2.3:6443'", "token: t", EINVAL, "is no https:// URL" },
		{ "server: 'ftp://x'", "token: t", EINVAL, "is no https:// URL" },
		{ "server: 'https://'", "token: t", EINVAL, "is no https:// URL" },
		{ "server: 'https://a:99999'", "token: t", EINVAL, "is no https:// URL" },
		{ "server: 'https://u:p@a'", "token: t", EINVAL, "nothing else" },
		{ "server: 'https://a/?x=1'", "token: t", EINVAL, "nothing else" },
		{ "server: 'https://a/#x'", "token: t", EINVAL, "nothing else" },
		{ "server: ''", "token: t", EINVAL,
			"cluster \"hub\" in /etc/kube.conf names no server" },
		{ "server: 5", "token: t", EINVAL,
			"server of cluster \"hub\" in /etc/kube.conf must be" },
		{ SERVER, "token: 12345", EINVAL,
			"token of user \"admin\" in /etc/kube.conf must be a string" },
		{ SERVER ", certificate-authority: absent.crt", "token: t", ENOENT,
			"certificate-authority of cluster \"hub\" in /etc/kube.conf: cannot read" },
		{ SERVER ", certificate-authority: empty", "token: t", EINVAL,
			"certificate-authority of cluster \"hub\" in /etc/kube.conf holds no PEM" },
		{ SERVER ", certificate-authority: client.key", "token: t", EINVAL,
			"holds no PEM" },
		{ SERVER ", certificate-authority-data: '***'", "token: t", EINVAL,
			"certificate-authority-data of cluster \"hub\" in /etc/kube.conf is no base64" },
		{ SERVER ", certificate-authority-data: 'AAAA'", "token: t", EINVAL,
			"no base64 text" },
		{ SERVER, "client-certificate: client.crt", EINVAL,
			"client certificate of user \"admin\" in /etc/kube.conf has no client-key" },
		{ SERVER, "client-key: client.key", EINVAL, "is missing" },
		{ SERVER, "client-certificate: absent, client-key: client.key", ENOENT,
			"client-certificate of user \"admin\" in /etc/kube.conf: cannot read" },
		{ SERVER, "client-certificate: ca.crt, client-key: client.key", EINVAL,
			"its key belongs to another certificate" },
		{ SERVER, "client-certificate: client.crt, client-key: ca.crt", EINVAL,
			"its key is no PEM private key" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_STR text = config_with(cases[i].cluster, cases[i].user);
		check_refused(text, NULL, cases[i].code, cases[i].want);
	}
}

static void verification_asked_for_in_words_is_fine(void **state)
{
	AUTO_STR text = config_with(SERVER ", insecure-skip-tls-verify: false", "exec: null");
	AUTO(kube_config_clear) struct kube_config c = { 0 };
	(void)state;
	T_EQ(parse(text, NULL, &c, NULL), 0);
}

static void check_pair(const struct pki *pair, int code, const char *want)
{
	AUTO_STR cert64 = pki_base64(pair->cert);
	AUTO_STR key64 = pki_base64(pair->key);
	AUTO_STR user =
		mem_printf("client-certificate-data: %s, client-key-data: %s", cert64, key64);
	AUTO_STR text = config_with(SERVER, user);
	check_refused(text, NULL, code, want);
}

static void dates_of_the_certificate_are_told(void **state)
{
	(void)state;
	check_pair(&expired, EKEYEXPIRED,
		"client certificate of user \"admin\" in /etc/kube.conf expired on "
		"2026-11-18T05:24:00Z (3 days ago): renew it");
	check_pair(&future, EKEYREJECTED,
		"is not valid before 2026-11-22T05:24:00Z: check this machine's clock");
}

static void a_key_with_a_pass_phrase_is_refused_not_asked_for(void **state)
{
	/* Enough of one to make OpenSSL want the phrase. */
	struct pki locked = { client.cert, NULL };
	AUTO_STR key = mem_printf("-----BEGIN EC PRIVATE KEY-----\n"
				  "Proc-Type: 4,ENCRYPTED\n"
				  "DEK-Info: AES-128-CBC,%032d\n\n"
				  "%s",
		1, strchr(client.key, '\n') + 1);
	(void)state;
	locked.key = key;
	check_pair(&locked, EINVAL, "or one with a pass phrase");
}

static void refuses_what_does_not_hang_together(void **state)
{
	static const struct {
		const char *text, *context;
		const char *want;
	} cases[] = {
		{ "", NULL,
			"/etc/kube.conf has no current-context; set it or name a context; it has: none" },
		{ "contexts: [{name: a}, {name: b}]", NULL, "it has: \"a\", \"b\"" },
		{ "current-context: ''", NULL, "has no current-context" },
		{ "contexts: [{name: a}]", "z",
			"/etc/kube.conf has no context \"z\"; it has: \"a\"" },
		{ "{current-context: a, contexts: [{name: a, context: {user: u}}]}", NULL,
			"context \"a\" in /etc/kube.conf names no cluster" },
		{ "{current-context: a, contexts: [{name: a, context: {cluster: c}}]}", NULL,
			"context \"a\" in /etc/kube.conf names no user" },
		{ "{current-context: a, contexts: [{name: a, context: {cluster: c, user: u}}]}",
			NULL, "/etc/kube.conf has no cluster \"c\"; it has: none" },
		{ "{current-context: a, contexts: [{name: a, context: {cluster: c, user: u}}],"
		  " clusters: [{name: c, cluster: {server: 'https://x'}}], users: [{name: v}]}",
			NULL, "/etc/kube.conf has no user \"u\"; it has: \"v\"" },
		{ "[1]", NULL, "/etc/kube.conf is no kubeconfig" },
		{ "text", NULL, "is no kubeconfig" },
		{ "a: [", NULL, "/etc/kube.conf: line" },
		{ "contexts: 5\ncurrent-context: a", NULL, "has no context \"a\"" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_refused(cases[i].text, cases[i].context, EINVAL, cases[i].want);
}

static void survives_want_of_memory(void **state)
{
	AUTO_STR ca64 = pki_base64(ca.cert);
	AUTO_STR cluster = mem_printf(SERVER ", certificate-authority-data: %s", ca64);
	AUTO_STR text = config_with(cluster,
		"client-certificate: client.crt, client-key: client.key, token: t, tokenFile: f");
	int rc;
	(void)state;
	T_OOM(rc, {
		struct kube_config c = { 0 };
		rc = parse(text, NULL, &c, NULL);
		kube_config_clear(&c);
	});
	T_OOM(rc, {
		struct err e;
		struct kube_config c = { 0 };
		rc = parse("contexts: [{name: a}, {name: b}]", NULL, &c, &e);
		if (rc == -EINVAL) /* the refusal itself; its text needs memory too */
			rc = 0;
	});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_what_a_context_names),
		cmocka_unit_test(inline_data_wins_over_files),
		cmocka_unit_test(refuses_by_name),
		cmocka_unit_test(verification_asked_for_in_words_is_fine),
		cmocka_unit_test(dates_of_the_certificate_are_told),
		cmocka_unit_test(a_key_with_a_pass_phrase_is_refused_not_asked_for),
		cmocka_unit_test(refuses_what_does_not_hang_together),
		cmocka_unit_test(survives_want_of_memory),
	};
	return cmocka_run_group_tests(tests, make_material, remove_material);
}

/* Where a configuration is looked for, the in-cluster files, and tokens. */
#include "kube/config.h"
#include "testing/pki.h"
#include "testing/t.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* struct kube_config owns its strings; these here are only lent to it. */
#define MUTABLE(s) ((char *)(uintptr_t)(s))

static char dir[] = "/tmp/config_test.XXXXXX";
static struct pki ca;

static const char *path_of(const char *name)
{
	static char path[4][128];
	static unsigned next;
	char *p = path[next++ % COUNT(path)];
	snprintf(p, sizeof(path[0]), "%s/%s", dir, name);
	return p;
}

static void write_bytes(const char *name, const char *bytes, size_t n)
{
	FILE *f = fopen(path_of(name), "w");
	T_TRUE(f);
	T_EQ(fwrite(bytes, 1, n, f), n);
	T_EQ(fclose(f), 0);
}

static void write_file(const char *name, const char *text)
{
	write_bytes(name, text, strlen(text));
}

static void write_kubeconfig(const char *name, const char *server)
{
	AUTO_STR text =
		mem_printf("current-context: main\n"
			   "contexts: [{name: main, context: {cluster: hub, user: admin}}]\n"
			   "clusters: [{name: hub, cluster: {server: '%s'}}]\n"
			   "users: [{name: admin, user: {tokenFile: token}}]\n",
			server);
	write_file(name, text);
}

static int make_folder(void **state)
{
	(void)state;
	mem_init();
	if (!mkdtemp(dir) || mkdir(path_of(".kube"), 0700) < 0)
		return -1;
	pki_make_ca(&ca);
	write_kubeconfig("a", "https://a");
	write_kubeconfig("b", "https://b");
	write_kubeconfig(".kube/config", "https://home");
	write_file("ca.crt", ca.cert);
	write_file("namespace", "berth\n");
	write_file("token", "in-cluster-token\n");
	return 0;
}

static int remove_folder(void **state)
{
	static const char *const names[] = { "a", "b", ".kube/config", "ca.crt", "namespace",
		"token", "nul" };
	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		unlink(path_of(names[i]));
	rmdir(path_of(".kube"));
	rmdir(dir);
	pki_clear(&ca);
	return mem_live() == 0 ? 0 : -1;
}

static int forget_environment(void **state)
{
	(void)state;
	unsetenv("KUBECONFIG");
	unsetenv("KUBERNETES_SERVICE_HOST");
	unsetenv("KUBERNETES_SERVICE_PORT");
	return setenv("HOME", dir, 1);
}

static void check_server(const char *path, const char *want)
{
	AUTO(kube_config_clear) struct kube_config c = { 0 };
	struct err e = { "" };
	int rc = kube_config_load(path, NULL, &c, &e);
	if (rc < 0)
		print_error("%s\n", e.msg);
	T_EQ(rc, 0);
	T_STR(c.server, want);
}

static void is_looked_for_in_order(void **state)
{
	char list[512];
	(void)state;
	check_server(NULL, "https://home");
	setenv("KUBECONFIG", "", 1);
	check_server(NULL, "https://home");
	snprintf(list, sizeof(list), "/absent::%s:%s", path_of("b"), path_of("a"));
	setenv("KUBECONFIG", list, 1);
	check_server(NULL, "https://b");
	check_server(path_of("a"), "https://a");
}

static void a_list_of_absent_files_is_a_mistake(void **state)
{
	struct kube_config c;
	struct err e = { "" };
	(void)state;
	setenv("KUBECONFIG", "/absent/a:/absent/b", 1);
	T_EQ(kube_config_load(NULL, NULL, &c, &e), -ENOENT);
	T_STR(e.msg, "$KUBECONFIG names no file that exists: /absent/a:/absent/b");
}

static void unreadable_files_are_named(void **state)
{
	struct kube_config c;
	struct err e = { "" };
	(void)state;
	T_EQ(kube_config_load("/absent/kubeconfig", NULL, &c, &e), -ENOENT);
	T_STR(e.msg, "kubeconfig: cannot read /absent/kubeconfig: No such file or directory");
	T_EQ(kube_config_load(dir, NULL, &c, &e), -EISDIR);
	T_HAS(e.msg, "Is a directory");
	write_bytes("nul", "a\0b", 3);
	T_EQ(kube_config_load(path_of("nul"), NULL, &c, &e), -EINVAL);
	T_HAS(e.msg, "is no text");
	T_EQ(truncate(path_of("nul"), (1 << 20) + 1), 0);
	T_EQ(kube_config_load(path_of("nul"), NULL, &c, &e), -EFBIG);
	T_HAS(e.msg, "more than 1 MiB");
}

static void relative_files_lie_beside_the_kubeconfig(void **state)
{
	AUTO(kube_config_clear) struct kube_config c = { 0 };
	AUTO_STR token = NULL;
	(void)state;
	T_EQ(kube_config_load(path_of("a"), NULL, &c, NULL), 0);
	T_EQ(kube_config_token(&c, &token, NULL), 0);
	T_STR(token, "in-cluster-token");
}

static void a_pod_finds_its_server(void **state)
{
	static const struct {
		const char *host, *port, *server, *bare;
		int want_port;
	} cases[] = {
		{ "10.0.0.1", "6443", "https://10.0.0.1:6443", "10.0.0.1", 6443 },
		{ "10.0.0.1", NULL, "https://10.0.0.1:443", "10.0.0.1", 443 },
		{ "fd00::1", "443", "https://[fd00::1]:443", "fd00::1", 443 },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO(kube_config_clear) struct kube_config c = { 0 };
		setenv("KUBERNETES_SERVICE_HOST", cases[i].host, 1);
		if (cases[i].port)
			setenv("KUBERNETES_SERVICE_PORT", cases[i].port, 1);
		else
			unsetenv("KUBERNETES_SERVICE_PORT");
		T_EQ(kube_config_in_cluster(dir, &c, NULL), 0);
		T_STR(c.server, cases[i].server);
		T_STR(c.host, cases[i].bare);
		T_EQ(c.port, cases[i].want_port);
		T_STR(c.ca_pem, ca.cert);
		T_STR(c.namespace, "berth");
		T_STR(c.token_file, path_of("token"));
		T_STR(c.origin, "in-cluster");
	}
}

static void outside_a_pod_it_says_so(void **state)
{
	struct kube_config c;
	struct err e = { "" };
	(void)state;
	T_EQ(kube_config_in_cluster(dir, &c, &e), -ENOENT);
	T_STR(e.msg, "in-cluster configuration: KUBERNETES_SERVICE_HOST is not set: not in a pod");
	setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1", 1);
	T_EQ(kube_config_in_cluster("/absent", &c, &e), -ENOENT);
	T_STR(e.msg,
		"in-cluster configuration: cannot read /absent/ca.crt: No such file or directory");
	T_EQ(kube_config_load(NULL, NULL, &c, &e), -ENOENT); /* and not ~/.kube/config */
	T_HAS(e.msg, "in-cluster configuration");
}

static void tokens_are_read_anew(void **state)
{
	struct kube_config c = { .origin = MUTABLE("context `x`"), .token = MUTABLE("static") };
	AUTO_STR first = NULL;
	AUTO_STR second = NULL;
	AUTO_STR third = NULL;
	(void)state;
	T_EQ(kube_config_token(&c, &first, NULL), 0);
	T_STR(first, "static");
	c.token_file = MUTABLE(path_of("token")); /* wins */
	T_EQ(kube_config_token(&c, &second, NULL), 0);
	T_STR(second, "in-cluster-token");
	write_file("token", "rotated \r\n\n");
	T_EQ(kube_config_token(&c, &third, NULL), 0);
	T_STR(third, "rotated");
	write_file("token", "in-cluster-token\n");
}

static void what_is_no_token_is_refused(void **state)
{
	static const struct {
		const char *token, *want;
	} cases[] = {
		{ "", "the token of context `x` is empty" },
		{ "two words", "blanks or control characters" },
		{ "a\r\nX-Injected: b", "blanks or control characters" },
		{ "\xc3\xa9", "blanks or control characters" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct kube_config c = { .origin = MUTABLE("context `x`"),
			.token = MUTABLE(cases[i].token) };
		struct err e = { "" };
		char *token;
		T_EQ(kube_config_token(&c, &token, &e), -EINVAL);
		T_NULL(token);
		T_HAS(e.msg, cases[i].want);
	}
}

static void without_a_token_there_is_none(void **state)
{
	struct kube_config c = { .origin = MUTABLE("x") };
	char *token = dir;
	(void)state;
	T_EQ(kube_config_token(&c, &token, NULL), 0);
	T_NULL(token);
}

static void a_descriptor_stands_in_for_all_credentials(void **state)
{
	struct kube_config c = { .cert_pem = mem_strdup("cert"),
		.key_pem = mem_strdup("key"),
		.token = mem_strdup("ours"),
		.token_file = mem_strdup("/ours") };
	AUTO_STR first = NULL;
	AUTO_STR second = NULL;

	(void)state;
	write_file("token", "theirs\n");
	int fd = open(path_of("token"), O_RDONLY | O_CLOEXEC);
	T_EQ(lseek(fd, 0, SEEK_END), 7); /* it may have been read by others */
	T_EQ(kube_config_take_token(&c, fd, NULL), 0);
	T_TRUE(!c.cert_pem && !c.key_pem && !c.token);
	T_EQ(kube_config_token(&c, &first, NULL), 0);
	T_STR(first, "theirs");
	write_file("token", "renewed\n");
	T_EQ(kube_config_token(&c, &second, NULL), 0);
	T_STR(second, "renewed");
	write_file("token", "in-cluster-token\n");
	close(fd);
	kube_config_clear(&c);
}

static void a_descriptor_without_a_token_is_refused(void **state)
{
	struct kube_config c = { .token = mem_strdup("ours") };
	struct err e = { "" };

	(void)state;
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	T_EQ(kube_config_take_token(&c, fd, &e), -EINVAL);
	T_HAS(e.msg, "empty");
	close(fd);
	T_EQ(kube_config_take_token(&c, fd, &e), -ENOENT);
	T_STR(c.token, "ours");
	for (long n = 0;; n++) {
		long before = mem_live();

		oom_fail_at(n);
		fd = open(path_of("token"), O_RDONLY | O_CLOEXEC);
		int rc = kube_config_take_token(&c, fd, NULL);
		close(fd);
		if (!oom_off()) {
			T_EQ(rc, 0);
			break;
		}
		T_EQ(rc, -ENOMEM);
		T_EQ(mem_live(), before);
	}
	kube_config_clear(&c);
}

static void a_lost_token_file_is_named(void **state)
{
	struct kube_config c = { .token_file = MUTABLE("/absent/token") };
	struct err e = { "" };
	char *token;
	(void)state;
	T_EQ(kube_config_token(&c, &token, &e), -ENOENT);
	T_STR(e.msg, "token: cannot read /absent/token: No such file or directory");
}

static void survives_want_of_memory(void **state)
{
	int rc;
	(void)state;
	setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1", 1);
	T_OOM(rc, {
		struct kube_config c = { 0 };
		rc = kube_config_in_cluster(dir, &c, NULL);
		kube_config_clear(&c);
	});
	T_OOM(rc, {
		struct kube_config c = { 0 };
		rc = kube_config_load(path_of("a"), NULL, &c, NULL);
		kube_config_clear(&c);
	});
	unsetenv("KUBERNETES_SERVICE_HOST");
	T_OOM(rc, {
		struct kube_config c = { 0 };
		rc = kube_config_load(NULL, NULL, &c, NULL);
		kube_config_clear(&c);
	});
	struct kube_config c = { .token_file = MUTABLE(path_of("token")) };
	T_OOM(rc, {
		AUTO_STR token = NULL;
		rc = kube_config_token(&c, &token, NULL);
		mem_free(STEAL(token));
	});
}

#define CASE(f) cmocka_unit_test_setup(f, forget_environment)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(is_looked_for_in_order),
		CASE(a_list_of_absent_files_is_a_mistake),
		CASE(unreadable_files_are_named),
		CASE(relative_files_lie_beside_the_kubeconfig),
		CASE(a_pod_finds_its_server),
		CASE(outside_a_pod_it_says_so),
		CASE(tokens_are_read_anew),
		CASE(what_is_no_token_is_refused),
		CASE(without_a_token_there_is_none),
		CASE(a_descriptor_stands_in_for_all_credentials),
		CASE(a_descriptor_without_a_token_is_refused),
		CASE(a_lost_token_file_is_named),
		CASE(survives_want_of_memory),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

#include "testing/t.h"

#include "plan/expr.h"
#include "plan/url.h"

static int look_up(void *arg, const char *name, struct expr_value *ret, struct err *e)
{
	static const struct {
		const char *name;
		enum value_type type;
		const char *text;
	} known[] = {
		{ "cluster.name", VALUE_STRING, "edge1" },
		{ "n", VALUE_INTEGER, "999999999999999" },
		{ "x", VALUE_NUMBER, "1.5" },
		{ "b", VALUE_BOOLEAN, "true" },
		{ "ip", VALUE_IP, "10.1.2.3" },
		{ "v6", VALUE_IP, "fd00::1" },
		{ "bad", VALUE_STRING, "a/b?c=d&e#f\r\n\"\\ \xc3\xa9%2e${n}" },
		{ "dots", VALUE_STRING, ".." },
		{ "user", VALUE_STRING, "a@b" },
		{ "port", VALUE_INTEGER, "8080" },
		{ "nought", VALUE_INTEGER, "0" },
	};

	(void)arg;
	for (size_t i = 0; i < COUNT(known); i++)
		if (!strcmp(known[i].name, name)) {
			*ret = (struct expr_value){ known[i].type, known[i].text };
			return 0;
		}
	return err_set(e, EAGAIN, "%s has no value yet", name);
}

static void test_texts(void **state)
{
	static const struct {
		const char *from, *to;
		int rc;
	} cases[] = {
		{ "", "", 0 },
		{ "plain $ {x} $$ }", "plain $ {x} $$ }", 0 },
		{ "${cluster.name}", "edge1", 0 },
		{ "a${n}b${ip}${ip}c", "a999999999999999b10.1.2.310.1.2.3c", 0 },
		{ "$${n} $$${n}", "${n} $${n}", 0 },
		{ "$${n", "${n", 0 },
		{ "$$ ${n}", "$$ 999999999999999", 0 },
		{ "${", NULL, -EINVAL },
		{ "${}", NULL, -EINVAL },
		{ "${n", NULL, -EINVAL },
		{ "a ${n m}", NULL, -EINVAL },
		{ "${${n}}", NULL, -EINVAL },
		{ "${who}", NULL, -EAGAIN },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_STR to = NULL;
		struct err e = { "" };

		T_EQ(expr_text(cases[i].from, look_up, NULL, &to, &e), cases[i].rc);
		if (cases[i].to)
			T_STR(to, cases[i].to);
		else
			T_TRUE(!to && *e.msg);
	}
}

static void test_json_keeps_types_and_is_never_broken_out_of(void **state)
{
	AUTO_JSON from = xjson_lit("{'i':'${n}','x':['${x}',{'${n}':'${b}'}],'s':'${cluster.name}',"
				   "'t':'<${bad}>','lit':'$${n}','two':'${n}${n}','z':null,'k':7}");
	AUTO_JSON to = NULL;
	AUTO_STR text = NULL;

	(void)state;
	T_EQ(expr_json(from, look_up, NULL, &to, NULL), 0);
	text = json_text(to);
	T_STR(text,
		"{\"i\":999999999999999,\"x\":[1.5,{\"${n}\":true}],\"s\":\"edge1\","
		"\"t\":\"<a/b?c=d&e#f\\r\\n\\\"\\\\ \xc3\xa9%2e${n}>\",\"lit\":\"${n}\","
		"\"two\":\"999999999999999999999999999999\",\"z\":null,\"k\":7}");
}

static void test_a_json_string_may_be_the_whole(void **state)
{
	AUTO_JSON from = cJSON_CreateString("${b}");
	AUTO_JSON to = NULL;

	(void)state;
	T_EQ(expr_json(from, look_up, NULL, &to, NULL), 0);
	T_TRUE(cJSON_IsTrue(to));
}

static void test_what_has_no_value_ends_it(void **state)
{
	AUTO_JSON from = xjson_lit("{'a':['${n}','${who}']}");
	cJSON *to = NULL;
	struct err e;

	(void)state;
	T_EQ(expr_json(from, look_up, NULL, &to, &e), -EAGAIN);
	T_NULL(to);
	T_STR(e.msg, "who has no value yet");
}

static void test_urls(void **state)
{
	static const struct {
		const char *from, *to;
		bool foreign;
	} good[] = {
		{ "http://a.example/x?y=z", "http://a.example/x?y=z", false },
		{ "http://${ip}:5000/trigger", "http://10.1.2.3:5000/trigger", true },
		{ "http://${v6}:5000/", "http://[fd00::1]:5000/", true },
		{ "http://[${v6}]/", "http://[fd00::1]/", true },
		{ "https://${cluster.name}.example/", "https://edge1.example/", true },
		{ "http://a.example:${port}/", "http://a.example:8080/", true },
		{ "http://a.example/${bad}/x",
			"http://a.example/a%2Fb%3Fc%3Dd%26e%23f%0D%0A%22%5C%20%C3%A9%252e%24%7Bn%7D/x",
			false },
		{ "http://a.example?q=${bad}",
			"http://a.example?q=a%2Fb%3Fc%3Dd%26e%23f%0D%0A%22%5C%20%C3%A9%252e%24%7Bn%7D",
			false },
		{ "http://a.example/x:${n}@${n}",
			"http://a.example/x:999999999999999@999999999999999", false },
	};
	static const char *const bad[] = { "${cluster.name}://a/", "http:${n}//a/",
		"http://${bad}/", "http://${user}/", "http://x${v6}/", "http://${n}/",
		"http://a:${ip}/", "http://a:${nought}/", "http://a:${n}/", "http://a/${dots}",
		"http://a/b${dots}", "http://${dots}/", "http://u:p@${ip}/",
		"http://a.example#${n}", "http://${ip}${ip}/", "http://a.${ip}/", "ftp://${ip}/",
		"${ip}", "" };

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		AUTO_STR to = NULL;
		bool foreign;

		T_EQ(expr_url(good[i].from, look_up, NULL, &to, &foreign, NULL), 0);
		T_STR(to, good[i].to);
		T_EQ(foreign, good[i].foreign);
		T_EQ(expr_url_check(good[i].from, NULL), 0);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		char *to = NULL;
		bool foreign;
		struct err e = { "" };

		if (expr_url(bad[i], look_up, NULL, &to, &foreign, &e) != -EINVAL)
			fail_msg("%s became %s", bad[i], to ? to : e.msg);
		T_TRUE(*e.msg);
	}
	T_EQ(expr_url_check("${cluster.name}://a/", NULL), -EINVAL);
	T_EQ(expr_url_check("http://${a", NULL), -EINVAL);
}

static void test_which_urls_may_be_asked(void **state)
{
	static const struct {
		const char *url, *host;
		unsigned port;
		bool https;
	} good[] = {
		{ "http://A.example", "a.example", 80, false },
		{ "HTTPS://a.example:8443/x", "a.example", 8443, true },
		{ "https://[FD00::1]?x", "fd00::1", 443, true },
		{ "http://10.0.0.1:1/", "10.0.0.1", 1, false },
		{ "http://a_b/", "a_b", 80, false },
	};
	static const char *const bad[] = { "", "a.example", "//a.example", "ftp://a.example/",
		"file:///etc/passwd", "gopher://a/", "unix:///run/x.sock", "http:/a", "http://",
		"http:///x", "http://:80/", "http://a:/", "http://a:0/", "http://a:65536/",
		"http://a:080/", "http://a:1:2/", "http://u@a/", "http://u:p@a/", "http://a@b@c/",
		"http://a\\@b/", "http://a b/", "http://a/\r\nX: y", "http://a/\t", "http://a/\x7f",
		"http://a/\xc3\xa9", "http://\xc3\xa9/", "http://a/#f", "http://a./",
		"http://127.1/", "http://0x7f.1/", "http://2130706433/", "http://017700000001/",
		"http://127.0.0.1./", "http://[::1%25lo]/", "http://[fe80::1%eth0]/",
		"http://[::1/", "http://::1/", "http://[127.0.0.1]/", "http://[a]/",
		"http://[::1]x/", "http://[::1]:/", "http://a%2e/", "http://a,b/", "http://*/",
		"http://a;b/", "http://(a)/" };

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct url u;

		T_EQ(url_parse(good[i].url, &u, NULL), 0);
		T_STR(u.host, good[i].host);
		T_EQ(u.port, good[i].port);
		T_EQ(u.https, good[i].https);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct url u;
		struct err e = { "" };

		if (url_parse(bad[i], &u, &e) != -EINVAL)
			fail_msg("%s is taken", bad[i]);
		T_TRUE(*e.msg);
	}
}

static void test_hosts_of_a_credential(void **state)
{
	static const struct {
		const char *url, *hosts;
		bool among;
	} cases[] = {
		{ "https://a.example/x", "a.example", true },
		{ "https://A.example/x", "b.example, a.EXAMPLE", true },
		{ "https://a.example:443/", "a.example", true },
		{ "https://a.example:8443/", "a.example", false },
		{ "https://a.example:8443/", "x,a.example:8443 ,y", true },
		{ "http://a.example/", "a.example:443", false },
		{ "http://a.example/", "a.example, a.example:80", false },
		{ "http://a.example/", "b.example,http://a.example", true },
		{ "http://a.example:8080/", "HTTP://a.example:8080", true },
		{ "http://a.example:8080/", "http://a.example", false },
		{ "http://[fd00::1]/", "http://[fd00::1]", true },
		{ "https://a.example/", "http://a.example", false },
		{ "https://a.example:80/", "http://a.example:80", false },
		{ "http://a.example/", "http://, http:// a.example", false },
		{ "https://[fd00::1]/", "[fd00::1]:443", true },
		{ "https://[fd00::1]/", "fd00::1", false },
		{ "https://a.example.evil/", "a.example", false },
		{ "https://x.a.example/", "a.example", false },
		{ "https://a.example/", "*.example, *, example", false },
		{ "https://a.example/", "", false },
		{ "https://a.example/", ",, ,", false },
		{ "https://a.example/", "https://a.example", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct url u;

		T_EQ(url_parse(cases[i].url, &u, NULL), 0);
		if (url_is_among(&u, cases[i].hosts) != cases[i].among)
			fail_msg("%s among %s", cases[i].url, cases[i].hosts);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_json_keeps_types_and_is_never_broken_out_of),
		cmocka_unit_test(test_a_json_string_may_be_the_whole),
		cmocka_unit_test(test_what_has_no_value_ends_it),
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_which_urls_may_be_asked),
		cmocka_unit_test(test_hosts_of_a_credential),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

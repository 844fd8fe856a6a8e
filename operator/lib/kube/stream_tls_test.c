/* Whom both transports take for the server, and whom the server takes us for. */
#include "testing/peer.h"
#include "testing/t.h"

#include "kube/stream_fixture.h"

/* Which certificates pass: whatever the address, the name it must be for is the config's. */
static void names_of_certificates(void **state)
{
	static const struct {
		const char *address, *names, *expect;
		bool passes;
	} cases[] = {
		{ "127.0.0.1", "IP:127.0.0.1", NULL, true },
		{ "127.0.0.1", "IP:127.0.0.2", NULL, false },
		{ "127.0.0.1", "DNS:127.0.0.1", NULL, false },
		{ "127.0.0.1", "DNS:api.test", "api.test", true },
		{ "127.0.0.1", "DNS:*.api.test", "hub.api.test", true },
		{ "127.0.0.1", "DNS:api.test", "evil.test", false },
		{ "127.0.0.1", "IP:127.0.0.1", "api.test", false },
		{ "::1", "IP:::1", NULL, true },
		{ "::1", "IP:::2", NULL, false },
		{ "::1", "DNS:api.test", "api.test", true },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		if (strchr(cases[i].address, ':') && !has_ipv6())
			continue;
		struct scene s;
		struct peer_cfg cfg = {
			.address = cases[i].address,
			.names = cases[i].names,
			.valid_s = 3600,
			.script = accept_and_close,
		};
		scene_init(&s, *(enum by *)*state, &cfg);
		s.config.tls_server_name = (char *)(uintptr_t)cases[i].expect;
		scene_run(&s);
		if (s.opens != cases[i].passes)
			fail_msg("%s for %s: %s", cases[i].names, cases[i].address, s.why);
		if (!cases[i].passes)
			T_HAS(s.why, s.by == BY_WS ? "mismatch" : " match");
		scene_clear(&s);
	}
}

static void unknown_ca(void **state)
{
	struct scene s;
	char *cert, *key;

	peer_make_cert("IP:127.0.0.1", 3600, &cert, &key);
	scene_with(&s, *(enum by *)*state, accept_and_close);
	s.config.ca_pem = cert;
	scene_run(&s);
	T_EQ(s.opens, 0);
	T_HAS(s.why,
		s.by == BY_WS ? "its certificate is refused: self-signed certificate"
			      : "certificate problem: self-signed certificate");
	T_FALSE(s.peer.requests); /* no token was shown */
	scene_clear(&s);
	free(cert);
	free(key);
}

static void second_ca_of_a_bundle(void **state)
{
	struct scene s;
	char *cert, *key;
	char bundle[8192];

	peer_make_cert("DNS:another", 3600, &cert, &key);
	scene_with(&s, *(enum by *)*state, accept_and_close);
	snprintf(bundle, sizeof(bundle), "# the old one\n%s\n%s", cert, s.peer.cert_pem);
	s.config.ca_pem = bundle;
	scene_run(&s);
	T_EQ(s.opens, 1);
	scene_clear(&s);
	free(cert);
	free(key);
}

static void expired_certificate(void **state)
{
	struct scene s;
	struct peer_cfg cfg = plain_peer;

	cfg.valid_s = -60;
	cfg.script = accept_and_close;
	scene_init(&s, *(enum by *)*state, &cfg);
	scene_run(&s);
	T_EQ(s.opens, 0);
	T_HAS(s.why, "certificate has expired");
	scene_clear(&s);
}

static void client_certificate(void **state)
{
	for (int shown = 0; shown < 2; shown++) {
		struct scene s;
		char *cert, *key;
		peer_make_cert("DNS:berth-operator", 3600, &cert, &key);
		struct peer_cfg cfg = plain_peer;
		cfg.client_ca = cert;
		cfg.script = accept_and_close;
		scene_init(&s, *(enum by *)*state, &cfg);
		s.config.cert_pem = shown ? cert : NULL;
		s.config.key_pem = shown ? key : NULL;
		scene_run(&s);
		T_EQ(s.opens, shown);
		scene_clear(&s);
		free(cert);
		free(key);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(names_of_certificates),
		BOTH(unknown_ca),
		BOTH(second_ca_of_a_bundle),
		BOTH(expired_certificate),
		BOTH(client_certificate),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

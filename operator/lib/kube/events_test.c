#include "testing/fake_api.h"
#include "testing/t.h"

#include "kube/client_fixture.h"
#include "kube/events.h"

static struct kube_event event_of(const char *note)
{
	return (struct kube_event){ .type = &KUBE_CLUSTER_ONBOARDING,
		.name = "edge1",
		.uid = "u-1",
		.warning = true,
		.reason = "NotAccepted",
		.action = "Observe",
		.note = note };
}

static void run_until_asked(void *arg)
{
	if (api.script->asked_len < (unsigned)(uintptr_t)arg || kube_stats(k).inflight)
		timer_set(&plan, 1);
	else
		kube_close(STEAL(k), NULL, NULL);
}

static void send_events(unsigned requests)
{
	timer_init(l, &plan, run_until_asked, (void *)(uintptr_t)requests);
	timer_set(&plan, 1);
	loop_run(l);
	timer_close(&plan, NULL);
	loop_run(l);
	T_EQ(api.script->asked_len, requests);
}

static void an_event_says_what_and_about_whom(void **state)
{
	struct kube_event ev = event_of("not accepted yet");
	(void)state;
	PLAY({ 201, .body = "{}" });
	open_client(0, 0);
	kube_event_send(k, "berth.dev/operator", &ev);
	send_events(1);
	check_asked(0, "POST", "/api/v1/namespaces/default/events" WRITE_QUERY, "application/json",
		asked(0)->body);
	AUTO_JSON j = json_parse(asked(0)->body, strlen(asked(0)->body), NULL);
	T_STR(json_str(j, "kind"), "Event");
	T_STR(json_str(j, "apiVersion"), "v1");
	T_STR(json_str(j, "type"), "Warning");
	T_STR(json_str(j, "reason"), "NotAccepted");
	T_STR(json_str(j, "action"), "Observe");
	T_STR(json_str(j, "message"), "not accepted yet");
	T_STR(json_str(j, "reportingComponent"), "berth.dev/operator");
	T_TRUE(json_str(j, "reportingInstance"));
	T_STR(json_str(j, "metadata.namespace"), "default");
	T_EQ(strncmp(json_str(j, "metadata.name"), "edge1.", 6), 0);
	T_STR(json_str(j, "involvedObject.apiVersion"), "berth.dev/v1alpha1");
	T_STR(json_str(j, "involvedObject.kind"), "ClusterOnboarding");
	T_STR(json_str(j, "involvedObject.name"), "edge1");
	T_STR(json_str(j, "involvedObject.uid"), "u-1");
	int64_t when;
	T_TRUE(clock_parse(json_str(j, "lastTimestamp"), &when));
}

static void a_repeated_fact_is_sent_once(void **state)
{
	struct kube_event a = event_of("a"), b = event_of("b");
	(void)state;
	PLAY({ 201, .body = "{}" });
	open_client(0, 0);
	kube_event_send(k, "berth.dev/operator", &a);
	kube_event_send(k, "berth.dev/operator", &a);
	kube_event_send(k, "berth.dev/operator", &b);
	kube_event_send(k, "berth.dev/operator", &a); /* not in a row */
	send_events(3);
}

static void a_failed_event_may_be_sent_again(void **state)
{
	struct kube_event ev = event_of("fails");
	(void)state;
	for (int i = 0; i < 2; i++) {
		PLAY({ 404, .body = NOT_FOUND });
		open_client(0, 0);
		kube_event_send(k, "berth.dev/operator", &ev);
		send_events(1);
	}
	T_EQ(logged("level=warn msg=\"Event not sent\""), 1); /* one a minute */
}

static void a_long_note_is_cut(void **state)
{
	static char note[3000];
	(void)state;
	for (size_t i = 0; i + 2 < sizeof(note); i += 2)
		memcpy(note + i, "é", 2);
	note[0] = note[1] = 'x';
	memmove(note + 1, note + 2, sizeof(note) - 2); /* a character now straddles byte 1,024 */
	struct kube_event ev = event_of(note);
	PLAY({ 201, .body = "{}" });
	open_client(0, 0);
	kube_event_send(k, "berth.dev/operator", &ev);
	send_events(1);
	AUTO_JSON j = json_parse(asked(0)->body, strlen(asked(0)->body), NULL);
	T_EQ(strlen(json_str(j, "message")), 1023);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(an_event_says_what_and_about_whom),
		CASE(a_repeated_fact_is_sent_once),
		CASE(a_failed_event_may_be_sent_again),
		CASE(a_long_note_is_cut),
	};
	return cmocka_run_group_tests(tests, begin_group, end_group);
}

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

static unsigned most_inflight;

static void run_until_asked(void *arg)
{
	if (kube_stats(k).inflight > most_inflight)
		most_inflight = kube_stats(k).inflight;
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

static void send_three(void)
{
	static const char *const notes[] = { "one", "two", "three" };

	for (size_t i = 0; i < COUNT(notes); i++) {
		struct kube_event ev = event_of(notes[i]);

		kube_event_send(k, "berth.dev/operator", &ev);
	}
}

static void events_stand_behind_other_calls(void **state)
{
	(void)state;
	PLAY({ 200, .body = "{}" });
	open_client(1, 0);
	send_three();
	submit_get("x", &out[0]);
	send_events(4);
	T_STR(asked(0)->method, "GET");
	T_HAS(asked(1)->body, "\"message\":\"one\"");
	T_HAS(asked(2)->body, "\"message\":\"two\"");
	T_HAS(asked(3)->body, "\"message\":\"three\"");
}

static void events_go_one_after_the_other(void **state)
{
	(void)state;
	PLAY({ 503, .body = "{}" }, { 201, .body = "{}", .delay_ms = 20 });
	open_client(0, 0);
	most_inflight = 0;
	send_three();
	send_events(4); /* one of them twice */
	T_EQ(most_inflight, 1);
}

/* One that waited for most of its time is not sent only to be cut off. */
static void patience_begins_anew_with_the_turn(void **state)
{
	(void)state;
	PLAY({ 201, .body = "{}", .delay_ms = 700 }, { 201, .body = "{}", .delay_ms = 600 });
	open_client(0, 0);
	AUTO_JSON body = cJSON_CreateObject();
	struct kube_object o = { &KUBE_EVENT, "default", "x", NULL };
	T_EQ(kube_create_in_background(k, o, body, 1000, keep, &out[0]), 0);
	T_EQ(kube_create_in_background(k, o, body, 1000, keep, &out[1]), 0);
	run_until(2);
	T_EQ(out[0].rc, 0);
	T_EQ(out[1].rc, 0);
	T_EQ(api.script->asked_len, 2);
}

static void there_is_an_end_to_how_many_wait(void **state)
{
	(void)state;
	PLAY({ 201, .body = "{}" });
	open_client(0, 0);
	for (int i = 0; i < 1001; i++) {
		char note[16];

		snprintf(note, sizeof(note), "%d", i);
		struct kube_event ev = event_of(note);

		kube_event_send(k, "berth.dev/operator", &ev);
	}
	T_EQ(kube_stats(k).queued, 1000);
	run_until(0);
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
		CASE(events_stand_behind_other_calls),
		CASE(events_go_one_after_the_other),
		CASE(patience_begins_anew_with_the_turn),
		CASE(a_failed_event_may_be_sent_again),
		CASE(a_long_note_is_cut),
		CASE(there_is_an_end_to_how_many_wait),
	};
	return cmocka_run_group_tests(tests, begin_group, end_group);
}

package main

import (
	"io"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestClassify(t *testing.T) {
	for _, c := range []struct{ method, url, verb, resource, namespace, name string }{
		{"GET", "/api/v1/configmaps?watch=true", "watch", "configmaps", "", ""},
		{"GET", "/api/v1/namespaces/a/configmaps", "list", "configmaps", "a", ""},
		{"GET", "/api/v1/namespaces/a", "get", "namespaces", "", "a"},
		{"PUT", "/api/v1/namespaces/a/finalize", "update", "namespaces/finalize", "", "a"},
		{"GET", "/apis/x.io/v1/things/b", "get", "things", "", "b"},
		{"PATCH", "/apis/x.io/v1/things/b/status", "patch", "things/status", "", "b"},
		{"POST", "/apis/x.io/v1/namespaces/n/things", "create", "things", "n", ""},
		{"DELETE", "/apis/x.io/v1/things", "deletecollection", "things", "", ""},
		{"DELETE", "/apis/x.io/v1/things/b", "delete", "things", "", "b"},
		{"GET", "/version", "get", "/version", "", ""},
	} {
		i := classify(httptest.NewRequest(c.method, c.url, nil))
		if i.verb != c.verb || i.resource != c.resource || i.namespace != c.namespace || i.name != c.name {
			t.Errorf("%s %s: %+v", c.method, c.url, i)
		}
	}
}

func TestMatch(t *testing.T) {
	i := &info{verb: "watch", resource: "things", agent: "berth-operator/1", transport: "ws", query: "watch=true&a=b"}
	for text, want := range map[string]bool{
		"watch things": true, "any *": true, "watch !things": false, "watch !others": true, "list,watch others,things": true,
		"!watch things": false, "list things": false, "watch things agent=berth-": true, "watch things agent=kubectl": false,
		"watch things transport=http": false, "watch things transport=ws query=a=b": true, "watch things query=z": false,
	} {
		r, err := parseMatch(text)
		if err != nil {
			t.Fatal(err)
		}
		if r.matchesRequest(i) != want {
			t.Errorf("%q: want %v", text, want)
		}
	}
}

func TestRefused(t *testing.T) {
	for text, why := range map[string]string{
		"watch things":                     "MATCH : FAULT",
		"watch : drop":                     "RESOURCES",
		"watch things : dorp":              "unknown fault",
		"watch things color=red : drop":    "unknown term",
		"watch things : drop bytes=3":      "no argument",
		"list things : drop":               "for events",
		"get things type=ADDED : answer":   "for requests",
		"watch things nth=one : duplicate": "invalid syntax",
	} {
		if _, err := parseRule(text, 0); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// Which of twelve equal events are hit.
func hits(t *testing.T, seed int64, texts ...string) string {
	s := &rules{seed: seed}
	for _, text := range texts {
		if err := s.arm(text); err != nil {
			t.Fatal(err)
		}
	}
	out := ""
	for n := 0; n < 12; n++ {
		r := s.event(&info{verb: "watch", resource: "things"}, &event{kind: "ADDED"}, false)
		if r == nil {
			out += "."
			continue
		}
		s.did(r)
		out += r.fault[:1]
	}
	return out
}

func TestWhich(t *testing.T) {
	for _, c := range []struct{ want, text string }{
		{"d...........", "watch things : drop"},
		{"..d.........", "watch things nth=3 : drop"},
		{"..dd........", "watch things nth=3 times=2 : drop"},
		{"..dddddddddd", "watch things nth=3 times=all : drop"},
		{"............", "watch things type=DELETED : drop"},
		{"............", "watch things phase=sync : drop"},
	} {
		if got := hits(t, 1, c.text); got != c.want {
			t.Errorf("%q: %s, want %s", c.text, got, c.want)
		}
	}
}

// The first that is due has its way; one that it kept from its match has still its turns to come.
func TestOneFaultForAnEvent(t *testing.T) {
	if got := hits(t, 1, "watch things : hold", "watch things times=2 : drop"); got != "hdd........." {
		t.Error(got)
	}
}

func TestSeed(t *testing.T) {
	const text = "watch things times=all chance=0.5 : drop"
	if a, b := hits(t, 1, text), hits(t, 1, text); a != b {
		t.Errorf("%s, and again %s", a, b)
	}
	if a, b := hits(t, 1, text), hits(t, 2, text); a == b {
		t.Errorf("%s with either seed", a)
	}
}

func TestNameInBody(t *testing.T) {
	for body, want := range map[string]string{
		`{"kind":"ManifestWork","metadata":{"name":"w","namespace":"c"}}`: "w",
		`{"metadata":{"generateName":"w-"}}`:                              "",
		"no JSON":                                                         "",
	} {
		r := httptest.NewRequest("POST", "/apis/x.io/v1/namespaces/c/things", strings.NewReader(body))
		if got := nameInBody(r); got != want {
			t.Errorf("%s: %q", body, got)
		}
		if again, _ := io.ReadAll(r.Body); string(again) != body {
			t.Errorf("the body was %q", again)
		}
	}
}

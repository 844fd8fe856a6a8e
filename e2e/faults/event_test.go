package main

import (
	"os"
	"path/filepath"
	"testing"
)

const added = `{"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":"7","labels":{"x":"y"}},"n":9007199254740993}}` + "\n"

func TestParseEvent(t *testing.T) {
	for text, want := range map[string]string{
		added: "ADDED a 7",
		`{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"8"}}}`:                                                    "BOOKMARK  8",
		`{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"9","annotations":{"k8s.io/initial-events-end":"true"}}}}`: "SYNCED  9",
		`{"type":"ERROR","object":{"code":410}}`:                                                                               "ERROR",
		`half a li`:                                                                                                            "",
	} {
		if got := parseEvent([]byte(text)).String(); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestWith(t *testing.T) {
	e, err := parseEvent([]byte(added)).with("metadata.labels", nil)
	const want = `{"object":{"metadata":{"labels":null,"name":"a","resourceVersion":"7"},"n":9007199254740993},"type":"ADDED"}` + "\n"
	if err != nil || string(e.text) != want {
		t.Errorf("%s%v", e.text, err)
	}
	if e, err = e.with("metadata.annotations.padding", "p"); err != nil {
		t.Error(err)
	}
	const padded = `{"object":{"metadata":{"annotations":{"padding":"p"},"labels":null,"name":"a","resourceVersion":"7"},"n":9007199254740993},"type":"ADDED"}` + "\n"
	if string(e.text) != padded {
		t.Errorf("%s", e.text)
	}
}

func TestReadRecording(t *testing.T) {
	file := filepath.Join(t.TempDir(), "recording")
	text := "things " + added + "others " + added + `things {"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"8"}}}` + "\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	list, err := readRecording(file, "things")
	if err != nil || len(list) != 1 {
		t.Fatalf("%d, %v", len(list), err)
	}
	if got := string(list[0].before) + "8" + string(list[0].after); parseEvent([]byte(got)).version != "8" {
		t.Error(got)
	}
	if _, err := readRecording(file, "none"); err == nil {
		t.Error("a recording of nothing was taken")
	}
}

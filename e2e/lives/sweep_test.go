package main

import (
	"os"
	"path/filepath"
	"testing"
)

const someLog = `   0.1 ready: https://127.0.0.1:1 for https://10.0.0.1
   0.2 #1 get clusteronboardings /c http berth-worker/0.1 ?
   0.2 #1 -> 200
   0.3 #2 create manifestworks c/w http berth-worker/0.1 ?
   0.3 #2 -> 201
   0.3 #3 create events default/ http berth-worker/0.1 ?
   0.3 #8 patch clusteronboardings/status /c http berth-operator/0.1 ?
   0.4 #4 watch manifestworks / ws berth-operator/0.1 ?watch=true
   0.4 #5 patch clusteronboardings/status /c http berth-worker/0.1 ?
   0.4 #5 fault: any clusteronboardings nth=4 : kill at=sent
   0.4 #5 acted: 409
   0.4 #5 killed [-7]
   0.5 #6 create manifestworks c/w http berth-worker/0.1 ?
   0.5 #7 get clusteronboardings /c http kubectl/1 ?
`

func logDir(t *testing.T) string {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "log"), []byte(someLog), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func someRequests(t *testing.T) []request {
	p := &proxy{dir: logDir(t)}
	all, c, err := p.requests(0)
	if err != nil || c.at != 3 || c.last != 3 || len(all) != 5 || all[1] != (request{"2", "create", "manifestworks", "c/w", "berth-worker/0.1", true}) || all[2].records() || all[3].records() {
		t.Fatal(all, err)
	}
	return all
}

// Sent at the second request, written down at the fourth: what may be sent again is that which was cut in between.
func TestSends(t *testing.T) {
	for _, c := range []struct {
		cut
		written bool
		faults  int
	}{
		{cut{-1, -1}, true, 1}, {cut{0, 0}, true, 1}, {cut{1, 1}, true, 0}, {cut{2, 2}, true, 0}, {cut{3, 3}, true, 1},
		{cut{3, 3}, false, 0}, // a conflict wrote nothing down
		{cut{4, 4}, true, 1},
		{cut{0, 1}, true, 0}, // it was under way when the power went
	} {
		all := someRequests(t)
		all[3].done = c.written
		if got := judgeSends("c", all, c.cut); len(got) != c.faults {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestPoints(t *testing.T) {
	if n := len(choose("all", 30, 2, 1)); n != 192 {
		t.Error(n)
	}
	if a, b := choose("5", 30, 0, 1), choose("5", 30, 0, 2); len(a) != 5 || a[0] == b[0] && a[1] == b[1] {
		t.Error(a, b)
	}
	if got := choose("7:sent:one c2:before:all 99:sent:all", 30, 2, 1); len(got) != 2 || got[0] != (point{7, "sent", "one", false}) ||
		got[1] != (point{2, "before", "all", true}) {
		t.Error(got)
	}
}

func TestOnce(t *testing.T) {
	h := []*record{{event: "ADDED", kind: kindCluster, name: "c"}, {event: "ADDED", kind: kindWork, name: "berth-a-0123456789"},
		{event: "ADDED", kind: kindWork, name: "berth-b-0123456789"},
		{event: "ADDED", kind: kindScore, name: "s"}, {event: "DELETED", kind: kindScore, name: "s"}}
	if got := judgeOnce("c", h); len(got) != 0 {
		t.Error(got)
	}
	h = append(h, &record{event: "ADDED", kind: kindWork, name: "berth-a-9876543210"}, &record{event: "ADDED", kind: kindScore, name: "s"})
	if got := judgeOnce("c", h); len(got) != 2 {
		t.Error(got)
	}
}

func TestCallsAmongRequests(t *testing.T) {
	all, c, _ := (&proxy{dir: logDir(t)}).requests(0)
	calls := []call{{"PUT", "x", "c", 102}, {"DELETE", "x", "c", 109}}
	merged, at := merge(all, calls, 100, c)
	if len(merged) != 7 || merged[2].verb != "PUT" || merged[6].verb != "DELETE" || at.at != 4 || at.last != 4 ||
		merged[at.at] != all[c.at] || placeOfCall(merged, 2) != 6 || placeOfCall(merged, 3) != -1 {
		t.Error(merged, at)
	}
	if _, at = merge(all, []call{{"PUT", "x", "c", 104}}, 100, c); at.last != 4 {
		t.Error(at) // the cut was at the fourth of them, and the call right behind it
	}
	merged, at = merge(all, nil, 100, cut{at: -1, last: -1})
	if len(merged) != 5 || at.at != -1 {
		t.Error(merged, at)
	}
}

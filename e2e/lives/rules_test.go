package main

import (
	"strings"
	"testing"
)

// A history in few words: "VERSION WHAT [ARG...]".
//
//	onb UID EPOCH [PLAN] [ready|notready|deleting|gone] [STEP=STATE:REF,REF]...
//	+REF UID, ~REF UID (terminating), -REF UID   of works of runs w..., other works d..., scores s... and the set
func history(t *testing.T, lines ...string) (h []*record) {
	for i, line := range lines {
		f := strings.Fields(line)
		r := &record{version: int64(i + 1), cluster: "c", name: "c", uid: "x", labelled: true}
		switch {
		case f[0] == "onb":
			r.kind, r.event, r.uid, r.onboarding = kindOnboarding, "MODIFIED", f[1], &onboarding{clusterReady: true, plan: "p"}
			for _, word := range f[2:] {
				describe(r, word)
			}
		case strings.ContainsRune("+~-", rune(f[0][0])):
			r.event = map[byte]string{'+': "ADDED", '~': "MODIFIED", '-': "DELETED"}[f[0][0]]
			r.kind, r.name, _ = strings.Cut(refOf(f[0][1:]), " ")
			r.owner, r.run, r.deleting = f[1], f[0][2:], f[0][0] == '~'
			if r.kind == kindPlace {
				r.owner = ""
			}
			if f[0][1] == 'd' {
				r.run = "none of its name"
			}
		case f[0] == "cluster":
			r.kind, r.event, r.deleting = kindCluster, "MODIFIED", true
		default:
			t.Fatal(line)
		}
		h = append(h, r)
	}
	return h
}

func refOf(short string) string {
	switch short[0] {
	case 'w', 'd': // a run's, a Deploy step's
		return kindWork + " " + short
	case 's':
		return kindScore + " " + short
	}
	return kindPlace + " " + setRef
}

func describe(r *record, word string) {
	o := r.onboarding
	switch word {
	case "ready":
		o.ready = true
	case "denied":
		o.clusterReady, o.denied = false, true
	case "notready":
		o.clusterReady = false
	case "deleting":
		r.deleting = true
	case "gone":
		r.event, r.deleting = "DELETED", true
	case "epoch2":
		o.epoch = 2
	case "plan2":
		o.revision = "2"
	case "left=s1", "left=s2":
		o.left = []string{"step b: not in time: " + word[5:]}
	default:
		name, rest, _ := strings.Cut(word, "=")
		state, refs, _ := strings.Cut(rest, ":")
		s := step{name: name, kind: "Register", state: state}
		for _, ref := range strings.Split(refs, ",") {
			if ref != "" {
				s.refs = append(s.refs, refOf(ref))
			}
		}
		o.steps = append(o.steps, s)
	}
}

func TestRules(t *testing.T) {
	whole := []string{"onb u a=Running:w1", "+w1 u", "onb u a=Done b=Running:s1", "-w1 u", "+s1 u",
		"onb u a=Done b=Done:s1 c=Running:g", "+g u", "onb u ready a=Done b=Done:s1 c=Done:g",
		"onb u deleting a=Done b=Done:s1 c=Done:g"}
	for name, c := range map[string]struct {
		lines []string
		want  string // rules that are broken
	}{
		"a whole life":   {append(whole[:9:9], "-g u", "-s1 u", "onb u gone"), ""},
		"not in reverse": {append(whole[:9:9], "-s1 u", "-g u", "onb u gone"), ruleReverse},
		"left behind":    {append(whole[:9:9], "-g u", "onb u gone"), ruleNothing},
		"taken by OCM": {[]string{"onb u a=Done:d1 b=Done:s1", "+d1 u", "+s1 u", "cluster deleting",
			"onb u deleting a=Done:d1 b=Done:s1", "-d1 u", "-s1 u", "onb u gone"}, ""},
		"left behind, gone later": {[]string{"onb u a=Done:s1 b=Done:s2", "+s1 u", "+s2 u", "onb u deleting a=Done:s1 b=Done:s2",
			"-s1 u", "-s2 u", "onb u deleting left=s2 a=Done:s1 b=Done:s2", "onb u gone left=s2"}, ""},
		"left behind, then undone": {[]string{"onb u a=Done:s1 b=Done:s2", "+s1 u", "+s2 u", "onb u deleting left=s2 a=Done:s1 b=Done:s2",
			"-s1 u", "-s2 u", "onb u deleting a=Done:s1 b=Done:s2", "onb u gone"}, ""},
		"made too late, taken back": {[]string{"onb u a=Running:w1", "+w1 u", "onb u a=Done", "-w1 u", "+w1 u", "onb u gone", "-w1 u"}, ""},
		"made too late, and left":   {[]string{"onb u a=Running:s1", "onb u", "+s1 u", "onb u gone"}, ruleNothing},
		"left with a dead edge":     {append(whole[:9:9], "-g u", "~s1 u", "onb u gone left=s1"), ""},
		"another one is told of":    {append(whole[:9:9], "-g u", "onb u gone left=s2"), ruleNothing},
		"undone after it":           {append(whole[:9:9], "-g u", "onb u gone", "-s1 u"), ruleNothing},
		"no intent":                 {[]string{"onb u", "+w1 u", "onb u a=Done:w1"}, ruleIntent},
		"intended when not ready":   {[]string{"onb u notready a=Running:w1", "+w1 u"}, ruleReady},
		"ready, then not":           {[]string{"onb u a=Running:w1", "onb u notready a=Running:w1", "+w1 u"}, ""},
		"twice the same work":       {[]string{"onb u a=Running:w1", "+w1 u", "-w1 u", "+w1 u"}, ruleOnce},
		"a score may come again":    {[]string{"onb u a=Running:s1", "+s1 u", "-s1 u", "+s1 u"}, ""},
		"two lives":                 {[]string{"onb u a=Running:w1", "+w1 u", "onb v a=Running:w2", "+w2 v"}, ruleOneLife},
		"the first one is going":    {[]string{"onb u a=Running:w1", "+w1 u", "~w1 u", "onb v a=Running:w2", "+w2 v"}, ""},
		"the first one is left":     {[]string{"onb u a=Running:s1", "+s1 u", "onb u gone left=s1", "onb v a=Running:w2", "+w2 v"}, ""},
		"Ready, a step is not":      {[]string{"onb u ready a=Running"}, ruleSeen},
		"Ready, one removed":        {[]string{"onb u ready a=Done b=Undoing"}, ""},
		"begun anew, then denied": {[]string{"onb u a=Done:s1 b=Done:s2", "+s1 u", "+s2 u", "onb u b=Done:s2 a=Done:s1",
			"onb u denied b=Done:s2 a=Done:s1", "-s1 u", "-s2 u"}, ""},
		"Ready was said before":   {[]string{"onb u ready a=Done", "onb u ready a=Undoing"}, ""},
		"Ready, nothing is there": {[]string{"onb u ready a=Done:s1"}, ruleSeen},
		"the epoch falls":         {[]string{"onb u epoch2", "onb u"}, ruleEpoch},
		"removed steps, in reverse": {[]string{"onb u a=Running:s1 b=Running:s2", "+s1 u", "+s2 u",
			"onb u plan2 a=Done:s1 b=Done:s2", "-s2 u", "-s1 u"}, ""},
		"removed steps, not in reverse": {[]string{"onb u a=Running:s1 b=Running:s2", "+s1 u", "+s2 u",
			"onb u plan2 a=Done:s1 b=Done:s2", "-s1 u", "-s2 u"}, ruleReverse},
		"one removed, then it leaves": {[]string{"onb u a=Running:s1 b=Running:s2", "+s1 u", "+s2 u",
			"onb u plan2 a=Done:s1 b=Done:s2", "-s1 u", "onb u deleting plan2 b=Done:s2", "-s2 u", "onb u gone"}, ""},
		"one going, then it leaves": {[]string{"onb u a=Running:d1 b=Running:s2", "+d1 u", "+s2 u",
			"onb u plan2 a=Done:d1 b=Done:s2", "~d1 u", "onb u deleting plan2 a=Undoing:d1 b=Done:s2", "-d1 u", "-s2 u", "onb u gone"}, ""},
	} {
		var got []string
		for _, f := range judgeHistory("c", history(t, c.lines...)) {
			got = append(got, f.rule)
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%s: %v, want %q", name, got, c.want)
		}
	}
}

func TestLabels(t *testing.T) {
	h := history(t, "onb u a=Running:w1,w2", "+w1 u", "+w2 u")
	h[1].labelled, h[2].owned = false, true
	h = append(h, &record{kind: kindCluster, foreign: true})
	rules := map[string]int{}
	for _, f := range judgeHistory("c", h) {
		rules[f.rule]++
	}
	if rules[ruleOurs] != 2 || rules[ruleForeign] != 1 || len(rules) != 2 {
		t.Error(rules)
	}
}

func TestRecord(t *testing.T) {
	o := object{"metadata": map[string]any{"name": "c", "uid": "u", "resourceVersion": "12", "finalizers": []any{"x", "berth.dev/undo"}},
		"spec": map[string]any{"suspend": true, "clusterRef": map[string]any{"uid": "cu"}, "plan": map[string]any{"name": "p", "revision": "p-1"}},
		"status": map[string]any{"run": map[string]any{"epoch": 3.0},
			"conditions": []any{map[string]any{"type": "ClusterReady", "status": "True"},
				map[string]any{"type": "Ready", "status": "False", "reason": "Waiting"}},
			"steps": []any{map[string]any{"name": "a", "type": "Register", "state": "Done",
				"refs": []any{map[string]any{"kind": "ManifestWork", "name": "w"}}}}}}
	r := makeRecord(kindOnboarding, "ADDED", o)
	b := r.onboarding
	if r.version != 12 || r.cluster != "c" || !b.finalizer || !b.suspended || b.clusterUID != "cu" || b.revision != "p-1" || b.epoch != 3 ||
		!b.clusterReady || b.ready || b.reason != "Waiting" || b.stepOf("ManifestWork w").name != "a" || b.stepOf("ManifestWork v") != nil {
		t.Errorf("%+v %+v", r, b)
	}
}

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func text(s schedule) string {
	var b bytes.Buffer
	s.print(&b)
	return b.String()
}

func TestDrawnAgainAndReadBack(t *testing.T) {
	d := drawing{clusters: 120, span: 5000, kills: 4, restarts: 1, scheduler: true}
	first := draw(7, d)
	if text(first) != text(draw(7, d)) || text(first) == text(draw(8, d)) {
		t.Error("not by its seed")
	}
	again, err := parseSchedule(strings.NewReader("# a comment\n\n" + text(first)))
	if err != nil || text(again) != text(first) {
		t.Error(err)
	}
	if len(first.clusters()) != 120 {
		t.Error(len(first.clusters()))
	}
}

// Whatever is drawn is a plan that can work: a benchmark first, names unique, no scheduler twice.
func TestPlansAreWhole(t *testing.T) {
	edits := map[string]bool{}
	for seed := int64(0); seed < 300; seed++ {
		for _, a := range draw(seed, drawing{clusters: 3, span: 1000, scheduler: true}) {
			if a.who[0] != 'g' {
				continue
			}
			plan, names, whats := strings.TrimPrefix(a.what, "plan "), map[string]bool{}, map[string]bool{}
			edits[plan] = true
			for i, word := range words(plan) {
				name, what := stepOf(word)
				if names[name] || whats[what] || isBenchmark(what) != (i == 0) {
					t.Fatal(plan)
				}
				names[name], whats[what] = true, true
			}
		}
	}
	if len(edits) < 200 || !edits[noPlan] {
		t.Error(len(edits))
	}
}

func TestRefused(t *testing.T) {
	for _, line := range []string{"x c1 join", "1 c1", "1 q1 join"} {
		if _, err := parseSchedule(strings.NewReader(line)); err == nil {
			t.Error(line)
		}
	}
}

func TestWishes(t *testing.T) {
	s, _ := parseSchedule(strings.NewReader("0 g1 plan a=cpu\n1 c1 join\n2 c1 die\n3 c1 revive\n4 c101 join\n5 c101 deny\n6 c2 join\n7 c2 leave\n8 g1 plan -"))
	clusters, plans := s.wishes()
	want := map[int]wish{1: {everAway: true}, 101: {denied: true, everAway: true}, 2: {gone: true}}
	for c, w := range want {
		if *clusters[c] != w {
			t.Errorf("%d: %+v", c, *clusters[c])
		}
	}
	if plans[1] != noPlan {
		t.Error(plans)
	}
	if about := s.about(101); len(about) != 4 {
		t.Error(about)
	}
}

// What is left is what it takes, and nothing else.
func TestShrink(t *testing.T) {
	var s schedule
	for i := range 40 {
		s = append(s, action{i, "c1", fmt.Sprint(i)})
	}
	tries := 0
	fails := func(s schedule) bool {
		tries++
		all := " " + strings.ReplaceAll(text(s), "\n", " ")
		return strings.Contains(all, " 7 ") && strings.Contains(all, " 31 ")
	}
	if got := shrink(s, fails); len(got) != 2 || got[0].at != 7 || got[1].at != 31 {
		t.Error(text(got))
	}
	if tries > 120 {
		t.Error(tries)
	}
	if got := shrink(s[:1], func(schedule) bool { return false }); len(got) != 1 {
		t.Error(got)
	}
}

// What was found can be read, and is about clusters.
func TestFound(t *testing.T) {
	files, _ := filepath.Glob("found/*.lives")
	if len(files) == 0 {
		t.Fatal("nothing was ever found")
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		s, err := parseSchedule(bytes.NewReader(text))
		if err != nil || len(s.clusters()) == 0 || text[0] != '#' {
			t.Errorf("%s: %v", path, err)
		}
	}
}

package main

import (
	"bufio"
	"fmt"
	"io"
	"math/rand"
	"sort"
	"strconv"
	"strings"
)

// What happens to many clusters side by side: one action a line, "MILLISECONDS WHO WHAT".  It is drawn from a seed,
// and kept as text, so that one that failed can be replayed, and shrunk, whatever becomes of the drawing.
//
//	1200 c17 reimport      cluster 17; WHAT is an order of berth-fleet's, `rerun STEP`, `suspend on|off` or `label on|off`
//	2300 g3 plan bench=cpu one=a     the plan of group 3, that is of clusters 3, 103, 203...; see plans.go
//	4000 * kill workers    common to all: kill all|operator|workers, restart-apiserver
type action struct {
	at        int
	who, what string
}

type schedule []action

func (a action) String() string { return fmt.Sprintf("%6d %s %s", a.at, a.who, a.what) }

func (a action) number() int { n, _ := strconv.Atoi(a.who[1:]); return n }

func (s schedule) print(to io.Writer) {
	for _, a := range s {
		fmt.Fprintln(to, a)
	}
}

func parseSchedule(in io.Reader) (s schedule, err error) {
	for lines := bufio.NewScanner(in); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		fields := strings.Fields(line)
		at, wrong := strconv.Atoi(fields[0])
		if wrong != nil || len(fields) < 3 || !strings.ContainsRune("cg*", rune(fields[1][0])) {
			return nil, fmt.Errorf("no action: %q", line)
		}
		s = append(s, action{at, fields[1], strings.Join(fields[2:], " ")})
	}
	s.sort()
	return s, nil
}

func (s schedule) sort() { sort.SliceStable(s, func(i, j int) bool { return s[i].at < s[j].at }) }

func (s schedule) clusters() (numbers []int) {
	seen := map[int]bool{}
	for _, a := range s {
		if a.who[0] == 'c' && !seen[a.number()] {
			seen[a.number()] = true
			numbers = append(numbers, a.number())
		}
	}
	sort.Ints(numbers)
	return numbers
}

// All that can have to do with one cluster.
func (s schedule) about(cluster int) (part schedule) {
	for _, a := range s {
		if a.who == "*" || a.who == fmt.Sprintf("c%d", cluster) || a.who == fmt.Sprintf("g%d", groupOf(cluster)) {
			part = append(part, a)
		}
	}
	return part
}

// What the world asks for at the end: the sum of what was said.
type wish struct {
	gone, denied, dead, broken bool
	everAway                   bool // was one of the last three at some time
}

func (s schedule) wishes() (clusters map[int]*wish, plans map[int]string) {
	clusters, plans = map[int]*wish{}, map[int]string{}
	for _, a := range s {
		switch a.who[0] {
		case 'g':
			plans[a.number()] = strings.TrimPrefix(a.what, "plan ")
		case 'c':
			w := clusters[a.number()]
			if w == nil {
				w = &wish{gone: true}
				clusters[a.number()] = w
			}
			w.hear(a.what)
		}
	}
	return clusters, plans
}

func (w *wish) hear(what string) {
	switch what {
	case "join", "reimport", "replace":
		w.gone = false
	case "leave":
		w.gone = true
	case "deny", "accept":
		w.denied = what == "deny"
	case "die", "revive":
		w.dead = what == "die"
	case "break", "mend":
		w.broken = what == "break"
	}
	w.everAway = w.everAway || w.denied || w.dead || w.broken
}

// ---- drawing ----

type drawing struct {
	clusters  int
	span      int // milliseconds in which all of it happens
	kills     int
	restarts  int  // of the API server
	scheduler bool // of the kind that is told whole sets
}

type drawer struct {
	*rand.Rand
	drawing
	s schedule
}

func draw(seed int64, d drawing) schedule {
	r := &drawer{Rand: rand.New(rand.NewSource(seed)), drawing: d}
	for g := 0; g < siteGroups && g <= d.clusters; g++ {
		r.group(g)
	}
	for c := 1; c <= d.clusters; c++ {
		r.cluster(c)
	}
	for range d.kills {
		r.add(r.Intn(d.span), "*", "kill "+pick(r, "all", "operator", "workers"))
	}
	for range d.restarts {
		r.add(r.Intn(d.span), "*", "restart-apiserver")
	}
	r.s.sort()
	return r.s
}

func (r *drawer) add(at int, who, what string) { r.s = append(r.s, action{at, who, what}) }

func pick(r *drawer, of ...string) string { return of[r.Intn(len(of))] }

func (r *drawer) times(n int) []int {
	at := make([]int, n)
	for i := range at {
		at[i] = r.Intn(r.span)
	}
	sort.Ints(at)
	return at
}

func (r *drawer) group(g int) {
	who, plan := fmt.Sprintf("g%d", g), r.plan()
	r.add(0, who, "plan "+plan)
	for _, at := range r.times(r.Intn(4)) {
		plan = r.edit(plan)
		r.add(at, who, "plan "+plan)
	}
}

func (r *drawer) cluster(c int) {
	who := fmt.Sprintf("c%d", c)
	r.add(r.Intn(r.span/4), who, "join")
	for _, at := range r.times(1 + r.Intn(6)) {
		r.add(at, who, pick(r, "deny", "accept", "die", "revive", "break", "mend", "leave", "join", "reimport", "replace",
			"rerun all", "rerun bench", "label off", "label on", "suspend on", "suspend off"))
	}
	if r.Intn(3) > 0 { // most are well again in the end
		for _, what := range []string{"accept", "revive", "mend", "label on", "suspend off", "join"} {
			r.add(r.span, who, what)
		}
	}
}

// A benchmark first, for without scores nobody can be told any.
func (r *drawer) plan() string {
	plan := []string{"bench=" + pick(r, "cpu", "both")}
	for i, what := range r.whats() {
		if r.Intn(3) > 0 {
			plan = append(plan, fmt.Sprintf("%s=%s", []string{"one", "two", "three", "four", "five", "six"}[i], what))
		}
	}
	return strings.Join(plan, " ")
}

func (r *drawer) whats() []string {
	whats := []string{"a", "b", "c", pick(r, "map", "pair"), "call"}
	if r.scheduler {
		whats = append(whats, setRef)
	}
	r.Shuffle(len(whats), func(i, j int) { whats[i], whats[j] = whats[j], whats[i] })
	return whats
}

func (r *drawer) edit(plan string) string {
	w := words(plan)
	if len(w) == 0 {
		return r.plan()
	}
	at := r.Intn(len(w))
	name, what := stepOf(w[at])
	switch r.Intn(6) {
	case 0: // none at all
		return noPlan
	case 1: // renamed
		w[at] = fmt.Sprintf("%s%d=%s", strings.TrimRight(name, "0123456789"), r.Intn(10), what)
	case 2: // removed
		if at > 0 {
			w = append(w[:at], w[at+1:]...)
		}
	case 3: // reordered
		r.Shuffle(len(w)-1, func(i, j int) { w[i+1], w[j+1] = w[j+1], w[i+1] })
	case 4: // changed
		if isBenchmark(what) {
			w[0] = name + "=" + map[string]string{"cpu": "both", "both": "cpu"}[what]
		} else if isDeploy(what) {
			w[at] = name + "=" + map[string]string{"map": "pair", "pair": "map"}[what]
		}
	case 5: // added
		w = r.with(w)
	}
	return unique(w, plan)
}

func (r *drawer) with(w []string) []string {
	for _, what := range r.whats() {
		if !strings.Contains(strings.Join(w, " ")+" ", "="+what+" ") && !isDeploy(what) {
			at := 1 + r.Intn(len(w))
			return append(w[:at:at], append([]string{fmt.Sprintf("more%d=%s", r.Intn(10), what)}, w[at:]...)...)
		}
	}
	return w
}

// A plan whose names are not unique is none: then what was before.
func unique(w []string, before string) string {
	seen := map[string]bool{}
	for _, word := range w {
		name, _ := stepOf(word)
		if seen[name] {
			return before
		}
		seen[name] = true
	}
	return strings.Join(w, " ")
}

// ---- shrinking ----

// Leaves out what it can while the rest still fails: halves first, then ever smaller pieces.
func shrink(s schedule, fails func(schedule) bool) schedule {
	for size := (len(s) + 1) / 2; size >= 1; {
		smaller := false
		for from := 0; from < len(s); {
			rest := append(append(schedule(nil), s[:from]...), s[min(from+size, len(s)):]...)
			if len(rest) > 0 && fails(rest) {
				s, smaller = rest, true
			} else {
				from += size
			}
		}
		if size == 1 && !smaller {
			break
		}
		if !smaller || size > len(s) {
			size = max(size/2, 1)
		}
	}
	return s
}

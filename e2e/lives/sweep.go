package main

import (
	"bufio"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// One life, from joining to being gone, makes so many requests of the hub's API, the operator's and the workers'.  At each of
// them the power can go: before the server has it, when it has acted and the answer is lost, when the answer is there;
// for all of Berth, or for the one process alone that asked.

// A point is K:WHEN:WHOM, or cK:WHEN:WHOM for the K-th call of an HTTP step.
type point struct {
	k          int
	when, whom string
	call       bool
}

func (p point) String() string {
	return fmt.Sprintf("%s%d:%s:%s", map[bool]string{true: "c"}[p.call], p.k, p.when, p.whom)
}

var whens = []string{"before", "sent", "answered"}

// What concerns one cluster.  Plans, schedulers, leases, tokens and Events belong to none.
const lifeMatch = "any clusteronboardings,clusteronboardings/status,controllerrevisions,manifestworks,manifestworks/status," +
	"functionschedulers,addonplacementscores,addonplacementscores/status agent=berth-"

// ---- what went through the proxy ----

type request struct {
	id                          string
	verb, resource, name, agent string
	done                        bool // the server did it; a conflict, for one, is nothing done
}

var (
	requestLine = regexp.MustCompile(`#(\d+) (\w+) (\S+) (\S+) http (\S+) `)
	faultLine   = regexp.MustCompile(`#(\d+) fault: `)
	answerLine  = regexp.MustCompile(`#(\d+) (?:->|acted:) 2`)
	killedLine  = regexp.MustCompile(`#\d+ killed `)
)

func isLifes(verb, resource, agent string) bool {
	r, _, _ := strings.Cut(strings.TrimPrefix(lifeMatch, "any "), " ")
	return verb != "watch" && strings.HasPrefix(agent, "berth-") && strings.Contains(","+r+",", ","+resource+",")
}

// Where the power went: at one request, and the last of those that were under way by then.  Who has an answer may have
// asked for more before it is killed.
type cut struct {
	at, last int // places among the requests; -1: it did not
}

// The life's requests in the log from this byte on.
func (p *proxy) requests(from int64) (all []request, c cut, err error) {
	c = cut{at: -1, last: -1}
	file, err := os.Open(filepath.Join(p.dir, "log"))
	if err != nil {
		return nil, c, err
	}
	defer file.Close()
	if _, err := file.Seek(from, 0); err != nil {
		return nil, c, err
	}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if m := requestLine.FindStringSubmatch(lines.Text()); m != nil && isLifes(m[2], m[3], m[5]) {
			all = append(all, request{m[1], m[2], m[3], m[4], m[5], false})
		} else if m := faultLine.FindStringSubmatch(lines.Text()); m != nil {
			for i := range all {
				if all[i].id == m[1] {
					c.at = i
				}
			}
		} else if m := answerLine.FindStringSubmatch(lines.Text()); m != nil {
			for i := range all {
				all[i].done = all[i].done || all[i].id == m[1]
			}
		} else if killedLine.MatchString(lines.Text()) {
			c.last = len(all) - 1
		}
	}
	return all, c, nil
}

func (p *proxy) logEnd() int64 {
	info, err := os.Stat(filepath.Join(p.dir, "log"))
	if err != nil {
		return 0
	}
	return info.Size()
}

// What changes the world beyond the onboarding itself.
func (r request) isEffect() bool {
	return r.resource == "call" || !strings.HasPrefix(r.resource, "clusteronboardings") && (r.verb == "create" || r.verb == "delete")
}

// The calls of HTTP steps among the requests, each where it was made; `base` requests had been before.
func merge(all []request, calls []call, base int, c cut) (merged []request, at cut) {
	at = c
	for i := 0; i <= len(all); i++ {
		for len(calls) > 0 && (calls[0].after-base <= i || i == len(all)) {
			merged = append(merged, request{"", calls[0].method, "call", calls[0].cluster + "/" + calls[0].step, "berth-worker", true})
			calls = calls[1:]
		}
		if i == len(all) {
			break
		}
		merged = append(merged, all[i])
		if i == c.at {
			at.at = len(merged) - 1
		}
		if i == c.last {
			at.last = len(merged) - 1
		}
	}
	for at.last >= 0 && at.last+1 < len(merged) && merged[at.last+1].resource == "call" {
		at.last++ // nobody knows which came first: it, or the end
	}
	return merged, at
}

// The place of the K-th call.
func placeOfCall(all []request, k int) int {
	for i, r := range all {
		if r.resource == "call" {
			if k--; k == 0 {
				return i
			}
		}
	}
	return -1
}

// Of a worker: what it did is in the status from now on.
func (r request) records() bool {
	return r.done && r.resource == "clusteronboardings/status" && strings.HasPrefix(r.agent, "berth-worker")
}

// Each side effect is sent once; a second time only if the power went before the status could say that it was sent.
func judgeSends(cluster string, all []request, c cut) (faults []fault) {
	first := map[string]int{}
	sends := map[string]int{}
	for i, r := range all {
		if !r.isEffect() || !strings.HasPrefix(r.name, cluster+"/") {
			continue
		}
		key := r.verb + " " + r.resource + " " + r.name
		if _, is := first[key]; !is {
			first[key] = i
		}
		sends[key]++
	}
	for key, n := range sends {
		if n > 2 || n == 2 && !mayRepeat(all, first[key], c) {
			faults = append(faults, fault{ruleSends, cluster, fmt.Sprintf("%d times %s", n, key)})
		}
	}
	return faults
}

func mayRepeat(all []request, sent int, c cut) bool {
	written := len(all)
	for i := sent + 1; i < len(all); i++ {
		if all[i].records() {
			written = i
			break
		}
	}
	return c.at >= 0 && sent <= c.last && written > c.at
}

// ---- the lives ----

type sweeper struct {
	*stage
	proxy *proxy
	plan  string
	next  int // cluster
	cuts  int
}

func (w *sweeper) arm(p *point) error {
	w.receiver.forget()
	_, err := w.proxy.tell("clear")
	if err != nil || p == nil {
		return err
	}
	if p.call {
		whom := map[string]string{"all": "all", "one": "workers"}[p.whom] // it is they who call
		w.receiver.mu.Lock()
		defer w.receiver.mu.Unlock()
		w.receiver.power = &power{p.k, p.when, func() { w.berth.kill(whom) }}
		return nil
	}
	_, err = w.proxy.tell(fmt.Sprintf("on %s nth=%d : kill at=%s group=%d whom=%s", lifeMatch, p.k, p.when, w.berth.group(), p.whom))
	return err
}

func (w *sweeper) count() int {
	text, _ := w.proxy.tell("count " + lifeMatch)
	n, _ := strconv.Atoi(text)
	return n
}

// How the one life went: what was asked for in it, and where the power went.
func (w *sweeper) live(p *point) (faults []fault, requests []request, at cut, err error) {
	c := w.next
	w.next++
	name := clusterName(c)
	w.world.forget()
	from, base := w.proxy.logEnd(), w.count()
	if err = w.arm(p); err != nil {
		return nil, nil, at, err
	}
	joined := &wish{}
	w.fleet.order("join", name)
	faults = w.wait(map[int]*wish{c: joined}, ruleEnd, func(int, *wish) string { return w.unsettled(c, joined, w.plan) })
	w.fleet.order("leave", name)
	faults = append(faults, w.wait(map[int]*wish{c: joined}, ruleResidue, w.residue)...)
	if requests, at, err = w.proxy.requests(from); err != nil {
		return faults, nil, at, err
	}
	requests, at = merge(requests, w.receiver.calls, base, at)
	if p != nil && p.call {
		at.at = placeOfCall(requests, p.k)
		at.last = at.at
		if p.when == "answered" && at.at >= 0 {
			at.last++ // it may have asked for more in that moment
		}
	}
	if at.at >= 0 {
		w.cuts++
	}
	faults = append(faults, judgeSends(name, requests, at)...)
	past := w.world.past(name)
	faults = append(faults, judgeOnce(name, past)...)
	faults = append(faults, judgeHistory(name, past)...)
	return faults, requests, at, err
}

// Counted where they end up, in a life that nobody disturbed otherwise: each step's work, each score and each place in a
// set once.
func judgeOnce(cluster string, past []*record) (faults []fault) {
	made := map[string]int{}
	for _, r := range past {
		if r.event == "ADDED" && r.kind != kindCluster && r.kind != kindOnboarding {
			made[workName.ReplaceAllString(r.ref(), "$1")]++ // whatever its run
		}
	}
	for what, n := range made {
		if n > 1 {
			faults = append(faults, fault{ruleSends, cluster, fmt.Sprintf("%d times there was %s", n, what)})
		}
	}
	return faults
}

func sweep(c *config, o *options, _ []string) (failures int, err error) {
	p, err := startProxy(c, c.keep)
	if err != nil {
		return 0, err
	}
	defer p.stop()
	c.operator, c.worker = p.operator, p.worker
	t, err := openStage(c, 9999)
	if err != nil {
		return 0, err
	}
	defer t.close()
	w := &sweeper{stage: t, proxy: p, plan: o.plan, next: 1}
	t.receiver.count = w.count
	if err := t.hub.apply(plansPath+"sweep", planObject(t.c, "sweep", o.plan, t.receiver.url, object{"environment": "edge"})); err != nil {
		return 0, err
	}
	length, calls, err := w.learn()
	if err != nil {
		return 0, err
	}
	points := choose(o.points, length, calls, o.seed)
	fmt.Printf("a life of the plan \"%s\" is %d requests and %d calls: %d of %d points\n", o.plan, length, calls, len(points),
		2*len(whens)*(length+calls))
	start := time.Now()
	for _, at := range points {
		faults, requests, place, err := w.live(&at)
		if err != nil {
			return failures, err
		}
		what := "not reached"
		if place.at >= 0 {
			what = requests[place.at].verb + " " + requests[place.at].resource
		}
		fmt.Printf("  %-4s power cut at request %-18s %s\n", map[bool]string{true: "ok", false: "FAIL"}[len(faults) == 0], at, what)
		for _, f := range faults {
			fmt.Println("       ", f)
		}
		failures += min(len(faults), 1)
	}
	if _, _, err := t.hub.must("DELETE", plansPath+"sweep", jsonType, object{}); err != nil {
		return failures, err
	}
	fmt.Printf("%d points, %d power cuts, %d failures, %.0f s\n", len(points), w.cuts, failures, time.Since(start).Seconds())
	return failures, nil
}

// The longest of three: the operator coalesces, so that one may be a request shorter.  The first also stores the plans.
func (w *sweeper) learn() (most, calls int, err error) {
	for range 3 {
		faults, requests, _, err := w.live(nil)
		if err != nil {
			return 0, 0, err
		}
		if len(faults) > 0 {
			return 0, 0, fmt.Errorf("a life without a power cut: %s", faults[0])
		}
		calls = len(w.receiver.calls)
		most = max(most, len(requests)-calls)
	}
	return most, calls, nil
}

func choose(wanted string, length, calls int, seed int64) (points []point) {
	var all []point
	for k := 1; k <= length+calls; k++ {
		for _, when := range whens {
			for _, whom := range []string{"all", "one"} {
				if k <= length {
					all = append(all, point{k, when, whom, false})
				} else {
					all = append(all, point{k - length, when, whom, true})
				}
			}
		}
	}
	if wanted == "all" {
		return all
	}
	if n, err := strconv.Atoi(wanted); err == nil {
		rand.New(rand.NewSource(seed)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		return all[:min(n, len(all))]
	}
	for _, text := range strings.Fields(wanted) {
		for _, p := range all {
			if p.String() == text {
				points = append(points, p)
			}
		}
	}
	return points
}

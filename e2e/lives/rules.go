package main

import (
	"fmt"
	"math"
	"slices"
	"sort"
)

// What must hold at every instant of a cluster's history, whoever is killed and whatever is edited.  Order is by the
// hub's own count of its writes, so nothing here is a matter of time.

type fault struct {
	rule, cluster, text string
}

func (f fault) String() string { return fmt.Sprintf("%s: %s: %s", f.cluster, f.rule, f.text) }

const (
	ruleIntent  = "intent before act"      // a name is in status before there is an object of that name
	ruleReady   = "ready, not added"       // what is intended is intended for a cluster that is ready
	ruleOurs    = "labelled as ours"       // every object carries our four labels, and no owner
	ruleForeign = "nothing on the cluster" // a ManagedCluster never carries our finalizer
	ruleOnce    = "a run's work is sent once"
	ruleOneLife = "one life at a time"   // the earlier life's objects go before a later one's come
	ruleReverse = "undone in reverse"    // what one cause undoes is undone last step first
	ruleNothing = "gone means undone"    // the onboarding outlives what was done for it
	ruleSeen    = "Ready means all done" // every step Done, and what it registered is there
	ruleEpoch   = "the epoch rises"
	ruleEnd     = "the end that the world asks for"
	ruleResidue = "nothing is left"
	ruleSends   = "sent once" // a second time only where the answer to the first was not written down
	never       = math.MaxInt64
)

// Something that was done for a cluster: an object in its namespace, or its place in a scheduler's set.
type effect struct {
	*record
	owner               string // uid of the onboarding
	made, going, undone int64
	late                bool // the status named it before, and did no more: a superseded worker's, who takes it back
	taken               bool // it was there when the cluster was deleted, and is a work
}

type judge struct {
	cluster     string
	history     []*record
	effects     []*effect
	alive       map[string]*effect // by ref
	onboardings map[string][]*record
	faults      []fault
}

func judgeHistory(cluster string, history []*record) []fault {
	j := &judge{cluster: cluster, history: history, alive: map[string]*effect{},
		onboardings: map[string][]*record{}}
	names := map[string]bool{}
	for _, r := range history {
		switch r.kind {
		case kindCluster:
			j.check(!r.foreign, ruleForeign, "the ManagedCluster carries berth.dev/undo at %d", r.version)
			j.clusterSeen(r)
		case kindOnboarding:
			j.onboard(r)
		default:
			j.effect(r)
			if r.isRun() && r.event == "ADDED" {
				j.check(!names[r.name] || j.alive[r.ref()].late, ruleOnce, "%s was created again at %d", r.name, r.version)
				names[r.name] = true
			}
		}
	}
	for _, versions := range j.onboardings {
		j.reverse(versions)
		j.gone(versions[len(versions)-1])
	}
	return j.faults
}

func (j *judge) check(is bool, rule, format string, a ...any) {
	if !is {
		j.faults = append(j.faults, fault{rule, j.cluster, fmt.Sprintf(format, a...)})
	}
}

// Open Cluster Management deletes the works of a cluster that leaves itself, when it likes: they are in nobody's order.
func (j *judge) clusterSeen(r *record) {
	if r.deleting || r.event == "DELETED" {
		for _, e := range j.alive {
			e.taken = e.taken || e.kind == kindWork
		}
	}
}

func (j *judge) effect(r *record) {
	e := j.alive[r.ref()]
	switch {
	case r.event == "DELETED":
		if e != nil {
			e.undone = r.version
			delete(j.alive, r.ref())
		}
	case e == nil:
		j.make(r)
	case r.deleting && e.going == never:
		e.going = r.version
	}
}

func (j *judge) make(r *record) {
	e := &effect{record: r, owner: r.owner, made: r.version, going: never, undone: never}
	if r.kind == kindPlace || r.kind == kindCall {
		e.owner = j.newestOnboarding()
	} else {
		j.check(r.labelled && !r.owned, ruleOurs, "%s at %d", r.ref(), r.version)
	}
	e.late = j.isLate(e)
	for _, other := range j.alive {
		j.check(e.late || other.late || other.owner == e.owner || other.going < e.made || wasLeft(j.onboardings[other.owner], other.name), ruleOneLife, "%s at %d, while %s of the life before stays",
			r.ref(), r.version, other.ref())
	}
	j.intended(e)
	j.effects = append(j.effects, e)
	j.alive[r.ref()] = e
}

// Who is called does not say for which onboarding of that name it was.
func (j *judge) newestOnboarding() (uid string) {
	newest := int64(-1)
	for u, versions := range j.onboardings {
		if at := versions[len(versions)-1].version; at > newest {
			uid, newest = u, at
		}
	}
	return uid
}

// Whether it was ever named is another rule's matter.
func (j *judge) isLate(e *effect) bool {
	versions := j.onboardings[e.owner]
	if len(versions) == 0 {
		return false
	}
	newest := versions[len(versions)-1]
	return newest.event == "DELETED" || newest.onboarding.stepOf(e.ref()) == nil
}

func (j *judge) intended(e *effect) {
	for _, o := range j.onboardings[e.owner] {
		if o.onboarding.stepOf(e.ref()) != nil {
			j.check(o.onboarding.clusterReady, ruleReady, "%s was intended at %d, when the cluster was not ready",
				e.ref(), o.version)
			return
		}
	}
	j.check(false, ruleIntent, "%s was made at %d and is in no earlier status", e.ref(), e.made)
}

func (j *judge) onboard(r *record) {
	before := j.onboardings[r.uid]
	j.onboardings[r.uid] = append(before, r)
	n := len(before)
	if n > 0 {
		was := before[n-1].onboarding.epoch
		j.check(r.onboarding.epoch >= was, ruleEpoch, "%d after %d at %d", r.onboarding.epoch, was, r.version)
	}
	if !r.onboarding.ready || n > 0 && before[n-1].onboarding.ready {
		return // what was said stays until a worker has looked again
	}
	for _, s := range r.onboarding.steps {
		if s.state == "Undoing" || s.state == "Undone" { // of the plan no more
			continue
		}
		j.check(s.state == "Done", ruleSeen, "step %s is %s at %d", s.name, s.state, r.version)
		for _, ref := range s.refs {
			if s.kind == "Register" {
				j.check(j.alive[ref] != nil, ruleSeen, "%s of step %s is not there at %d", ref, s.name, r.version)
			}
		}
	}
}

// A stretch of an onboarding's life in which nobody asked for anything else: the same plan, and staying or leaving.
func sameWish(a, b *record) bool {
	return a.deleting == b.deleting && a.onboarding.denied == b.onboarding.denied && a.onboarding.plan == b.onboarding.plan &&
		a.onboarding.revision == b.onboarding.revision
}

func (j *judge) reverse(versions []*record) {
	for from := 0; from < len(versions); {
		to := from + 1
		for to < len(versions) && sameWish(versions[from], versions[to]) {
			to++
		}
		end := int64(never)
		if to < len(versions) {
			end = versions[to].version
		} else if last := versions[len(versions)-1]; last.event == "DELETED" {
			end = last.version
		}
		j.reverseWithin(versions[from:to], end)
		from = to
	}
}

// Of all that was done before and is deleted within, for what an earlier cause deletes may take its time to go: the place of its step in the record says when it has to go.
func (j *judge) reverseWithin(versions []*record, end int64) {
	from := versions[0]
	place := map[string]int{}
	for i, s := range from.onboarding.steps {
		for _, ref := range s.refs {
			place[ref] = i + 1
		}
	}
	var last *effect
	for _, e := range byUndone(j.effects) {
		if e.owner != from.uid || e.made > from.version || min(e.going, e.undone) < from.version || e.undone > end || place[e.ref()] == 0 || e.taken ||
			e.isRun() || wasLeft(versions, e.name) { // not in time, and so not in order
			continue
		}
		if last != nil {
			j.check(place[e.ref()] <= place[last.ref()], ruleReverse, "%s of step %d went at %d, before it %s of step %d",
				e.ref(), place[e.ref()], e.undone, last.ref(), place[last.ref()])
		}
		last = e
	}
}

func (j *judge) gone(last *record) {
	if last.event != "DELETED" {
		return
	}
	for _, e := range j.effects {
		if e.owner == last.uid && e.undone > last.version && !(e.late && e.undone != never) {
			j.check(last.onboarding.isLeft(e.name), ruleNothing, "%s is there when its onboarding goes, at %d, and the receipt does not name it",
				e.ref(), last.version)
		}
	}
}

func wasLeft(versions []*record, name string) bool {
	return slices.ContainsFunc(versions, func(r *record) bool { return r.onboarding.isLeft(name) })
}

func byUndone(effects []*effect) []*effect {
	sorted := append([]*effect(nil), effects...)
	sort.SliceStable(sorted, func(a, b int) bool { return sorted[a].undone < sorted[b].undone })
	return sorted
}

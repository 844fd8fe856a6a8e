package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"sync"
	"time"
)

type config struct {
	state, build     string // of the bed; where the programs are
	operator, worker string // kubeconfigs
	restart          string // a shell command that restarts the hub's API server
	logLevel         string
	feedback         int // milliseconds until an edge answers the benchmark
	undo             int // seconds that a leaving cluster's steps may take to be undone, dead or alive
	patience         time.Duration
	keep             string // where logs go and what failed is written down
}

// A hub with a fleet, an operator and a scheduler, and what is seen of them.
type stage struct {
	c        *config
	hub      *hub
	world    *world
	fleet    *fleet
	berth    *berth
	receiver *receiver
	log      *os.File
	strays   map[int]int // works that edges have kept, as told when they left
	cancel   context.CancelFunc
	restarts sync.WaitGroup
	kills    int
	unjudged int // clusters of whose history an API server's restart took a part: only their end was looked at
}

func openStage(c *config, clusters int) (*stage, error) {
	t := &stage{c: c, strays: map[int]int{}}
	var ctx context.Context
	ctx, t.cancel = context.WithCancel(context.Background())
	var err error
	if t.log, err = os.Create(filepath.Join(c.keep, "berth.log")); err != nil {
		return nil, err
	}
	if t.hub, err = openHub(c.state); err != nil {
		return nil, err
	}
	t.world = openWorld(ctx, t.hub)
	if t.receiver, err = openReceiver(t.hub, t.world.see); err != nil {
		return nil, err
	}
	if err = applySchedulers(t.hub, t.receiver.url); err != nil {
		return nil, err
	}
	if err = t.deletePlans(); err != nil { // of a run that broke off
		return nil, err
	}
	if t.fleet, err = startFleet(c, clusters, t.log); err != nil {
		return nil, err
	}
	t.berth = &berth{c: c, log: t.log}
	if err = t.berth.start(); err == nil && !until(c.patience, t.hasNoPlans) {
		err = fmt.Errorf("plans that were there do not go")
	}
	return t, err
}

func (t *stage) hasNoPlans() bool {
	list, _, err := t.hub.must("GET", plansPath, jsonType, nil)
	return err == nil && len(list.list("items")) == 0
}

func (t *stage) close() {
	t.restarts.Wait()
	t.berth.stop()
	t.fleet.stop()
	t.cancel()
}

// ---- what happens ----

func (t *stage) act(a action) error {
	switch a.who[0] {
	case 'g':
		return t.setPlan(a.number(), strings.TrimPrefix(a.what, "plan "))
	case 'c':
		return t.tellCluster(a)
	}
	verb, whom, _ := strings.Cut(a.what, " ")
	if verb == "kill" {
		t.kills++
		t.berth.kill(whom)
		_, err := t.berth.revive()
		return err
	}
	if verb != "restart-apiserver" {
		return fmt.Errorf("no action: %s", a)
	}
	t.restarts.Add(1)
	go func() {
		defer t.restarts.Done()
		c := exec.Command("/bin/sh", "-c", t.c.restart)
		c.Stdout, c.Stderr = t.log, t.log
		c.Run()
	}()
	return nil
}

func (t *stage) tellCluster(a action) error {
	name := clusterName(a.number())
	verb, rest, _ := strings.Cut(a.what, " ")
	var patch object
	path := "/apis/cluster.open-cluster-management.io/v1/managedclusters/" + name
	switch verb {
	case "rerun":
		path = "/apis/berth.dev/v1alpha1/clusteronboardings/" + name
		patch = object{"metadata": object{"annotations": object{"berth.dev/rerun": rest}}}
	case "suspend":
		path = "/apis/berth.dev/v1alpha1/clusteronboardings/" + name
		patch = object{"spec": object{"suspend": rest == "on"}}
	case "label":
		site := groupLabel(groupOf(a.number()))
		if rest == "off" {
			site = "none"
		}
		patch = object{"metadata": object{"labels": object{"site": site}}}
	default:
		_, err := t.fleet.order(verb, name)
		return err
	}
	_, code, err := t.hub.must("PATCH", path, mergeType, patch)
	if code == 404 { // it is not there at this moment: nobody to tell
		err = nil
	}
	return err
}

func (t *stage) setPlan(group int, plan string) error {
	label := groupLabel(group) // and the plan's name
	if plan != noPlan {
		if err := t.hub.apply(plansPath+label, planObject(t.c, label, plan, t.receiver.url, object{"site": label})); err != nil {
			return err
		}
		return t.confirm(label)
	}
	_, code, err := t.hub.must("DELETE", plansPath+label, jsonType, object{})
	if code == 404 {
		return nil
	}
	if err != nil {
		return err
	}
	return t.confirm(label)
}

// What an edit takes back is meant, however many clusters it is.
func (t *stage) confirm(plan string) error {
	o, code, err := t.hub.must("GET", plansPath+plan, jsonType, nil)
	if err == nil {
		word := fmt.Sprintf("%s.%d", o.text("metadata", "uid"), o.number("metadata", "generation"))
		_, code, err = t.hub.must("PATCH", plansPath+plan, mergeType, object{"metadata": object{"annotations": object{"berth.dev/confirm": word}}})
	}
	if code == 404 { // gone meanwhile
		return nil
	}
	return err
}

func (t *stage) deletePlans() error {
	if _, _, err := t.hub.must("DELETE", plansPath, jsonType, object{}); err != nil {
		return err
	}
	list, _, err := t.hub.must("GET", plansPath, jsonType, nil)
	if err != nil {
		return err
	}
	for _, o := range list.list("items") {
		if err := t.confirm(o.text("metadata", "name")); err != nil {
			return err
		}
	}
	return nil
}

// A plan that was still going when it was applied again has gone since: applied once more, as its author would.
func (t *stage) replant(plans map[int]string) error {
	list, _, err := t.hub.must("GET", plansPath, jsonType, nil)
	if err != nil {
		return err
	}
	there := map[string]bool{}
	for _, o := range list.list("items") {
		there[o.text("metadata", "name")] = true
	}
	for group, plan := range plans {
		if plan != noPlan && !there[groupLabel(group)] {
			if err := t.setPlan(group, plan); err != nil {
				return err
			}
		}
	}
	return nil
}

// Plays it, lets it come to rest, lets all clusters leave, and tells what was not as it must be.
func (t *stage) play(s schedule) (faults []fault, err error) {
	t.world.forget()
	start := time.Now()
	for _, a := range s {
		time.Sleep(time.Until(start.Add(time.Duration(a.at) * time.Millisecond)))
		if err = t.act(a); err != nil {
			return nil, fmt.Errorf("%s: %w", a, err)
		}
		if _, err = t.berth.revive(); err != nil {
			return nil, err
		}
	}
	t.restarts.Wait()
	wishes, plans := s.wishes()
	faults = append(faults, t.settle(wishes, plans)...)
	faults = append(faults, t.leave(wishes, plans)...)
	for c := range wishes {
		if name := clusterName(c); t.world.isWhole(name) {
			faults = append(faults, judgeHistory(name, t.world.past(name))...)
		} else {
			t.unjudged++
		}
	}
	sort.Slice(faults, func(i, j int) bool { return faults[i].String() < faults[j].String() })
	return faults, t.world.trouble()
}

// Until each cluster is as is asked for; what is missing of those that never come to it.
func (t *stage) wait(clusters map[int]*wish, rule string, otherwise func(c int, w *wish) string) (faults []fault) {
	missing := map[int]string{}
	for c := range clusters {
		missing[c] = "not looked at"
	}
	until(t.c.patience, func() bool {
		t.berth.revive()
		for c := range missing {
			if missing[c] = otherwise(c, clusters[c]); missing[c] == "" {
				delete(missing, c)
			}
		}
		time.Sleep(4 * glance)
		return len(missing) == 0
	})
	for c := range missing {
		if text := otherwise(c, clusters[c]); text != "" {
			faults = append(faults, fault{rule, clusterName(c), text})
		}
	}
	return faults
}

func (t *stage) settle(wishes map[int]*wish, plans map[int]string) []fault {
	next := time.Now()
	return t.wait(wishes, ruleEnd, func(c int, w *wish) string {
		if time.Now().After(next) {
			t.replant(plans)
			next = time.Now().Add(time.Second)
		}
		return t.unsettled(c, w, plans[groupOf(c)])
	})
}

func (t *stage) unsettled(c int, w *wish, plan string) string {
	name := clusterName(c)
	present := t.world.present(name)
	cluster, onb := first(present[kindCluster]), first(present[kindOnboarding])
	if plan == "" || cluster != nil && cluster.site != groupLabel(groupOf(c)) {
		plan = noPlan
	}
	well := !w.denied && !w.dead && !w.broken
	switch {
	case w.gone && onb != nil:
		return "the cluster has left, its onboarding has not: " + onb.onboarding.message
	case w.gone, w.dead && cluster == nil: // it died before it could announce itself
		return ""
	case cluster == nil || onb == nil || onb.deleting || well && onb.onboarding.clusterUID != cluster.uid: // which it is shows when it is well
		return "the cluster is there, and has no onboarding of its own"
	case onb.onboarding.suspended: // it stays as it was
		return ""
	case onb.onboarding.clusterReady != well:
		return fmt.Sprintf("ClusterReady is %t: %s %s", !well, onb.onboarding.reason, onb.onboarding.message)
	case onb.onboarding.ready != (well && plan != noPlan):
		return fmt.Sprintf("Ready is %t: %s: %s", onb.onboarding.ready, onb.onboarding.reason, onb.onboarding.message)
	case w.denied:
		return t.otherThan(name, present, noPlan, w.dead)
	case !well:
		return ""
	}
	return t.otherThan(name, present, plan, false)
}

// What there is for a cluster is exactly what its plan says.
func (t *stage) otherThan(name string, present map[string][]*record, plan string, dead bool) string {
	want, have := []string{}, []string{}
	for _, word := range words(plan) {
		if effect := effectOf(word); effect != "" {
			want = append(want, effect)
		}
	}
	for _, r := range append(present[kindScore], present[kindCall]...) {
		have = append(have, r.ref())
	}
	for _, r := range present[kindWork] {
		if r.deleting && dead { // it waits for the agent
			continue
		}
		have = append(have, workName.ReplaceAllString(r.ref(), "$1"))
	}
	if t.receiver.has(name) {
		have = append(have, kindPlace+" "+setRef)
	}
	sort.Strings(want)
	sort.Strings(have)
	if strings.Join(want, ", ") != strings.Join(have, ", ") {
		return fmt.Sprintf("the plan asks for %v, there is %v", want, have)
	}
	names, steps := map[string]bool{}, map[string]bool{}
	for _, word := range words(plan) {
		n, _ := stepOf(word)
		names[n] = true
	}
	for _, s := range first(present[kindOnboarding]).onboarding.steps {
		if !dead || s.state != "Undone" { // which is left to an agent that is away
			steps[s.name] = true
		}
	}
	if !maps.Equal(names, steps) {
		return fmt.Sprintf("the plan has the steps %v, the status %v", names, steps)
	}
	return ""
}

var workName = regexp.MustCompile(`^(ManifestWork berth-.*)-[0-9a-f]{10}$`)

func first(of []*record) *record {
	if len(of) == 0 {
		return nil
	}
	return of[0]
}

// All clusters leave, as they are; then those that were away come back to an edge and a hub without them.
func (t *stage) leave(wishes map[int]*wish, plans map[int]string) (faults []fault) {
	t.fleet.order("leave", "all")
	faults = t.wait(wishes, ruleEnd, func(c int, _ *wish) string {
		if onb := t.world.onboarding(clusterName(c)); onb != nil {
			return "its onboarding does not go: " + onb.onboarding.reason + ": " + onb.onboarding.message
		}
		return ""
	})
	for _, order := range []string{"accept", "mend", "revive"} {
		t.fleet.order(order, "all")
	}
	faults = append(faults, t.wait(wishes, ruleResidue, t.residue)...)
	for group := range plans {
		t.setPlan(group, noPlan)
	}
	if !until(t.c.patience, t.hasNoPlans) {
		faults = append(faults, fault{ruleResidue, "plans", "they do not go"})
	}
	return append(faults, t.labelledResidue(wishes)...)
}

func (t *stage) residue(c int, w *wish) string {
	name := clusterName(c)
	left := []string{}
	for _, all := range t.world.present(name) {
		for _, r := range all {
			left = append(left, r.ref())
		}
	}
	held := t.fleet.held(name) - t.strays[c]
	if w.everAway && len(left) == 0 {
		t.strays[c] += held
		held = 0
	}
	if held != 0 {
		left = append(left, fmt.Sprintf("%d works on the edge", held))
	}
	return strings.Join(left, ", ")
}

func (t *stage) labelledResidue(wishes map[int]*wish) (faults []fault) {
	found, err := t.hub.labelled()
	if err != nil {
		return []fault{{ruleResidue, "hub", err.Error()}}
	}
	for key, o := range found {
		if owner := o.text("metadata", "labels", "berth.dev/onboarding"); strings.HasPrefix(owner, clusterPrefix) {
			faults = append(faults, fault{ruleResidue, owner, key})
		}
	}
	return faults
}

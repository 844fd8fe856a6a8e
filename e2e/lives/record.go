package main

import (
	"fmt"
	"slices"
	"strings"
)

// What is remembered of each version of an object: what the rules (rules.go) are about, and nothing else.

const (
	kindCluster    = "ManagedCluster"
	kindOnboarding = "ClusterOnboarding"
	kindWork       = "ManifestWork"
	kindScore      = "AddOnPlacementScore"
	kindPlace      = "FunctionScheduler" // a place in the set of one, outside of the hub: named as in steps[].refs
	kindCall       = "Call"              // what an HTTP step has done: named after the step
)

type record struct {
	version                  int64 // resourceVersion: one count for all objects of a hub
	kind, event              string
	cluster, name            string // in whose namespace; the object's own
	uid                      string
	deleting                 bool
	owner, run               string // labels berth.dev/uid and berth.dev/run
	labelled, owned, foreign bool   // carries all of our labels; has owner references; finalizer of ours where none may be
	site                     string // of a ManagedCluster: the label that plans select by
	onboarding               *onboarding
}

type onboarding struct {
	clusterUID, plan, revision string
	clusterReady, ready        bool
	denied                     bool // which takes all back
	reason, message            string
	epoch                      int64
	finalizer, suspended       bool
	steps                      []step
	left                       []string // the receipt's: what could not be undone in time
}

func (o *onboarding) isLeft(name string) bool {
	return slices.ContainsFunc(o.left, func(text string) bool { return strings.Contains(text, name) })
}

type step struct {
	name, kind, state string
	refs              []string // "Kind name"
}

func (o *onboarding) stepOf(ref string) *step {
	for i := range o.steps {
		for _, r := range o.steps[i].refs {
			if r == ref {
				return &o.steps[i]
			}
		}
	}
	return nil
}

// The work of a Job, which runs once: named after its run, and deleted when it has been read.
func (r *record) isRun() bool {
	return r.kind == kindWork && r.run != "" && strings.HasSuffix(r.name, r.run)
}

func (r *record) ref() string { return r.kind + " " + r.name }

func makeRecord(kind, event string, o object) *record {
	label := func(name string) string { return o.text("metadata", "labels", name) }
	r := &record{version: o.version(), kind: kind, event: event,
		name: o.text("metadata", "name"), uid: o.text("metadata", "uid"),
		cluster: o.text("metadata", "namespace"), deleting: o.has("metadata", "deletionTimestamp"),
		owner: label("berth.dev/uid"), run: label("berth.dev/run"),
		owned: len(o.list("metadata", "ownerReferences")) > 0}
	if r.cluster == "" {
		r.cluster = r.name
	}
	r.labelled = label("app.kubernetes.io/managed-by") == "berth" && label("berth.dev/onboarding") == r.cluster &&
		r.owner != "" && r.run != ""
	switch kind {
	case kindCluster:
		r.foreign, r.site = hasFinalizer(o), label("site")
	case kindOnboarding:
		r.onboarding = makeOnboarding(o)
	}
	return r
}

func hasFinalizer(o object) bool {
	all, _ := o.at("metadata", "finalizers").([]any)
	for _, f := range all {
		if f == "berth.dev/undo" {
			return true
		}
	}
	return false
}

func makeOnboarding(o object) *onboarding {
	b := &onboarding{clusterUID: o.text("spec", "clusterRef", "uid"), plan: o.text("spec", "plan", "name"),
		revision: o.text("spec", "plan", "revision"), epoch: o.number("status", "run", "epoch"), finalizer: hasFinalizer(o)}
	b.suspended, _ = o.at("spec", "suspend").(bool)
	for _, c := range o.list("status", "conditions") {
		switch c.text("type") {
		case "ClusterReady":
			b.clusterReady, b.denied = c.text("status") == "True", c.text("reason") == "Denied"
		case "Ready":
			b.ready = c.text("status") == "True"
			b.reason, b.message = c.text("reason"), c.text("message")
		}
	}
	left, _ := o.at("status", "undo", "left").([]any)
	for _, text := range left {
		b.left = append(b.left, fmt.Sprint(text))
	}
	for _, s := range o.list("status", "steps") {
		t := step{name: s.text("name"), kind: s.text("type"), state: s.text("state")}
		for _, r := range s.list("refs") {
			t.refs = append(t.refs, r.text("kind")+" "+r.text("name"))
		}
		if len(s.list("undo")) > 0 {
			t.refs = append(t.refs, kindCall+" "+t.name)
		}
		b.steps = append(b.steps, t)
	}
	return b
}

package main

import (
	"fmt"
	"strings"
)

// A plan in one line: "bench=cpu one=a two=b", a word for each step, NAME=WHAT; "-" is no plan at all.
// WHAT: a Benchmark of `cpu` or of `both` probes; a Deploy of one `map`, or of a `pair`; an HTTP `call`; a Register with scheduler a, b, c
// (Placement) or global (told by HTTP).

const noPlan = "-"

func words(plan string) []string {
	if plan == noPlan {
		return nil
	}
	return strings.Fields(plan)
}

func stepOf(word string) (name, what string) {
	name, what, _ = strings.Cut(word, "=")
	return name, what
}

func isBenchmark(what string) bool { return what == "cpu" || what == "both" }

func isDeploy(what string) bool { return what == "map" || what == "pair" }

func deployObject(name, what string) object {
	manifests := []object{}
	for i := range map[string]int{"map": 1, "pair": 2}[what] {
		manifests = append(manifests, object{"apiVersion": "v1", "kind": "ConfigMap",
			"metadata": object{"name": fmt.Sprintf("%s-%d", name, i), "namespace": "default"}, "data": object{"cluster": "${cluster.name}"}})
	}
	return object{"name": name, "type": "Deploy", "deploy": object{"manifests": manifests}}
}

func callObject(name, receiver string) object {
	url := receiver + "/calls/" + name + "/${cluster.name}"
	return object{"name": name, "type": "HTTP", "http": object{"method": "PUT", "url": url, "body": object{"run": "${run}"},
		"retry": object{"firstSeconds": 1, "mostSeconds": 2}, "undo": object{"method": "DELETE", "url": url}}}
}

func stepObject(word, receiver string) object {
	name, what := stepOf(word)
	if what == "call" {
		return callObject(name, receiver)
	}
	if isDeploy(what) {
		return deployObject(name, what)
	}
	if !isBenchmark(what) {
		return object{"name": name, "type": "Register", "register": object{"schedulerRef": object{"name": what}}}
	}
	probes := []string{"cpu"}
	if what == "both" {
		probes = append(probes, "memory")
	}
	return object{"name": name, "type": "Benchmark", "benchmark": object{"probes": probes, "budgetSeconds": 5, "timeoutSeconds": 60}}
}

// What of a step there is once it is Done, as in the refs; of a work without its run.
func effectOf(word string) string {
	switch name, what := stepOf(word); {
	case isBenchmark(what):
		return ""
	case isDeploy(what):
		return kindWork + " berth-" + name
	case what == "call":
		return kindCall + " " + name
	case what == setRef:
		return kindPlace + " " + setRef
	default:
		return kindScore + " lives-" + what
	}
}

const (
	plansPath      = "/apis/berth.dev/v1alpha1/onboardingplans/"
	schedulersPath = "/apis/berth.dev/v1alpha1/functionschedulers/"
	siteGroups     = 100 // berth-fleet labels cluster N with site-(N mod 100)
)

func groupOf(cluster int) int     { return cluster % siteGroups }
func groupLabel(group int) string { return fmt.Sprintf("site-%d", group) }

func planObject(c *config, name, plan, receiver string, labels object) object {
	steps := []object{}
	for _, word := range words(plan) {
		steps = append(steps, stepObject(word, receiver))
	}
	return object{"apiVersion": "berth.dev/v1alpha1", "kind": "OnboardingPlan", "metadata": object{"name": name},
		"spec": object{"clusterSelector": object{"matchLabels": labels}, "undoTimeoutSeconds": c.undo, "steps": steps}}
}

func schedulerObject(name string, spec object) object {
	return object{"apiVersion": "berth.dev/v1alpha1", "kind": "FunctionScheduler", "metadata": object{"name": name}, "spec": spec}
}

func applySchedulers(h *hub, receiver string) error {
	for _, name := range []string{"a", "b", "c"} {
		o := schedulerObject(name, object{"type": "Placement", "placement": object{"scoreName": "lives-" + name, "verify": "None"}})
		if err := h.apply(schedulersPath+name, o); err != nil {
			return err
		}
	}
	return h.apply(schedulersPath+setRef, schedulerObject(setRef, object{"type": "HTTP", "verifyIntervalSeconds": 600, "http": object{
		"scope": "Fleet", "baseURL": receiver, "register": object{"path": "/clusters"}, "verify": object{"path": "/clusters"},
		"clusters": object{"path": ".platform", "fields": []object{
			{"path": ".id", "from": "Name"}, {"path": ".score", "from": "Score", "score": "cpu", "minimum": 1}}}}}))
}

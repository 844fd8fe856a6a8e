package main

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// What Berth calls outside of the hub: a scheduler that is told the whole set of its clusters (POST /clusters, shown by
// GET /clusters), and whom HTTP steps ask for something (PUT /calls/STEP/CLUSTER, DELETE to undo it).  What changes there is
// a record beside those of the hub, in its order: a call that is here comes after every write that the hub has counted by
// then.

type receiver struct {
	url   string
	hub   *hub
	see   func(r *record)
	mu    sync.Mutex
	held  map[string]json.RawMessage // the set
	done  map[string]string          // "STEP CLUSTER" to the Idempotency-Key that did it last
	calls []call                     // since the last forget()
	count func() int                 // how many requests the hub has seen; nil: nobody asks
	power *power                     // nil: it stays
}

// One call of an HTTP step, as it was sent; `after` so many requests.
type call struct {
	method, step, cluster string
	after                 int
}

// The power goes at the K-th call: before it is looked at, when its answer is lost, or when that is there.
type power struct {
	k    int
	when string
	cut  func()
}

const setRef = "global" // name of the FunctionScheduler

// On the bed's own network: Berth calls no loopback address.
func openReceiver(h *hub, see func(r *record)) (*receiver, error) {
	at, err := url.Parse(h.url)
	if err != nil {
		return nil, err
	}
	network := at.Hostname()
	l, err := net.Listen("tcp", network[:strings.LastIndexByte(network, '.')+1]+"1:0")
	if err != nil {
		return nil, err
	}
	v := &receiver{url: "http://" + l.Addr().String(), hub: h, see: see, held: map[string]json.RawMessage{}, done: map[string]string{}}
	go http.Serve(l, v)
	return v, nil
}

func (v *receiver) forget() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.calls, v.power = nil, nil
}

func (v *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	part := strings.Split(r.URL.Path, "/")
	switch {
	case len(part) == 4 && part[1] == "calls":
		v.call(w, r, part[2], part[3])
	case r.Method == "GET" && r.URL.Path == "/clusters":
		json.NewEncoder(w).Encode(map[string]any{"platform": v.held})
	case r.Method == "POST" && r.URL.Path == "/clusters":
		var told struct{ Platform map[string]json.RawMessage }
		body, err := io.ReadAll(r.Body)
		if err != nil || json.Unmarshal(body, &told) != nil || told.Platform == nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		v.replace(told.Platform)
		w.WriteHeader(http.StatusCreated)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (v *receiver) replace(set map[string]json.RawMessage) {
	version, _ := v.hub.now()
	tell := func(event string, from, missing map[string]json.RawMessage) {
		for cluster := range from {
			if _, is := missing[cluster]; !is {
				v.see(&record{version: version, kind: kindPlace, event: event, cluster: cluster, name: setRef})
			}
		}
	}
	tell("ADDED", set, v.held)
	tell("DELETED", v.held, set)
	v.held = set
}

func (v *receiver) call(w http.ResponseWriter, r *http.Request, step, cluster string) {
	c := call{method: r.Method, step: step, cluster: cluster}
	if v.count != nil {
		c.after = v.count()
	}
	v.calls = append(v.calls, c)
	cut := v.power != nil && v.power.k == len(v.calls)
	if cut && v.power.when != "before" || !cut {
		v.do(c, r.Header.Get("Idempotency-Key"))
	}
	if cut && v.power.when != "answered" {
		v.power.cut()
		panic(http.ErrAbortHandler) // the connection is lost
	}
	w.Write([]byte(`{"ok":true}`))
	if cut {
		http.NewResponseController(w).Flush()
		time.Sleep(5 * time.Millisecond) // as the fault proxy does
		v.power.cut()
	}
}

// Who knows a key does nothing twice.
func (v *receiver) do(c call, key string) {
	version, _ := v.hub.now()
	of := c.step + " " + c.cluster
	was, is := v.done[of]
	r := &record{version: version, kind: kindCall, cluster: c.cluster, name: c.step, run: key}
	switch {
	case c.method == "DELETE" && is:
		r.event = "DELETED"
		delete(v.done, of)
		v.see(r)
	case c.method == "PUT" && was != key:
		r.event = "ADDED"
		v.done[of] = key
		v.see(r)
	}
}

func (v *receiver) has(cluster string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	_, is := v.held[cluster]
	return is
}

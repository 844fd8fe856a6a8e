package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// A request as Kubernetes sees it; what rules are matched against.
type info struct {
	verb      string // get list watch create update patch delete deletecollection, or the method in lower case
	resource  string // "managedclusters", "clusteronboardings/status", or the path of what is no resource
	namespace string
	name      string
	agent     string
	transport string // "ws" or "http"
	query     string
}

var verbs = map[string]string{
	http.MethodPost: "create", http.MethodPut: "update", http.MethodPatch: "patch", http.MethodDelete: "delete",
}

func classify(r *http.Request) info {
	i := info{agent: r.UserAgent(), query: r.URL.RawQuery, transport: "http", resource: r.URL.Path}
	if strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		i.transport = "ws"
	}
	part := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch {
	case part[0] == "api" && len(part) > 2:
		part = part[2:]
	case part[0] == "apis" && len(part) > 3:
		part = part[3:]
	default:
		i.verb = strings.ToLower(r.Method)
		return i
	}
	if part[0] == "namespaces" && len(part) > 2 && part[2] != "status" && part[2] != "finalize" {
		i.namespace, part = part[1], part[2:]
	}
	i.resource = part[0]
	if len(part) > 1 {
		i.name = part[1]
	}
	if len(part) > 2 {
		i.resource += "/" + part[2]
	}
	i.verb = verbOf(r, i.name)
	return i
}

// What is created has its name in the body, which is put back.
func nameInBody(r *http.Request) string {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	var o struct{ Metadata struct{ Name string } }
	json.Unmarshal(body, &o)
	return o.Metadata.Name
}

func verbOf(r *http.Request, name string) string {
	switch watch := r.URL.Query().Get("watch"); {
	case r.Method == http.MethodGet && (watch == "true" || watch == "1"):
		return "watch"
	case r.Method == http.MethodGet && name == "":
		return "list"
	case r.Method == http.MethodGet:
		return "get"
	case r.Method == http.MethodDelete && name == "":
		return "deletecollection"
	}
	return verbs[r.Method]
}

// One line of a script: which requests, or which events of which watches, and what is done to them.
//
//	VERBS RESOURCES [TERM=VALUE]... : FAULT [ARG=VALUE]...
type rule struct {
	text            string
	verbs           []string
	resources       []string
	agent, query    string
	transport       string
	kind, name      string  // of an event: ADDED MODIFIED DELETED BOOKMARK SYNCED ERROR
	phase           string  // of an event: sync, live
	nth, times      int     // from the nth match on, so many times; times 0: always
	chance          float64 // of each match from the nth on
	fault           string
	args            args
	onEvent         bool // matched against events, not requests
	seen, hit, done int
	random          *rand.Rand
}

type args map[string]string

func (a args) number(name string, preset int) int {
	if n, err := strconv.Atoi(a[name]); err == nil {
		return n
	}
	return preset
}

func parseRule(text string, seed int64) (*rule, error) {
	match, effect, found := strings.Cut(text, ":")
	words := strings.Fields(effect)
	if !found || len(words) == 0 {
		return nil, fmt.Errorf("wanted MATCH : FAULT [ARG=VALUE]..., got %q", text)
	}
	r, err := parseMatch(match)
	if err != nil {
		return nil, err
	}
	r.text, r.random = text, rand.New(rand.NewSource(seed))
	return r, r.effect(words)
}

func parseMatch(text string) (*rule, error) {
	words := strings.Fields(text)
	if len(words) < 2 {
		return nil, fmt.Errorf("wanted VERBS RESOURCES [TERM=VALUE]..., got %q", text)
	}
	r := &rule{nth: 1, times: 1, chance: 1, args: args{}}
	r.verbs, r.resources = strings.Split(words[0], ","), strings.Split(words[1], ",")
	for _, term := range words[2:] {
		if err := r.term(term); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r *rule) term(term string) (err error) {
	name, value, _ := strings.Cut(term, "=")
	switch name {
	case "agent":
		r.agent = value
	case "query":
		r.query = value
	case "transport":
		r.transport = value
	case "type":
		r.kind = value
	case "name":
		r.name = value
	case "phase":
		r.phase = value
	case "nth":
		r.nth, err = strconv.Atoi(value)
	case "times":
		if value == "all" {
			r.times = 0
			break
		}
		r.times, err = strconv.Atoi(value)
	case "chance":
		r.chance, err = strconv.ParseFloat(value, 64)
	default:
		err = fmt.Errorf("unknown term %q", term)
	}
	return err
}

func (r *rule) effect(words []string) error {
	f, known := faults[words[0]]
	if !known {
		return fmt.Errorf("unknown fault %q", words[0])
	}
	r.fault = words[0]
	r.onEvent = f.event != nil && (f.request == nil || r.verbs[0] == "watch")
	if r.onEvent && (len(r.verbs) != 1 || r.verbs[0] != "watch") {
		return fmt.Errorf("%s is for events: the verb is watch", r.fault)
	}
	if !r.onEvent && r.kind+r.phase != "" {
		return fmt.Errorf("%s is for requests: these have no type or phase", r.fault)
	}
	for _, word := range words[1:] {
		name, value, _ := strings.Cut(word, "=")
		if !strings.Contains(" "+f.args+" ", " "+name+" ") {
			return fmt.Errorf("%s has no argument %q; it takes: %s", r.fault, name, f.args)
		}
		r.args[name] = value
	}
	return nil
}

// A list of words as "a,b" or "any" or "*"; "!a" takes one out of what the others admit.
func listed(words []string, word string) bool {
	admitted := strings.HasPrefix(words[0], "!")
	for _, w := range words {
		switch {
		case w == "!"+word:
			return false
		case w == word, w == "any", w == "*":
			admitted = true
		}
	}
	return admitted
}

func (r *rule) matchesRequest(i *info) bool {
	return listed(r.verbs, i.verb) && listed(r.resources, i.resource) && strings.Contains(i.agent, r.agent) &&
		strings.Contains(i.query, r.query) && (r.transport == "" || r.transport == i.transport)
}

func (r *rule) matchesEvent(i *info, e *event, syncing bool) bool {
	phase := "live"
	if syncing {
		phase = "sync"
	}
	return r.matchesRequest(i) && (r.kind == "" || r.kind == e.kind) && (r.name == "" || r.name == e.name) &&
		(r.phase == "" || r.phase == phase)
}

// Whether the fault is to be done to the match that was counted last.
func (r *rule) due() bool {
	if r.seen < r.nth || (r.times > 0 && r.hit >= r.times) || (r.chance < 1 && r.random.Float64() >= r.chance) {
		return false
	}
	r.hit++
	return true
}

func (r *rule) spent() bool { return r.times > 0 && r.done >= r.times }

// The rules that are armed, in the order of their arming: the first that is due has its way.
type rules struct {
	mu   sync.Mutex
	list []*rule
	seed int64
	n    int64 // of rules ever armed: each has a random sequence of its own
}

func (s *rules) arm(text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	r, err := parseRule(text, s.seed+s.n)
	if err == nil {
		s.list = append(s.list, r)
	}
	return err
}

func (s *rules) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = nil
}

func (s *rules) request(i *info) *rule {
	return s.first(func(r *rule) bool {
		return !r.onEvent && (i.verb != "watch" || faults[r.fault].watches) && r.matchesRequest(i)
	})
}

func (s *rules) event(i *info, e *event, syncing bool) *rule {
	return s.first(func(r *rule) bool { return r.onEvent && r.matchesEvent(i, e, syncing) })
}

// All that match count the match, also behind the one that is chosen.
func (s *rules) first(matches func(*rule) bool) (chosen *rule) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.list {
		if !matches(r) {
			continue
		}
		r.seen++
		if chosen == nil && r.due() {
			chosen = r
		}
	}
	return chosen
}

func (s *rules) did(r *rule) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.done++
}

// The rules that have still something to do, those without a limit left out.
func (s *rules) open() (texts []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.list {
		if r.times > 0 && !r.spent() {
			texts = append(texts, r.text)
		}
	}
	return texts
}

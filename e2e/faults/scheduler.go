package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
)

// `faults scheduler SOCKET LOG`: a stand-in for the PHYSICS global continuum placement, a function scheduler whose
// POST /clusters replaces the whole platform that it holds in memory: 201 and "OK", or 400 and an error.  Request
// and answers have the form that its public source gives them; it schedules nothing.  GET /clusters, which shows
// what it holds, is the stand-in's own.
//
// The first line of the log is its URL; then one line a request: METHOD PATH CODE CLUSTERS BYTES.  The control socket
// understands forget (it was restarted), replay nth=N (the N-th platform that it was told arrives again, late) and
// answer code=N (until the next answer; 0: as it should).

type platform map[string]struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Type      string `json:"type"`
	Resources *struct {
		CPU    int `json:"nb_cpu"`
		GPU    int `json:"nb_gpu"`
		Memory int `json:"memory_in_MB"`
	} `json:"resources,omitempty"`
	Architecture string         `json:"architecture,omitempty"`
	Scores       map[string]int `json:"objective_scores,omitempty"`
}

type placement struct {
	mu   sync.Mutex
	log  io.Writer
	code int
	held platform
	told []platform
}

func (p platform) check() error {
	for id, cluster := range p {
		if cluster.ID != id {
			return fmt.Errorf("cluster %q has id %q", id, cluster.ID)
		}
		switch cluster.Type {
		case "Edge", "Cloud", "HPC", "On-premise":
		default:
			return fmt.Errorf("cluster %q has type %q", id, cluster.Type)
		}
		for name, score := range cluster.Scores {
			if score < 1 || score > 100 {
				return fmt.Errorf("cluster %q has %s %d", id, name, score)
			}
		}
	}
	return nil
}

func parsePlatform(body io.Reader) (platform, error) {
	var message struct {
		Platform platform `json:"platform"`
	}
	d := json.NewDecoder(body)
	d.DisallowUnknownFields()
	if err := d.Decode(&message); err != nil {
		return nil, err
	}
	if message.Platform == nil {
		return nil, fmt.Errorf("no platform")
	}
	return message.Platform, message.Platform.check()
}

type application struct {
	ID           string            `json:"id"`
	DisplayName  string            `json:"displayName"`
	Type         string            `json:"type"`
	ExecutorMode string            `json:"executorMode"`
	Native       bool              `json:"native"`
	Objectives   map[string]string `json:"objectives"`
	Flows        []struct {
		ID        string `json:"flowID"`
		Functions []struct {
			ID          string            `json:"id"`
			Sequence    int               `json:"sequence"`
			Allocations []string          `json:"allocations"`
			Annotations map[string]string `json:"annotations"`
		} `json:"functions"`
	} `json:"flows"`
}

type allocation struct {
	Cluster  *string `json:"cluster"` // null: nowhere
	Resource string  `json:"resource_id"`
	Fallback *string `json:"fallback_cluster"`
}
type flow struct {
	ID          string       `json:"flowID"`
	Allocations []allocation `json:"allocations"`
}

func (p platform) choose(wanted []string) *string {
	var best string
	for id, c := range p {
		if best == "" || c.Scores["Performance"] > p[best].Scores["Performance"] ||
			(c.Scores["Performance"] == p[best].Scores["Performance"] && id < best) {
			best = id
		}
	}
	if len(wanted) > 0 {
		best = wanted[0]
	}
	if _, known := p[best]; !known {
		return nil
	}
	return &best
}

func (p platform) place(body io.Reader) (int, any) {
	var app application
	d := json.NewDecoder(body)
	d.DisallowUnknownFields()
	if err := d.Decode(&app); err != nil {
		return http.StatusBadRequest, map[string]string{"error": err.Error()}
	}
	placed := []flow{}
	for _, f := range app.Flows {
		out := flow{ID: f.ID}
		for _, function := range f.Functions {
			out.Allocations = append(out.Allocations, allocation{Cluster: p.choose(function.Allocations), Resource: function.ID})
		}
		placed = append(placed, out)
	}
	return http.StatusOK, placed
}

func (s *placement) answer(r *http.Request) (int, any) {
	switch r.Method + " " + r.URL.Path {
	case "GET /healthz":
		return http.StatusOK, "OK"
	case "POST /applications":
		return s.held.place(r.Body)
	case "GET /clusters":
		return http.StatusOK, map[string]platform{"platform": s.held}
	case "POST /clusters":
		p, err := parsePlatform(r.Body)
		if err != nil {
			return http.StatusBadRequest, map[string]string{"error": err.Error()}
		}
		s.held = p
		s.told = append(s.told, p)
		return http.StatusCreated, "OK"
	}
	return http.StatusNotFound, map[string]string{"error": "no such path"}
}

func (s *placement) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	code, body := s.code, any(map[string]string{"error": "as it was told to answer"})
	if code == 0 {
		code, body = s.answer(r)
	}
	answerJSON(w, code, body)
	fmt.Fprintln(s.log, r.Method, r.URL.Path, code, len(s.held), r.ContentLength)
}

func (s *placement) command(line string) (string, error) {
	order, given := parseOrder(line)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch order {
	case "forget":
		s.held = platform{}
	case "replay":
		n := given.number("nth", 1)
		if n < 1 || n > len(s.told) {
			return "", fmt.Errorf("it was told %d platforms", len(s.told))
		}
		s.held = s.told[n-1]
	case "answer":
		s.code = given.number("code", http.StatusServiceUnavailable)
	default:
		return "", fmt.Errorf("unknown command %q", order)
	}
	return "ok", nil
}

func runScheduler(socket, path string) error {
	log, err := os.Create(path)
	if err != nil {
		return err
	}
	return serve(socket, "127.0.0.1:0", log, &placement{log: log, held: platform{}})
}

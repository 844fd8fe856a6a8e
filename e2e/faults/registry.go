package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
)

// `faults registry SOCKET LOG`, the API key in $REGISTRY_KEY: a function scheduler that is told one cluster by one request.  POST /clusters is the
// message of the PHYSICS reasoning framework, {"clusterName", "serviceIP"} with X-API-Key: 201 and an id, 409 for one that
// is there unless the Idempotency-Key is that which brought it.  GET and DELETE /clusters/NAME are the stand-in's own.
// It refuses a member, path or method that it does not know, and who has not the key.
//
// The first line of the log is its URL; then one line a request: METHOD PATH CODE HELD.  The control socket understands
// forget (it was restarted) and answer code=N (until the next answer; 0: as it should).

type entry struct {
	Name string `json:"clusterName"`
	IP   string `json:"serviceIP"`
	ID   int    `json:"id"`
	key  string
}

type registry struct {
	mu     sync.Mutex
	log    io.Writer
	secret string
	code   int
	last   int
	held   map[string]*entry
}

func (s *registry) take(r *http.Request) (int, any) {
	var told entry
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(&told); err != nil || told.Name == "" || told.IP == "" || told.ID != 0 {
		return http.StatusBadRequest, map[string]string{"error": fmt.Sprint("clusterName and serviceIP, and nothing else: ", err)}
	}
	told.key = r.Header.Get("Idempotency-Key")
	if had := s.held[told.Name]; had != nil && (told.key == "" || had.key != told.key) {
		return http.StatusConflict, map[string]string{"error": "it is there"}
	} else if had != nil {
		return http.StatusCreated, had
	}
	s.last++
	told.ID = s.last
	s.held[told.Name] = &told
	return http.StatusCreated, &told
}

func (s *registry) answer(r *http.Request) (int, any) {
	name, named := strings.CutPrefix(r.URL.Path, "/clusters/")
	switch {
	case r.Header.Get("X-API-Key") != s.secret:
		return http.StatusUnauthorized, map[string]string{"error": "not this key: " + r.Header.Get("X-API-Key")}
	case r.Method == http.MethodPost && r.URL.Path == "/clusters":
		return s.take(r)
	case named && s.held[name] == nil:
		return http.StatusNotFound, map[string]string{"error": "no such cluster"}
	case named && r.Method == http.MethodGet:
		return http.StatusOK, s.held[name]
	case named && r.Method == http.MethodDelete:
		delete(s.held, name)
		return http.StatusOK, map[string]string{}
	}
	return http.StatusMethodNotAllowed, map[string]string{"error": "no such request"}
}

func (s *registry) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	code, body := s.code, any(map[string]string{"error": "as it was told to answer"})
	if code == 0 {
		code, body = s.answer(r)
	}
	answerJSON(w, code, body)
	fmt.Fprintln(s.log, r.Method, r.URL.Path, code, len(s.held))
}

func (s *registry) command(line string) (string, error) {
	order, given := parseOrder(line)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch order {
	case "forget":
		s.held = map[string]*entry{}
	case "answer":
		s.code = given.number("code", http.StatusServiceUnavailable)
	default:
		return "", fmt.Errorf("unknown command %q", order)
	}
	return "ok", nil
}

func runRegistry(socket, path string) error {
	log, err := os.Create(path)
	if err != nil {
		return err
	}
	return serve(socket, "127.0.0.1:0", log, &registry{log: log, secret: os.Getenv("REGISTRY_KEY"), held: map[string]*entry{}})
}

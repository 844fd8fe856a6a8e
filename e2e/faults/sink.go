package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

// `faults sink SOCKET LOG [ADDRESS]`: an HTTP server that takes CloudEvents as a function would, well, slowly or not
// at all.  The log begins with its URL; then one line an event: TYPE NAME RESOURCEVERSION ANSWER ID.  One that is
// started again writes on.  Beside it, LOG.TYPE holds the last event of that type: its headers, sorted, and its body.
// The control socket understands what faults of the same name say: answer code=N,
// delay ms=N.

type receiver struct {
	mu    sync.Mutex
	path  string
	log   io.Writer
	code  int
	delay time.Duration
}

func (s *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var object struct {
		Metadata struct{ ResourceVersion string }
	}
	body, _ := io.ReadAll(r.Body)
	json.Unmarshal(body, &object)
	s.mu.Lock()
	code, delay := s.code, s.delay
	s.mu.Unlock()
	time.Sleep(delay)
	w.WriteHeader(code)
	s.mu.Lock()
	defer s.mu.Unlock()
	kind := r.Header.Get("Ce-Type")
	kind = kind[strings.LastIndex(kind, ".")+1:]
	var headers strings.Builder
	r.Header.Write(&headers)
	os.WriteFile(s.path+"."+kind, append([]byte(headers.String()), body...), 0o644)
	name, version := r.Header.Get("Ce-Name"), object.Metadata.ResourceVersion
	if name == "" { // one of Berth's own
		name, version = r.Header.Get("Ce-Subject"), "-"
	}
	fmt.Fprintln(s.log, kind, name, version, code,
		r.Header.Get("Ce-Id"))
}

func (s *receiver) command(line string) (string, error) {
	order, given := parseOrder(line)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch order {
	case "answer":
		s.code = given.number("code", http.StatusServiceUnavailable)
	case "delay":
		s.delay = time.Duration(given.number("ms", 1000)) * time.Millisecond
	default:
		return "", fmt.Errorf("unknown command %q", order)
	}
	return "ok", nil
}

func runSink(socket, path, address string) error {
	log, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	return serve(socket, address, log, &receiver{path: path, log: log, code: http.StatusAccepted})
}

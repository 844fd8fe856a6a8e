package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

// `faults sink SOCKET LOG`: an HTTP server that takes CloudEvents as a function would, well, slowly or not at
// all.  The first line of the log is its URL; then one line an event: TYPE NAME RESOURCEVERSION ANSWER.
// The control socket understands what faults of the same name say: answer code=N, delay ms=N.

type receiver struct {
	mu    sync.Mutex
	log   io.Writer
	code  int
	delay time.Duration
}

func (s *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var object struct {
		Metadata struct{ ResourceVersion string }
	}
	json.NewDecoder(r.Body).Decode(&object)
	s.mu.Lock()
	code, delay := s.code, s.delay
	s.mu.Unlock()
	time.Sleep(delay)
	w.WriteHeader(code)
	s.mu.Lock()
	defer s.mu.Unlock()
	kind := r.Header.Get("Ce-Type")
	fmt.Fprintln(s.log, kind[strings.LastIndex(kind, ".")+1:], r.Header.Get("Ce-Name"), object.Metadata.ResourceVersion, code)
}

func (s *receiver) command(line string) (string, error) {
	words := strings.Fields(line)
	given := args{}
	for _, word := range words[1:] {
		name, value, _ := strings.Cut(word, "=")
		given[name] = value
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch words[0] {
	case "answer":
		s.code = given.number("code", http.StatusServiceUnavailable)
	case "delay":
		s.delay = time.Duration(given.number("ms", 1000)) * time.Millisecond
	default:
		return "", fmt.Errorf("unknown command %q", words[0])
	}
	return "ok", nil
}

func runSink(socket, path string) error {
	log, err := os.Create(path)
	if err != nil {
		return err
	}
	orders, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s := &receiver{log: log, code: http.StatusAccepted}
	go control(orders, s.command)
	fmt.Fprintf(log, "http://%s\n", l.Addr())
	return http.Serve(l, s)
}

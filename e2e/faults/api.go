package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
)

// `faults api SOCKET LOG ADDRESS`: some HTTP API that a plan's HTTP steps call.  It answers 200 and {"ok": true}, and
// logs, below its URL, one line a request: METHOD PATH CODE IDEMPOTENCY-KEY API-KEY BODY, "-" for what was not sent.
// The control socket understands answer code=N.

type api struct {
	mu   sync.Mutex
	log  io.Writer
	code int
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func answerJSON(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	json.NewEncoder(w).Encode(body)
}

func (s *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintln(s.log, r.Method, r.URL.RequestURI(), s.code, orDash(r.Header.Get("Idempotency-Key")),
		orDash(r.Header.Get("X-API-Key")), orDash(string(body)))
	answerJSON(w, s.code, map[string]bool{"ok": s.code < 300})
}

func (s *api) command(line string) (string, error) {
	order, given := parseOrder(line)
	s.mu.Lock()
	defer s.mu.Unlock()
	if order != "answer" {
		return "", fmt.Errorf("unknown command %q", order)
	}
	s.code = given.number("code", http.StatusServiceUnavailable)
	return "ok", nil
}

func runAPI(socket, path, address string) error {
	log, err := os.Create(path)
	if err != nil {
		return err
	}
	return serve(socket, address, log, &api{log: log, code: http.StatusOK})
}

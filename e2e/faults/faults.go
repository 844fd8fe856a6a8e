package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// A fault is done to a request, to an event, or to both; `now` to an open watch without an event (e is nil).
type fault struct {
	args    string
	help    string
	request func(x *exchange, a args) (pass bool) // true: deal with it as if nothing had been
	event   func(s *stream, e *event, a args) error
	watches bool // the request may be a watch
	now     bool
}

var faults map[string]fault

func init() { // not in the declaration: rules look here, and faults lead to rules
	faults = map[string]fault{
		"answer":  {args: "code retry-after", help: "the proxy answers, the server sees nothing", request: answerCode, watches: true},
		"swallow": {help: "the server acts, its answer is lost with the connection", request: swallow},
		"stall":   {args: "ms", help: "the request waits: so long, or until `release`", request: stall, watches: true},
		"again":   {help: "the first good answer to a request is given each time it comes, the server sees no other", request: again},
		"kill":    {args: "at group whom", help: "SIGKILL to a process group before, sent or answered: to all of it, or to the one that asked", request: kill},
		"older": {help: "what a replica that lags would show: the oldest list seen, then nothing", request: olderList,
			event: olderEvents},
		"delay":     {args: "ms", help: "the event and what follows come late", event: delay},
		"drop":      {help: "the event is lost", event: drop},
		"duplicate": {args: "n", help: "the event comes n times (2)", event: duplicate},
		"hold":      {help: "nothing passes until `release`", event: hold, now: true},
		"null":      {args: "path", help: "a member of the object is null", event: null},
		"huge":      {args: "bytes", help: "the object has an annotation of that size (9 MB)", event: huge},
		"garbage":   {help: "text that is no JSON in place of the event", event: garbage},
		"fragment":  {args: "n", help: "this and later messages come in n pieces (3), pings between", event: fragment, now: true},
		"slow":      {args: "bytes ms", help: "from now on so many bytes at once, so far apart (100, 10)", event: slow, now: true},
		"cut":       {args: "bytes", help: "the connection is lost after so many bytes more (half the event)", event: cut, now: true},
		"close":     {args: "code", help: "1000: the server says goodbye (default); 1006: it does not", event: closeStream, now: true},
		"error":     {args: "code", help: "an ERROR event (410) and a goodbye", event: sendError, now: true},
		"freeze":    {help: "no byte moves any more on this connection, and no FIN: a process that hangs", request: freezeRequest, event: freeze, now: true},
		"vanish":    {help: "the same, and nothing is acknowledged: a cable that is pulled", event: vanish, now: true},
		"replay":    {args: "file count", help: "after the event recorded ones follow at full speed, renumbered", event: replay},
	}
}

// ---- done to requests ----

func answerCode(x *exchange, a args) bool {
	code := a.number("code", http.StatusServiceUnavailable)
	if after := a["retry-after"]; after != "" {
		x.w.Header().Set("Retry-After", after)
	}
	if code == http.StatusOK { // what a captive portal or a gateway would say
		x.w.Header().Set("Content-Type", "text/html")
		x.give(&answer{code: code, body: []byte("<html>put there by the fault proxy</html>\n")})
		return false
	}
	x.w.Header().Set("Content-Type", "application/json")
	x.give(&answer{code: code, body: status(code)})
	return false
}

func swallow(x *exchange, _ args) bool {
	if got, err := x.ask(); err == nil {
		x.p.log("#%d swallowed: %d", x.id, got.code)
	}
	x.cut()
	return false
}

func stall(x *exchange, a args) bool {
	late := make(<-chan time.Time)
	if _, said := a["ms"]; said {
		late = time.After(time.Duration(a.number("ms", 0)) * time.Millisecond)
	}
	select {
	case <-late:
	case <-x.p.released():
	case <-x.r.Context().Done():
	}
	return true
}

// With HTTP/2 this is so for all that share the connection.
func freezeRequest(x *exchange, _ args) bool {
	connOf(x.r).freeze()
	return false
}

func again(x *exchange, _ args) bool {
	key := strings.Join([]string{x.what.verb, x.what.resource, x.what.namespace, x.what.name, x.what.query}, " ")
	x.p.mu.Lock()
	kept := x.p.kept[key]
	x.p.mu.Unlock()
	if kept == nil {
		got, err := x.ask()
		if err != nil {
			x.cut()
		}
		kept = got
	}
	if kept.code < 300 {
		x.p.mu.Lock()
		x.p.kept[key] = kept
		x.p.mu.Unlock()
	}
	x.give(kept)
	return false
}

// A client that has an answer needs a moment to be past it.
const pastAnswer = 5 * time.Millisecond

func kill(x *exchange, a args) bool {
	group := a.number("group", int(x.p.group.Load()))
	at := a["at"]
	if at != "before" {
		got, err := x.ask()
		if err == nil && at == "sent" {
			x.p.log("#%d acted: %d", x.id, got.code)
		}
		if err == nil && at == "answered" {
			x.give(got)
			x.flush()
			time.Sleep(pastAnswer)
		}
	}
	if group > 1 {
		killed := victims(group, a["whom"], x.what.agent)
		for _, pid := range killed {
			syscall.Kill(pid, syscall.SIGKILL)
		}
		x.p.log("#%d killed %d", x.id, killed)
	}
	if at != "answered" {
		x.cut()
	}
	return false
}

// Whom: all, or one.  Of a group that is an operator and its workers, the one that asked is the operator, its leader, or
// one of the others, and they are all taken.
func victims(group int, whom, agent string) (pids []int) {
	if whom != "one" {
		return []int{-group}
	}
	if strings.HasPrefix(agent, "berth-operator") {
		return []int{group}
	}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		var pid, parent, of int
		var state string
		text, _ := os.ReadFile(path)
		_, after, _ := strings.Cut(string(text), ") ")
		fmt.Sscan(string(text), &pid)
		if fmt.Sscan(after, &state, &parent, &of); of == group && pid != group {
			pids = append(pids, pid)
		}
	}
	return pids
}

func olderList(x *exchange, _ args) bool {
	old := x.p.older.list(x.what)
	if old != nil {
		x.give(old)
	}
	return old == nil
}

// ---- done to events ----

func olderEvents(s *stream, _ *event, _ args) error {
	s.mute = true
	for _, e := range s.p.older.events(s.what) {
		if err := s.send(e); err != nil {
			return err
		}
	}
	return nil
}

func delay(s *stream, e *event, a args) error {
	time.Sleep(time.Duration(a.number("ms", 1000)) * time.Millisecond)
	return s.send(e)
}

func drop(*stream, *event, args) error { return nil }

func duplicate(s *stream, e *event, a args) (err error) {
	for n := a.number("n", 2); n > 0 && err == nil; n-- {
		err = s.send(e)
	}
	return err
}

func hold(s *stream, e *event, _ args) error {
	s.held = true
	if e != nil {
		s.queue = append(s.queue, item{event: e})
	}
	return nil
}

func null(s *stream, e *event, a args) error {
	return s.sendChanged(e, a["path"], nil)
}

func huge(s *stream, e *event, a args) error {
	const annotation = "metadata.annotations.padding"
	return s.sendChanged(e, annotation, strings.Repeat("x", a.number("bytes", 9<<20)))
}

func (s *stream) sendChanged(e *event, path string, value any) error {
	changed, err := e.with(path, value)
	if err != nil {
		return err
	}
	return s.send(changed)
}

func garbage(s *stream, e *event, _ args) error {
	return s.send(&event{text: append(e.text[:len(e.text)/2:len(e.text)/2], '\n')})
}

func fragment(s *stream, e *event, a args) error {
	s.pieces = a.number("n", 3)
	return s.sendIfAny(e)
}

func slow(s *stream, e *event, a args) error {
	s.chunk, s.pause = a.number("bytes", 100), time.Duration(a.number("ms", 10))*time.Millisecond
	return s.sendIfAny(e)
}

func (s *stream) sendIfAny(e *event) error {
	if e == nil {
		return nil
	}
	return s.send(e)
}

func cut(s *stream, e *event, a args) error {
	if e == nil {
		s.left = a.number("bytes", 0)
		return s.write(nil)
	}
	s.left = a.number("bytes", len(e.text)/2)
	return s.send(e)
}

func closeStream(s *stream, _ *event, a args) error { return s.end(a.number("code", 1000)) }

func sendError(s *stream, _ *event, a args) error {
	if err := s.send(errorEvent(a.number("code", http.StatusGone))); err != nil {
		return err
	}
	return s.end(1000)
}

func freeze(s *stream, _ *event, _ args) error {
	s.conn.freeze()
	return errEnded
}

func vanish(s *stream, _ *event, _ args) error {
	if err := s.conn.vanish(); err != nil {
		return err
	}
	return errEnded
}

// ---- for --help ----

func faultsHelp() string {
	var b strings.Builder
	for _, name := range sortedNames(faults) {
		f := faults[name]
		on := []string{}
		for word, is := range map[string]bool{"events": f.event != nil, "requests": f.request != nil} {
			if is {
				on = append(on, word)
			}
		}
		if f.now {
			on = append(on, "now")
		}
		fmt.Fprintf(&b, "  %-10s %-18s %s (%s)\n", name, f.args, f.help, strings.Join(on, ", "))
	}
	return b.String()
}

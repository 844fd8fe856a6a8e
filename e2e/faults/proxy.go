package main

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

type proxy struct {
	server  *url.URL
	tls     *tls.Config // towards the API server
	rules   *rules
	older   *older
	group   atomic.Int64 // of the command that runs behind us; 0: none
	started time.Time
	ids     atomic.Int64

	mu       sync.Mutex
	out      io.Writer     // the log
	recorded *bufio.Writer // nil: nothing is
	counts   []info        // every request so far
	streams  map[*stream]struct{}
	gate     chan struct{}      // closed by `release`
	kept     map[string]*answer // of the fault `again`
	revoked  map[string]bool    // what Authorization headers are refused from now on
	tokens   map[string]bool    // what Authorization headers were seen
}

func makeProxy(server *url.URL, towards *tls.Config, seed int64) *proxy {
	return &proxy{server: server, tls: towards, rules: &rules{seed: seed}, older: newOlder(), started: time.Now(),
		out: io.Discard, gate: make(chan struct{}), kept: map[string]*answer{}, streams: map[*stream]struct{}{}, revoked: map[string]bool{}, tokens: map[string]bool{}}
}

func (p *proxy) log(format string, a ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(p.out, "%8.3f %s\n", time.Since(p.started).Seconds(), fmt.Sprintf(format, a...))
}

// One request and how it is dealt with: by exactly one of give, cut and pass.
type exchange struct {
	p    *proxy
	id   int
	what info
	w    http.ResponseWriter
	r    *http.Request
}

// An answer held in memory: of everything but a watch.
type answer struct {
	code   int
	header http.Header
	body   []byte
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{p, int(p.ids.Add(1)), classify(r), w, r}
	if x.what.verb == "create" {
		x.what.name = nameInBody(r)
	}
	known := p.arrived(x)
	rule := p.rules.request(&x.what)
	p.log("#%d %s %s %s%s %s %s ?%s", x.id, x.what.verb, x.what.resource, x.what.namespace, "/"+x.what.name,
		x.what.transport, x.what.agent, x.what.query)
	switch {
	case !known:
		p.log("#%d fault: the token is revoked", x.id)
		answerCode(x, args{"code": "401"})
	case rule == nil || p.fault(x, rule):
		x.pass()
	}
}

// Says whether the request is to be dealt with all the same.
func (p *proxy) fault(x *exchange, rule *rule) (pass bool) {
	p.log("#%d fault: %s", x.id, rule.text)
	defer p.rules.did(rule) // also when it ended in a cut, which panics
	return faults[rule.fault].request(x, rule.args)
}

// Counts it, and says whether its token is good.
func (p *proxy) arrived(x *exchange) bool {
	token := x.r.Header.Get("Authorization")
	p.mu.Lock()
	defer p.mu.Unlock()
	p.counts = append(p.counts, x.what)
	p.tokens[token] = true
	return !p.revoked[token]
}

// The tokens seen so far are good no more; open watches go on, as they do with the real one.
func (p *proxy) revoke() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for token := range p.tokens {
		p.revoked[token] = true
	}
}

func (p *proxy) released() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.gate
}

// Requests that wait go on, and later ones wait anew.
func (p *proxy) release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.gate)
	p.gate = make(chan struct{})
}

func (p *proxy) count(text string) (n int, err error) {
	r, err := parseMatch(text)
	if err != nil {
		return 0, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.counts {
		if r.matchesRequest(&p.counts[i]) {
			n++
		}
	}
	return n, nil
}

func (p *proxy) opened(s *stream) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.streams[s] = struct{}{}
}

func (p *proxy) closed(s *stream) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.streams, s)
	close(s.over)
}

func (p *proxy) matching(r *rule) (chosen []*stream) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for s := range p.streams {
		if r.matchesRequest(&s.what) {
			chosen = append(chosen, s)
		}
	}
	return chosen
}

// Does f in each open watch that the rule matches, in that watch's own goroutine, and waits for it.
func (p *proxy) each(r *rule, f func(s *stream) error) (n int) {
	for _, s := range p.matching(r) {
		finished := make(chan struct{})
		select {
		case s.now <- func() error { defer close(finished); return f(s) }:
			<-finished
			n++
		case <-s.over:
		}
	}
	return n
}

func (p *proxy) record(resource string, e *event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.recorded != nil {
		fmt.Fprintf(p.recorded, "%s %s", resource, e.text)
	}
}

// ---- one request ----

// The same request for the API server.
func (x *exchange) upstream() *http.Request {
	r := x.r.Clone(x.r.Context())
	r.URL.Scheme, r.URL.Host, r.Host = x.p.server.Scheme, x.p.server.Host, x.p.server.Host
	r.URL.Path = x.p.server.Path + r.URL.Path
	r.RequestURI = ""
	if x.p.tls.Certificates != nil {
		r.Header.Del("Authorization")
	}
	return r
}

// Asks the API server and takes in the whole answer.
func (x *exchange) ask() (*answer, error) {
	resp, err := connOf(x.r).upstream.RoundTrip(x.upstream())
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return &answer{resp.StatusCode, resp.Header, body}, err
}

func (x *exchange) give(a *answer) {
	for name, values := range a.header {
		x.w.Header()[name] = values
	}
	x.p.log("#%d -> %d", x.id, a.code)
	x.w.WriteHeader(a.code)
	x.w.Write(a.body)
}

func (x *exchange) flush() { http.NewResponseController(x.w).Flush() }

// The connection is lost: with HTTP/2 for all that shared it.
func (x *exchange) cut() {
	x.p.log("#%d cut", x.id)
	connOf(x.r).cut()
	panic(http.ErrAbortHandler)
}

// As if there were no proxy: where the API server hangs up, so do we.
func (x *exchange) pass() {
	switch {
	case x.what.transport == "ws":
		x.webSocket()
	case x.what.verb == "watch":
		x.lines()
	default:
		got, err := x.ask()
		if err != nil {
			x.p.log("#%d no answer: %v", x.id, err)
			x.cut()
		}
		x.p.older.keepList(x.what, got)
		x.give(got)
	}
}

// Known before the client is told, so that `now` finds it as soon as the client has it; run() must follow.
func (x *exchange) newStream(out sink, gone <-chan struct{}) *stream {
	s := &stream{p: x.p, id: x.id, what: x.what, conn: connOf(x.r), out: out, gone: gone, pieces: 1, left: -1,
		syncing: isSync(x.what.query), in: make(chan item),
		now: make(chan func() error), over: make(chan struct{})}
	x.p.opened(s)
	return s
}

func isSync(query string) bool {
	q, _ := url.ParseQuery(query)
	return q.Get("sendInitialEvents") == "true"
}

func openLog(path string) (io.Writer, error) {
	if path == "" {
		return os.Stdout, nil
	}
	return os.Create(path)
}

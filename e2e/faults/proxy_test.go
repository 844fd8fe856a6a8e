package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// A server that speaks as much Kubernetes as a proxy can tell, and the proxy before it.
type bench struct {
	*testing.T
	p        *proxy
	events   chan string // told to the one open watch; "" ends it
	requests atomic.Int64
	client   *http.Client
	address  string
	trust    *tls.Config
}

func (b *bench) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.requests.Add(1)
	switch {
	case r.Header.Get("Upgrade") != "":
		c, _, _ := w.(http.Hijacker).Hijack()
		defer c.Close()
		io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
		for text := range b.events {
			if text == "" {
				c.Write(appendClose(nil, 1000))
				return
			}
			c.Write(appendFrame(nil, opText, true, []byte(text)))
		}
	case r.URL.Query().Get("watch") != "":
		http.NewResponseController(w).Flush()
		for text := range b.events {
			if text == "" {
				return
			}
			io.WriteString(w, text)
			http.NewResponseController(w).Flush()
		}
	default:
		fmt.Fprintf(w, "answer %d", b.requests.Load())
	}
}

func newBench(t *testing.T) *bench {
	b := &bench{T: t, events: make(chan string, 100)}
	server := httptest.NewUnstartedServer(b)
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(func() { close(b.events); server.CloseClientConnections(); server.Close() })
	at, _ := url.Parse(server.URL)
	towards := server.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	b.p = makeProxy(at, towards, 1)
	address, ca, err := b.p.serve("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	b.address, b.trust = address, &tls.Config{RootCAs: pool}
	b.client = &http.Client{Transport: &http.Transport{TLSClientConfig: b.trust, ForceAttemptHTTP2: true}}
	return b
}

func (b *bench) ctl(line, want string) {
	b.Helper()
	got, err := b.p.command(line)
	if err != nil || got != want {
		b.Fatalf("%s: %q, %v; want %q", line, got, err, want)
	}
}

func (b *bench) get(path string) (int, string, error) {
	resp, err := b.client.Get("https://" + b.address + path)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body), err
}

func (b *bench) wantGet(path string, code int, part string) {
	b.Helper()
	got, body, err := b.get(path)
	if err != nil || got != code || !strings.Contains(body, part) {
		b.Fatalf("%d %q %v; want %d %q", got, body, err, code, part)
	}
}

const things = "/apis/x.io/v1/things"

func someEvent(kind, name string, version int) string {
	return fmt.Sprintf(`{"type":%q,"object":{"metadata":{"name":%q,"resourceVersion":"%d"}}}`+"\n", kind, name, version)
}

// A watch of either kind, as lines; the last one is an error, io.EOF if the server said goodbye.
type watcher struct {
	lines  chan any
	hangUp func()
}

func (b *bench) watch(transport, query string) *watcher {
	path := things + "?watch=true&" + query
	w := &watcher{lines: make(chan any, 100)}
	if transport == "http" {
		resp, err := b.client.Get("https://" + b.address + path)
		if err != nil {
			b.Fatal(err)
		}
		w.hangUp = func() { resp.Body.Close() }
		go w.read(bufio.NewReader(resp.Body), func(r *bufio.Reader) (string, error) { return r.ReadString('\n') })
		return w
	}
	c, err := tls.Dial("tcp", b.address, b.trust)
	if err != nil {
		b.Fatal(err)
	}
	w.hangUp = func() { c.Close() }
	fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", path)
	r := bufio.NewReader(c)
	if resp, err := http.ReadResponse(r, nil); err != nil || resp.StatusCode != 101 {
		b.Fatal(resp, err)
	}
	go w.read(r, func(r *bufio.Reader) (string, error) {
		f, err := readFrame(r)
		if err == nil && f.op == opClose {
			err = io.EOF
		} else if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return string(f.payload), err
	})
	return w
}

func (w *watcher) read(r *bufio.Reader, next func(*bufio.Reader) (string, error)) {
	for {
		line, err := next(r)
		if err != nil {
			w.lines <- err
			return
		}
		w.lines <- line
	}
}

func (b *bench) wantLine(w *watcher, want string) {
	b.Helper()
	select {
	case got := <-w.lines:
		if got != want {
			b.Fatalf("%q, want %q", got, want)
		}
	case <-time.After(5 * time.Second):
		b.Fatalf("nothing came, want %q", want)
	}
}

func (b *bench) wantEnd(w *watcher, inDueForm bool) {
	b.Helper()
	select {
	case got := <-w.lines:
		if err, is := got.(error); !is || errors.Is(err, io.EOF) != inDueForm {
			b.Fatalf("%v, want the end, in due form: %v", got, inDueForm)
		}
	case <-time.After(5 * time.Second):
		b.Fatal("no end came")
	}
}

func (b *bench) wantSilence(w *watcher) {
	b.Helper()
	select {
	case got := <-w.lines:
		b.Fatalf("%v, want silence", got)
	case <-time.After(200 * time.Millisecond):
	}
}

func both(t *testing.T, test func(b *bench, transport string)) {
	for _, transport := range []string{"http", "ws"} {
		t.Run(transport, func(t *testing.T) { test(newBench(t), transport) })
	}
}

func TestRequests(t *testing.T) {
	b := newBench(t)
	b.wantGet(things, 200, "answer 1")
	b.ctl("on list things : answer code=429 retry-after=7", "ok")
	b.wantGet(things, 429, "TooManyRequests")
	b.wantGet(things, 200, "answer 2") // the server did not see the one before
	b.ctl("on list things : swallow", "ok")
	if _, _, err := b.get(things); err == nil {
		t.Error("swallowed, and yet answered")
	}
	b.ctl("await", "ok")
	b.wantGet(things, 200, "answer 4")
	b.ctl("on list things : older", "ok")
	b.wantGet(things, 200, "answer 1")
	b.ctl("count list things", "6")
}

func TestStall(t *testing.T) {
	b := newBench(t)
	b.ctl("on list things times=2 : stall", "ok")
	answers := make(chan string, 2)
	for i := 0; i < 2; i++ {
		go func() {
			_, body, _ := b.get(things)
			answers <- body
		}()
	}
	select {
	case got := <-answers:
		t.Fatal(got)
	case <-time.After(200 * time.Millisecond):
	}
	if b.requests.Load() != 0 {
		t.Error("the server was asked")
	}
	b.ctl("release", "ok 0")
	if one, other := <-answers, <-answers; one == "" || other == "" {
		t.Errorf("%q, %q", one, other)
	}
}

func TestAgain(t *testing.T) {
	b := newBench(t)
	b.ctl("on list things times=all : again", "ok")
	for range 3 {
		b.wantGet(things, 200, "answer 1")
	}
	b.ctl("clear", "ok")
	b.wantGet(things, 200, "answer 2")
	b.ctl("on list things times=all : again", "ok")
	b.wantGet(things, 200, "answer 3")
}

func TestRevoke(t *testing.T) {
	b := newBench(t)
	b.wantGet(things, 200, "answer")
	b.ctl("revoke", "ok")
	b.wantGet(things, 401, "Unauthorized")
}

func TestKill(t *testing.T) {
	for at, want := range map[string]int64{"before": 0, "sent": 1, "answered": 1} {
		b := newBench(t)
		c := exec.Command("sleep", "60")
		c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		b.ctl(fmt.Sprintf("on list things : kill at=%s group=%d", at, c.Process.Pid), "ok")
		_, _, err := b.get(things)
		if (err == nil) != (at == "answered") || b.requests.Load() != want {
			t.Errorf("%s: the server saw %d, the client %v", at, b.requests.Load(), err)
		}
		if c.Wait(); c.ProcessState.String() != "signal: killed" {
			t.Error(at, c.ProcessState)
		}
	}
}

// The leader of a group, or those that it started, by who asked; the others live on.
func TestKillOne(t *testing.T) {
	c := exec.Command("sh", "-c", "sleep 60 & echo $!; wait $!; echo gone; sleep 60")
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, _ := c.StdoutPipe()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
	said := bufio.NewScanner(out)
	said.Scan()
	if pids := victims(c.Process.Pid, "one", "berth-worker/1"); fmt.Sprint(pids) != "["+said.Text()+"]" {
		t.Errorf("workers %v, want %s", pids, said.Text())
	}
	if pids := victims(c.Process.Pid, "one", "berth-operator/1"); fmt.Sprint(pids) != fmt.Sprintf("[%d]", c.Process.Pid) {
		t.Errorf("operator %v", pids)
	}
	if pids := victims(c.Process.Pid, "", "berth-worker/1"); fmt.Sprint(pids) != fmt.Sprintf("[%d]", -c.Process.Pid) {
		t.Errorf("all %v", pids)
	}
	b := newBench(t)
	b.ctl(fmt.Sprintf("on list things : kill at=before whom=one group=%d", c.Process.Pid), "ok")
	b.get(things)
	if said.Scan(); said.Text() != "gone" {
		t.Error("who asked was not killed alone")
	}
}

func TestEvents(t *testing.T) {
	both(t, func(b *bench, transport string) {
		w := b.watch(transport, "")
		one, two, three := someEvent("ADDED", "a", 1), someEvent("ADDED", "b", 2), someEvent("ADDED", "c", 3)
		b.events <- one
		b.wantLine(w, one)
		b.ctl("on watch things : duplicate", "ok")
		b.ctl("on watch things nth=2 : drop", "ok")
		b.events <- one
		b.wantLine(w, one)
		b.wantLine(w, one)
		b.events <- two
		b.events <- three
		b.wantLine(w, three)
		b.ctl("now watch things : hold", "ok 1")
		b.events <- one
		b.wantSilence(w)
		b.ctl("release", "ok 1")
		b.wantLine(w, one)
		b.events <- ""
		b.wantEnd(w, true)
	})
}

func TestEnds(t *testing.T) {
	for fault, inDueForm := range map[string]bool{"cut": false, "cut bytes=0": false, "close code=1006": false, "close": true} {
		both(t, func(b *bench, transport string) {
			w := b.watch(transport, "")
			b.ctl("on watch things : "+fault, "ok")
			b.events <- someEvent("ADDED", "a", 1)
			b.wantEnd(w, inDueForm)
		})
	}
}

func TestError(t *testing.T) {
	both(t, func(b *bench, transport string) {
		w := b.watch(transport, "")
		b.events <- ""
		b.wantEnd(w, true)
		w = b.watch(transport, "")
		b.ctl("now watch things : error", "ok 1")
		b.wantLine(w, string(errorEvent(410).text))
		b.wantEnd(w, true)
	})
}

func TestFreeze(t *testing.T) {
	for _, fault := range []string{"freeze", "vanish"} {
		both(t, func(b *bench, transport string) {
			w := b.watch(transport, "")
			b.ctl("on watch things : "+fault, "ok")
			b.events <- someEvent("ADDED", "a", 1)
			b.ctl("await", "ok")
			b.wantSilence(w)
			w.hangUp()
		})
	}
}

func TestOlder(t *testing.T) {
	both(t, func(b *bench, transport string) {
		synced := `{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"2","annotations":{"k8s.io/initial-events-end":"true"}}}}` + "\n"
		first, later := someEvent("ADDED", "a", 1), someEvent("ADDED", "a", 5)
		for _, shown := range []string{first, later, first} {
			w := b.watch(transport, "sendInitialEvents=true")
			if shown == first && b.requests.Load() == 3 {
				b.ctl("on watch things phase=sync : older", "ok")
				b.events <- later
			} else {
				b.events <- shown
			}
			b.wantLine(w, shown)
			if b.requests.Load() < 3 {
				b.events <- synced
			}
			b.wantLine(w, synced)
			if b.requests.Load() < 3 {
				b.events <- ""
				b.wantEnd(w, true)
				continue
			}
			b.events <- later
			b.wantSilence(w)
			w.hangUp()
		}
	})
}

// A frozen connection keeps what it was sent; one that is cut after so many bytes delivers exactly these.
func TestCutBytes(t *testing.T) {
	b := newBench(t)
	c, err := tls.Dial("tcp", b.address, b.trust)
	if err != nil {
		t.Fatal(err)
	}
	b.ctl("on watch things : cut bytes=20", "ok")
	fmt.Fprintf(c, "GET %s?watch=true HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", things)
	b.events <- someEvent("ADDED", "a", 1)
	c.SetReadDeadline(time.Now().Add(5 * time.Second))
	got, err := io.ReadAll(c)
	var late net.Error
	if errors.As(err, &late) && late.Timeout() {
		t.Fatal("not cut")
	}
	_, after, _ := bytes.Cut(got, []byte("\r\n\r\n"))
	if len(after) != 20 || after[0] != 0x81 {
		t.Errorf("%q", after)
	}
}

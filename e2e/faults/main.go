// faults: a TLS proxy before a Kubernetes API server that does, on request, what networks, gateways and
// servers do to a client.  README.md tells the plot.
package main

import (
	"bufio"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
)

// A flag that may be given several times.
type list []string

func (l *list) String() string     { return strings.Join(*l, ",") }
func (l *list) Set(s string) error { *l = append(*l, s); return nil }

type options struct {
	in, out                          list
	listen, control, script, logFile string
	record, killAt, killMatch        string
	seed                             int64
	command                          []string
}

func parseOptions() (o options) {
	flag.Var(&o.in, "kubeconfig", "how to reach the API server; may be repeated, for several credentials")
	flag.Var(&o.out, "write-kubeconfig", "the kubeconfig of the proxy, written when it is ready; one for each --kubeconfig")
	flag.StringVar(&o.listen, "listen", "127.0.0.1:0", "address of the proxy")
	flag.StringVar(&o.control, "control", "", "path of the control socket")
	flag.StringVar(&o.script, "script", "", "file of RULEs, one a line")
	flag.Int64Var(&o.seed, "seed", 1, "of chance=")
	flag.StringVar(&o.logFile, "log", "", "file of the log (standard output)")
	flag.StringVar(&o.record, "record", "", "file that events are written to, as the server sent them")
	flag.StringVar(&o.killAt, "kill-at", "", "K:before, K:sent or K:answered: SIGKILL to COMMAND and all it started, at the K-th request that matches")
	flag.StringVar(&o.killMatch, "kill-match", "any !events", "which requests count for --kill-at: VERBS RESOURCES [TERM=VALUE]...; watches never do")
	flag.Usage = usage
	flag.Parse()
	o.command = flag.Args()
	return o
}

func usage() {
	fmt.Fprint(os.Stderr, "usage: faults --kubeconfig FILE --write-kubeconfig FILE [OPTION]... [COMMAND ARG...]\n"+
		"       faults ctl SOCKET LINE...\n"+
		"       faults sink SOCKET LOG\n"+
		"       faults scheduler SOCKET LOG\n"+
		"       faults registry SOCKET LOG\n"+
		"       faults api SOCKET LOG ADDRESS\n"+
		"       faults beat KUBECONFIG PATH COUNT\n\nWith a COMMAND the proxy lives as long as that, which gets the proxy's signals.\n\n")
	flag.PrintDefaults()
	fmt.Fprintf(os.Stderr, "\nLINE:\n%s\nTERM:\n"+
		"  agent=TEXT query=TEXT transport=ws|http            of the request: parts, or which\n"+
		"  type=ADDED|MODIFIED|DELETED|BOOKMARK|SYNCED|ERROR name=NAME phase=sync|live   of the event\n"+
		"  nth=N times=N|all chance=P      from the N-th match on (1), so many times (1), each with probability P\n"+
		"VERBS and RESOURCES are a,b or any or *; !a takes one out.\n\nFAULT, its ARGs, what it does, and to what:\n%s",
		controlHelp, faultsHelp())
}

func main() {
	if len(os.Args) > 3 && os.Args[1] == "ctl" {
		os.Exit(ctl(os.Args[2], os.Args[3:]))
	}
	if len(os.Args) == 4 && os.Args[1] == "sink" {
		fail(runSink(os.Args[2], os.Args[3], "127.0.0.1:0"))
	}
	if len(os.Args) == 5 && os.Args[1] == "sink" {
		fail(runSink(os.Args[2], os.Args[3], os.Args[4]))
	}
	if len(os.Args) == 4 && os.Args[1] == "scheduler" {
		fail(runScheduler(os.Args[2], os.Args[3]))
	}
	if len(os.Args) == 4 && os.Args[1] == "registry" {
		fail(runRegistry(os.Args[2], os.Args[3]))
	}
	if len(os.Args) == 5 && os.Args[1] == "api" {
		fail(runAPI(os.Args[2], os.Args[3], os.Args[4]))
	}
	if len(os.Args) == 5 && os.Args[1] == "beat" {
		count, err := strconv.Atoi(os.Args[4])
		if err == nil {
			err = beat(os.Args[2], os.Args[3], count)
		}
		if err != nil {
			fail(err)
		}
		return
	}
	code, err := run(parseOptions())
	if err != nil {
		fail(err)
	}
	os.Exit(code)
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "faults:", err)
	os.Exit(1)
}

func run(o options) (int, error) {
	if len(o.in) == 0 || len(o.in) != len(o.out) {
		return 0, errors.New("as many --write-kubeconfig as --kubeconfig, at least one")
	}
	p, configs, err := newProxy(o)
	if err != nil {
		return 0, err
	}
	if err := p.arm(o); err != nil {
		return 0, err
	}
	if o.control != "" {
		l, err := net.Listen("unix", o.control)
		if err != nil {
			return 0, err
		}
		go control(l, p.command)
	}
	if err := p.listen(o, configs); err != nil {
		return 0, err
	}
	defer p.flushRecord()
	return p.wait(o.command)
}

func newProxy(o options) (*proxy, []*kubeconfig, error) {
	var configs []*kubeconfig
	for _, path := range o.in {
		k, err := readKubeconfig(path)
		if err != nil {
			return nil, nil, err
		}
		configs = append(configs, k)
	}
	c, err := configs[0].tls()
	if err != nil {
		return nil, nil, err
	}
	p := makeProxy(configs[0].server, c, o.seed)
	if p.out, err = openLog(o.logFile); err != nil {
		return nil, nil, err
	}
	if o.record != "" {
		file, err := os.Create(o.record)
		if err != nil {
			return nil, nil, err
		}
		p.recorded = bufio.NewWriterSize(file, 1<<20)
	}
	return p, configs, nil
}

func (p *proxy) arm(o options) error {
	if o.script != "" {
		text, err := os.ReadFile(o.script)
		if err != nil {
			return err
		}
		for _, line := range strings.Split(string(text), "\n") {
			if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
				continue
			}
			if err := p.rules.arm(line); err != nil {
				return fmt.Errorf("%s: %w", o.script, err)
			}
		}
	}
	if o.killAt == "" {
		return nil
	}
	k, at, _ := strings.Cut(o.killAt, ":")
	return p.rules.arm(fmt.Sprintf("%s nth=%s : kill at=%s", o.killMatch, k, at))
}

func (p *proxy) listen(o options, configs []*kubeconfig) error {
	address, ca, err := p.serve(o.listen)
	if err != nil {
		return err
	}
	for i, k := range configs {
		if err := k.writeFor(o.out[i], address, ca); err != nil {
			return err
		}
	}
	p.log("ready: https://%s for %s", address, p.server)
	return nil
}

// Answers where it listens, and the authority to trust.
func (p *proxy) serve(listen string) (address string, ca []byte, err error) {
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return "", nil, err
	}
	address = l.Addr().String()
	host, _, _ := net.SplitHostPort(address)
	pair, ca, err := makeCertificate(host)
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{
		Handler:     p,
		ConnContext: withConn,
		TLSConfig:   &tls.Config{Certificates: []tls.Certificate{pair}},
		ErrorLog:    log.New(io.Discard, "", 0), // a client that hangs up is its business
	}
	go server.ServeTLS(listener{l, p.transport}, "", "")
	return address, ca, nil
}

// Of one client connection; never retries by itself where the server hung up: it sees what we saw.
func (p *proxy) transport() *http.Transport {
	return &http.Transport{TLSClientConfig: p.tls.Clone(), ForceAttemptHTTP2: true, DisableCompression: true}
}

func (p *proxy) flushRecord() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.recorded != nil {
		p.recorded.Flush()
	}
}

// Until a signal, or until the command ends, whose exit code is ours.
func (p *proxy) wait(command []string) (int, error) {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	if len(command) == 0 {
		<-signals
		return 0, nil
	}
	c := exec.Command(command[0], command[1:]...)
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := c.Start(); err != nil {
		return 0, err
	}
	p.group.Store(int64(c.Process.Pid))
	go func() {
		for s := range signals {
			c.Process.Signal(s)
		}
	}()
	c.Wait()
	p.log("the command ended: %v", c.ProcessState)
	if by := c.ProcessState.Sys().(syscall.WaitStatus); by.Signaled() {
		return 128 + int(by.Signal()), nil // as a shell says it
	}
	return c.ProcessState.ExitCode(), nil
}

package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// The programs that run beside: the fleet, the operator, the fault proxy.

// ---- berth-fleet, whose clusters do as they are told ----

type fleet struct {
	mu      sync.Mutex
	orders  io.WriteCloser
	answers *bufio.Scanner
	command *exec.Cmd
}

const clusterPrefix = "lives-"

func clusterName(n int) string { return fmt.Sprintf("%s%05d", clusterPrefix, n) }

func startFleet(c *config, clusters int, log io.Writer) (*fleet, error) {
	f := &fleet{command: exec.Command(filepath.Join(c.build, "berth-fleet"), "--kubeconfig",
		filepath.Join(c.state, "hub", "pki", "berth-bed.kubeconfig"), "--clusters", strconv.Itoa(clusters), "--prefix", clusterPrefix,
		"--hub", "self", "--quick", "--orders", "--heartbeat", "0", "--feedback-ms", strconv.Itoa(c.feedback), "--progress", "0",
		"--log-level", "error")}
	f.command.Stderr = log
	out, err := f.command.StdoutPipe()
	if err == nil {
		f.orders, err = f.command.StdinPipe()
	}
	if err == nil {
		err = f.command.Start()
	}
	f.answers = bufio.NewScanner(out)
	return f, err
}

func (f *fleet) order(verb, cluster string) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, err := fmt.Fprintln(f.orders, verb, cluster); err != nil {
		return "", fmt.Errorf("the fleet has ended: %w", err)
	}
	if !f.answers.Scan() {
		return "", fmt.Errorf("the fleet has ended")
	}
	word, rest, _ := strings.Cut(f.answers.Text(), " ")
	if word != "ok" {
		return "", fmt.Errorf("%s %s: %s", verb, cluster, rest)
	}
	return rest, nil
}

// How many works an edge holds.
func (f *fleet) held(cluster string) int {
	answer, err := f.order("edge", cluster)
	n, wrong := strconv.Atoi(answer)
	if err != nil || wrong != nil {
		return -1
	}
	return n
}

func (f *fleet) stop() {
	f.orders.Close()
	f.command.Wait()
}

// ---- the operator and its workers: one process group ----

type berth struct {
	c       *config
	log     io.Writer
	mu      sync.Mutex
	command *exec.Cmd
	ended   chan struct{}
}

func (b *berth) start() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.command = exec.Command(filepath.Join(b.c.build, "berth-operator"), "--kubeconfig", b.c.operator,
		"--worker-kubeconfig", b.c.worker, "--worker", filepath.Join(b.c.build, "berth-worker"),
		"--metrics-address", "127.0.0.1:0", "--log-level", b.c.logLevel)
	b.command.Stdout, b.command.Stderr = b.log, b.log
	b.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := b.command.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	b.ended = ended
	go func(c *exec.Cmd) {
		c.Wait()
		close(ended)
	}(b.command)
	return nil
}

func (b *berth) group() int { b.mu.Lock(); defer b.mu.Unlock(); return b.command.Process.Pid }

func (b *berth) runs() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case <-b.ended:
		return false
	default:
		return true
	}
}

// SIGKILL to the operator, to its workers, or to all.
func (b *berth) kill(whom string) {
	group := b.group()
	switch whom {
	case "operator":
		syscall.Kill(group, syscall.SIGKILL)
	case "workers":
		for _, pid := range childrenOf(group) {
			syscall.Kill(pid, syscall.SIGKILL)
		}
	default:
		syscall.Kill(-group, syscall.SIGKILL)
	}
	if whom != "workers" {
		<-b.ended
	}
}

// True if it had ended, by itself or by a kill, and was started again: a kubelet would.
func (b *berth) revive() (bool, error) {
	if b.runs() {
		return false, nil
	}
	return true, b.start()
}

func (b *berth) stop() {
	b.mu.Lock()
	b.command.Process.Signal(syscall.SIGTERM)
	b.mu.Unlock()
	select {
	case <-b.ended:
	case <-time.After(20 * time.Second):
		b.kill("all")
	}
}

func childrenOf(parent int) (pids []int) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		var pid, of int
		var state string
		text, _ := os.ReadFile(path)
		_, after, _ := strings.Cut(string(text), ") ")
		fmt.Sscan(string(text), &pid)
		if fmt.Sscan(after, &state, &of); of == parent {
			pids = append(pids, pid)
		}
	}
	return pids
}

// ---- the fault proxy ----

type proxy struct {
	dir      string
	operator string // kubeconfigs by way of it
	worker   string
	command  *exec.Cmd
}

func startProxy(c *config, dir string) (*proxy, error) {
	p := &proxy{dir: dir, operator: filepath.Join(dir, "operator"), worker: filepath.Join(dir, "worker")}
	p.command = exec.Command(filepath.Join(c.build, "e2e", "faults"), "--control", filepath.Join(dir, "ctl"),
		"--log", filepath.Join(dir, "log"), "--kubeconfig", c.operator, "--write-kubeconfig", p.operator,
		"--kubeconfig", c.worker, "--write-kubeconfig", p.worker)
	p.command.Stderr = os.Stderr
	os.Remove(filepath.Join(dir, "ctl")) // of one that was killed
	os.Remove(filepath.Join(dir, "log"))
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	ready := func() bool {
		text, _ := os.ReadFile(filepath.Join(dir, "log"))
		return strings.Contains(string(text), " ready: ")
	}
	if !until(10*time.Second, ready) {
		return nil, fmt.Errorf("the fault proxy does not start")
	}
	return p, nil
}

func (p *proxy) tell(line string) (string, error) {
	c, err := net.Dial("unix", filepath.Join(p.dir, "ctl"))
	if err != nil {
		return "", err
	}
	defer c.Close()
	fmt.Fprintln(c, line)
	in := bufio.NewScanner(c)
	in.Scan()
	if strings.HasPrefix(in.Text(), "error") {
		return "", fmt.Errorf("%s: %s", line, in.Text())
	}
	return in.Text(), nil
}

func (p *proxy) stop() {
	p.command.Process.Kill()
	p.command.Wait()
}

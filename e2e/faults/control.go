package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sort"
	"strings"
	"time"
)

// The control socket: a line in, a line out ("ok...", or "error ...").

const controlHelp = `  on RULE           arm a fault: on VERBS RESOURCES [TERM=VALUE]... : FAULT [ARG=VALUE]...
  now RULE          do it to every open watch that matches
  release [MATCH]   let go what is held or stalled (VERBS RESOURCES [TERM=VALUE]...: only those watches)
  await [SECONDS]   wait until every armed fault with a limit has been done (30)
  clear             disarm all
  revoke            the tokens seen so far are refused with 401
  count MATCH       how many requests matched so far
  streams MATCH     how many watches are open
`

func control(l net.Listener, command func(line string) (string, error)) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			for in := bufio.NewScanner(c); in.Scan(); {
				answer, err := command(in.Text())
				if err != nil {
					answer = "error " + err.Error()
				}
				fmt.Fprintln(c, answer)
			}
		}()
	}
}

// "ORDER name=value ...".
func parseOrder(line string) (string, args) {
	order, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	given := args{}
	for _, word := range strings.Fields(rest) {
		name, value, _ := strings.Cut(word, "=")
		given[name] = value
	}
	return order, given
}

// A server that does as it is told on its control socket.
type obedient interface {
	http.Handler
	command(line string) (string, error)
}

// The log gets its URL first.
func serve(socket, address string, log io.Writer, s obedient) error {
	os.Remove(socket) // of one that was killed
	orders, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	go control(orders, s.command)
	fmt.Fprintf(log, "http://%s\n", l.Addr())
	return http.Serve(l, s)
}

func (p *proxy) command(line string) (string, error) {
	word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	p.log("ctl %s", line)
	switch word {
	case "on":
		return "ok", p.rules.arm(rest)
	case "now":
		return p.commandNow(rest)
	case "release":
		return p.commandRelease(rest)
	case "await":
		return p.commandAwait(rest)
	case "clear":
		p.rules.clear()
		p.mu.Lock()
		defer p.mu.Unlock()
		clear(p.kept)
		return "ok", nil
	case "revoke":
		p.revoke()
		return "ok", nil
	case "count":
		n, err := p.count(rest)
		return fmt.Sprint(n), err
	case "streams":
		r, err := parseMatch(rest)
		if err != nil {
			return "", err
		}
		return fmt.Sprint(len(p.matching(r))), nil
	}
	return "", fmt.Errorf("unknown command %q", word)
}

func (p *proxy) commandNow(text string) (string, error) {
	r, err := parseRule(text, 0)
	if err != nil {
		return "", err
	}
	f := faults[r.fault]
	if !f.now {
		return "", fmt.Errorf("%s cannot be done to an open watch", r.fault)
	}
	n := p.each(r, func(s *stream) error {
		p.log("#%d fault: %s", s.id, text)
		return f.event(s, nil, r.args)
	})
	return fmt.Sprintf("ok %d", n), nil
}

func (p *proxy) commandRelease(match string) (string, error) {
	if match == "" {
		match = "any any"
		p.release()
	}
	r, err := parseMatch(match)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("ok %d", p.each(r, (*stream).release)), nil
}

func (p *proxy) commandAwait(rest string) (string, error) {
	seconds := args{"seconds": rest}.number("seconds", 30)
	for end := time.Now().Add(time.Duration(seconds) * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if len(p.rules.open()) == 0 {
			return "ok", nil
		}
	}
	return "", fmt.Errorf("not done: %s", strings.Join(p.rules.open(), "; "))
}

// `faults ctl SOCKET LINE...`: exit code 1 if one of them was refused.
func ctl(socket string, lines []string) int {
	c, err := net.Dial("unix", socket)
	if err != nil {
		fmt.Fprintln(os.Stderr, "faults:", err)
		return 1
	}
	defer c.Close()
	code, in := 0, bufio.NewScanner(c)
	for _, line := range lines {
		fmt.Fprintln(c, line)
		if !in.Scan() {
			fmt.Fprintln(os.Stderr, "faults: the proxy has ended")
			return 1
		}
		if strings.HasPrefix(in.Text(), "error") {
			code = 1
		}
		fmt.Println(in.Text())
	}
	return code
}

func sortedNames[V any](m map[string]V) (names []string) {
	for name := range m {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

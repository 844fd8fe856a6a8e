package main

import (
	"context"
	"net"
	"net/http"
	"sync"
	"syscall"
)

// A client's TCP connection, below TLS.  It can be frozen: no byte moves any more in either direction and
// no FIN is sent, as when a process is stopped; it can vanish, as when a cable is pulled: then the kernel
// acknowledges nothing either; and it can be cut: a FIN without TLS's and HTTP's goodbye.
type conn struct {
	net.Conn
	upstream *http.Transport // one per client connection: they live and die together
	frozen   chan struct{}   // closed: is so
	freezing sync.Once
}

func (c *conn) freeze() { c.freezing.Do(func() { close(c.frozen) }) }
func (c *conn) cut()    { c.Conn.Close() }

// A filter on the socket that lets no packet in.
func (c *conn) vanish() error {
	c.freeze()
	raw, err := c.Conn.(syscall.Conn).SyscallConn()
	if err != nil {
		return err
	}
	nothing := []syscall.SockFilter{{Code: syscall.BPF_RET | syscall.BPF_K, K: 0}}
	var attached error
	if err := raw.Control(func(fd uintptr) { attached = syscall.AttachLsf(int(fd), nothing) }); err != nil {
		return err
	}
	return attached
}

func (c *conn) hangIfFrozen() {
	select {
	case <-c.frozen:
		select {}
	default:
	}
}

func (c *conn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.hangIfFrozen()
	return n, err
}

func (c *conn) Write(b []byte) (int, error) {
	c.hangIfFrozen()
	return c.Conn.Write(b)
}

// Who closes it from above would send a FIN.
func (c *conn) Close() error {
	c.hangIfFrozen()
	c.upstream.CloseIdleConnections()
	return c.Conn.Close()
}

type listener struct {
	net.Listener
	transport func() *http.Transport
}

func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c, upstream: l.transport(), frozen: make(chan struct{})}, nil
}

type connKey struct{}

// For http.Server.ConnContext: what it serves is TLS over one of our connections.
func withConn(ctx context.Context, c net.Conn) context.Context {
	under := c.(interface{ NetConn() net.Conn }).NetConn()
	return context.WithValue(ctx, connKey{}, under)
}

func connOf(r *http.Request) *conn { return r.Context().Value(connKey{}).(*conn) }

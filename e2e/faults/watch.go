package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
)

// A watch over HTTP: lines of an answer without end.

type lineSink struct{ x *exchange }

func (l lineSink) wire(text []byte, pieces int) (wire [][]byte) {
	for i := 0; i < pieces; i++ {
		wire = append(wire, text[len(text)*i/pieces:len(text)*(i+1)/pieces])
	}
	return wire
}

func (l lineSink) write(b []byte) error {
	_, err := l.x.w.Write(b)
	l.x.flush()
	return err
}

func (l lineSink) bye(int) {} // the handler returns, which ends the answer in due form

func (x *exchange) lines() {
	resp, err := connOf(x.r).upstream.RoundTrip(x.upstream())
	if err != nil {
		x.p.log("#%d no answer: %v", x.id, err)
		x.cut()
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(resp.Body)
		x.give(&answer{resp.StatusCode, resp.Header, body})
		return
	}
	s := x.newStream(lineSink{x}, x.r.Context().Done())
	x.give(&answer{resp.StatusCode, resp.Header, nil})
	x.flush()
	ctx, over := context.WithCancel(context.Background())
	defer over()
	go s.feed(ctx, lineItems(resp.Body))
	s.run()
}

func lineItems(body io.Reader) func() item {
	r := bufio.NewReaderSize(body, 64<<10)
	return func() item {
		text, err := r.ReadBytes('\n')
		switch {
		case err == nil:
			return item{event: parseEvent(text)}
		case errors.Is(err, io.EOF) && len(text) == 0:
			return item{end: true, code: 1000}
		}
		return item{end: true}
	}
}

// Hands over what the server sends, until it ends or the stream is over.
func (s *stream) feed(ctx context.Context, next func() item) {
	for {
		i := next()
		select {
		case s.in <- i:
		case <-ctx.Done():
			return
		}
		if i.end {
			return
		}
	}
}

// A watch over a WebSocket: a connection of its own on both sides.

type frameSink struct{ client net.Conn }

func (f frameSink) wire(text []byte, pieces int) [][]byte { return fragments(text, pieces) }

func (f frameSink) write(b []byte) error {
	_, err := f.client.Write(b)
	return err
}

func (f frameSink) bye(code int) { f.client.Write(appendClose(nil, code)) }

func (x *exchange) webSocket() {
	server, err := x.dial()
	if err != nil {
		x.p.log("#%d no answer: %v", x.id, err)
		x.cut()
	}
	defer server.Close()
	in := bufio.NewReaderSize(server, 64<<10)
	resp, err := http.ReadResponse(in, x.r)
	if err != nil {
		x.p.log("#%d no answer: %v", x.id, err)
		x.cut()
	}
	if resp.StatusCode != http.StatusSwitchingProtocols {
		body, _ := io.ReadAll(resp.Body)
		x.give(&answer{resp.StatusCode, resp.Header, body})
		return
	}
	x.upgraded(server, in, resp)
}

func (x *exchange) dial() (net.Conn, error) {
	c := x.p.tls.Clone()
	c.NextProtos = []string{"http/1.1"}
	server, err := tls.Dial("tcp", x.p.server.Host, c)
	if err != nil {
		return nil, err
	}
	return server, x.upstream().Write(server)
}

func (x *exchange) upgraded(server net.Conn, in *bufio.Reader, resp *http.Response) {
	client, from, err := http.NewResponseController(x.w).Hijack()
	if err != nil {
		panic(err) // a server that does not let us is not net/http's
	}
	defer client.Close()
	gone := make(chan struct{})
	s := x.newStream(frameSink{client}, gone)
	x.p.log("#%d -> %d", x.id, resp.StatusCode)
	fmt.Fprintf(client, "HTTP/1.1 %s\r\n", resp.Status)
	resp.Header.Write(client)
	io.WriteString(client, "\r\n") // who does not get it has hung up, as the next lines will see
	ctx, over := context.WithCancel(context.Background())
	defer over()
	go func() { // what the client says goes on as it is; it ends when either side does
		io.Copy(server, from)
		close(gone)
	}()
	go s.feed(ctx, frameItems(in))
	s.run()
}

func frameItems(r *bufio.Reader) func() item {
	return func() item {
		f, err := readFrame(r)
		switch {
		case err != nil:
			return item{end: true}
		case f.isData():
			return item{event: parseEvent(f.payload)}
		case f.op == opClose && len(f.payload) >= 2:
			return item{end: true, code: int(binary.BigEndian.Uint16(f.payload))}
		case f.op == opClose:
			return item{end: true, code: 1000}
		}
		return item{control: appendFrame(nil, f.op, true, f.payload)}
	}
}

package main

import (
	"errors"
	"time"
)

// What carries events to the client: WebSocket frames, or lines of an HTTP answer.
type sink interface {
	wire(text []byte, pieces int) [][]byte // an event as it is written, in so many pieces
	write(b []byte) error
	bye(code int) // an orderly end
}

// What comes from the server: an event, or bytes that are none (a pong), or the end.
type item struct {
	event   *event
	control []byte
	end     bool
	code    int // of an orderly end; 0: the connection was lost
}

var errEnded = errors.New("the stream is over")

// One watch on its way through the proxy.  All but `now` and `open` belongs to the goroutine in run().
type stream struct {
	p    *proxy
	id   int
	what info
	conn *conn
	out  sink
	in   chan item
	now  chan func() error // what `ctl now` wants done
	gone <-chan struct{}   // the client hung up
	over chan struct{}     // nobody listens to `now` any more

	syncing bool
	initial []*event // the initial events so far
	held    bool
	queue   []item // while held
	mute    bool   // nothing of the server's is passed on any more
	left    int    // bytes until the cut; -1: none
	chunk   int    // so many bytes at once ...
	pause   time.Duration
	pieces  int
	events  int
	bytes   int
}

func (s *stream) run() {
	var err error
	defer s.p.closed(s)
	for err == nil {
		select {
		case i := <-s.in:
			err = s.take(i)
		case f := <-s.now:
			err = f()
		case <-s.gone:
			err = errors.New("the client hung up")
		}
	}
	s.p.log("#%d over: %d events, %d bytes: %v", s.id, s.events, s.bytes, err)
}

func (s *stream) take(i item) error {
	if i.control != nil {
		return s.write(i.control)
	}
	if s.held {
		s.queue = append(s.queue, i)
		return nil
	}
	if s.mute {
		return nil
	}
	if i.end {
		return s.end(i.code)
	}
	s.p.record(s.what.resource, i.event)
	s.remember(i.event)
	return s.judge(i.event)
}

func (s *stream) judge(e *event) error {
	r := s.p.rules.event(&s.what, e, s.syncing)
	if e.kind == "SYNCED" {
		s.syncing = false
	}
	if r == nil {
		return s.send(e)
	}
	s.p.log("#%d fault: %s: %v", s.id, r.fault, e)
	defer s.p.rules.did(r)
	return faults[r.fault].event(s, e, r.args)
}

// The first whole list that was ever seen is what a replica that lags would show.
func (s *stream) remember(e *event) {
	if !s.syncing {
		return
	}
	s.initial = append(s.initial, e)
	if e.kind == "SYNCED" {
		s.p.older.keepEvents(s.what, s.initial)
		s.initial = nil
	}
}

func (s *stream) release() error {
	queue := s.queue
	s.held, s.queue = false, nil
	for n, i := range queue {
		if err := s.take(i); err != nil {
			return err
		}
		if s.held { // again, by a rule
			s.queue = append(s.queue, queue[n+1:]...)
			return nil
		}
	}
	return nil
}

func (s *stream) send(e *event) error {
	s.events++
	for _, b := range s.out.wire(e.text, s.pieces) {
		if err := s.write(b); err != nil {
			return err
		}
	}
	return nil
}

func (s *stream) write(b []byte) error {
	if s.left >= 0 && len(b) >= s.left {
		s.pour(b[:s.left])
		return s.cut()
	}
	if s.left >= 0 {
		s.left -= len(b)
	}
	return s.pour(b)
}

func (s *stream) pour(b []byte) error {
	s.bytes += len(b)
	for s.chunk > 0 && len(b) > s.chunk {
		if err := s.out.write(b[:s.chunk]); err != nil {
			return err
		}
		b = b[s.chunk:]
		time.Sleep(s.pause)
	}
	return s.out.write(b)
}

func (s *stream) cut() error {
	s.conn.cut()
	return errEnded
}

func (s *stream) end(code int) error {
	if code == 0 || code == 1006 {
		return s.cut()
	}
	s.out.bye(code)
	return errEnded
}

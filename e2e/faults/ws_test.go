package main

import (
	"bufio"
	"bytes"
	"testing"
)

func TestFrames(t *testing.T) {
	for _, size := range []int{0, 1, 125, 126, 65535, 65536, 1 << 20} {
		payload := bytes.Repeat([]byte("x"), size)
		f, err := readFrame(bufio.NewReader(bytes.NewReader(appendFrame(nil, opText, true, payload))))
		if err != nil || f.op != opText || !bytes.Equal(f.payload, payload) {
			t.Errorf("%d bytes: op %d, %d bytes, %v", size, f.op, len(f.payload), err)
		}
	}
}

func TestCutFrame(t *testing.T) {
	whole := appendFrame(nil, opText, true, bytes.Repeat([]byte("x"), 200))
	for n := range whole {
		if _, err := readFrame(bufio.NewReader(bytes.NewReader(whole[:n]))); err == nil {
			t.Fatalf("cut after %d bytes: no error", n)
		}
	}
}

func TestFragments(t *testing.T) {
	got := bytes.Join(fragments([]byte("abcdefg"), 3), nil)
	want := []byte("\x01\x02ab\x89\x00\x00\x02cd\x89\x00\x80\x03efg")
	if !bytes.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if _, err := readFrame(bufio.NewReader(bytes.NewReader(got))); err == nil {
		t.Error("a fragment was taken for a message")
	}
}

func TestClose(t *testing.T) {
	if got := appendClose(nil, 1000); string(got) != "\x88\x02\x03\xe8" {
		t.Errorf("%q", got)
	}
}

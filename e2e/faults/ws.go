package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
)

// WebSocket frames (RFC 6455) as a server sends them: without a mask.  The API server never fragments.

const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
)

type frame struct {
	op      byte
	payload []byte
}

func (f frame) isData() bool { return f.op == opText || f.op == opBinary }

func readFrame(r *bufio.Reader) (f frame, err error) {
	var head [2]byte
	if _, err = io.ReadFull(r, head[:]); err != nil {
		return f, err
	}
	if head[0]&0x80 == 0 || head[0]&0x0f == opContinuation || head[1]&0x80 != 0 {
		return f, errors.New("a fragmented or masked frame from the server")
	}
	size := uint64(head[1])
	switch size {
	case 126:
		var n [2]byte
		_, err = io.ReadFull(r, n[:])
		size = uint64(binary.BigEndian.Uint16(n[:]))
	case 127:
		var n [8]byte
		_, err = io.ReadFull(r, n[:])
		size = binary.BigEndian.Uint64(n[:])
	}
	if err != nil {
		return f, err
	}
	f = frame{head[0] & 0x0f, make([]byte, size)}
	_, err = io.ReadFull(r, f.payload)
	return f, err
}

// Appends one frame; final false: more of the message follows in continuation frames.
func appendFrame(to []byte, op byte, final bool, payload []byte) []byte {
	if final {
		op |= 0x80
	}
	to = append(to, op)
	switch n := len(payload); {
	case n < 126:
		to = append(to, byte(n))
	case n < 1<<16:
		to = binary.BigEndian.AppendUint16(append(to, 126), uint16(n))
	default:
		to = binary.BigEndian.AppendUint64(append(to, 127), uint64(n))
	}
	return append(to, payload...)
}

// One message in as many fragments, a ping before each but the first.
func fragments(payload []byte, pieces int) (wire [][]byte) {
	op := byte(opText)
	for i := 0; i < pieces; i++ {
		var b []byte
		if i > 0 {
			b = appendFrame(b, opPing, true, nil)
		}
		b = appendFrame(b, op, i == pieces-1, payload[len(payload)*i/pieces:len(payload)*(i+1)/pieces])
		wire, op = append(wire, b), opContinuation
	}
	return wire
}

func appendClose(to []byte, code int) []byte {
	return appendFrame(to, opClose, true, binary.BigEndian.AppendUint16(nil, uint16(code)))
}

package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// A recorded event, taken apart around its resourceVersion.
type recording struct{ before, after []byte }

var versionKey = []byte(`"resourceVersion":"`)

// The first resourceVersion of an event is the object's own: managedFields have none, and spec comes later.
func takeApart(text []byte) (r recording, ok bool) {
	at := bytes.Index(text, versionKey)
	if at < 0 {
		return r, false
	}
	at += len(versionKey)
	end := bytes.IndexByte(text[at:], '"')
	if end < 0 {
		return r, false
	}
	return recording{text[:at], text[at+end:]}, true
}

// The changes of one resource in a file that --record wrote; what only marks a time is left out.
func readRecording(path, resource string) (list []recording, err error) {
	file, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	for _, line := range bytes.SplitAfter(file, []byte("\n")) {
		text, found := bytes.CutPrefix(line, []byte(resource+" "))
		if !found {
			continue
		}
		switch parseEvent(text).kind {
		case "ADDED", "MODIFIED", "DELETED":
			if r, ok := takeApart(text); ok {
				list = append(list, r)
			}
		}
	}
	if len(list) == 0 {
		err = fmt.Errorf("%s holds no changes of %s", path, resource)
	}
	return list, err
}

const replayBatch = 64 << 10

// After the event the recorded ones, round and round, each newer than the one before.  What the server says
// afterwards would be older than that, so nothing of it is passed on.
func replay(s *stream, e *event, a args) error {
	list, err := readRecording(a["file"], s.what.resource)
	if err != nil {
		return err
	}
	if err := s.send(e); err != nil {
		return err
	}
	version, err := strconv.ParseUint(e.version, 10, 63)
	if err != nil {
		return err
	}
	s.mute = true
	began, count := time.Now(), a.number("count", len(list))
	var batch, text []byte
	for n := 0; n < count; n++ {
		r := list[n%len(list)]
		version++
		text = append(text[:0], r.before...)
		text = strconv.AppendUint(text, version, 10)
		text = append(text, r.after...)
		for _, b := range s.out.wire(text, s.pieces) {
			batch = append(batch, b...)
		}
		if len(batch) < replayBatch && n+1 < count {
			continue
		}
		if err := s.write(batch); err != nil {
			return err
		}
		batch = batch[:0]
	}
	s.events += count
	s.p.log("#%d replayed %d events of %d, the last has resourceVersion %d: %.1f s", s.id, count, len(list), version,
		time.Since(began).Seconds())
	return nil
}

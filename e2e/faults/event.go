package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// One watch event: a WebSocket message or a line, the newline at its end included.
type event struct {
	text    []byte
	kind    string // ADDED MODIFIED DELETED BOOKMARK ERROR, or SYNCED: the bookmark at the end of the initial events
	name    string
	version string // its resourceVersion
}

func parseEvent(text []byte) *event {
	var e struct {
		Type   string
		Object struct {
			Metadata struct {
				Name            string
				ResourceVersion string
				Annotations     map[string]string
			}
		}
	}
	if json.Unmarshal(text, &e) != nil {
		return &event{text: text}
	}
	meta := &e.Object.Metadata
	if e.Type == "BOOKMARK" && meta.Annotations["k8s.io/initial-events-end"] == "true" {
		e.Type = "SYNCED"
	}
	return &event{text, e.Type, meta.Name, meta.ResourceVersion}
}

func (e *event) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s %s %s", e.kind, e.name, e.version))
}

// A copy in which the object's member at the path, "metadata.labels", has another value.
func (e *event) with(path string, value any) (*event, error) {
	var root map[string]any
	d := json.NewDecoder(bytes.NewReader(e.text))
	d.UseNumber()
	if err := d.Decode(&root); err != nil {
		return nil, err
	}
	at, members := root, append([]string{"object"}, strings.Split(path, ".")...)
	for _, m := range members[:len(members)-1] {
		next, is := at[m].(map[string]any)
		if !is {
			next = map[string]any{}
			at[m] = next
		}
		at = next
	}
	at[members[len(members)-1]] = value
	text, err := json.Marshal(root)
	return &event{append(text, '\n'), e.kind, e.name, e.version}, err
}

var reasons = map[int]string{
	400: "BadRequest", 401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 409: "Conflict", 410: "Expired",
	422: "Invalid", 429: "TooManyRequests", 500: "InternalError", 503: "ServiceUnavailable",
}

func status(code int) []byte {
	text, _ := json.Marshal(map[string]any{
		"kind": "Status", "apiVersion": "v1", "metadata": map[string]any{}, "status": "Failure",
		"message": "put there by the fault proxy", "reason": reasons[code], "code": code,
	})
	return text
}

func errorEvent(code int) *event {
	return parseEvent([]byte(fmt.Sprintf("{\"type\":\"ERROR\",\"object\":%s}\n", status(code))))
}

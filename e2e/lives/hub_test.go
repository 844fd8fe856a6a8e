package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func thing(name string, version int) string {
	return fmt.Sprintf(`{"metadata":{"name":"%s","resourceVersion":"%d"}}`, name, version)
}

// A server that forgets what happened after version 12: a changes, b goes and d comes without a word.
func TestWatchTellsWhatItMissed(t *testing.T) {
	lists, watches := 0, 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Query().Get("watch") == "":
			lists++
			items := []string{thing("a", 1), thing("b", 2)}
			if lists > 1 {
				items = []string{thing("a", 13), thing("c", 12), thing("d", 14)}
			}
			fmt.Fprintf(w, `{"metadata":{"resourceVersion":"%d"},"items":[%s]}`, lists*10, strings.Join(items, ","))
		case r.URL.Query().Get("resourceVersion") == "12":
			w.WriteHeader(http.StatusGone)
			io.WriteString(w, `{}`)
		default:
			if watches++; watches == 1 {
				fmt.Fprintf(w, `{"type":"ADDED","object":%s}`, thing("c", 12))
			}
		}
	}))
	defer server.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	var told []string
	err := (&hub{url: server.URL, client: server.Client()}).watch(ctx, "/things", func(event string, o object) {
		told = append(told, event+" "+o.text("metadata", "name")+" "+o.text("metadata", "resourceVersion"))
		if strings.HasPrefix(event, "DELETED") {
			cancel()
		}
	})
	want := "ADDED a 1, ADDED b 2, LISTED  , ADDED c 12, LOST a 13, MODIFIED a 13, LOST d 14, ADDED d 14, LOST b 20, DELETED b 20"
	if got := strings.Join(told, ", "); got != want || err != nil {
		t.Errorf("%s, %v; want %s", got, err, want)
	}
}

func TestRefusedWatchEnds(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	if err := (&hub{url: server.URL, client: server.Client()}).watch(context.Background(), "/things", func(string, object) {}); err == nil {
		t.Error("a watch of nothing goes on")
	}
}

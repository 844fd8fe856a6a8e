package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The hub's API as far as it is needed here: objects are trees, and a watch loses nothing.

type object map[string]any

// The value at a path of keys; nil if there is none.
func (o object) at(path ...string) any {
	var v any = map[string]any(o)
	for _, key := range path {
		m, _ := v.(map[string]any)
		v = m[key]
	}
	return v
}

func (o object) text(path ...string) string { s, _ := o.at(path...).(string); return s }

func (o object) list(path ...string) (all []object) {
	items, _ := o.at(path...).([]any)
	for _, i := range items {
		if m, is := i.(map[string]any); is {
			all = append(all, m)
		}
	}
	return all
}

func (o object) number(path ...string) int64 { f, _ := o.at(path...).(float64); return int64(f) }
func (o object) has(path ...string) bool     { return o.at(path...) != nil }
func (o object) version() int64 {
	n, _ := strconv.ParseInt(o.text("metadata", "resourceVersion"), 10, 64)
	return n
}

type hub struct {
	url    string
	client *http.Client
}

var serverLine = regexp.MustCompile(`(?m)^ *server: (\S+)`)

// Of a bed, as the bed's own user, whose calls the audit log leaves out.
func openHub(state string) (*hub, error) {
	pki := filepath.Join(state, "hub", "pki")
	config, err := os.ReadFile(filepath.Join(state, "hub", "kubeconfig"))
	if err != nil {
		return nil, err
	}
	server := serverLine.FindSubmatch(config)
	ca, err := os.ReadFile(filepath.Join(pki, "ca.crt"))
	if server == nil || err != nil {
		return nil, fmt.Errorf("%s: no hub of a bed: %v", state, err)
	}
	pair, err := tls.LoadX509KeyPair(filepath.Join(pki, "berth-bed.crt"), filepath.Join(pki, "berth-bed.key"))
	if err != nil {
		return nil, err
	}
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(ca)
	return &hub{url: string(server[1]), client: &http.Client{Transport: &http.Transport{
		TLSClientConfig:     &tls.Config{RootCAs: trusted, Certificates: []tls.Certificate{pair}},
		ForceAttemptHTTP2:   true,
		MaxIdleConnsPerHost: 16,
	}}}, nil
}

const (
	jsonType  = "application/json"
	mergeType = "application/merge-patch+json"
	applyType = "application/apply-patch+yaml"
)

var (
	errRefused = errors.New("refused")
	errExpired = errors.New("what happened since then is forgotten")
)

// Answers the status code, 0 if there was no answer.  An error of the hub's is errRefused with its words.
func (h *hub) do(method, path, contentType string, body any) (object, int, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, 0, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, h.url+path, bytes.NewReader(text))
	if err != nil {
		return nil, 0, err
	}
	r.Header.Set("Content-Type", contentType)
	answer, err := h.client.Do(r)
	if err != nil {
		return nil, 0, err
	}
	defer answer.Body.Close()
	got, err := io.ReadAll(answer.Body)
	var o object
	if err == nil {
		err = json.Unmarshal(got, &o)
	}
	if err == nil && answer.StatusCode >= 300 {
		err = fmt.Errorf("%w: %s %s: %d %s", errRefused, method, path, answer.StatusCode, o.text("message"))
	}
	return o, answer.StatusCode, err
}

// As long as the API server is away, or not quite there yet, again.
func (h *hub) must(method, path, contentType string, body any) (object, int, error) {
	for tries := 0; ; tries++ {
		o, code, err := h.do(method, path, contentType, body)
		if (code != 0 && code < 500 && code != http.StatusTooManyRequests) || tries == 60 {
			return o, code, err
		}
		time.Sleep(500 * time.Millisecond)
	}
}

func (h *hub) apply(path string, o object) error {
	_, _, err := h.must("PATCH", path+"?fieldManager=lives&force=true", applyType, o)
	return err
}

// What was there at the start, "LISTED", and every change since, each once and in order, until the context ends.
//
// An API server that was restarted knows only what comes after.  Then it is listed, and what is another than before is
// told as "LOST": that it came to this, but not how.
func (h *hub) watch(ctx context.Context, path string, see func(event string, o object)) error {
	known := map[string]object{}
	told := func(event string, o object) {
		key := o.text("metadata", "namespace") + "/" + o.text("metadata", "name")
		if known[key] = (object{"metadata": o.at("metadata")}); event == "DELETED" {
			delete(known, key)
		}
		see(event, o)
	}
	version, err := h.list(path, known, told)
	see("LISTED", nil)
	for err == nil && ctx.Err() == nil {
		err = h.follow(ctx, withQuery(path, "watch=1&allowWatchBookmarks=true&resourceVersion="+version), func(event string, o object) {
			version = o.text("metadata", "resourceVersion")
			if event != "BOOKMARK" {
				told(event, o)
			}
		})
		if errors.Is(err, errExpired) {
			version, err = h.list(path, known, func(event string, o object) {
				see("LOST", o)
				told(event, o)
			})
		} else if !errors.Is(err, errRefused) {
			err = nil // the connection ended: the same again
			time.Sleep(100 * time.Millisecond)
		}
	}
	return err
}

func withQuery(path, query string) string {
	if strings.Contains(path, "?") {
		return path + "&" + query
	}
	return path + "?" + query
}

// Tells in what the list differs from what is known.
func (h *hub) list(path string, known map[string]object, tell func(event string, o object)) (version string, err error) {
	list, _, err := h.must("GET", path, jsonType, nil)
	if err != nil {
		return "", err
	}
	version = list.text("metadata", "resourceVersion")
	there := map[string]bool{}
	for _, o := range list.list("items") {
		key := o.text("metadata", "namespace") + "/" + o.text("metadata", "name")
		there[key] = true
		if was := known[key]; was == nil {
			tell("ADDED", o)
		} else if was.version() != o.version() {
			tell("MODIFIED", o)
		}
	}
	for key, o := range known {
		if !there[key] {
			meta := maps.Clone(o["metadata"].(map[string]any))
			meta["resourceVersion"] = version // not before
			tell("DELETED", object{"metadata": meta})
		}
	}
	return version, nil
}

func (h *hub) follow(ctx context.Context, path string, see func(event string, o object)) error {
	r, err := http.NewRequestWithContext(ctx, "GET", h.url+path, nil)
	if err != nil {
		return err
	}
	answer, err := h.client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusGone {
		return errExpired
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", path, answer.Status)
	}
	for in := json.NewDecoder(answer.Body); ; {
		var e struct {
			Type   string
			Object object
		}
		if err := in.Decode(&e); err != nil {
			return err
		}
		if e.Type == "ERROR" && e.Object.number("code") == http.StatusGone {
			return errExpired
		}
		if e.Type == "ERROR" {
			return fmt.Errorf("%w: %s: %s", errRefused, path, e.Object.text("message"))
		}
		see(e.Type, e.Object)
	}
}

// The version of the newest write, of whatever object: etcd counts all of them by one number.
func (h *hub) now() (int64, error) {
	list, _, err := h.must("GET", "/api/v1/namespaces?limit=1", jsonType, nil)
	return list.version(), err
}

// Everything on the hub that is labelled as Berth's, of whatever type: "resource namespace/name" to the object.
func (h *hub) labelled() (map[string]object, error) {
	found := map[string]object{}
	groups, _, err := h.must("GET", "/apis", jsonType, nil)
	if err != nil {
		return nil, err
	}
	versions := []string{"/api/v1"}
	for _, g := range groups.list("groups") {
		versions = append(versions, "/apis/"+g.text("preferredVersion", "groupVersion"))
	}
	for _, v := range versions {
		resources, _, err := h.must("GET", v, jsonType, nil)
		if err != nil {
			return nil, err
		}
		for _, r := range resources.list("resources") {
			name, verbs := r.text("name"), fmt.Sprint(r.at("verbs"))
			if strings.Contains(name, "/") || !strings.Contains(verbs, "list") {
				continue
			}
			list, _, err := h.must("GET", v+"/"+name+"?labelSelector=app.kubernetes.io/managed-by%3Dberth", jsonType, nil)
			if err != nil {
				return nil, err
			}
			for _, o := range list.list("items") {
				found[name+" "+o.text("metadata", "namespace")+"/"+o.text("metadata", "name")] = o
			}
		}
	}
	return found, nil
}

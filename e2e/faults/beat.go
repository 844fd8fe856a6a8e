package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
)

// `faults beat KUBECONFIG PATH COUNT`: so many changes of the objects in a list, in turn, as fast as the server
// takes them: an annotation each time, and a label with each tenth.

const beatsInFlight = 16

type beater struct {
	client *http.Client
	url    string
	token  string
}

func (b *beater) do(method, path, body string) ([]byte, error) {
	r, err := http.NewRequest(method, b.url+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/merge-patch+json")
	if b.token != "" {
		r.Header.Set("Authorization", "Bearer "+b.token)
	}
	resp, err := b.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %d %s", method, path, resp.StatusCode, bytes.TrimSpace(answer))
	}
	return answer, err
}

func (b *beater) names(path string) (names []string, err error) {
	text, err := b.do(http.MethodGet, path, "")
	if err != nil {
		return nil, err
	}
	var list struct {
		Items []struct{ Metadata struct{ Name string } }
	}
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, err
	}
	for _, item := range list.Items {
		names = append(names, item.Metadata.Name)
	}
	if len(names) == 0 {
		err = fmt.Errorf("%s is empty", path)
	}
	return names, err
}

func beatBody(n int) string {
	label := ""
	if n%10 == 0 {
		label = fmt.Sprintf(`"labels": {"beat": "%d"}, `, n/10%7)
	}
	return fmt.Sprintf(`{"metadata": {%s"annotations": {"beat": "%d"}}}`, label, n)
}

func beat(kubeconfig, path string, count int) error {
	k, err := readKubeconfig(kubeconfig)
	if err != nil {
		return err
	}
	c, err := k.tls()
	if err != nil {
		return err
	}
	b := &beater{&http.Client{Transport: &http.Transport{TLSClientConfig: c, ForceAttemptHTTP2: true}}, k.server.String(), k.token}
	names, err := b.names(path)
	if err != nil {
		return err
	}
	items, _, _ := strings.Cut(path, "?")
	var next atomic.Int64
	var wait sync.WaitGroup
	failed := make(chan error, beatsInFlight)
	for range beatsInFlight {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for n := int(next.Add(1)); n <= count; n = int(next.Add(1)) {
				if _, err := b.do(http.MethodPatch, items+"/"+names[n%len(names)], beatBody(n)); err != nil {
					failed <- err
					return
				}
			}
		}()
	}
	wait.Wait()
	close(failed)
	return <-failed
}

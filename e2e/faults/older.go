package main

import (
	"net/url"
	"strings"
	"sync"
)

// The first whole list of each kind that was seen: what a replica that lags behind would still show.
type older struct {
	mu     sync.Mutex
	synced map[string][]*event
	lists  map[string]*answer
}

func newOlder() *older { return &older{synced: map[string][]*event{}, lists: map[string]*answer{}} }

func (i *info) selection() string {
	q, _ := url.ParseQuery(i.query)
	return strings.Join([]string{i.resource, i.namespace, q.Get("labelSelector"), q.Get("continue")}, " ")
}

func (o *older) keepEvents(i info, list []*event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.synced[i.selection()] == nil {
		o.synced[i.selection()] = list
	}
}

func (o *older) keepList(i info, got *answer) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if i.verb == "list" && got.code == 200 && o.lists[i.selection()] == nil {
		o.lists[i.selection()] = got
	}
}

func (o *older) events(i info) []*event {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.synced[i.selection()]
}

func (o *older) list(i info) *answer {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.lists[i.selection()]
}

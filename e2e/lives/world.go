package main

import (
	"context"
	"sort"
	"sync"
	"time"
)

// What the hub shows of all clusters: as it is, and every version since the last forget().
type world struct {
	mu      sync.Mutex
	now     map[string]map[string]*record // cluster, "Kind name" to the newest version
	history map[string][]*record          // of a cluster, as they came
	lost    map[string]bool               // clusters of whose history something is missing
	broken  error                         // a watch that ended: nothing can be said any more
}

// Nothing that happens after it returns is missed.
func openWorld(ctx context.Context, h *hub) *world {
	w := &world{now: map[string]map[string]*record{}, history: map[string][]*record{}, lost: map[string]bool{}}
	const ours = "?labelSelector=app.kubernetes.io/managed-by%3Dberth"
	paths := map[string]string{
		kindCluster:    "/apis/cluster.open-cluster-management.io/v1/managedclusters",
		kindOnboarding: "/apis/berth.dev/v1alpha1/clusteronboardings",
		kindWork:       "/apis/work.open-cluster-management.io/v1/manifestworks" + ours,
		kindScore:      "/apis/cluster.open-cluster-management.io/v1alpha1/addonplacementscores" + ours,
	}
	var listed sync.WaitGroup
	for kind, path := range paths {
		listed.Add(1)
		var once sync.Once
		go func() {
			defer once.Do(listed.Done)
			err := h.watch(ctx, path, func(event string, o object) {
				switch event {
				case "LISTED":
					once.Do(listed.Done)
				case "LOST":
					w.lose(makeRecord(kind, event, o).cluster)
				default:
					w.see(makeRecord(kind, event, o))
				}
			})
			w.mu.Lock()
			defer w.mu.Unlock()
			if err != nil && ctx.Err() == nil {
				w.broken = err
			}
		}()
	}
	listed.Wait()
	return w
}

func (w *world) see(r *record) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.history[r.cluster] = append(w.history[r.cluster], r)
	of := w.now[r.cluster]
	if of == nil {
		of = map[string]*record{}
		w.now[r.cluster] = of
	}
	if r.event == "DELETED" {
		delete(of, r.ref())
	} else {
		of[r.ref()] = r
	}
}

func (w *world) lose(cluster string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lost[cluster] = true
}

func (w *world) isWhole(cluster string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.lost[cluster]
}

func (w *world) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.history, w.lost = map[string][]*record{}, map[string]bool{}
}

// In the order of the hub's writes, whichever watch they came by.
func (w *world) past(cluster string) []*record {
	w.mu.Lock()
	defer w.mu.Unlock()
	h := append([]*record(nil), w.history[cluster]...)
	sort.SliceStable(h, func(i, j int) bool { return h[i].version < h[j].version })
	return h
}

// The newest versions of what there is of a cluster, by kind.
func (w *world) present(cluster string) map[string][]*record {
	w.mu.Lock()
	defer w.mu.Unlock()
	by := map[string][]*record{}
	for _, r := range w.now[cluster] {
		by[r.kind] = append(by[r.kind], r)
	}
	return by
}

func (w *world) onboarding(cluster string) *record {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now[cluster][kindOnboarding+" "+cluster]
}

func (w *world) trouble() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.broken
}

const glance = 10 * time.Millisecond

func until(most time.Duration, is func() bool) bool {
	for end := time.Now().Add(most); ; time.Sleep(glance) {
		if is() {
			return true
		}
		if time.Now().After(end) {
			return false
		}
	}
}

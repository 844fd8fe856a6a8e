// lives: whole lives of virtual clusters, with power cuts at every request and with everything at once.
// README.md tells what is checked.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

const usageText = `usage: lives sweep      [OPTION...]   one life with a power cut at each of its requests
       lives interleave [OPTION...]   many lives side by side, drawn from a seed
       lives replay     [OPTION...] FILE...   what was written down once, again

`

func main() {
	c, o := &config{}, &options{}
	if len(os.Args) < 2 {
		fmt.Fprint(os.Stderr, usageText)
		os.Exit(2)
	}
	f := flag.NewFlagSet("lives", flag.ExitOnError)
	f.Usage = func() { fmt.Fprint(os.Stderr, usageText); f.PrintDefaults() }
	f.StringVar(&c.state, "state", "", "folder of the bed (bed state)")
	f.StringVar(&c.build, "build", "build", "folder of the programs")
	f.StringVar(&c.operator, "operator", "", "kubeconfig of the operator")
	f.StringVar(&c.worker, "worker", "", "kubeconfig of its workers")
	f.StringVar(&c.restart, "restart", "", "shell command that restarts the hub's API server")
	f.StringVar(&c.logLevel, "log-level", "info", "of the operator")
	f.IntVar(&c.feedback, "feedback-ms", 100, "until an edge answers the benchmark")
	f.IntVar(&c.undo, "undo-seconds", 60, "undoTimeoutSeconds of the plans: a dead edge takes as long to leave")
	f.DurationVar(&c.patience, "patience", 120*time.Second, "how long things may take to come to rest")
	f.StringVar(&c.keep, "keep", ".", "folder for logs, and for what failed")
	f.Int64Var(&o.seed, "seed", 1, "what is drawn is drawn from this")
	f.IntVar(&o.sequences, "sequences", 200, "interleave: so many lives")
	f.IntVar(&o.beside, "beside", 200, "interleave: so many of them side by side")
	f.IntVar(&o.span, "span-ms", 8000, "interleave: all happens within so long")
	f.IntVar(&o.kills, "kills", 5, "interleave: power cuts in that time")
	f.IntVar(&o.restarts, "restarts", 0, "interleave: restarts of the API server in that time")
	f.BoolVar(&o.shrink, "shrink", false, "interleave, replay: make what fails as short as it can be")
	f.IntVar(&o.tries, "tries", 3, "replay: so often, until it fails")
	f.StringVar(&o.points, "points", "12", "sweep: so many of the points, by the seed; all; or a list of K:WHEN:WHOM")
	f.StringVar(&o.plan, "plan", "bench=cpu one=a two=b", "sweep: the plan")
	f.Parse(os.Args[2:])
	verbs := map[string]func(*config, *options, []string) (int, error){
		"sweep": sweep, "interleave": interleave, "replay": replay,
	}
	verb := verbs[os.Args[1]]
	if verb == nil {
		f.Usage()
		os.Exit(2)
	}
	failures, err := verb(c, o, f.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "lives:", err)
		os.Exit(2)
	}
	if failures > 0 {
		os.Exit(1)
	}
}

type options struct {
	seed                                     int64
	sequences, beside, span, kills, restarts int
	tries                                    int
	shrink                                   bool
	points, plan                             string
}

// ---- many lives side by side ----

func interleave(c *config, o *options, _ []string) (failures int, err error) {
	t, err := openStage(c, o.beside)
	if err != nil {
		return 0, err
	}
	defer t.close()
	start, actions := time.Now(), 0
	for done := 0; done < o.sequences; done += o.beside {
		seed := o.seed + int64(done/o.beside)
		s := draw(seed, drawing{clusters: o.beside, span: o.span, kills: o.kills, restarts: o.restarts, scheduler: true})
		faults, err := t.play(s)
		if err != nil {
			return failures, fmt.Errorf("seed %d: %w", seed, err)
		}
		actions += len(s)
		failures += len(faults)
		fmt.Printf("seed %-6d %6d sequences %7d actions %5d power cuts %4d faults %6.0f s  (%d by their end alone)\n", seed, done+o.beside, actions,
			t.kills, failures, time.Since(start).Seconds(), t.unjudged)
		if err := t.report(o, fmt.Sprintf("seed-%d", seed), s, faults); err != nil {
			return failures, err
		}
	}
	return failures, nil
}

// Says what was wrong, and writes down what leads there, once for each rule that was broken.
func (t *stage) report(o *options, name string, s schedule, faults []fault) error {
	told := map[string]bool{}
	for i, f := range faults {
		if i < 20 {
			fmt.Println("  FAULT", f)
		}
		cluster := 0
		fmt.Sscanf(f.cluster, clusterPrefix+"%d", &cluster)
		if told[f.rule] || cluster == 0 {
			continue
		}
		told[f.rule] = true
		part := s.about(cluster)
		if o.shrink {
			part = shrink(part, func(p schedule) bool { return t.breaks(p, f.rule, o.tries) })
		}
		path := filepath.Join(t.c.keep, fmt.Sprintf("%s-c%d-%d.lives", name, cluster, len(told)))
		file, err := os.Create(path)
		if err != nil {
			return err
		}
		fmt.Fprintf(file, "# %s, of %s\n", f, name)
		part.print(file)
		if err := file.Close(); err != nil {
			return err
		}
		fmt.Println("  written to", path)
	}
	return nil
}

func (t *stage) breaks(s schedule, rule string, tries int) bool {
	for range tries {
		faults, err := t.play(s)
		for _, f := range faults {
			if err == nil && f.rule == rule {
				return true
			}
		}
	}
	return false
}

// ---- what was written down ----

func replay(c *config, o *options, files []string) (failures int, err error) {
	schedules, most := map[string]schedule{}, 1
	for _, path := range files {
		file, err := os.Open(path)
		if err != nil {
			return 0, err
		}
		s, err := parseSchedule(file)
		file.Close()
		if err != nil {
			return 0, fmt.Errorf("%s: %w", path, err)
		}
		schedules[path] = s
		for _, n := range s.clusters() {
			most = max(most, n)
		}
	}
	t, err := openStage(c, most)
	if err != nil {
		return 0, err
	}
	defer t.close()
	for _, path := range files {
		var faults []fault
		for try := 0; try < o.tries && len(faults) == 0; try++ {
			if faults, err = t.play(schedules[path]); err != nil {
				return failures, fmt.Errorf("%s: %w", path, err)
			}
		}
		fmt.Printf("%-50s %d faults\n", filepath.Base(path), len(faults))
		failures += len(faults)
		if err := t.report(o, filepath.Base(path), schedules[path], faults); err != nil {
			return failures, err
		}
	}
	return failures, nil
}

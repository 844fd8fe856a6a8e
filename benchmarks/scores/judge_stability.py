"""judge_stability.py TSV JSON: does the same machine get the same score, and a slower one a lower one?

The TSV has lines `KIND NUMBER WHAT PROBE value low high settled`, of these kinds:
  host   the CPU alone, between the parts of the experiment
  run    all probes on the machine as it is
  calm   the CPU under a quota: WHAT is more, less, or again, which is under the first one once more
  noise  the same while something else runs
Exit: 0 stable, 1 not stable, 3 inconclusive."""
import itertools
import json
import statistics
import sys

from judge import DRIFT, PROBES, score

MOST_CV, POINTS, SHARE = 0.05, 3, 0.95
NOISE = 0.03  # what the worker takes for no change at least, as operator/DESIGN.md says


class Result:
    def __init__(self, probe, value, low, high, settled):
        self.value, self.low, self.high, self.settled = float(value), float(low), float(high), settled == "true"
        self.score = score(probe, self.low, self.high)

    def differs(self, other):
        """So that the worker would tell it."""
        room = max(self.value * NOISE, self.high - self.low, other.high - other.low)
        return abs(other.value - self.value) > room


def read(path):
    """kind -> number -> (what, probe) -> Result"""
    table = {}
    with open(path, encoding="utf-8") as f:
        for line in f.read().splitlines():
            kind, number, what, probe, *rest = line.split("\t")
            table.setdefault(kind, {}).setdefault(int(number), {})[what, probe] = Result(probe, *rest)
    return table


def spreads(runs):
    """Of each probe: how many runs settled, and how much their scores spread."""
    told = {}
    for probe in PROBES:
        results = [r["-", probe] for r in runs.values() if ("-", probe) in r]
        scores = [r.score for r in results if r.settled]
        if not results:
            continue
        cv = statistics.stdev(scores) / statistics.mean(scores) if len(scores) > 1 and any(scores) else 0.0
        told[probe] = {"runs": len(results), "settled": len(scores), "cv": cv}
    return told


def overall(run):
    """None if nothing settled, as the step would have failed then."""
    scores = [r.score for r in run.values() if r.settled]
    return round(statistics.mean(scores)) if scores else None


def pairs_within(runs):
    values = [v for v in map(overall, runs.values()) if v is not None]
    pairs = [abs(a - b) <= POINTS for a, b in itertools.combinations(values, 2)]
    return sum(pairs) / len(pairs) if pairs else 0.0


def ranks(trials):
    """How the quotas were told apart. What did not settle says nothing, and so is neither right nor wrong."""
    told = {"trials": len(trials), "right": 0, "equal": 0, "wrong": 0, "unstable": 0, "same": 0, "called different": 0}
    for t in trials.values():
        more, less, again = (t.get((w, "cpu")) for w in ("more", "less", "again"))
        if not (more and less and more.settled and less.settled):
            told["unstable"] += 1
        elif more.score > less.score:
            told["right"] += 1
        else:
            told["equal" if more.score == less.score else "wrong"] += 1
        if more and again and more.settled and again.settled:
            told["same"] += 1
            told["called different"] += more.differs(again)
    return told


def wrongs(spread, within, calm, noise):
    """What is not as it should be, as text."""
    found = [f"{p}: the scores of {s['settled']} runs have a coefficient of variation of {s['cv']:.1%}"
             for p, s in spread.items() if s["cv"] > MOST_CV]
    if within < SHARE:
        found.append(f"overall is within {POINTS} points in {within:.1%} of the pairs of runs")
    if calm["right"] < SHARE * calm["trials"]:
        found.append(f"a tenth less of a CPU was told in {calm['right']} of {calm['trials']} trials")
    if calm["called different"] > (1 - SHARE) * calm["same"]:
        found.append(f"the same quota was called different in {calm['called different']} of {calm['same']} trials")
    if noise["wrong"]:
        found.append(f"with noise {noise['wrong']} of {noise['trials']} trials had a confident wrong order")
    return found


def show(spread, within, calm, noise):
    print(f'{"probe":<16}{"runs":>6}{"settled":>9}{"CV of score":>13}')
    for p, s in spread.items():
        print(f'{p:<16}{s["runs"]:>6}{s["settled"]:>9}{s["cv"]:>12.1%}')
    print(f"overall within {POINTS} points: {within:.1%} of the pairs\n")
    columns = list(calm)
    print(f'{"a tenth less CPU":<18}' + "".join(f"{c:>18}" for c in columns))
    for name, row in (("calm", calm), ("with noise", noise)):
        print(f"{name:<18}" + "".join(f"{row[c]:>18}" for c in columns))


def main(tsv, out_json):
    table = read(tsv)
    host = [r["-", "cpu"].value for r in table.get("host", {}).values()]
    runs = table.get("run", {})
    spread, within = spreads(runs), pairs_within(runs)
    calm, noise = ranks(table.get("calm", {})), ranks(table.get("noise", {}))
    wrong = wrongs(spread, within, calm, noise)
    drift = max(host) / min(host) - 1 if len(host) > 1 else float("inf")
    verdict = "inconclusive" if drift > DRIFT else "not stable" if wrong else "stable"
    show(spread, within, calm, noise)
    print(f"\nhost drift {drift:.1%}; {verdict}" + "".join(f"\n  {w}" for w in wrong))
    with open(out_json, "w", encoding="utf-8") as f:
        json.dump({"verdict": verdict, "drift": drift if len(host) > 1 else None, "wrong": wrong, "probes": spread,
                   "overallWithin": within, "calm": calm, "noise": noise}, f, indent=1)
    return {"stable": 0, "not stable": 1}.get(verdict, 3)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

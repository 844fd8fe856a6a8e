"""judge_harmless.py TSV JSON: is a service as fast while the probes run?

The TSV has lines `without|with ROUND requests p50 p99`, in us.  Exit: 0 harmless, 1 harmful, 3 inconclusive."""
import json
import statistics
import sys

MOST = 1.2   # p99 with the probes to p99 without them
DRIFT = 0.2  # of the service alone: half of its rounds lie within so much of their median


def read(path):
    rounds = {"without": [], "with": []}
    with open(path, encoding="utf-8") as f:
        for line in f.read().splitlines():
            kind, _, _, p50, p99 = line.split("\t")
            rounds[kind].append((float(p50), float(p99)))
    return rounds


def middle(rounds, i):
    return statistics.median(r[i] for r in rounds)


def drift(rounds):
    """Half of the distance between the quartiles of p99, to its median: one bad round does not count, a bad host does."""
    values = [r[1] for r in rounds]
    if len(values) < 3:
        return float("inf")
    low, _, high = statistics.quantiles(values, n=4)
    return (high - low) / 2 / statistics.median(values)


def main(tsv, out_json):
    rounds = read(tsv)
    ratio = middle(rounds["with"], 1) / middle(rounds["without"], 1)
    drifted = drift(rounds["without"])
    verdict = "inconclusive" if drifted > DRIFT else "harmful" if ratio > MOST else "harmless"
    print(f'{"":<10}{"p50, us":>12}{"p99, us":>12}{"least p99":>12}{"most":>12}')
    for kind, rows in rounds.items():
        p99 = [r[1] for r in rows]
        print(f"{kind:<10}{middle(rows, 0):>12.0f}{middle(rows, 1):>12.0f}{min(p99):>12.0f}{max(p99):>12.0f}")
    print(f"\np99 with the probes to p99 without: {ratio:.2f}, at most {MOST}; the service alone drifts by {drifted:.1%}; {verdict}")
    with open(out_json, "w", encoding="utf-8") as f:
        json.dump({"verdict": verdict, "ratio": ratio, "drift": None if drifted == float("inf") else drifted, "rounds": rounds}, f, indent=1)
    return {"harmless": 0, "harmful": 1}.get(verdict, 3)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

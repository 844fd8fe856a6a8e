"""judge.py TSV JSON SVG: do the scores order the machine shapes as the functions' throughput does?

The TSV has lines `probe SHAPE NAME value low high settled`, `function SHAPE NAME calls-a-second`, and `host - cpu value ...`.
Exit: 0 predicted, 1 not predicted, 3 inconclusive."""
import json
import math
import random
import statistics
import sys

# As operator/DESIGN.md has them: name, reference, less is better.
PROBES = {"cpu": (200e6, False), "memory": (20000, False), "disk": (100, True), "disk-sync": (1000, True)}
MATCHING = {"hash": "cpu", "json": "cpu", "sort": "cpu", "image": "memory", "file": "disk-sync"}
WANTED, DRIFT, PAIRS = 0.95, 0.05, 3
CAPACITY = "capacity.cpu"


def score(name, low, high):
    reference, less = PROBES[name]
    ratio = reference / high if less else low / reference
    return round(max(0, min(100, 50 + 10 * math.log2(ratio))))


def ranks(values):
    order = sorted(values)
    return [statistics.mean(i for i, v in enumerate(order) if v == x) for x in values]


def spearman(a, b):
    """Of ranks, ties shared; 0 where one of them says the same of all."""
    a, b = ranks(a), ranks(b)
    if len(set(a)) < 2 or len(set(b)) < 2:
        return 0.0
    return statistics.correlation(a, b)


def read(path):
    probes, functions, host = {}, {}, []
    with open(path, encoding="utf-8") as f:
        lines = f.read().splitlines()
    for line in lines:
        kind, shape, name, value, *rest = line.split("\t")
        if kind == "host":
            host.append(float(value))
        elif kind == "function":
            functions.setdefault(name, {}).setdefault(shape, []).append(float(value))
        elif value != "null":
            probes.setdefault(name, {}).setdefault(shape, []).append((float(rest[0]), float(rest[1]), rest[2] == "true"))
    return probes, functions, host


def columns(probes, shapes):
    """The score of each shape, by probe: the median of the rounds in which it settled; all of them if it never did."""
    table = {CAPACITY: [1] * len(shapes)}  # one CPU is what each of them seems to have
    for name, rows in probes.items():
        table[name] = []
        for s in shapes:
            runs = [r for r in rows[s] if r[2]] or rows[s]
            table[name].append(statistics.median(score(name, low, high) for low, high, _ in runs))
    return table


def correlations(table, functions, shapes):
    speed = {f: [statistics.median(rows[s]) for s in shapes] for f, rows in functions.items()}
    return {f: {c: spearman(values, speed[f]) for c, values in table.items()} for f in speed}


def holds(rho):
    """What is wrong with it, as text; nothing if it predicts."""
    wrong = []
    for f, row in rho.items():
        mine = row[MATCHING[f]]
        if mine < WANTED:
            wrong.append(f"{f}: {MATCHING[f]} has {mine:.3f}")
        wrong += [f"{f}: {c} has {r:.3f}, {MATCHING[f]} {mine:.3f}" for c, r in row.items() if c != MATCHING[f] and r >= mine]
    return wrong


def disagreeing(table, shapes):
    """Pairs of shapes of which one has the better CPU and the other the better memory or disk, by two points at least."""
    found = []
    for i, a in enumerate(shapes):
        for j, b in enumerate(shapes):
            others = [c for c in table if c not in ("cpu", CAPACITY)]
            if table["cpu"][i] >= table["cpu"][j] + 2 and any(table[c][j] >= table[c][i] + 2 for c in others):
                found.append((a, b))
    return found


def shuffled(table, functions, shapes):
    """The same judgement on scores that were dealt out at random: it must fail."""
    deal = random.Random(1)
    for _ in range(20):
        other = {c: deal.sample(values, len(values)) for c, values in table.items()}
        if not holds(correlations(other, functions, shapes)):
            return False
    return True


def plot(path, table, functions, shapes, rho):
    """A panel for each function: its matching score across, its throughput, as part of the best, upwards (both logarithmic)."""
    parts = ['<svg xmlns="http://www.w3.org/2000/svg" width="1120" height="280" font-family="sans-serif" font-size="12">',
             '<rect width="1120" height="280" fill="white"/>']
    for n, (f, rows) in enumerate(functions.items()):
        left, scores = 50 + n * 215, table[MATCHING[f]]
        speed = [math.log2(statistics.median(rows[s])) for s in shapes]
        low, span = min(scores), max(scores) - min(scores) or 1
        slow, width = min(speed), max(speed) - min(speed) or 1
        parts.append(f'<path d="M{left} 50V230H{left + 180}" fill="none" stroke="black"/>')
        parts.append(f'<text x="{left}" y="24" font-size="14">{f}</text>')
        parts.append(f'<text x="{left}" y="42">by {MATCHING[f]}: {rho[f][MATCHING[f]]:.3f}</text>')
        parts.append(f'<text x="{left}" y="248">score {low:g}</text><text x="{left + 180}" y="248" text-anchor="end">{max(scores):g}</text>')
        for s, x, y in zip(shapes, scores, speed):
            cx, cy = left + 8 + (x - low) / span * 164, 222 - (y - slow) / width * 164
            parts.append(f'<circle cx="{cx:.1f}" cy="{cy:.1f}" r="4" fill="#1f77b4"><title>{s}</title></circle>')
    parts.append('<text x="50" y="270">upwards: calls a second, logarithmic, from the slowest shape to the fastest</text></svg>')
    with open(path, "w", encoding="utf-8") as f:
        f.write("\n".join(parts) + "\n")


def show(rho, table, shapes):
    names = [c for c in table if c != CAPACITY] + [CAPACITY]
    print(f'{"shape":<14}' + "".join(f"{c:>14}" for c in names))
    for i, s in enumerate(shapes):
        print(f"{s:<14}" + "".join(f"{table[c][i]:>14g}" for c in names))
    print(f'\n{"function":<14}' + "".join(f"{c:>14}" for c in names) + "   (rank correlation; * is the matching score)")
    for f, row in rho.items():
        print(f"{f:<14}" + "".join(f'{row[c]:>13.3f}{"*" if c == MATCHING[f] else " "}' for c in names))


def main(tsv, out_json, out_svg):
    probes, functions, host = read(tsv)
    shapes = list(next(iter(functions.values())))
    table = columns(probes, shapes)
    rho = correlations(table, functions, shapes)
    wrong, pairs = holds(rho), disagreeing(table, shapes)
    drifted = max(host) / min(host) - 1
    show(rho, table, shapes)
    reasons = []
    if drifted > DRIFT:
        reasons.append(f"the host itself drifted by {drifted:.1%}")
    if len(pairs) < PAIRS:
        reasons.append(f"only {len(pairs)} pairs of shapes disagree on CPU and memory or disk")
    if not shuffled(table, functions, shapes):
        reasons.append("scores that were dealt out at random pass, too")
    verdict = "inconclusive" if reasons else "not predicted" if wrong else "predicted"
    print(f"\nhost drift {drifted:.1%}, {len(pairs)} pairs disagree; {verdict}" + "".join(f"\n  {r}" for r in reasons + wrong))
    plot(out_svg, table, functions, shapes, rho)
    with open(out_json, "w", encoding="utf-8") as f:
        json.dump({"verdict": verdict, "drift": drifted, "reasons": reasons, "wrong": wrong, "pairs": pairs,
                   "shapes": shapes, "scores": table, "correlations": rho}, f, indent=1)
    return {"predicted": 0, "not predicted": 1}.get(verdict, 3)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

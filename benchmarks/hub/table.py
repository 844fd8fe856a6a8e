"""From runs to tables: medians, spread, and ratios to Berth; who does better than Berth stands in bold."""

import json
import re
import textwrap
from statistics import median

BASE = "berth"


def percentile(values, share):
    return values[min(len(values) - 1, int(share * len(values)))] if values else None


def value(key):
    return lambda run: run[key]


# Name, what a run has to say about it, digits after the point.  Less is better in all of them.
ROWS = [
    ("RSS, peak, MB", value("peak_mb"), 1),
    ("with short-lived children, MB", value("peak_with_children_mb"), 1),
    ("RSS, settled, MB", value("settled_mb"), 1),
    ("CPU to sync, s", value("sync_cpu"), 2),
    ("CPU per 1,000 events, ms", value("cpu_per_1000_events_ms"), 0),
    ("CPU per onboarding, ms", value("cpu_per_onboarding_ms"), 2),
    ("ready to work created, p50, ms", lambda run: percentile(run["latencies_ms"], 0.5), 1),
    ("ready to work created, p99, ms", lambda run: percentile(run["latencies_ms"], 0.99), 1),
    ("lost", value("lost"), 0),
    ("duplicated", value("duplicated"), 0),
    ("cold start, ms", value("cold_start_ms"), 0),
]


def written(number, digits):
    return f"{number:,.{digits}f}"


class Cell:
    """One measure of one contestant at one size, over its runs."""

    def __init__(self, values, digits, base):
        self.never = any(v is None for v in values)
        self.digits, self.values = digits, values
        self.middle = None if self.never or not values else median(values)
        self.ratio = self.middle / base.middle if self.middle is not None and base and base.middle else None
        self.better = bool(base) and self.middle is not None and base.middle is not None and self.middle < base.middle

    def text(self):
        return "never" if self.never else "-" if self.middle is None else written(self.middle, self.digits)

    def spread(self):
        if self.middle is None or len(self.values) < 2:
            return ""
        return f" ({written(min(self.values), self.digits)}–{written(max(self.values), self.digits)})"

    def times(self):
        if self.ratio is None:
            return ""
        return f"{self.ratio:.0f}×" if self.ratio >= 10 else f"{self.ratio:.1f}×" if self.ratio >= 1 else f"{self.ratio:.2f}×"


def cells(results, n):
    """{row: {contestant: Cell}}"""
    names = list(results["contestants"])
    runs = [run for run in results["runs"] if run["n"] == n]
    grid = {}
    for title, measure, digits in ROWS:
        row, base = {}, None
        for name in sorted(names, key=lambda name: name != BASE):
            own = [measure(run) for run in runs if run["name"] == name]
            row[name] = Cell(own, digits, base)
            base = base or (row[name] if name == BASE else None)
        grid[title] = {name: row[name] for name in names}
    return grid


def sizes(results):
    grid = {}
    for at, title in enumerate(("programs, MB", "with all they need, MB")):
        measured = {name: c["sizes"][at] / 1e6 for name, c in results["contestants"].items()}
        base = Cell([measured[BASE]], 1, None) if BASE in measured else None
        grid[title] = {name: Cell([size], 1, base if name != BASE else None) for name, size in measured.items()}
    return grid


def markdown(grid, names):
    lines = ["| | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for title, row in grid.items():
        parts = []
        for name in names:
            cell = row[name]
            text = cell.text()
            text = f"**{text}**" if cell.better else text
            parts.append(text + cell.spread() + (f" {cell.times()}" if cell.times() else ""))
        lines.append(f"| {title} | " + " | ".join(parts) + " |")
    return "\n".join(lines)


def plain(grid, names, width=15):
    left = max(map(len, grid)) + 1
    heads = [textwrap.wrap(name.replace("-tuned", " tuned"), width - 3) for name in names]
    lines = [" " * left + "".join(f"{dict(enumerate(head)).get(line, ''):>{width}}" for head in heads)
             for line in range(max(map(len, heads)))]
    for title, row in grid.items():
        texts = [f"{row[name].text()}{'*' if row[name].better else ' '} {row[name].times():>5}" for name in names]
        lines.append(f"{title:<{left}}" + "".join(f"{text:>{width}}" for text in texts))
    return "\n".join(lines)


def blocks(results):
    """(heading, grid) for each size, and one for what does not depend on it."""
    for n in dict.fromkeys(run["n"] for run in results["runs"]):
        turns = len({run["turn"] for run in results["runs"] if run["n"] == n})
        joined = min(n, results["joining"])
        busy = median(run["busy_percent"] for run in results["runs"] if run["n"] == n)
        yield (f"{n:,} clusters, {joined:,} of them joining, {results['rate']} a second; "
               f"{turns} {'run' if turns == 1 else 'runs'}; machine {busy:.0f} % busy before them"), cells(results, n)
    yield "What is shipped", sizes(results)


def save(results, out):
    names = list(results["contestants"])
    out.joinpath("results.json").write_text(json.dumps(results, indent=1), encoding="utf-8")
    text = f"{results['machine']}; all on one machine.\n\n" + "\n\n".join(f"**{heading}**\n\n{markdown(grid, names)}" for heading, grid in blocks(results))
    out.joinpath("table.md").write_text(text + "\n", encoding="utf-8")


def show(results, out):
    save(results, out)
    names = list(results["contestants"])
    for heading, grid in blocks(results):
        print(f"\n{heading}\n\n{plain(grid, names)}")
    print(f"\nmedian, ratio to Berth; * better than Berth.  Spread: {out}/table.md, all runs: {out}/results.json")


def publish(out, readme):
    """Puts the table between its two marks."""
    table, text = out.joinpath("table.md").read_text(encoding="utf-8"), readme.read_text(encoding="utf-8")
    text = re.sub(r"(<!-- table -->\n).*(<!-- end -->)", lambda m: m[1] + table + m[2], text, flags=re.DOTALL)
    readme.write_text(text, encoding="utf-8")

"""What a contestant uses: CPU seconds and resident memory of its processes, from /proc."""

import os
import threading
import time

TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
SAMPLE_SECONDS = 0.05
QUIET_SECONDS, QUIET_CPU, QUIET_BYTES = 2.0, 0.04, 8192


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(child) for child in file.read().split()]
    except OSError:
        return []


def stat(pid):
    """(CPU seconds, RSS in bytes); the CPU time of children that have ended is in that of their parent."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            fields = file.read().rpartition(") ")[2].split()
    except OSError:
        return 0.0, 0
    return sum(map(int, fields[11:15])) / TICK, int(fields[21]) * PAGE


def busy(interval=2.0):
    """The share of the machine's CPU time that is used, in percent."""
    def sample():
        with open("/proc/stat", encoding="ascii") as file:
            times = list(map(int, file.readline().split()[1:9]))
        return sum(times), times[3] + times[4]

    all_before, idle_before = sample()
    time.sleep(interval)
    all_after, idle_after = sample()
    return 100 * (1 - (idle_after - idle_before) / max(1, all_after - all_before))


class Probe:
    """Watches processes until close(): `main` is what was started, `all` has their short-lived children too."""

    def __init__(self, pids):
        self.pids = pids
        self.peak_all = 0
        self.closed = threading.Event()
        self.thread = threading.Thread(target=self.sample, daemon=True)
        self.thread.start()

    def sample(self):
        while not self.closed.wait(SAMPLE_SECONDS):
            self.peak_all = max(self.peak_all, sum(stat(pid)[1] for pid in self.family()))

    def family(self):
        return self.pids + [child for pid in self.pids for child in children(pid)]

    def cpu(self):
        return sum(stat(pid)[0] for pid in self.family())

    def rss(self):
        return sum(stat(pid)[1] for pid in self.pids)

    def peak(self):
        """Of the processes that were started, as the kernel has kept it."""
        total = 0
        for pid in self.pids:
            with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
                total += next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))
        return total

    def wait_quiet(self, limit, written):
        """Until hardly any CPU was used for a while, and hardly anything was `written()` (of bytes, by whomever:
        one who waits for a busy server is not at rest); False: not within `limit` seconds."""
        end = time.monotonic() + limit
        while time.monotonic() < end:
            cpu, size = self.cpu(), written()
            time.sleep(QUIET_SECONDS)
            if self.cpu() - cpu <= QUIET_CPU and written() - size <= QUIET_BYTES:
                return True
        return False

    def close(self):
        self.closed.set()
        self.thread.join()

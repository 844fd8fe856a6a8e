"""What judge.py makes of machines whose speed is known."""
import contextlib
import io
import json
import os
import random
import tempfile
import unittest

import judge

SHAPES = [(1.0, 1.0, 1.0), (0.85, 0.5, 0.2), (0.7, 0.4, 0.9), (0.6, 0.6, 0.05),
          (0.45, 0.45, 0.8), (0.35, 0.2, 0.1), (0.25, 0.25, 0.7), (0.15, 0.15, 0.3)]


def lines(noise=0.0, host=(2e8, 2e8), lies=False):
    rng = random.Random(7)
    out = [f"host\t-\tcpu\t{h}\t{h}\t{h}\ttrue" for h in host]
    for n, (cpu, memory, disk) in enumerate(SHAPES):
        told = SHAPES[(n + 3) % 8] if lies else (cpu, memory, disk)
        values = {"cpu": 2e8 * told[0], "memory": 2e4 * told[1], "disk": 50 / (told[1] + told[2]), "disk-sync": 300 / told[2]}
        for name, v in values.items():
            out.append(f"probe\ts{n}\t{name}\t{v}\t{v * .99}\t{v * 1.01}\ttrue")
        for f, speed in {"hash": cpu, "json": cpu, "sort": cpu, "image": memory, "file": disk}.items():
            out.append(f"function\ts{n}\t{f}\t{1000 * speed * (1 + noise * rng.uniform(-1, 1))}")
    return out


class Judge(unittest.TestCase):
    def judged(self, text):
        with tempfile.TemporaryDirectory() as d:
            paths = [os.path.join(d, n) for n in ("tsv", "json", "svg")]
            with open(paths[0], "w", encoding="utf-8") as f:
                f.write("\n".join(text) + "\n")
            with contextlib.redirect_stdout(io.StringIO()):
                rc = judge.main(*paths)
            with open(paths[1], encoding="utf-8") as f:
                return rc, json.load(f)

    def test_true_scores_predict(self):
        rc, said = self.judged(lines())
        self.assertEqual((rc, said["verdict"], said["wrong"]), (0, "predicted", []))
        self.assertGreaterEqual(len(said["pairs"]), 3)

    def test_a_little_noise_does_no_harm(self):
        self.assertEqual(self.judged(lines(noise=0.02))[0], 0)

    def test_scores_of_other_machines_do_not(self):
        rc, said = self.judged(lines(lies=True))
        self.assertEqual(rc, 1)
        self.assertTrue(any(w.startswith("hash: cpu has") for w in said["wrong"]))

    def test_a_host_that_drifts_proves_nothing(self):
        rc, said = self.judged(lines(host=(2e8, 1.8e8)))
        self.assertEqual((rc, said["verdict"]), (3, "inconclusive"))

    def test_machines_of_one_order_prove_nothing(self):
        text = [x for x in lines() if "\ts0\t" in x or "\ts7\t" in x or x.startswith("host")]
        self.assertEqual(self.judged(text)[0], 3)

    def test_spearman(self):
        self.assertEqual(judge.spearman([1, 2, 3], [10, 20, 30]), 1)
        self.assertEqual(judge.spearman([1, 2, 3], [3, 2, 1]), -1)
        self.assertEqual(judge.spearman([5, 5, 5], [1, 2, 3]), 0)
        self.assertAlmostEqual(judge.spearman([1, 2, 2, 4], [1, 2, 3, 4]), 0.948683, places=5)

    def test_scores_are_those_of_the_worker(self):
        for name, low, high, want in (("cpu", 2e8, 2e8, 50), ("cpu", 4e8, 5e8, 60), ("disk", 10, 100, 50),
                                      ("disk-sync", 1, 500, 60), ("memory", 1, 1, 0), ("memory", 1e9, 1e9, 100)):
            self.assertEqual(judge.score(name, low, high), want)


if __name__ == "__main__":
    unittest.main()

"""What judge_stability.py and judge_harmless.py make of machines whose speed is known."""
import contextlib
import io
import json
import os
import random
import tempfile
import unittest

import judge_harmless
import judge_stability

SPEEDS = {"cpu": 2e8, "memory": 2e4, "disk": 100, "disk-sync": 1000}


def line(kind, number, what, probe, value, settled=True):
    return f'{kind}\t{number}\t{what}\t{probe}\t{value}\t{value * .99}\t{value * 1.01}\t{"true" if settled else "false"}'


def machine(spread=0.01, trial_spread=0.01, noise_settles=False, noise_lies=False, host=(2e8, 2.02e8)):
    """Twenty runs that differ by `spread`, twenty trials of 50 and 45 % of a CPU."""
    rng = random.Random(3)

    def about(value, by):
        return value * (1 + rng.uniform(-by, by))

    out = [line("host", n, "-", "cpu", v) for n, v in enumerate(host)]
    for n in range(20):
        out += [line("run", n, "-", p, about(v, spread)) for p, v in SPEEDS.items()]
        for what, speed in (("more", 1e8), ("less", 9e7), ("again", 1e8)):
            out.append(line("calm", n, what, "cpu", about(speed, trial_spread)))
            told = 2e8 - speed if noise_lies else speed
            out.append(line("noise", n, what, "cpu", told, settled=noise_settles))
    return out


def judged(judge, text):
    with tempfile.TemporaryDirectory() as d:
        tsv, out = os.path.join(d, "tsv"), os.path.join(d, "json")
        with open(tsv, "w", encoding="utf-8") as f:
            f.write("\n".join(text) + "\n")
        with contextlib.redirect_stdout(io.StringIO()):
            rc = judge.main(tsv, out)
        with open(out, encoding="utf-8") as f:
            return rc, json.load(f)


class Stability(unittest.TestCase):
    def test_a_steady_machine_is_stable(self):
        rc, said = judged(judge_stability, machine())
        self.assertEqual((rc, said["verdict"], said["wrong"]), (0, "stable", []))
        self.assertEqual(said["calm"]["right"], 20)
        self.assertEqual(said["noise"]["unstable"], 20)

    def test_scores_that_wander_are_not(self):
        rc, said = judged(judge_stability, machine(spread=0.6))
        self.assertEqual(rc, 1)
        self.assertTrue(any("coefficient of variation" in w for w in said["wrong"]))
        self.assertTrue(any(w.startswith("overall is within") for w in said["wrong"]))

    def test_quotas_that_cannot_be_told_apart(self):
        rc, said = judged(judge_stability, machine(trial_spread=0.1))
        self.assertEqual(rc, 1)
        self.assertTrue(any("a tenth less" in w for w in said["wrong"]))
        self.assertTrue(any("called different" in w for w in said["wrong"]))

    def test_noise_may_make_it_unstable_but_not_wrong(self):
        self.assertEqual(judged(judge_stability, machine(noise_lies=True))[0], 0)
        self.assertEqual(judged(judge_stability, machine(noise_settles=True))[0], 0)
        rc, said = judged(judge_stability, machine(noise_settles=True, noise_lies=True))
        self.assertEqual((rc, said["noise"]["wrong"]), (1, 20))

    def test_what_never_settles_is_not_told_apart(self):
        text = [x.replace("true", "false") if x.startswith("calm") else x for x in machine()]
        rc, said = judged(judge_stability, text)
        self.assertEqual((rc, said["calm"]["unstable"], said["calm"]["same"]), (1, 20, 0))

    def test_a_host_that_drifts_proves_nothing(self):
        self.assertEqual(judged(judge_stability, machine(host=(2e8, 1.8e8)))[0], 3)
        self.assertEqual(judged(judge_stability, machine(host=(2e8,)))[0], 3)

    def test_one_run_and_no_value_at_all(self):
        text = [x for x in machine() if x.startswith("host") or x.startswith("run\t0\t")]
        rc, said = judged(judge_stability, text)
        self.assertEqual((rc, said["overallWithin"]), (1, 0.0))


def service(with_p99, without=(1000,) * 9):
    return [f"without\t{n}\t1000\t500\t{p}" for n, p in enumerate(without)] + [f"with\t{n}\t1000\t510\t{with_p99}" for n in range(9)]


class Harmless(unittest.TestCase):
    def test_verdicts(self):
        self.assertEqual(judged(judge_harmless, service(1190))[0], 0)
        self.assertEqual(judged(judge_harmless, service(1210))[0], 1)

    def test_one_bad_round_does_not_matter_but_a_bad_host_does(self):
        self.assertEqual(judged(judge_harmless, service(1100, (1000,) * 8 + (9000,)))[0], 0)
        self.assertEqual(judged(judge_harmless, service(1100, (1000, 500, 2000) * 3))[0], 3)
        self.assertEqual(judged(judge_harmless, service(1100, (1000, 1000)))[0], 3)


if __name__ == "__main__":
    unittest.main()

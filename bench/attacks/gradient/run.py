#!/usr/bin/env python3
"""Gradient inversion on MNIST: what the attacks reach, and their time beside the same attack in PyTorch.

    bench/attacks/gradient/run.py [--quick] [--only TEXT] [--mnist ../shared/data/mnist] [--build build] [--json]

Every row runs build/bench/bench_gradient: the first images of the test set, each (or each batch)
behind one gradient in a recorded view, every failure counted, one thread. Rows with a `wanted` must
reach it; the others are reported as they come. The peer is the PyTorch of the interpreter that PYTHON
names (python3 when it is not set); without one the time is not compared. The two take turns, three
images at a time. --quick: the wanted rows only. Exits 1 when a figure misses what is wanted.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

PEER = Path(__file__).with_name("peer.py")
PAPER = ["objective=l2", "line_search=none", "init=normal", "stop=1e-8"]

# name, figure that counts, wanted share of it (None: as it comes), arguments
ROWS = [
    ("idlg, lenet5-dlg +-0.5", "below_1e-3", 0.95, ["--model", "lenet5-dlg"]),
    ("idlg, lenet5-dlg +-0.5: labels", "labels", 1.0, ["--model", "lenet5-dlg"]),
    ("dlg, lenet5-dlg +-0.5, 3 starts", "below_1e-3", 0.80,
     ["--model", "lenet5-dlg", "--attack", "dlg", "--restarts", "3"]),
    ("idlg, lenet5-sigmoid +-0.5", "below_2e-3", 0.80,
     ["--model", "lenet5-sigmoid:init=0.5", "--evaluations", "6000", "--floor"]),
    ("idlg as published, lenet5-dlg +-0.5", "below_1e-3", None, ["--model", "lenet5-dlg", *PAPER]),
    ("idlg as published, 3 starts", "below_1e-3", None,
     ["--model", "lenet5-dlg", "--restarts", "3", *PAPER]),
    ("dlg as published, 1 start", "below_1e-3", None,
     ["--model", "lenet5-dlg", "--attack", "dlg", "--restarts", "1", *PAPER]),
    ("idlg, objective=l2", "below_1e-3", None, ["--model", "lenet5-dlg", "objective=l2"]),
    ("idlg, objective=layers, stop=1e-8", "below_1e-3", None,
     ["--model", "lenet5-dlg", "objective=layers", "stop=1e-8"]),
    ("cosine, lenet5-dlg +-0.5", "below_1e-3", None,
     ["--model", "lenet5-dlg", "--attack", "cosine", "--images", "20"]),
    ("idlg, lenet5-sigmoid", "below_2e-3", None, ["--model", "lenet5-sigmoid"]),
    ("idlg, lenet5-dlg, default init", "below_1e-3", None, ["--model", "DEFAULT"]),
    ("idlg, lenet5 (ReLU)", "below_1e-2", None, ["--model", "lenet5"]),
    ("cosine, lenet5 (ReLU)", "below_1e-2", None,
     ["--model", "lenet5", "--attack", "cosine", "--images", "20"]),
    ("idlg, lenet5-dlg trained", "below_1e-3", None, ["--model", "TRAINED:lenet5-dlg", "--images", "50"]),
    ("idlg, lenet5-sigmoid trained", "below_2e-3", None, ["--model", "TRAINED:lenet5-sigmoid", "--images", "20"]),
    ("idlg, lenet5 (ReLU) trained", "below_1e-2", None, ["--model", "TRAINED:lenet5", "--images", "50"]),
    ("cosine, lenet5 (ReLU) trained", "below_1e-2", None,
     ["--model", "TRAINED:lenet5", "--attack", "cosine", "--images", "20"]),
    ("idlg, lenet5-dlg +-0.5, batch 2", "below_1e-3", None,
     ["--model", "lenet5-dlg", "--batch", "2", "--images", "20"]),
    ("idlg, lenet5-dlg +-0.5, batch 4", "below_1e-3", None,
     ["--model", "lenet5-dlg", "--batch", "4", "--images", "20"]),
    ("idlg, lenet5-dlg +-0.5, batch 8", "below_1e-3", None,
     ["--model", "lenet5-dlg", "--batch", "8", "--images", "16"]),
    ("the same, labels known", "below_1e-3", None,
     ["--model", "lenet5-dlg", "--batch", "8", "--images", "16", "--known-labels"]),
    ("idlg, lenet5-dlg +-0.5, update of 1 step", "below_1e-3", None,
     ["--model", "lenet5-dlg", "--update"]),
    ("analytic, mlp", "below_1e-3", None, ["--model", "mlp", "--attack", "analytic"]),
    ("analytic, mlp, batch 8", "below_1e-3", None,
     ["--model", "mlp", "--attack", "analytic", "--batch", "8", "--images", "96"]),
    ("labels, lenet5, batch 8", "labels", None,
     ["--model", "lenet5", "--attack", "labels", "--batch", "8", "--images", "96"]),
    ("labels, lenet5 trained, batch 8", "labels", None,
     ["--model", "TRAINED:lenet5", "--attack", "labels", "--batch", "8", "--images", "96"]),
]

# ours over the peer's time must be this much smaller
PEERS = [("lenet5-dlg", "lenet5-dlg", "idlg"), ("lenet5-dlg", "lenet5-dlg", "dlg"),
         ("lenet5-sigmoid:init=0.5", "lenet5-sigmoid", "idlg")]
FASTER = 4.0


class Bench:
    def __init__(self, a, folder):
        self.a, self.folder, self.made = a, Path(folder), {}
        self.environment = dict(os.environ, OMP_NUM_THREADS="1", OMP_WAIT_POLICY="passive")

    def run(self, command):
        done = subprocess.run([str(c) for c in command], env=self.environment, text=True,
                              stdout=subprocess.PIPE, check=False)
        if done.returncode != 0:
            sys.exit(f"{' '.join(map(str, command))} ended with status {done.returncode}")
        return json.loads(done.stdout)

    def model(self, name):
        """The path or name that bench_gradient takes."""
        if name not in self.made:
            self.made[name] = name
            if name == "DEFAULT":  # the published network without its init line
                path = self.folder / "default.model"
                layer = "conv 12 kernel=5 stride={} pad=2\nsigmoid\n"
                path.write_text(layer.format(2) * 2 + layer.format(1) + "flatten\ndense classes\n",
                                encoding="utf-8")
                self.made[name] = path
            elif name.startswith("TRAINED:"):
                path = self.folder / f"{name[8:]}.safetensors"
                self.run([Path(self.a.build) / "privet", "train", "--data", f"mnist:{self.a.mnist}",
                          "--model", name[8:], "--epochs", "1", "--seed", "1", "-o", path, "--json",
                          "--quiet"])
                self.made[name] = path
        return self.made[name]

    def attack(self, words):
        words = [f"--option={w}" if "=" in w and not w.startswith("-") and ":" not in w else w
                 for w in words]
        words[words.index("--model") + 1] = self.model(words[words.index("--model") + 1])
        return self.run([Path(self.a.build) / "bench/bench_gradient", "--data",
                         f"mnist:{self.a.mnist}", *words])


def compare(bench, python, model, net, attack, rounds=3, images=3):
    """Seconds an image, ours and the peer's, taking turns; the median of the rounds' ratios. Both stop
    at 1e-10: PyTorch's L-BFGS keeps its vectors in float32 and comes no further in reasonable time."""
    file = str(bench.folder / "peer.safetensors")
    restarts = "3" if attack == "dlg" else "1"
    ours, peers = [], []
    for _ in range(rounds):
        ours.append(bench.attack(["--model", model, "--attack", attack, "--images", str(images),
                                  "--restarts", restarts, "stop=1e-10", "--save", file]))
        peers.append(bench.run([python, PEER, "--net", net, "--model-file", file, "--attack", attack,
                                "--restarts", restarts, "--stop", "1e-10", "--mnist",
                                bench.a.mnist, "--images", str(images)]))
    ratios = sorted(p["seconds_per_image"] / o["seconds_per_image"] for o, p in zip(ours, peers))
    middle = lambda key, runs: sorted(r[key] for r in runs)[len(runs) // 2]
    return {"model": model, "attack": attack, "version": peers[0]["version"],
            "seconds_per_image": middle("seconds_per_image", ours),
            "peer_seconds_per_image": middle("seconds_per_image", peers),
            "evaluations": ours[0]["evaluations_per_target"],
            "peer_evaluations": peers[0]["evaluations_per_target"],
            "peer_below_2e-3": peers[0]["below_2e-3"], "images": images,
            "ratio": ratios[len(ratios) // 2], "ratios": ratios, "wanted": FASTER}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", help="rows whose name holds this; no peer")
    parser.add_argument("--mnist", default="../shared/data/mnist")
    parser.add_argument("--build", default="build")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead")
    a = parser.parse_args()
    if not Path(a.mnist).is_dir():
        print(f"skipped: no {a.mnist}", file=sys.stderr)
        return 77
    python = os.environ.get("PYTHON", "python3")
    has_peer = subprocess.run([python, "-c", "import torch"], stderr=subprocess.DEVNULL,
                              check=False).returncode == 0
    say = (lambda *words: None) if a.json else lambda *words: print(*words, flush=True)
    good, rows, peers = True, [], []
    say(f"{'':42} {'reached':>9} {'wanted':>7} {'below':>6} {'median':>8} {'labels':>7} "
        f"{'evaluations':>11} {'s/image':>8}")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(a, folder)
        for name, figure, wanted, words in ROWS:
            if (a.quick and wanted is None) or (a.only and a.only not in name):
                continue
            r = bench.attack(words)
            share = r[figure] / r["images"]
            met = wanted is None or share >= wanted
            good &= met
            rows.append({"name": name, "figure": figure, "wanted": wanted, "share": share, **r})
            limit = figure[6:] if figure.startswith("below") else ""
            say(f"{name:42} {r[figure]:4} /{r['images']:4} {'' if wanted is None else wanted:>7} "
                f"{limit:>6} {r['median_mse']:8.1e} {r['labels']:7} "
                f"{r['evaluations_per_target']:11.0f} {r['seconds_per_image']:8.3f}"
                f"{'' if met else '  MISSED'}")
            if "blind_mse_mean" in r:
                say(f"{'':42} the part without 2x2 means: {r['blind_mse_mean']:.2e} on average, at most "
                    f"{r['blind_mse_most']:.2e}")
        for model, net, attack in PEERS if has_peer and not a.only else []:
            p = compare(bench, python, model, net, attack)
            peers.append(p)
            good &= p["ratio"] >= FASTER
            say(f"{attack}, {model}: {p['seconds_per_image']:.3f} s an image, PyTorch {p['version']} "
                f"{p['peer_seconds_per_image']:.3f}: {p['ratio']:.1f} times (wanted {FASTER:g}; "
                f"{p['ratios'][0]:.1f}-{p['ratios'][-1]:.1f}); evaluations {p['evaluations']:.0f} and "
                f"{p['peer_evaluations']:.0f}")
    if not has_peer and not a.only:
        print(f"no peer: {python} has no PyTorch; set PYTHON to an interpreter that has it",
              file=sys.stderr)
    if a.json:
        print(json.dumps({"rows": rows, "peers": peers}))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

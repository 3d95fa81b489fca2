#!/usr/bin/env python3
"""Noise that customers put on the activation: its price, and what the provider's readers make of what is left.

    bench/complement/noise.sh [--mnist ../shared/data/mnist] [--build build] [--only TEXT] [--sigma 0,0.5,1,2,4]
        [--seeds 1] [--json] [--images]

MNIST's 3 against 5 (the built-in digits without MNIST). For each network and each sigma:

    at inference   the network was trained without noise, customers put it on
    trained        with as much noise, on the activation at the cut

and where a network is trained against readers, both again with that. Each model is cut by privet partition,
one customer asks about all test rows in a run of its own (privet run), and the provider's view is audited
(privet audit). Columns: labels turned back that are right, over drawn secrets; secrets, then labels, that
fresh probes read off activations and answers, the worst of the audit's, beside the best guess without them.
An audit whose controls failed is printed as invalid. A mean over seeds where there are several.

--images: how well 32 test images come back instead, LeNet-5 cut behind its first layer and trained without noise:
the median PSNR that the audits likelihood and inverse-network print, the latter's decoder alone, too; a line of JSON each.
"""
import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

# name, model, [retrain], keep, cut, form, epochs
NETWORKS = [
    ("complement.model, cut 3", "examples/complement.model", [], 1, 3, "append", 5),
    ("complement.model, cut 3, hide_secret 1", "examples/complement.model",
     ["--hide-secret", "1", "--lr", "6e-3"], 1, 3, "plane", 24),
    ("lenet5, cut 2", "lenet5", [], 1, 2, "plane", 5),
]

IMAGES = ("lenet5, cut 1", "lenet5", [], 0, 1, "plane", 5)
INVERSIONS = [("likelihood", []), ("inverse-network", ["--set", "refine=0"]), ("inverse-network", [])]

SCENARIO = """[scenario]
name = noise
scheme = complement
model = {model}
seed = {seed}
threads = 1
[scheme]
form = {form}
keep = {keep}
cut = {cut}
hide_noise = {sigma}
[party lab]
role = provider
[party clinic]
role = customer
[local lab]
half = {folder}/halves/provider.safetensors
front = {folder}/halves/customer.safetensors
data = {train}
[local clinic]
data = {test}
"""


class Bench:
    def __init__(self, a, folder):
        name = f"mnist:{Path(a.mnist).resolve()}" if Path(a.mnist).is_dir() else "glyphs"
        self.train, self.test = f"{name}?classes=3,5", f"{name}?classes=3,5&split=test"
        self.privet, self.folder, self.made = str(Path(a.build) / "privet"), Path(folder), {}

    def run(self, *words, fine=(0,)):
        done = subprocess.run([self.privet, *map(str, words), "--threads", "1", "--quiet", "--json"],
                              stdout=subprocess.PIPE, text=True)
        if done.returncode not in fine:
            sys.exit(f"privet {' '.join(map(str, words))}: status {done.returncode}")
        return json.loads(done.stdout)

    def base(self, model, seed):
        path = self.folder / f"base-{Path(model).stem}-{seed}.safetensors"
        if path not in self.made:
            self.run("train", "--data", self.train, "--model", model, "--epochs", 10, "--augment", "none",
                     "--seed", seed, "--out", path)
            self.made[path] = True
        return path

    def secret(self, network, sigma, seed):
        """The path of the model with a secret, and whether its training collapsed."""
        name, model, more, keep, cut, form, epochs = network
        path = self.folder / f"secret-{[*NETWORKS, IMAGES].index(network)}-{sigma}-{seed}.safetensors"
        if path not in self.made:
            start = [self.base(model, seed), "--keep", keep] if keep > 0 else ["--model", model]
            noise = ["--cut", cut, "--noise", sigma] if sigma > 0 or more else []
            j = self.run("retrain", *start, "--data", self.train, "--augment", "none", "--form", form,
                         "--epochs", epochs, *noise, "--seed", seed, *more, "--out", path)
            self.made[path] = j["collapsed"]
        return path, self.made[path]

    def audit(self, run, attack, seed):
        f = self.run("audit", run, "--attack", attack, "--seed", seed, fine=(0, 6))["findings"][0]
        holds = f["positive"]["holds"] and f["negative"]["holds"]
        return (f["value"] if holds else None, f["baseline"])

    def ask(self, network, trained, sigma, seed):
        """A run in which one customer asks; what it has of it, and whether the model's training collapsed."""
        name, model, more, keep, cut, form, epochs = network
        path, collapsed = self.secret(network, sigma if trained else 0, seed)
        for left in ("halves", "run"):
            subprocess.run(["rm", "-rf", str(self.folder / left)], check=True)
        self.run("partition", path, "--cut", cut, "--data", self.train, "--noise", sigma, "--seed", seed,
                 "--out", self.folder / "halves")
        text = SCENARIO.format(model=Path(model).resolve() if "/" in model else model, seed=seed, form=form, keep=keep,
                               cut=cut, sigma=sigma, folder=self.folder, train=self.train, test=self.test)
        (self.folder / "noise.ini").write_text(text)
        self.run("run", self.folder / "noise.ini", "--out", self.folder / "run")
        return json.loads((self.folder / "run/parties/clinic/result.json").read_text())["result"], collapsed

    def measure(self, network, trained, sigma, seed):
        result, collapsed = self.ask(network, trained, sigma, seed)
        secret, guess = self.audit(self.folder / "run", "secret-probe", seed)
        label, guessed = self.audit(self.folder / "run", "probe", seed)
        return {"network": network[0], "trained": trained, "sigma": sigma, "seed": seed, "collapsed": collapsed,
                "rows": result["rows"], "clamped": result["clamped"], "accuracy": result["accuracy"],
                "secret": secret, "label": label, "chance": max(guess, guessed)}


    def invert(self, sigma, seed):
        row = {"network": IMAGES[0], "sigma": sigma, "seed": seed,
               "accuracy": self.ask(IMAGES, False, sigma, seed)[0]["accuracy"]}
        for (attack, settings), name in zip(INVERSIONS, ("likelihood", "decoder", "refined")):
            f = self.run("audit", self.folder / "run", "--attack", attack, *settings, "--seed", seed,
                         fine=(0, 6))["findings"][0]
            holds = f["positive"]["holds"] and f["negative"]["holds"]
            row[name] = {"psnr": next(m["value"] for m in f["measures"] if m["name"] == "median PSNR"), "holds": holds}
        return row


def mean(rows, key):
    values = [r[key] for r in rows]
    return None if None in values else sum(values) / len(values)


def percent(x):
    return " invalid" if x is None else f"{100 * x:6.1f} %"


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--mnist", default="../shared/data/mnist")
    p.add_argument("--build", default="build")
    p.add_argument("--only", default="")
    p.add_argument("--sigma", default="0,0.5,1,2,4")
    p.add_argument("--seeds", type=int, default=1)
    p.add_argument("--json", action="store_true")
    p.add_argument("--images", action="store_true")
    a = p.parse_args()
    sigmas, everything = [float(s) for s in a.sigma.split(",")], []
    with tempfile.TemporaryDirectory() as folder:
        b = Bench(a, folder)
        if a.images:
            for sigma in sigmas:
                for seed in range(1, a.seeds + 1):
                    print(json.dumps(b.invert(sigma, seed)), flush=True)
            return
        if not a.json:
            print(f"{b.test}\n{'':44} {'noise':>7} {'accuracy':>9} {'secrets':>9} {'labels':>9} {'guessing':>9}")
        for network in NETWORKS:
            if a.only not in network[0]:
                continue
            for trained in (False, True):
                for sigma in sigmas:
                    if trained and sigma == 0:
                        continue
                    rows = [b.measure(network, trained, sigma, seed) for seed in range(1, a.seeds + 1)]
                    everything += rows
                    if a.json:
                        continue
                    name = network[0] + ("" if sigma == 0 else ", trained" if trained else ", at inference")
                    marks = "  collapsed" * any(r["collapsed"] for r in rows)
                    print(f"{name:52.52} {sigma:4g}" + "".join(f" {percent(mean(rows, k)):>9}" for k in
                          ("accuracy", "secret", "label", "chance")) + marks, flush=True)
    if a.json:
        print(json.dumps(everything, indent=1))


if __name__ == "__main__":
    main()

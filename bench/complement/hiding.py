#!/usr/bin/env python3
"""How far training hides a secret: accuracy against what fresh probes read behind the cut.

    bench/complement/hiding.sh [--only fresh|curve|lenet5|permutation|pets] [--seeds 11,12,13,14,15] [--few 11,12]
                               [--weights 0,0.3,1,3] [--rates 1e-3,3e-3,6e-3,1e-2] [--weight 1] [--rate 6e-3]
                               [--cluster 3] [--epochs 48] [--extra "--warmup 5"]
                               [--jobs 1] [--threads 1] [--privet build/privet] [--mnist ../shared/data/mnist]
                               [--pets FOLDER --cifar build/data/cifar10] [--work build/complement/hiding]

fresh        examples/complement.model on MNIST's 3 and 5, one layer kept, cut behind the third, at --weight, --cluster and --rate. For every
             of --seeds a base model and a retrained one of that seed, which nobody has chosen anything by. How many of them answer
             at least 99 % rightly while no fresh probe reads secret or label more than 3 points better than the prior? And does the
             one of them that is chosen without a look at the test rows: of those that answer 99 % of the training rows, the
             one of which probes that learn from half of these read least of the other half?
curve        The same network over weights of --hide-secret and learning rates, with the seeds of --few.
lenet5       LeNet-5 on the same digits, one layer kept, cut behind its second, third and fourth layer.
permutation  examples/complement.model on all ten digits under permutations, with and without hiding.
pets         With --pets, a folder that bench/papers/complement/accuracy.sh --work has filled, and CIFAR-10's: of its alexnet32
             models with a secret (cats and dogs) what probes read behind the layer of the secret, and of the base models there
             retrained ones, five layers kept and cut behind the fifth, sixth and seventh, a dropout in front of the last.

Everything is `privet train`, `privet retrain` and `privet cuts --probe`: probes learn from the training rows and read the test rows,
nine of them a question, the best of what they held out counts. The prior is the share of the most frequent label. A training or
probing that is in the work folder already, of the very same command, is not run again. Exits 1 when the chosen one misses.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

KEEP, CUT = 1, 3 # of examples/complement.model
ANSWERS, ABOVE = 0.99, 0.03 # what is wanted: at least; at most so far above the prior
BASE_EPOCHS, PETS_EPOCHS = 10, 10


class Program:
    def __init__(self, a):
        self.path, self.threads, self.work = str(pathlib.Path(a.privet).resolve()), a.threads, pathlib.Path(a.work)
        self.work.mkdir(parents=True, exist_ok=True)

    def __call__(self, name, words, out=None):
        """What the command prints as JSON, or printed the last time it was this one. out: the file that it makes."""
        command = [self.path, *map(str, words), *(["--out", str(out)] if out else []), "--quiet", "--json", "--threads", str(self.threads)]
        kept = self.work / f"{name}.json"
        if kept.exists() and (out is None or out.exists()):
            before = json.loads(kept.read_text())
            if before["command"] == command[1:]:
                return before["result"]
        environment = {**os.environ, "OMP_WAIT_POLICY": "passive", "OMP_NUM_THREADS": str(self.threads)}
        begun = time.time()
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, env=environment)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: exit status {done.returncode}\n{done.stderr}{done.stdout}")
        result = json.loads(done.stdout)
        kept.write_text(json.dumps({"command": command[1:], "result": result}))
        print(f"  {name}: {time.time() - begun:.1f} s", file=sys.stderr, flush=True)
        return result

    def model(self, name):
        return self.work / f"{name}.safetensors"


def probed(program, name, model, data, cut, seed):
    """What crosses one cut, read by fresh probes."""
    words = ["cuts", model, "--data", data, "--cut", cut, "--probe", "--images", 0, "--seconds", 0.002, "--seed", seed]
    return program(f"{name}-cut{cut}-probes", words)["cuts"][1]["probe"]


def hidden(program, name, base, data, cut, seed, words):
    """Retrain, measure every value of the secret, probe."""
    out = program.model(name)
    where = ["--cut", cut] if "--hide-secret" in words else [] # without readers nothing looks there
    trained = program(name, ["retrain", base, "--data", data, *where, "--seed", seed, *words], out)
    return {"name": name, "accuracy": trained["accuracy"], "worst": trained["worst"], "of_value": trained["of_value"],
            "collapsed": trained["collapsed"], "probe": probed(program, name, out, data, cut, seed)}


def based(program, name, model, data, seed, epochs, words):
    out = program.model(name)
    program(name, ["train", "--data", data, "--model", model, "--epochs", epochs, "--seed", seed, *words], out)
    return out


def above(row):
    """How far above the prior the better of both was read."""
    shares = [row["probe"][what]["share"] for what in ("secret", "label") if row["probe"][what]]
    return max(shares) - row["probe"]["prior"]


def reaches(row):
    return row["accuracy"] >= ANSWERS and above(row) <= ABOVE and not row["collapsed"]


def share(reading):
    return f"{100 * reading['share']:6.1f}" if reading else "     -"


HEADER = f"{'':40} {'answers':>7} {'by value':>15} {'secret':>7} {'label':>6} {'prior':>6}"


def line(title, row):
    values = " ".join(f"{100 * v:.2f}" for v in row["of_value"][:2]) if len(row["of_value"]) <= 2 else f"worst {100 * row['worst']:.2f}"
    return (f"{title:40} {100 * row['accuracy']:7.2f} {values:>15}  {share(row['probe']['secret'])} {share(row['probe']['label'])} "
            f"{100 * row['probe']['prior']:6.1f}  {'collapsed' if row['collapsed'] else f'{100 * above(row):+.1f} points'}")


def range_of(values, form):
    low, high = min(values), max(values)
    return f"{low:{form}}" if len(values) == 1 else f"{low:{form}} to {high:{form}}"


def all_of(a, tasks):
    """Results of functions without arguments, --jobs at a time, in their order."""
    with concurrent.futures.ThreadPoolExecutor(a.jobs) as pool:
        return [future.result() for future in [pool.submit(task) for task in tasks]]


# ---- two digits, a small dense network

def against(a, weight):
    """Options of hiding; none with weight 0, which is plain training."""
    return ["--hide-secret", weight, "--cluster", a.cluster, *a.extra.split()] if float(weight) > 0 else []


def named(a, weight):
    return f"w{weight}" + (f"-c{a.cluster}{''.join(a.extra.split())}".replace("/", "_") if float(weight) > 0 else "")


def two_digits(a):
    return f"mnist:{a.mnist}?classes=3,5"


def dense_base(a, program, seed):
    return based(program, f"dense-base-{seed}", "examples/complement.model", two_digits(a), seed, BASE_EPOCHS, ["--augment", "none"])


def dense(a, program, seed, weight, rate):
    words = ["--keep", KEEP, "--augment", "none", "--epochs", a.epochs, "--lr", rate, *against(a, weight)]
    name = f"dense-{named(a, weight)}-lr{rate}-e{a.epochs}-{seed}"
    return hidden(program, name, dense_base(a, program, seed), two_digits(a), CUT, seed, words)


def chosen(a, program, rows):
    """The row that training rows alone speak for; None when all collapsed."""
    data = f"{two_digits(a)}&split=train"
    seen = all_of(a, [lambda s=s, r=r: probed(program, f"{r['name']}-train", program.model(r["name"]), data, CUT, s)
                      for s, r in zip(a.seeds, rows)])
    able = [(above({"probe": p}), s, r) for p, s, r in zip(seen, a.seeds, rows) if not r["collapsed"] and p["answered"] >= ANSWERS]
    for by, seed, _ in sorted(able, key=lambda c: c[0]):
        print(f"  of the training rows, seed {seed}: {100 * by:+.1f} points")
    return min(able, key=lambda c: c[0])[1:] if able else None


def fresh(a, program):
    print(f"\nexamples/complement.model, 3 against 5, one layer kept, cut behind layer {CUT}: --hide-secret {a.weight} --cluster {a.cluster} --lr {a.rate} "
          f"--epochs {a.epochs} {a.extra}\n{HEADER}")
    rows = all_of(a, [lambda s=s: dense(a, program, s, a.weight, a.rate) for s in a.seeds])
    for seed, row in zip(a.seeds, rows):
        print(line(f"base and retrained with seed {seed}", row) + ("" if reaches(row) else "   misses"))
    good = sum(map(reaches, rows))
    print(f"{good} of {len(rows)} answer at least {100 * ANSWERS:.0f} % with secret and label within {100 * ABOVE:.0f} points of the prior")
    best = chosen(a, program, rows)
    if best is None:
        print("none of them can be chosen")
        return False, rows
    print(line(f"chosen by training rows: seed {best[0]}", best[1]) + ("" if reaches(best[1]) else "   misses"))
    return reaches(best[1]), rows


def curve(a, program):
    print(f"\nthe same over weights and rates, seeds {', '.join(map(str, a.few))}\n{'weight':>8} {'rate':>8} {'answers':>16} "
          f"{'secret':>15} {'label':>15} {'prior':>6} {'collapsed':>10} {'reach it':>9}")
    tried = [(w, r) for w in a.weights for r in a.rates if float(w) > 0 or r == a.rates[0]]
    results = all_of(a, [lambda w=w, r=r, s=s: dense(a, program, s, w, r) for w, r in tried for s in a.few])
    points = []
    for i, (weight, rate) in enumerate(tried):
        rows = results[i * len(a.few):(i + 1) * len(a.few)]
        alive = [row for row in rows if not row["collapsed"]]
        ranges = [range_of([100 * f(row) for row in alive], form) if alive else "-" for f, form in (
            (lambda row: row["accuracy"], ".2f"), (lambda row: row["probe"]["secret"]["share"], ".1f"),
            (lambda row: row["probe"]["label"]["share"], ".1f"))]
        print(f"{weight:>8} {rate:>8} {ranges[0]:>16} {ranges[1]:>15} {ranges[2]:>15} {100 * rows[0]['probe']['prior']:6.1f} "
              f"{len(rows) - len(alive):>4} of {len(rows):<3} {sum(map(reaches, rows)):>3} of {len(rows):<3}")
        points.append({"weight": weight, "rate": rate, "rows": rows})
    return True, points


# ---- a convolutional network

def lenet5(a, program):
    print(f"\nlenet5, 3 against 5, one layer kept\n{HEADER}")
    found = []
    for seed in a.few:
        base = based(program, f"lenet5-base-{seed}", "lenet5", two_digits(a), seed, BASE_EPOCHS, ["--augment", "none"])
        for cut in (2, 3, 4):
            for weight in ("0", a.weight):
                words = ["--keep", 1, "--augment", "none", "--epochs", a.epochs, "--lr", a.rate, *against(a, weight)]
                name = f"lenet5-cut{cut}-{named(a, weight)}-lr{a.rate}-e{a.epochs}-{seed}"
                row = hidden(program, name, base, two_digits(a), cut, seed, words)
                print(line(f"cut {cut}, --hide-secret {weight}, seed {seed}", row), flush=True)
                found.append(row)
    return True, found


# ---- permutations

def permutation(a, program):
    data = f"mnist:{a.mnist}"
    print(f"\nexamples/complement.model, ten digits, permutations, one layer kept, cut behind layer {CUT}\n{HEADER}")
    found = []
    for seed in a.few:
        base = based(program, f"ten-base-{seed}", "examples/complement.model", data, seed, BASE_EPOCHS, ["--augment", "none"])
        for weight in ("0", a.weight):
            words = ["--keep", KEEP, "--kind", "permutation", "--augment", "none", "--epochs", a.epochs, "--lr", "1e-3",
                     *against(a, weight)]
            name = f"ten-permutation-{named(a, weight)}-e{a.epochs}-{seed}"
            row = hidden(program, name, base, data, CUT, seed, words)
            print(line(f"--hide-secret {weight}, seed {seed}", row), flush=True)
            found.append(row)
    return True, found


# ---- cats and dogs

def pets(a, program):
    folder, data = pathlib.Path(a.pets), f"cifar10:{a.cifar}?classes=cat,dog"
    print(f"\nalexnet32, cats and dogs: models of {folder.name} with N layers kept, trained without hiding, cut behind layer N + 1\n{HEADER}")
    found = []
    for path in sorted(folder.glob("pets-*-plane-[0-4]-*.safetensors")):
        kept = int(path.stem.split("-")[-2])
        probe = probed(program, f"{path.stem}-plain", path, data, kept + 1, 1)
        row = {"name": path.stem, "accuracy": probe["answered"], "worst": probe["answered"], "of_value": [], "collapsed": False,
               "probe": probe}
        print(f"{path.stem:40} {100 * row['accuracy']:7.2f} {'':15}  {share(probe['secret'])} {share(probe['label'])} "
              f"{100 * probe['prior']:6.1f}  {100 * above(row):+.1f} points", flush=True)
        found.append(row)
    print(f"\nretrained from the base models there, five layers kept, {PETS_EPOCHS} epochs\n{HEADER}")
    for base in sorted(folder.glob("pets-*-base-*.safetensors")):
        seed = int(base.stem.split("-")[-1])
        for cut in (6, 7):
            words = ["--keep", 5, "--epochs", PETS_EPOCHS, "--augment", "flip,shift=4", "--warmup", 2, "--ramp", 3,
                     "--restart", 2, *against(a, a.weight)]
            row = hidden(program, f"{base.stem}-cut{cut}-{named(a, a.weight)}", base, data, cut, seed, words)
            print(line(f"{base.stem}, cut {cut}", row), flush=True)
            found.append(row)
    return True, found


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parts = {"fresh": fresh, "curve": curve, "lenet5": lenet5, "permutation": permutation, "pets": pets}
    words = lambda text: text.split(",")
    numbers = lambda text: [int(word) for word in text.split(",")]
    parser.add_argument("--only", choices=parts)
    parser.add_argument("--seeds", type=numbers, default=[11, 12, 13, 14, 15])
    parser.add_argument("--few", type=numbers, default=[11, 12])
    parser.add_argument("--weights", type=words, default=["0", "0.3", "1", "3"])
    parser.add_argument("--rates", type=words, default=["1e-3", "3e-3", "6e-3", "1e-2"])
    for name, default in (("weight", "1"), ("rate", "6e-3"), ("cluster", "3"), ("extra", ""), ("privet", "build/privet"), ("mnist", "../shared/data/mnist"),
                          ("pets", None), ("cifar", "build/data/cifar10"), ("work", "build/complement/hiding")):
        parser.add_argument(f"--{name}", default=default)
    for name, default in (("epochs", 48), ("jobs", 1), ("threads", 1)):
        parser.add_argument(f"--{name}", type=int, default=default)
    a = parser.parse_args()
    program, good, results = Program(a), True, {}
    print(f"hiding: {a.threads} thread(s) each, {a.jobs} at a time, {time.strftime('%Y-%m-%d')}")
    for name, part in parts.items():
        folder = {"pets": a.pets}.get(name, a.mnist)
        if a.only not in (None, name):
            continue
        if folder is None or not pathlib.Path(folder).is_dir() or (name == "pets" and not pathlib.Path(a.cifar).is_dir()):
            print(f"\n{name}: skipped: no {folder or 'folder of --pets'}")
            continue
        fine, results[name] = part(a, program)
        good &= fine
    (program.work / f"results{'-' + a.only if a.only else ''}.json").write_text(json.dumps(results, indent=1) + "\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

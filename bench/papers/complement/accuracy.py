#!/usr/bin/env python3
"""Tables 2 and 3 of Sun, Wu, Hwang 2019 (arXiv 1908.07701) in shape: training time and accuracy with N layers kept.

    bench/papers/complement/accuracy.sh [--only pets|digits|base] [--seeds 3] [--first 1] [--jobs 1] [--threads 1] [--epochs E]
                                        [--retrain-epochs R] [--retrain-lr 0.02] [--width W] [--form plane] [--privet build/privet] [--cifar build/data/cifar10]
                                        [--mnist ../shared/data/mnist] [--work build/papers/complement]
                                        [--extra "--lr 0.1 --augment flip,shift=4,cutout=8"]

pets    CIFAR-10's cats and dogs (`make data`), the 10,000 training images alone, alexnet32. For each seed a base model
        (`privet train`), then models with a complement (`privet retrain`) that keep its first N = 0..4 layers; N = 0 keeps
        nothing, its secret enters beside the sample. Base models have E epochs, all others R and a rate of their own (at 0.05
        freshly drawn dense layers of width 32 stay at chance in four trainings of fifteen), otherwise the same settings and
        seed. The paper's 224x224 photographs and 200,000 steps are not these: it is the shape that is compared.
digits  MNIST, two layers kept, an offset and a permutation over ten classes: lenet5, and for the permutation also a network with
        wider dense layers (wide.model).

Accuracy is that of answers turned back, on the 2,000 test images, for each value of the secret. The paper's average accuracy
(Equation 11) draws 100 images 1,001 times (i = 0..1000) and divides by 1,000: its expectation is 1.001 times the accuracy, which
is printed beside it as AA. Its seconds are of a GTX 1070 Ti.

base    The base models of pets alone: for choosing a budget. --extra sets options of every training of pets otherwise.

--jobs trainings run at a time, --threads each. Writes results.json, table2.svg and table3.svg into the work folder; a training
that is there already is not run again. Exits 1 when something wanted is missed.
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

# Tables 2 and 3: steps, then the base model and N = 0..4
PAPER_STEPS = [5000, 10000, 20000, 40000, 60000, 80000, 100000, 200000]
PAPER_SECONDS = [[172, 264, 143, 136, 136, 126], [323, 391, 284, 270, 270, 250], [650, 694, 568, 564, 541, 499],
                 [1261, 1304, 1130, 1127, 1073, 998], [1965, 1919, 1699, 1618, 1614, 1497],
                 [2531, 2519, 2264, 2150, 2146, 1997], [3173, 3137, 2830, 2688, 2690, 2493],
                 [6280, 6203, 5649, 5379, 5355, 4970]]
PAPER_AA = [[.88054, .67094, .81058, .83932, .8734, .87805], [.94051, .80123, .88359, .91631, .93036, .93062],
            [.9771, .86277, .92085, .93351, .94859, .95807], [.9816, .88192, .92815, .94402, .95832, .96605],
            [.98213, .89313, .93074, .94641, .96176, .96807], [.98059, .89345, .93863, .9458, .95789, .97242],
            [.98356, .89908, .93516, .94244, .96082, .97119], [.98224, .90333, .93343, .9452, .95766, .97353]]
KEPT = [0, 1, 2, 3, 4]
NAMES = ["base"] + [f"N={n}" for n in KEPT]
EQUATION_11 = 1001 / 1000
SETTINGS = {"--batch": 64, "--optim": "sgd", "--lr": 0.05, "--momentum": 0.9, "--weight-decay": 5e-4, "--schedule": "cosine",
            "--augment": "flip,shift=4"}


class Program:
    def __init__(self, a):
        self.path, self.threads = str(pathlib.Path(a.privet).resolve()), a.threads
        self.work = pathlib.Path(a.work)
        self.work.mkdir(parents=True, exist_ok=True)

    def __call__(self, name, words):
        """One training, or what it left the last time the very same command ran."""
        out, log = self.work / f"{name}.safetensors", self.work / f"{name}.jsonl"
        command = [self.path, *map(str, words), "--out", str(out), "--log", str(log), "--quiet", "--json",
                   "--threads", str(self.threads)]
        kept = self.work / f"{name}.json"
        if kept.exists():
            before = json.loads(kept.read_text())
            if before["command"] == command[1:]:
                return before
        environment = {**os.environ, "OMP_WAIT_POLICY": "passive", "OMP_NUM_THREADS": str(self.threads)}
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, env=environment)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: exit status {done.returncode}\n{done.stderr}{done.stdout}")
        found = {"command": command[1:], "result": json.loads(done.stdout),
                 "log": [json.loads(line) for line in log.read_text().splitlines()]}
        kept.write_text(json.dumps(found))
        print(f"  {name}: {found['result']['seconds']:.1f} s", file=sys.stderr, flush=True)
        return found


def curve_of(found, samples):
    """Accuracy on the test images and seconds spent training, after each epoch of so many samples. The seconds that `privet
    train` logs have the test in them, its samples per second have not."""
    seconds, total = [], 0
    for line in found["log"]:
        total += samples / line["samples_per_s"] if "samples_per_s" in line else line["seconds"]
        seconds.append(total)
    key = "validation_accuracy" if "validation_accuracy" in found["log"][0] else "test_accuracy"
    return [line[key] for line in found["log"]], seconds


def trainings(a, program, base, kept):
    """Base models and those that need none first, then those that keep layers of one. base(seed) and kept(seed, n) are words."""
    found = {}
    with concurrent.futures.ThreadPoolExecutor(a.jobs) as pool:
        seeds = range(a.first, a.first + a.seeds)
        first = {("base", s): pool.submit(program, *base(s)) for s in seeds}
        later = {}
        for s in seeds:
            for key, (name, words, needs) in kept(s).items():
                if not needs:
                    later[key, s] = pool.submit(program, name, words)
        for s in seeds:
            found["base", s] = first["base", s].result()
            for key, (name, words, needs) in kept(s).items():
                if needs:
                    later[key, s] = pool.submit(program, name, words)
        for key, future in later.items():
            found[key] = future.result()
    return found


def mean_columns(rows):
    return [statistics.mean(column) for column in zip(*rows)]


def spread(values):
    return statistics.stdev(values) if len(values) > 1 else 0.0


def table(title, steps, columns, form):
    print(f"\n{title}\n{'steps':>8} " + " ".join(f"{name:>8}" for name in NAMES))
    for i, step in enumerate(steps):
        print(f"{step:8} " + " ".join(f"{column[i]:8{form}}" if i < len(column) else " " * 8 for column in columns))


def chosen(count):
    """About eight rows of a table of so many epochs."""
    every = max(1, round(count / 8))
    rows = list(range(every - 1, count, every))
    return rows if rows[-1] == count - 1 else rows + [count - 1]


def apart(wanted, low, high, gap):
    """Where labels go that want to stand at these heights: in that order, at least a gap from each other, between low and high,
    and as near to what they want as that allows (least squares: what would lie on each other stands around its mean)."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    blocks = []  # [sum, count] of heights less the gaps before them: they may not fall
    for k, i in enumerate(order):
        blocks.append([wanted[i] - k * gap, 1])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            last = blocks.pop()
            blocks[-1] = [blocks[-1][0] + last[0], blocks[-1][1] + last[1]]
    flat = [total / count for total, count in blocks for _ in range(count)]
    placed = [0.0] * len(wanted)
    for k, i in enumerate(order):
        placed[i] = min(max(flat[k], low), high - (len(wanted) - 1) * gap) + k * gap
    return placed


def svg(path, title, label, x, curves, low, high):
    """A line for each curve over x, on a plain grid."""
    width, height, left, top, right, bottom = 720, 420, 64, 40, 96, 48
    colours = ["#222222", "#c0392b", "#d68910", "#1e8449", "#2471a3", "#7d3c98"]
    px = lambda v: left + (width - left - right) * v / x[-1]
    py = lambda v: top + (height - top - bottom) * (high - v) / (high - low)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
           f'<rect width="{width}" height="{height}" fill="white"/>',
           f'<text x="{left}" y="22" font-size="14">{title}</text>',
           f'<text x="{(left + width - right) / 2}" y="{height - 10}" text-anchor="middle">training steps</text>',
           f'<text x="16" y="{(top + height - bottom) / 2}" text-anchor="middle" '
           f'transform="rotate(-90 16 {(top + height - bottom) / 2})">{label}</text>']
    for i in range(6):
        y, v = low + (high - low) * i / 5, x[-1] * i / 5
        out += [f'<line x1="{left}" y1="{py(y):.1f}" x2="{width - right}" y2="{py(y):.1f}" stroke="#dddddd"/>',
                f'<text x="{left - 6}" y="{py(y) + 4:.1f}" text-anchor="end">{y:.3g}</text>',
                f'<text x="{px(v):.1f}" y="{height - bottom + 18}" text-anchor="middle">{v:.0f}</text>']
    inside = lambda v: py(min(max(v, low), high))
    for curve, colour in zip(curves, colours):
        points = " ".join(f"{px(a):.1f},{inside(b):.1f}" for a, b in zip(x, curve))
        out.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
    for end in {len(curve) for curve in curves}: # the names of curves that end together must not lie on each other
        these = [(name, curve, colour) for name, curve, colour in zip(NAMES, curves, colours) if len(curve) == end]
        heights = apart([inside(curve[-1]) + 4 for _, curve, _ in these], top + 8, height - bottom - 4, 14)
        out += [f'<text x="{px(x[end - 1]) + 8:.1f}" y="{y:.1f}" fill="{colour}" stroke="white" stroke-width="3" '
                f'paint-order="stroke">{name}</text>' for (name, _, colour), y in zip(these, heights)]
    path.write_text("\n".join(out + ["</svg>"]) + "\n")


def judge(says, good):
    print(f"  {says}: {'yes' if good else 'NO'}")
    return good


# ---- cats and dogs

def settings(a):
    """Of every training: SETTINGS, what --extra changes of them, and a name for the change."""
    words = a.extra.split()
    changed = dict(zip(words[::2], words[1::2]))
    budget = [word for pair in {**SETTINGS, **changed}.items() for word in pair]
    return budget, "".join(f"-{k.strip('-')}={v}" for k, v in changed.items()).replace(",", "+")


def pets(a, program):
    data = ["--data", f"cifar10:{a.cifar}?classes=cat,dog"]
    model = f"alexnet32:width={a.width}"
    budget, changed = settings(a)
    stem, batch = f"pets-w{a.width}-e{a.epochs}{changed}", int(budget[budget.index("--batch") + 1])
    again = f"pets-w{a.width}-e{a.epochs}-r{a.retrain_epochs}-lr{a.retrain_lr}{changed}"
    others = [str(a.retrain_lr) if before == "--lr" else word for before, word in zip(["", *budget], budget)]

    def base(seed):
        return f"{stem}-base-{seed}", ["train", *data, "--model", model, "--epochs", a.epochs, *budget, "--watch",
                                         "--seed", seed]

    def kept(seed):
        old = program.work / f"{stem}-base-{seed}.safetensors"
        return {n: (f"{again}-{a.form}-{n}-{seed}",
                    ["retrain", *([old, "--keep", n] if n > 0 else ["--model", model]), *data, "--kind", "complement",
                     "--form", a.form, "--epochs", a.retrain_epochs, *others, "--seed", seed], n > 0) for n in KEPT}

    if a.only == "base":
        found = trainings(a, program, base, lambda seed: {})
        accuracies = [f["result"]["test_accuracy"] for f in found.values()]
        print(f"{stem}: base models {statistics.mean(accuracies):.4f}, sd {spread(accuracies):.4f}, "
              f"{statistics.mean(f['result']['seconds'] for f in found.values()):.0f} s each with their tests")
        return True, accuracies
    start = time.time()
    found = trainings(a, program, base, kept)
    seeds = range(a.first, a.first + a.seeds)
    each = len(found["base", a.first]["log"])
    per_epoch = found[0, a.first]["result"]["steps"] // a.retrain_epochs
    curves, seconds, of_value = [], [], []
    for key in ["base", *KEPT]:
        both = [curve_of(found[key, s], per_epoch * batch) for s in seeds]
        curves.append(mean_columns([b[0] for b in both]))
        seconds.append(mean_columns([b[1] for b in both]))
        of_value.append([found[key, s]["result"].get("of_value", [found[key, s]["result"].get("test_accuracy")] * 2) for s in seeds])
    final = [statistics.mean(sum(v) / 2 for v in values) for values in of_value]
    rows = sorted({*chosen(a.retrain_epochs), *(r for r in chosen(each) if r >= a.retrain_epochs)})
    steps = [per_epoch * (i + 1) for i in rows]
    print(f"cats and dogs: {model}, {a.epochs} epochs (the base model) and {a.retrain_epochs} at a rate of {a.retrain_lr:g}, of {per_epoch} steps of {batch}, form {a.form}, {a.seeds} seed(s), "
          f"{a.threads} thread(s) each, {a.jobs} at a time, {time.strftime('%Y-%m-%d')}; {time.time() - start:.0f} s in all")
    table("Table 2, the paper: seconds", PAPER_STEPS, list(zip(*PAPER_SECONDS)), ".0f")
    table("Table 2, here: seconds", steps, [[s[i] for i in rows if i < len(s)] for s in seconds], ".1f")
    table("Table 3, the paper: AA", PAPER_STEPS, list(zip(*PAPER_AA)), ".4f")
    table("Table 3, here: AA (Equation 11: 1.001 times the accuracy)", steps,
          [[EQUATION_11 * c[i] for i in rows if i < len(c)] for c in curves], ".4f")
    print(f"\nat the end, all test images under both values\n{'':8} {'accuracy':>9} {'sd':>7} {'secret 0':>9} {'secret 1':>9} "
          f"{'seconds':>8} {'of base':>8}")
    for i, name in enumerate(NAMES):
        values = [statistics.mean(v[c] for v in of_value[i]) for c in (0, 1)]
        print(f"{name:8} {final[i]:9.4f} {spread([sum(v) / 2 for v in of_value[i]]):7.4f} {values[0]:9.4f} {values[1]:9.4f} "
              f"{seconds[i][-1]:8.1f} {seconds[i][-1] / seconds[0][-1]:8.2f}")
    x = [per_epoch * (i + 1) for i in range(each)]
    svg(program.work / "table3.svg", "Accuracy on cats and dogs with N layers kept", "accuracy, answers turned back", x, curves,
        0.45, 0.9)
    svg(program.work / "table2.svg", "Training time with N layers kept", "seconds", x, seconds, 0, max(s[-1] for s in seconds))
    print("\nwanted")
    good = [judge(f"base model at least 0.83 ({final[0]:.4f})", final[0] >= 0.83),
            judge(f"N=4 within 1 point of it ({100 * (final[5] - final[0]):+.2f})", final[5] >= final[0] - 0.01),
            judge(f"N=2 within 2 points of it ({100 * (final[3] - final[0]):+.2f})", final[3] >= final[0] - 0.02),
            judge(f"N=0 below both by more than 1 point ({100 * (final[1] - min(final[3], final[5])):+.2f})",
                  final[1] < min(final[3], final[5]) - 0.01),
            judge("time falls with N from 1 to 4", all(seconds[i][-1] > seconds[i + 1][-1] for i in range(2, 5)))]
    return all(good), {"steps": x, "curves": dict(zip(NAMES, curves)), "seconds": dict(zip(NAMES, seconds)),
                       "of_value": dict(zip(NAMES, of_value)), "accuracy": dict(zip(NAMES, final))}


# ---- digits

LENET, WIDE = "lenet5", "bench/papers/complement/wide.model"
ADAM = ["--optim", "adam", "--lr", 1e-3, "--schedule", "cosine", "--epochs", 12]
# name, model, options of its base model, what is made of it: kind and options
DIGITS = [("lenet5", LENET, ["--epochs", 10], {"offset": ["--epochs", 10], "permutation": ["--epochs", 10]}),
          ("wide", WIDE, ["--epochs", 3], {"permutation": ADAM})]


def digits_of(a, program, name, model, budget, kinds):
    """Rows (name, accuracies, worst of each, difference to its own base model in points, seconds)."""
    data = ["--data", f"mnist:{a.mnist}"]

    def base(seed):
        return f"digits-{name}-base-{seed}", ["train", *data, "--model", model, *budget, "--watch", "--seed", seed]

    def kept(seed):
        old = program.work / f"digits-{name}-base-{seed}.safetensors"
        return {kind: (f"digits-{name}-{kind}-{seed}",
                       ["retrain", old, "--keep", 2, *data, "--kind", kind, *words, "--seed", seed], True)
                for kind, words in kinds.items()}

    found = trainings(a, program, base, kept)
    seeds, rows = range(a.first, a.first + a.seeds), []
    base_of = {s: found["base", s]["result"]["test_accuracy"] for s in seeds}
    for kind in ("base", *kinds):
        results = [found[kind, s]["result"] for s in seeds]
        accuracies = [r.get("accuracy", r.get("test_accuracy")) for r in results]
        rows.append((f"{name}, {kind}", accuracies, [r.get("worst", x) for r, x in zip(results, accuracies)],
                     100 * statistics.mean(x - base_of[s] for x, s in zip(accuracies, seeds)),
                     statistics.mean(r["seconds"] for r in results)))
    return rows


def digits(a, program):
    rows = [row for case in DIGITS for row in digits_of(a, program, *case)]
    print(f"\ndigits: MNIST, two layers kept, {a.seeds} seed(s), {a.threads} thread(s) each")
    print(f"{'':20} {'accuracy':>9} {'sd':>7} {'worst':>8} {'of base':>8} {'seconds':>8}")
    for name, accuracies, worst, lost, seconds in rows:
        print(f"{name:20} {statistics.mean(accuracies):9.4f} {spread(accuracies):7.4f} {min(worst):8.4f} {lost:+8.2f} {seconds:8.1f}")
    lost = {name: of_base for name, _, _, of_base, _ in rows}
    print("\nwanted")
    good = [judge(f"the offset within 0.5 points of its base model ({lost['lenet5, offset']:+.2f})", lost["lenet5, offset"] >= -0.5),
            judge(f"a permutation that is obeyed, within 0.5 points ({lost['wide, permutation']:+.2f})",
                  lost["wide, permutation"] >= -0.5)]
    return all(good), {name: statistics.mean(accuracies) for name, accuracies, _, _, _ in rows}


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--only", choices=("pets", "digits", "base"))
    parser.add_argument("--extra", default="")
    for name, default in (("seeds", 3), ("first", 1), ("jobs", 1), ("threads", 1), ("epochs", 30), ("retrain-epochs", 10), ("width", 16)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--retrain-lr", type=float, default=0.02)
    parser.add_argument("--form", choices=("plane", "append", "digit"), default="plane")
    for name, default in (("privet", "build/privet"), ("cifar", "build/data/cifar10"), ("mnist", "../shared/data/mnist"),
                          ("work", "build/papers/complement")):
        parser.add_argument(f"--{name}", default=default)
    a = parser.parse_args()
    program, good, results = Program(a), True, {}
    for name, run, folder in (("pets", pets, a.cifar), ("digits", digits, a.mnist)):
        if a.only not in (None, name) and (a.only, name) != ("base", "pets"):
            continue
        if not pathlib.Path(folder).is_dir():
            print(f"{name}: skipped: no {folder}")
            continue
        fine, results[name] = run(a, program)
        good &= fine
    (program.work / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

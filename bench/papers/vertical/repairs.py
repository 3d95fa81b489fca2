#!/usr/bin/env python3
"""What protecting labels costs, and what can still be read of them: accuracy against label leak.

    bench/papers/vertical/repairs.sh [--quick] [--set digits|rare] [--only iso|marvell|rr|gauss] [--attack all]
                                     [--rows N] [--epochs N] [--bits 2048] [--key FILE]
                                     [--privet build/privet] [--data ../shared/data] [--work build/papers/repairs]

Each setting is one `privet run` of repairs.ini with other lines for `protect`, one `privet audit` with every attack on
labels (one known row of each class), and a row of the table; `privet report` draws all runs of a set together.

    digits   ten classes: MNIST, --rows of it (10,000)
    rare     two classes, one of them 0.5 % of the rows: the digit 3 against all others, drawn from MNIST into NPZ files

Printed for each setting: test accuracy (for `rare`, where it says nothing, the area under the curve of the model's own
probabilities on test rows); labels read by the best attack, and what guessing reads (`chance`); the mean over classes of
the area under the curve of "this row is of the class" by how sure the best attack was, and for `rare` that of the rare
class; the ε that is proven for a label, if anything is. An area of 0.5 is chance.
"""

import argparse
import array
import csv
import gzip
import json
import math
import pathlib
import random
import struct
import sys
import time
import zipfile

from program import Program, scenario

SWEEP = [("none", {})] + \
    [("iso", {"noise": x}) for x in (1, 2, 4, 8)] + \
    [("marvell", {"noise": x}) for x in (1, 4, 16, 64)] + \
    [("rr", {"epsilon": x}) for x in (4, 2, 1, 0.5)] + \
    [("gauss", {"noise": x, "clip": 1}) for x in (0.5, 1, 2, 4)]
QUICK = {"none": 1, "iso": 2, "marvell": 2, "rr": 1, "gauss": 1}
RARE, SHARE = 3, 0.005


# ---- the set with a rare class

def idx(path):
    raw = gzip.decompress(path.read_bytes())
    dims = struct.unpack(f">{raw[3]}I", raw[4:4 + 4 * raw[3]])
    return dims, raw[4 + 4 * raw[3]:]


def npy(kind, shape, data):
    head = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {tuple(shape)}, }}"
    head += " " * (63 - (10 + len(head)) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + data


def rare_set(program, name, rows, seed):
    """rows of MNIST's training or test set, SHARE of them of the class RARE, as NPZ; class 1 is the rare one."""
    path = program.work / f"rare-{'train' if name == 'train' else 'test'}.npz"
    stem = program.data / "mnist" / name
    (n, high, wide), pixels = idx(stem.with_name(f"{name}-images-idx3-ubyte.gz"))
    _, labels = idx(stem.with_name(f"{name}-labels-idx1-ubyte.gz"))
    draw = random.Random(seed)
    positive = [i for i in range(n) if labels[i] == RARE]
    negative = [i for i in range(n) if labels[i] != RARE]
    rows = min(rows, len(negative))
    few = max(round(rows * SHARE), 2)
    chosen = draw.sample(positive, few) + draw.sample(negative, rows - few)
    draw.shuffle(chosen)
    each = high * wide
    x = b"".join(pixels[i * each:(i + 1) * each] for i in chosen)
    y = array.array("i", [int(labels[i] == RARE) for i in chosen]).tobytes()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", npy("|u1", (rows, high, wide), x))
        archive.writestr("y.npy", npy("<i4", (rows,), y))
        archive.writestr("classes.npy", npy("|u1", (11,), b"other\nrare\n"))
    return path


# ---- runs and what is found in them

def name_of(how, keys):
    return how + "".join(f" {key}={value}" for key, value in keys.items() if key != "clip")


def finding_rows(findings):
    """Findings about labels by attacks that were judged: attack, share read, chance, mean area, areas of classes."""
    for f in findings["findings"]:
        if f["secret"].find("label") < 0 or f["level"] == "invalid":
            continue
        areas = {c["name"]: c["auc"] for c in f.get("classes") or []}
        known = [x for x in areas.values() if x is not None and not math.isnan(x)]
        yield f["attack"], f["value"], f["baseline"], sum(known) / len(known) if known else None, areas


def proven(how, keys, program, folder):
    """ε of a label, from the run's own words."""
    said = json.loads((folder / "parties/labels/result.json").read_text())
    epsilon = said.get("result", {}).get("label_epsilon")
    return f"{epsilon:.3g}" if isinstance(epsilon, (int, float)) else "-"


def predict(program, a, test, key, folder):
    """The halves of a run on the test rows: predictions.csv at the passive party."""
    asked = folder.with_name(folder.name + "-predict")
    ini = asked.with_name(asked.name + ".ini")
    ini.write_text(scenario("repairs.ini", {
        "scenario": {"name": "test rows"}, "scheme": {"key_bits": a.bits, "task": "predict"},
        "local features": {"data": test, "paillier": key, "half": folder / "parties/features/half.safetensors"},
        "local labels": {"data": test, "half": folder / "parties/labels/half.safetensors"}}))
    program("run", ini, "--out", asked)


def model_area(folder, test):
    """Area under the curve of "this test row is of the rare class" by the model's probability of it."""
    with open(folder.with_name(folder.name + "-predict") / "parties/labels/predictions.csv", newline="") as file:
        score = [float(row["probability"]) if row["label"] == "rare" else 1 - float(row["probability"])
                 for row in csv.DictReader(file)]
    with zipfile.ZipFile(test.removeprefix("npz:")) as archive:
        raw = archive.read("y.npy")
    labels = array.array("i", raw[10 + struct.unpack("<H", raw[8:10])[0]:])
    high = [s for s, y in zip(score, labels) if y == 1]
    low = [s for s, y in zip(score, labels) if y == 0]
    return sum((h > x) + 0.5 * (h == x) for h in high for x in low) / (len(high) * len(low))


def one(program, a, data, how, keys, key):
    folder = program.work / f"{a.set}-{name_of(how, keys).replace(' ', '-').replace('=', '')}"
    ini = folder.with_name(folder.name + ".ini")
    if not (folder / "audit/findings.json").exists():
        train, test = data
        ini.write_text(scenario("repairs.ini", {
            "scenario": {"name": f"{a.set}: {name_of(how, keys)}"},
            "scheme": {"key_bits": a.bits, "protect": how, "epochs": a.epochs, **keys},
            "local features": {"data": train, "test": test, "paillier": key},
            "local labels": {"data": train, "test": test}}))
        if not folder.exists():
            program("run", ini, "--out", folder, fails=(0, 1))
        if not (folder / "parties/labels/result.json").exists():  # so much noise that the learning diverged
            print(f"{name_of(how, keys):22} did not learn: see {folder}", flush=True)
            return None, None
        program("audit", folder, "--attack", a.attack, "--known", 1, fails=(0, 6))
        if a.set == "rare":
            predict(program, a, data[1], key, folder)
    run = json.loads((folder / "run.json").read_text())
    quality = model_area(folder, data[1]) if a.set == "rare" else run["test_accuracy"]
    found = list(finding_rows(json.loads((folder / "audit/findings.json").read_text())))
    if not found:
        sys.exit(f"{folder}: the audit has no valid finding about labels")
    best = max(found, key=lambda f: f[1] - f[2])
    sharp = max((f for f in found if f[3] is not None), key=lambda f: f[3], default=None)
    rare = max((f[4]["rare"] for f in found if f[4].get("rare") is not None), default=None)
    text = lambda x: f"{x:7.3f}" if x is not None else f"{'-':>7}"
    print(f"{name_of(how, keys):22} {quality:9.4f} {best[1]:7.3f} {best[2]:7.3f} "
          f"{text(sharp[3] if sharp else None)} {text(rare)} {proven(how, keys, program, folder):>9}  {best[0]}", flush=True)
    return folder, {"setting": name_of(how, keys), "accuracy": run["test_accuracy"], "quality": quality, "read": best[1], "chance": best[2],
                    "attack": best[0], "auc": sharp[3] if sharp else None, "auc_rare": rare}


def sweep(program, a, key):
    if a.set == "rare":
        data = [f"npz:{rare_set(program, part, count, 1)}" for part, count in (("train", a.rows), ("t10k", a.rows))]
    else:
        mnist = f"mnist:{program.data}/mnist"
        data = [f"{mnist}?split=train&limit={a.rows}", f"{mnist}?split=test"]
    print(f"{a.set}: {a.rows} rows, {a.epochs} epochs, key of {a.bits} bits, {time.strftime('%Y-%m-%d')}")
    print(f"{'protection':22} {'model area' if a.set == 'rare' else 'accuracy':>9} {'read':>7} {'chance':>7} {'area':>7} {'rare':>7} {'epsilon':>9}  best attack")
    folders, rows, left = [], [], dict(QUICK)
    for how, keys in SWEEP:
        if a.only not in (None, how) and how != "none":
            continue
        if a.quick:
            left[how] -= 1
            if left[how] < 0:
                continue
        folder, row = one(program, a, data, how, keys, key)
        if row is not None:
            folders.append(folder)
            rows.append(row)
    page = program.work / f"{a.set}.html"
    program("report", *folders, "--out", page)
    print(f"{a.set}: {page}")
    (program.work / f"{a.set}.json").write_text(json.dumps(rows, indent=1) + "\n")


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--set", choices=("digits", "rare"))
    parser.add_argument("--only", choices=("iso", "marvell", "rr", "gauss"))
    parser.add_argument("--rows", type=int)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--bits", type=int, default=2048)
    parser.add_argument("--attack", default="all", help="of privet audit")
    parser.add_argument("--key")
    parser.add_argument("--privet", default="build/privet")
    parser.add_argument("--data", default="../shared/data")
    parser.add_argument("--work", default="build/papers/repairs")
    a = parser.parse_args()
    if not pathlib.Path(a.data).is_dir():
        print(f"skipped: no {a.data}")
        return 0
    a.rows = a.rows or (4000 if a.quick else 10000)
    a.epochs = a.epochs or (4 if a.quick else 3)
    program = Program(a.privet, a.data, a.work, 1)
    key = program.key(a.bits, a.key)
    for which in ("digits", "rare") if a.set is None else (a.set,):
        a.set = which
        sweep(program, a, key)
    return 0


if __name__ == "__main__":
    sys.exit(main())

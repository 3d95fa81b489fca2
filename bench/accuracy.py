#!/usr/bin/env python3
"""What models reach on the data sets beside the project, with the time it took, and how fast the data load.

usage: bench/accuracy.py [--quick] [--privet build/privet] [--data ../shared/data] [--threads 2]

Needs MNIST and the tables in ../shared/data, and CIFAR-10 (JPEG copy) unpacked by `make data`. --quick leaves CIFAR-10
training out, which takes about 20 minutes on two cores; the rest takes about three. Everything is trained with seed 1 and
privet's own default settings. Exits 1 when a figure misses what is wanted of it.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import time

CIFAR = "cifar10:build/data/cifar10"


def privet(args, words):
    command = [args.privet, *words, "--threads", str(args.threads), "--json", "--quiet"]
    start = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit status {done.returncode}")
    return json.loads(done.stdout), time.monotonic() - start


def row(name, figure, wanted, seconds, at_most=False):
    good = figure <= wanted if at_most else figure >= wanted
    print(f"{name:44} {figure:9.4f}  {'<=' if at_most else '>='} {wanted:<6g} {'yes' if good else 'NO':4} {seconds:8.1f} s",
          flush=True)
    return good


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--privet", default="build/privet")
    parser.add_argument("--data", default="../shared/data")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    if not pathlib.Path(args.data).is_dir():
        print(f"skipped: no {args.data}")
        return 0
    good = True
    mnist = f"mnist:{args.data}/mnist"
    _, seconds = privet(args, ["data", "info", mnist])
    good &= row("load MNIST, s", seconds, 0.5, seconds, at_most=True)
    if pathlib.Path("build/data/cifar10").is_dir():
        spent = 0
        for split in ("train", "test"):
            spent += privet(args, ["data", "info", f"{CIFAR}?split={split}&cache=no"])[1]
        good &= row("load 60,000 CIFAR-10 JPEGs, s", spent, 20, spent, at_most=True)
    for model, wanted in (("lenet5", 0.99), ("conv1", 0.98), ("mlr", 0.92)):
        result, seconds = privet(args, ["train", "--data", mnist, "--model", model, "--epochs", "10"])
        good &= row(f"MNIST {model}, 10 epochs", result["test_accuracy"], wanted, seconds)
    for name, file, wanted in (("Iris", "iris", 0.95), ("diabetes", "diabetes", 0.75), ("kr-vs-kp", "kr.vs.kp", 0.96)):
        spec = f"arff:{args.data}/tabular/{file}.arff"
        result, seconds = privet(args, ["train", "--data", spec, "--model", "mlp", "--repeat", "20"])
        spread = result["test_accuracy_sd"]
        good &= row(f"{name} mlp, 20 splits (± {spread:.3f})", result["test_accuracy"], wanted, seconds)
    if not args.quick and pathlib.Path("build/data/cifar10").is_dir():
        result, seconds = privet(args, ["train", "--data", CIFAR, "--model", "resnet9:width=24", "--epochs", "12"])
        good &= row("CIFAR-10 (JPEG copy) resnet9:width=24", result["test_accuracy"], 0.85, seconds)
        good &= row("  its time, minutes", seconds / 60, 60, seconds, at_most=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Split inference with a secret, plainly trained: what attacks get out of activations and answers.

    bench/attacks/complement/run.sh [--quick] [--only TEXT] [--mnist ../shared/data/mnist]
        [--cifar build/data/cifar10] [--alexnet FILE] [--build build] [--json]

Every row runs build/bench/bench_complement, whose head says what it does: it trains the network with
its secret, cuts it and attacks rows of the test set. Three tables:

    probes      share of secrets and labels that the provider reads, beside the class prior; the secret
                must come out at 99 % where the training was plain
    inversion   error, PSNR and SSIM of the attacks behind every cut (inverse-network: the network
                alone, refined: what an audit runs), beside the mean of the data
    student     share of test queries a customer's copy answers as the provider does

Without MNIST the built-in digits are used, without CIFAR-10 its rows are left out. --quick: fewer
probes and steps. --alexnet: an alexnet32 with a secret that is there already, say one that
bench/papers/complement/accuracy.sh trained, instead of eight epochs of training. Exits 1 when a figure misses what is wanted.
"""
import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

INVERSIONS = ("blind", "likelihood", "inverse-network", "refined", "unsplit")
MLP = ["--model", "bench/attacks/complement/mlp.model", "--cut", "3", "--base", "3", "--epochs", "8"]
LENET = ["--model", "lenet5", "--base", "2"]

# name, mode, data (classes or all of a set), further arguments, least share of secrets
ROWS = [
    ("MLP, 3 against 5, complement", "probe", "3,5", [*MLP, "--shadow", "12000"], 0.99),
    ("lenet5, 3 against 5, complement", "probe", "3,5", [*LENET, "--epochs", "4", "--shadow", "12000"], 0.99),
    ("the same, 4 bits", "probe", "3,5",
     [*LENET, "--epochs", "4", "--shadow", "12000", "--bits", "4"], 0.99),
    ("lenet5, ten digits, offset", "probe", None,
     [*LENET, "--epochs", "6", "--kind", "offset"], None),
    ("lenet5, four digits, permutation", "probe", "0,1,3,7",
     [*LENET, "--epochs", "6", "--kind", "permutation"], None),
    ("lenet5 on 3 and 5", "inversion", "3,5", ["--model", "lenet5", "--kept", "0", "--epochs", "3", "--shadow", "3000", "--rows", "16"], None),
    ("alexnet32 on cats and dogs", "inversion", "cifar",
     ["--model", "alexnet32", "--kept", "0", "--epochs", "8", "--shadow", "3000", "--rows", "16"], None),
    ("lenet5, 3 against 5", "student", "3,5", [*LENET, "--epochs", "4", "--shadow", "40000"], None),
    ("lenet5, ten digits, offset", "student", None,
     [*LENET, "--epochs", "6", "--kind", "offset", "--shadow", "40000"], None),
    ("MLP, 3 against 5", "student", "3,5", [*MLP, "--shadow", "40000"], None),
]


def data_of(a, classes):
    """The two SPECs, or None when the set isn't there."""
    if classes == "cifar":
        if not Path(a.cifar).is_dir():
            return None
        return [f"cifar10:{a.cifar}?classes=cat,dog", f"cifar10:{a.cifar}?classes=cat,dog&split=test"]
    name = f"mnist:{a.mnist}" if Path(a.mnist).is_dir() else "glyphs"
    options = [f"classes={classes}"] if classes else []
    whole = ["limit=30000"] if classes is None else []
    test = ["split=test", *(["limit=2000"] if classes is None else [])]
    spec = lambda words: name + ("?" + "&".join(words) if words else "")
    return [spec(options + whole), spec(options + test)]


def show_probe(name, r, say):
    secret, label = r.get("secret_probes"), r["label_probes"]
    read = lambda p, key: f"{p[key]:.4f}" if p else "-"
    say(f"{name:34} {r['accuracy']:8.4f} {read(secret, 'prior'):>7} {read(secret, 'linear'):>7} "
        f"{read(secret, 'kept'):>7} {r['secret_probe'] or float('nan'):7.4f} {label['prior']:7.4f} "
        f"{label['linear']:7.4f} {label['kept']:7.4f} {r['probe']:7.4f}")


def show_inversion(name, r, say):
    say(f"{name}: task {r['accuracy']:.4f}, {r['rows']} rows")
    say(f"  {'cut':15} {'numbers':>7} {'ratio':>6}" +
        "".join(f" | {a:^26}" for a in INVERSIONS))
    say(f"  {'':15} {'':7} {'':6}" + f" | {'MSE':>7} {'PSNR':>6} {'SSIM':>6} {'id':>4}" * len(INVERSIONS))
    for c in r["cuts"]:
        say(f"  {c['cut']:15} {c['activation']:7} {c['ratio']:6.2f}" +
            "".join(f" | {c[a]['mse']:7.4f} {c[a]['psnr']:6.2f} {c[a]['ssim']:6.3f} {c[a]['identified']:4.2f}"
                    for a in INVERSIONS))


def show_student(name, r, say):
    say(f"{name}: a back of {r['back_weights']} weights on {r['width']} numbers")
    for q in r["queries"]:
        say(f"  {q['queries']:8} queries, {q['times']:7.2f} times its weights"
            f"{' (all there are)' if q['capped'] else ''}: agrees on {q['logits']:.4f} from logits, "
            f"{q['labels']:.4f} from labels")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", help="rows whose name or kind holds this")
    parser.add_argument("--mnist", default="../shared/data/mnist")
    parser.add_argument("--cifar", default="build/data/cifar10")
    parser.add_argument("--alexnet")
    parser.add_argument("--build", default="build")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead")
    a = parser.parse_args()
    say = (lambda *words: None) if a.json else lambda *words: print(*words, flush=True)
    environment = dict(os.environ, OMP_WAIT_POLICY="passive")
    good, rows, mode = True, [], None
    for name, kind, classes, words, wanted in ROWS:
        data = data_of(a, classes)
        if data is None or (a.only and a.only not in name and a.only not in kind):
            continue
        if kind == "probe" and mode != "probe":
            say(f"{'':34} {'task':>8} {'| secret':<32}{'| label':<32}")
            say(f"{'':34} {'':8} {'prior':>7} {'linear':>7} {'kept':>7} {'attack':>7} {'prior':>7} "
                f"{'linear':>7} {'kept':>7} {'attack':>7}")
        mode = kind
        if classes == "cifar" and a.alexnet:
            words = ["--load", a.alexnet, *words[-4:]]
        command = [f"{a.build}/bench/bench_complement", kind, "--data", data[0], "--test", data[1], *words]
        done = subprocess.run(command + (["--quick"] if a.quick else []), env=environment, text=True,
                              stdout=subprocess.PIPE, check=False)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)} ended with status {done.returncode}")
        r = json.loads(done.stdout)
        rows.append({"name": name, "wanted": wanted, **r})
        {"probe": show_probe, "inversion": show_inversion, "student": show_student}[kind](name, r, say)
        if wanted is not None and r["secret_probe"] < wanted:
            say(f"{'':34} MISSED: {wanted:g} of secrets is wanted")
            good = False
    if a.json:
        print(json.dumps({"rows": rows}))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

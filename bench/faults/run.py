#!/usr/bin/env python3
"""Kills parties of a run at chosen moments and looks whether the result is what it would have been.

usage: bench/faults/run.py [--privet PROGRAM] [--kills N] [--seed S] [--scenario FILE] [--keep]

One undisturbed run first. Then N runs, in each of which one party (servers too) is ended by SIGKILL
at the k-th call of some system call, the moment being drawn by the seed: connect and accept4 fall into
the handshake, write and sendto into the middle of a frame, fdatasync into a commit, pwrite64 between two
pieces of one. strace delivers the signal, so the moment is exact. The party is then started again with the
same folder. Every run must end with the same final weights as the undisturbed one, byte for byte, and its
views must verify and agree with each other. Prints a line a kill; exits 1 when one run ended otherwise.
"""

import argparse
import hashlib
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
MOMENTS = {
    "handshake": ["connect", "accept4"],
    "mid-frame": ["write", "sendto"],
    "receiving": ["read", "recvfrom"],
    "commit": ["fdatasync", "pwrite64"],
}
LIMIT = 120  # seconds a run may take


def parties_of(run):
    text = (run / "scenario.ini").read_text()
    return re.findall(r"^\[party ([^\]]+)\]", text, re.M)


def command(privet, run, party):
    folder = run / "parties" / party
    return [privet, "party", str(run / "scenario.ini"), "--as", party, "--local",
            str(folder / "local.ini"), "--out", str(folder), "--quiet"]


def strace(options, words):
    return ["strace", "-f", "-qq", "-o", "/dev/null", *options, *words]


def start(words, run, party):
    with open(run / "parties" / party / "log.txt", "ab") as log:
        return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def weights(run):
    found = sorted(run.glob("parties/*/model.safetensors"))
    return [digest(path) for path in found]


def views_agree(privet, run):
    views = sorted(run.glob("parties/*/view.pvv"))
    server = [v for v in views if v.parent.name == "server"]
    for view in views:
        words = [privet, "view", str(view), "--quiet"]
        if server and view != server[0]:
            words = [privet, "view", "--cross", str(server[0]), str(view), "--quiet"]
        done = subprocess.run(words, capture_output=True, text=True)
        if done.returncode != 0:
            return f"{view.parent.name}: {done.stderr.strip()}"
    return ""


def prepare(privet, scenario, run, seed):
    """A folder with keys and local files, without starting anything."""
    subprocess.run([privet, "run", str(scenario), "--out", str(run), "--prepare", "--quiet", "--seed",
                    str(seed)], check=True)


def play(privet, run, victim=None, inject=None):
    """All parties to their end; the victim under strace and, once killed, again without. Returns
    (seconds, was it killed, what went wrong)."""
    begun = time.monotonic()
    running = {}
    for party in parties_of(run):
        words = command(privet, run, party)
        if party == victim:
            words = strace(inject, words)
        running[party] = start(words, run, party)
    killed, wrong = False, ""
    while running and not wrong:
        time.sleep(0.01)
        for party, process in list(running.items()):
            code = process.poll()
            if code is None:
                continue
            del running[party]
            if party == victim and code != 0 and not killed:
                killed = True
                time.sleep(0.2)
                running[party] = start(command(privet, run, party), run, party)
            elif code != 0:
                tail = (run / "parties" / party / "log.txt").read_text()[-300:]
                wrong = f"{party} ended with {code}: {tail.strip()}"
        if time.monotonic() - begun > LIMIT:
            wrong = "still running after %d s: %s" % (LIMIT, ", ".join(running))
    for process in running.values():
        process.kill()
        process.wait()
    return time.monotonic() - begun, killed, wrong


def count_calls(privet, scenario, folder):
    """How often each party makes each of the system calls in an undisturbed run under strace."""
    calls = sorted({c for group in MOMENTS.values() for c in group})
    counts = {}
    run = folder / "count"
    prepare(privet, scenario, run, 0)
    running = {}
    for party in parties_of(run):
        out = folder / f"calls-{party}.txt"
        words = ["strace", "-f", "-qq", "-c", "-e", "trace=" + ",".join(calls), "-o", str(out),
                 *command(privet, run, party)]
        running[party] = start(words, run, party)
    for party, process in running.items():
        process.wait(timeout=LIMIT)
        counts[party] = {}
        for line in (folder / f"calls-{party}.txt").read_text().splitlines():
            words = line.split()
            if words and words[-1] in calls:
                counts[party][words[-1]] = int(words[3])
    return counts


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--privet", default=str(ROOT / "build/privet"))
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scenario", default=str(ROOT / "bench/faults/scenario.ini"))
    parser.add_argument("--keep", action="store_true")
    args = parser.parse_args()
    if shutil.which("strace") is None:
        print("skipped: no strace")
        return 77
    folder = pathlib.Path(tempfile.mkdtemp(prefix="privet-faults-"))
    draw = random.Random(args.seed)
    plain = folder / "undisturbed"
    prepare(args.privet, args.scenario, plain, 0)
    seconds, _, wrong = play(args.privet, plain)
    if wrong:
        print("the undisturbed run failed:", wrong)
        return 1
    expected = weights(plain)
    print(f"undisturbed: {seconds:.1f} s, weights {expected[0][:16]}")
    counts = count_calls(args.privet, args.scenario, folder)
    parties = sorted(counts)
    bad = 0
    for kill in range(args.kills):
        moment = list(MOMENTS)[kill % len(MOMENTS)]
        victim = parties[draw.randrange(len(parties))] if kill % 3 else "server"
        choices = [c for c in MOMENTS[moment] if counts[victim].get(c, 0) > 0]
        if not choices:
            choices = ["write"]
        call = draw.choice(choices)
        number = 1 + draw.randrange(counts[victim][call])
        run = folder / f"kill-{kill + 1}"
        prepare(args.privet, args.scenario, run, 0)
        inject = ["-e", f"trace={call}", "-e", f"inject={call}:signal=SIGKILL:when={number}"]
        seconds, killed, wrong = play(args.privet, run, victim, inject)
        if not wrong and weights(run) != expected:
            wrong = "other weights"
        if not wrong:
            wrong = views_agree(args.privet, run)
        bad += wrong != ""
        print(f"{kill + 1:3d} {moment:10s} {victim:10s} {call} {number} of {counts[victim][call]}: "
              f"{'killed' if killed else 'not reached'}, {seconds:.1f} s, "
              f"{wrong if wrong else 'same weights, views agree'}", flush=True)
        if not wrong and not args.keep:
            shutil.rmtree(run)
    print(f"{args.kills} kills, {bad} ended otherwise")
    if not args.keep and bad == 0:
        shutil.rmtree(folder)
    else:
        print("the folders are in", folder)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

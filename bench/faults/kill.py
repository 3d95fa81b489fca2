#!/usr/bin/env python3
"""Kills parties of a run at chosen moments and looks whether the result is what it would have been.

usage: bench/faults/kill.py [--privet PROGRAM] [--runs N] [--seed S] [--scenario FILE] [--keep]

One undisturbed run first. Then N runs, in each of which one party (servers too) is ended by SIGKILL
at the k-th call of some system call, the moment being drawn by the seed: connect and accept4 fall into
the handshake, write and sendto into the middle of a frame, fdatasync into a commit, pwrite64 between two
pieces of one. strace delivers the signal, so the moment is exact. The party is then started again with the
same folder. Every run must end with the same final weights as the undisturbed one, byte for byte, and its
views must verify and agree with each other. Prints a line a kill; exits 1 when one run ended otherwise.
"""

import argparse
import pathlib
import random
import shutil
import sys
import tempfile
import time

from parties import LIMIT, ROOT, command, complaint, parties_of, prepare, start, verdict, watch, weights

MOMENTS = {
    "handshake": ["connect", "accept4"],
    "mid-frame": ["write", "sendto"],
    "receiving": ["read", "recvfrom"],
    "commit": ["fdatasync", "pwrite64"],
}


def play(privet, run, victim=None, inject=None):
    """All parties to their end; the victim under strace and, once killed, again without. Returns
    (seconds, was it killed, what went wrong)."""
    begun = time.monotonic()
    killed = []

    def on_end(party, code):
        if code == 0:
            return ""
        if party != victim or killed:
            return complaint(run, party, code)
        killed.append(party)
        time.sleep(0.2)
        return start(command(privet, run, party), run, party)

    running = {}
    for party in parties_of(run):
        words = command(privet, run, party)
        if party == victim:
            words = ["strace", "-f", "-qq", "-o", "/dev/null", *inject, *words]
        running[party] = start(words, run, party)
    wrong = watch(run, running, begun, on_end)
    return time.monotonic() - begun, bool(killed), wrong


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
    parser.add_argument("--runs", type=int, default=30, help="one kill each")
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
    bad, kills, kill = 0, 0, -1
    while kills < args.runs and kill < 3 * args.runs:
        kill += 1
        moment = list(MOMENTS)[kill % len(MOMENTS)]
        victim = parties[draw.randrange(len(parties))] if kill % 3 else "server"
        choices = [c for c in MOMENTS[moment] if counts[victim].get(c, 0) > 0]
        if not choices:
            choices = ["write"]
        call = draw.choice(choices)
        number = 1 + draw.randrange(max(1, counts[victim][call] * 9 // 10))  # counts vary a little
        run = folder / f"kill-{kill + 1}"
        prepare(args.privet, args.scenario, run, 0)
        inject = ["-e", f"trace={call}", "-e", f"inject={call}:signal=SIGKILL:when={number}"]
        seconds, killed, wrong = play(args.privet, run, victim, inject)
        wrong = wrong or verdict(args.privet, run, expected)
        bad += wrong != ""
        kills += killed
        print(f"{kills:3d} {moment:10s} {victim:10s} {call} {number} of {counts[victim][call]}: "
              f"{'killed' if killed else 'not reached'}, {seconds:.1f} s, "
              f"{wrong if wrong else 'same weights, views agree'}", flush=True)
        if not wrong and not args.keep:
            shutil.rmtree(run)
    print(f"{kills} kills in {kill + 1} runs, {bad} ended otherwise")
    if not args.keep and bad == 0:
        shutil.rmtree(folder)
    else:
        print("the folders are in", folder)
    return 1 if bad or kills < args.runs else 0


if __name__ == "__main__":
    sys.exit(main())

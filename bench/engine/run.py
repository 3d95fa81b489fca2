#!/usr/bin/env python3
"""privet's engine against PyTorch on the CPU: the same steps, threads and machine, taking turns.

    bench/engine/run.py [--privet build/privet] [--rounds 5] [--threads N] [--seconds 0.3] [--json]

The peer is the PyTorch of the interpreter that the environment variable PYTHON names (python3 when
it is not set). Every round runs every case three times, each in a process of its own: privet, the
peer with contiguous and the peer with channels_last tensors. The peer's figure is the better of its
layouts by their medians; a ratio above 1 means that privet is faster, or needs less memory.
"""
import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path

CASES = {  # what the design asks for: the peer's time over ours
    "lenet5-b64-train": 1.5,
    "mlp-b64-train": 2.0,
    "lenet5-b1-second-order": 4.0,
    "resnet18-b32-train": 0.95,
}
LAYOUTS = ("contiguous", "channels_last")
PEER = Path(__file__).with_name("peer.py")


def run_json(command, environment):
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=False, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with status {done.returncode}")
    return json.loads(done.stdout)


def machine():
    try:
        for line in open("/proc/cpuinfo", encoding="utf-8"):
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or "unknown"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--privet", default="build/privet")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--seconds", type=float, default=0.3, help="of one case in one turn")
    parser.add_argument("--case", action="append", choices=list(CASES))
    parser.add_argument("--json", action="store_true", help="print one JSON object instead")
    a = parser.parse_args()
    python = os.environ.get("PYTHON", "python3")
    environment = dict(os.environ, OMP_WAIT_POLICY="passive", OMP_NUM_THREADS=str(a.threads))
    if subprocess.run([python, "-c", "import torch"], stderr=subprocess.DEVNULL,
                      check=False).returncode != 0:
        print(f"skipped: {python} has no PyTorch; set PYTHON to an interpreter that has it",
              file=sys.stderr)
        return 77

    names = a.case or list(CASES)
    threads = ["--threads", str(a.threads), "--seconds", str(a.seconds)]
    ours = {n: [] for n in names}
    peer = {(n, layout): [] for n in names for layout in LAYOUTS}
    how = {}  # which form of the optimiser is the fastest, tried apart so that it costs no memory
    for name, layout in peer:
        found = run_json([python, PEER, "--case", name, "--layout", layout, "--rounds", "1",
                          *threads], environment)
        how[name, layout] = ["--optimiser", found["optimiser"]]
    for turn in range(a.rounds):
        for name in names:
            print(f"round {turn + 1} of {a.rounds}: {name}", file=sys.stderr)
            ours[name].append(run_json(
                [a.privet, "bench", "engine", "--json", "--quiet", "--case", name, "--rounds", "3",
                 *threads], environment))
            for layout in LAYOUTS:
                peer[name, layout].append(run_json(
                    [python, PEER, "--case", name, "--layout", layout, *threads,
                     *how[name, layout]], environment))

    rows = []
    for name in names:
        ms = statistics.median(o["cases"][0]["ms"] for o in ours[name])
        layout = min(LAYOUTS, key=lambda l: statistics.median(p["ms"] for p in peer[name, l]))
        best = peer[name, layout]
        peer_ms = statistics.median(p["ms"] for p in best)
        rows.append({
            "name": name, "ms": ms, "gflops": ours[name][0]["cases"][0]["gflops"],
            "peer_ms": peer_ms, "ratio": peer_ms / ms, "wanted": CASES[name],
            "ratios": [p["ms"] / o["cases"][0]["ms"] for o, p in zip(ours[name], best)],
            "peer_layout": layout, "peer_optimiser": best[0]["optimiser"],
            "peak_rss_bytes": max(o["peak_rss_bytes"] for o in ours[name]),
            "peer_peak_rss_bytes": max(p["peak_rss_bytes"] for p in best),
        })
    first = ours[names[0]][0]
    result = {
        "privet": first["version"], "peer": "PyTorch " + peer[names[0], LAYOUTS[0]][0]["version"],
        "machine": machine(), "threads": a.threads, "rounds": a.rounds, "cases": rows,
    }
    if a.json:
        print(json.dumps(result))
        return 0
    print(f"privet {result['privet']} against {result['peer']} (eager), {a.threads} threads, "
          f"{a.rounds} rounds\n{result['machine']}\n")
    print(f"{'case':24}{'privet ms':>11}{'peer ms':>10}{'ratio':>8}{'wanted':>8}{'spread':>14}"
          f"{'MB':>7}{'peer MB':>9}  peer")
    for r in rows:
        spread = f"{min(r['ratios']):.2f}-{max(r['ratios']):.2f}"
        print(f"{r['name']:24}{r['ms']:11.3f}{r['peer_ms']:10.3f}{r['ratio']:8.2f}"
              f"{r['wanted']:8.2f}{spread:>14}{r['peak_rss_bytes'] / 1e6:7.0f}"
              f"{r['peer_peak_rss_bytes'] / 1e6:9.0f}  {r['peer_layout']}, {r['peer_optimiser']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

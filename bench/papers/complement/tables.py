#!/usr/bin/env python3
"""Tables 4 and 5 of Sun, Wu, Hwang 2019 (arXiv 1908.07701) for alexnet_v2: printed, corrected, measured.

    bench/papers/complement/tables.sh [--bandwidth 1Mbit] [--threads 1] [--privet build/privet] [--work build/papers/tables]

What a customer stores (Table 4) and sends (Table 5) when it computes the first N layers. Corrected: what follows from the
network of Table 1. Measured: for each N a model with a secret at the input of layer N is made by `privet train` and
`privet retrain --keep N-1` and cut by `privet partition --cut N`; the bytes are those of the customer's file and of one
activation in 8 bits. Time: `privet cuts` on the whole network, both halves' median at batch 1 and the bytes at the bandwidth.
The pictures it runs on are drawn here, 224x224 and coloured: costs do not depend on what is in them.

docs/complement-paper.md explains the differences. A few minutes. Exits 1 when a corrected figure and its measured one differ.
"""

import argparse
import json
import math
import pathlib
import random
import struct
import subprocess
import sys
import time
import zlib

# Table 4: the column "number of parameters" as printed (2 to 4 are bits), the size; Table 5: links (3 and 4 are bits), ms.
PRINTED = {1: ("23,296", "182 kB", "193,600", 184.631), 2: ("21,164,032", "2.52 mB", "186,624", 177.979),
           3: ("63,655,936", "7.59 mB", "519,168", 61.89), 4: ("148,615,168", "17.72 mB", "519,168", 61.89),
           5: (None, None, None, None)}
# Table 1: kernel, channels in, kernels, side of what comes out, side behind its pool or None
LAYERS = [(11, 3, 64, 55, 27), (5, 64, 192, 27, 13), (3, 192, 384, 13, None), (3, 384, 384, 13, None), (3, 384, 256, 13, 6)]
SIDE, PICTURES = 224, 8
MIB, KIB = 1 << 20, 1 << 10


class Program:
    def __init__(self, path, threads):
        self.path, self.threads = str(pathlib.Path(path).resolve()), threads

    def __call__(self, *words):
        command = [self.path, *map(str, words), "--quiet", "--json", "--threads", str(self.threads)]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0: # warnings, such as of a task at chance after one epoch, are left out
            sys.exit(f"{' '.join(command)}: exit status {done.returncode}\n{done.stderr}{done.stdout}")
        return json.loads(done.stdout)


def png(path, pixels):
    """pixels: rows of bytes, three a pixel."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    head = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + row for row in pixels))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b""))


def draw(folder):
    """Waves along a direction for each picture: upright ones are one class, level ones the other."""
    dice = random.Random(1)
    for name, upright in (("cat", True), ("dog", False)):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for i in range(PICTURES):
            wave, shift = dice.uniform(0.05, 0.4), [dice.uniform(0, 6) for _ in range(3)]
            line = [[int(127 + 120 * math.sin(wave * at + s)) for s in shift] for at in range(SIDE)]
            rows = [bytes(v for x in range(SIDE) for v in line[x if upright else y]) for y in range(SIDE)]
            png(folder / name / f"{i}.png", rows)


def halves(program, work, data):
    """For each N the customer's file and the bytes of its activation, before the pool and behind it."""
    old, found = work / "old.safetensors", {}
    program("train", "--data", data, "--model", "alexnet_v2", "--epochs", 1, "--batch", PICTURES, "--out", old)
    for n in range(1, len(LAYERS) + 1):
        hidden = work / f"hidden-{n}.safetensors"
        program("retrain", old, "--data", data, "--keep", n - 1, "--epochs", 1, "--batch", PICTURES, "--out", hidden)
        for cut in [f"{n}:before-pool", f"{n}"] if LAYERS[n - 1][4] else [f"{n}"]:
            cut_in = program("partition", hidden, "--cut", cut, "--data", data,
                             "--out", work / ("halves-" + cut.replace(":", "-") + f"-{time.time_ns()}"))
            form = next(f for f in cut_in["forms"] if f["bits"] == 8 and not f["projected"])
            found[cut] = (cut_in["customer"]["weights"], cut_in["customer"]["bytes"], form["bytes"])
    return found


def table4(found):
    print("\nTable 4: what the customer stores for N layers. Corrected: weights and biases, their double-precision size, "
          "and with\nthe secret's plane at layer N. Measured: the customer's file, in float32")
    print(f"{'N':>2} {'printed':>24} | {'corrected':>10} {'in 64 bits':>11} {'with secret':>12} {'in 64 bits':>11} "
          f"| {'weights':>9} {'file':>11}")
    good, total = True, 0
    for n, (kernel, channels, kernels, _, pool) in enumerate(LAYERS, 1):
        total += kernel * kernel * channels * kernels + kernels
        secret = total + kernel * kernel * kernels
        weights, size, _ = found[f"{n}:before-pool" if pool else f"{n}"]
        printed = f"{PRINTED[n][0]} = {PRINTED[n][1]}" if PRINTED[n][0] else "-"
        print(f"{n:2} {printed:>24} | {total:10,} {8 * total / MIB:7.3f} MiB {secret:12,} {8 * secret / MIB:7.3f} MiB "
              f"| {weights:9,} {size:9,} B")
        good &= weights == secret and 0 <= size - 4 * secret < 65536
    return good


def table5(found, cuts, bandwidth):
    print(f"\nTable 5: what the customer sends for one picture, 8 bits a number. Corrected: at 1 Mb/s, 10^6 bits. Measured: "
          f"bytes that\ncross, and both halves with them at {bandwidth}. The picture itself: "
          f"{SIDE * SIDE * 3:,} bytes, {SIDE * SIDE * 3 * 8e-3:.1f} ms")
    print(f"{'cut':>14} {'printed links':>14} {'ms':>8} | {'corrected':>9} {'ms':>8} {'at 1 MiB/s':>11} "
          f"| {'bytes':>8} {'ms':>8} {'of it computing':>16}")
    good = True
    for n, (_, _, kernels, side, pool) in enumerate(LAYERS, 1):
        sides = [(f"{n}:before-pool", side), (f"{n}", pool)] if pool else [(f"{n}", side)]
        for cut, across in sides:
            links = across * across * kernels
            paper = PRINTED[n][2:] if across == side and PRINTED[n][2] else ("-", None)
            row = next(c for c in cuts["cuts"] if c["cut"] == cut)
            crossed, own = found[cut][2], row["customer_ms"] + row["provider_ms"]
            print(f"{cut:>14} {paper[0]:>14} {paper[1] or '-':>8} | {links:9,} {links * 8e-3:8.1f} "
                  f"{1e3 * links / MIB:11.3f} | {crossed:8,} {row['latency_ms']['8']:8.1f} {own:16.1f}")
            good &= crossed == links == row["numbers"]
    return good


def main():
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parse.add_argument("--bandwidth", default="1Mbit")
    parse.add_argument("--threads", type=int, default=1)
    parse.add_argument("--privet", default="build/privet")
    parse.add_argument("--work", default="build/papers/tables")
    a = parse.parse_args()
    work = pathlib.Path(a.work).resolve()
    work.mkdir(parents=True, exist_ok=True)
    draw(work / "pictures")
    data, program = f"images:{work / 'pictures'}", Program(a.privet, a.threads)
    cuts = program("cuts", "alexnet_v2", "--data", data, "--bandwidth", a.bandwidth, "--images", 0)
    found = halves(program, work, data)
    print(f"alexnet_v2, {SIDE}x{SIDE}x3, {cuts['machine']}, {cuts['threads']} thread(s), {time.strftime('%Y-%m-%d')}")
    good = table4(found) & table5(found, cuts, a.bandwidth)
    print("\nmeasured as corrected" if good else "\nMEASURED AND CORRECTED DIFFER")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()

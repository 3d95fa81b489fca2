#!/usr/bin/env python3
"""The shared layer of `vertical` as a program of its own, on Python's integers.

    build/bench/bench_vertical_steps FILE; python3 bench/vertical/integer.py FILE [--print]
    python3 bench/vertical/integer.py --run build/bench/bench_vertical_steps [STEPS [WIDTH [OUTPUTS [BATCH]]]]

Reads what bench_vertical_steps wrote, of each step only the learning rate, the active party's shares (they say how
floors round), the activations and the gradients with and without noise; works out Z, dA, W, V and the bias by the
formulas of src/scheme/vertical/boundary.h, and compares them with what the two parties got, bit for bit. --print prints
W and b after each step. Exits 1 at the first difference.
"""
import json
import os
import subprocess
import sys
import tempfile
from fractions import Fraction
from math import floor


def rounded(x, bits):
    return floor(Fraction(x) * 2**bits + Fraction(1, 2))


def wide(text):
    x = int(text, 16)
    return x - (1 << 256) if x >> 255 else x


class Layer:
    def __init__(self, line):
        s = json.loads(line)
        self.d, self.c, self.clamp = s["d"], s["c"], s["clamp"]
        self.fa, self.fg, self.fw, self.fe = s["fa"], s["fg"], s["fw"], s["fe"]
        self.fm, self.fl = s["fm"], s["fl"]
        self.momentum, self.decay = rounded(s["momentum"], self.fm), rounded(s["decay"], self.fl)
        self.w = [wide(x) for x in s["W"]]
        self.v = [0] * len(self.w)
        self.b = [0.0] * self.c

    def step(self, s):
        d, c, rows = self.d, self.c, s["rows"]
        e, ev = [wide(x) for x in s["E"]], [wide(x) for x in s["EV"]]
        a = [rounded(min(max(x, -self.clamp), self.clamp), self.fa) for x in s["a"]]
        g, shown = ([rounded(x, self.fg) for x in s[name]] for name in ("G", "shown"))
        shift = self.fa + self.fg + self.fe - self.fw
        used = [((w + x) >> shift) - (x >> shift) for w, x in zip(self.w, e)]
        z = [sum(a[i * d + j] * used[k * d + j] for j in range(d)) / 2 ** (self.fa + self.fw)
             for i in range(rows) for k in range(c)]
        da = [sum(shown[i * c + k] * used[k * d + j] for k in range(c)) / 2 ** (self.fg + self.fw)
              for i in range(rows) for j in range(d)]
        eta, low = rounded(s["eta"], self.fe), self.fl + self.fe
        for k in range(c):
            for j in range(d):
                at = k * d + j
                moved = (self.momentum * (self.v[at] + ev[at]) >> self.fm) - (self.momentum * ev[at] >> self.fm)
                pulled = (self.decay * (self.w[at] + e[at]) >> low) - (self.decay * e[at] >> low)
                self.v[at] = moved + pulled + sum(g[i * c + k] * a[i * d + j] for i in range(rows))
                self.w[at] -= eta * self.v[at]
            total = 0.0
            for i in range(rows):
                total += s["G"][i * c + k]
            self.b[k] -= s["eta"] * total
        return {"Z": z, "dA": da, "W": self.w, "V": self.v, "b": self.b}


def compare(path, printing):
    with open(path) as f:
        layer = Layer(next(f))
        steps = 0
        for line in f:
            s = json.loads(line)
            for name, mine in layer.step(s).items():
                theirs = [wide(x) for x in s[name]] if name in "WV" else s[name]
                if theirs != mine:
                    print(f"step {steps + 1}: {name} differs")
                    return 1
            steps += 1
            if printing:
                scale = 2 ** (layer.fa + layer.fg + layer.fe)
                print(f"{steps} W {' '.join(repr(w / scale) for w in layer.w)} b {' '.join(map(repr, layer.b))}")
    print(f"{steps} steps of {layer.d}x{layer.c}: Z, dA, W, V and b are the same, bit for bit")
    return 0


def main():
    if sys.argv[1:2] != ["--run"]:
        return compare(sys.argv[1], "--print" in sys.argv[2:])
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "steps.json")
        subprocess.run([sys.argv[2], path] + sys.argv[3:], check=True)
        return compare(path, False)


if __name__ == "__main__":
    sys.exit(main())

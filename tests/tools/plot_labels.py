#!/usr/bin/env python3
"""The names at the ends of curves (bench/papers/complement/accuracy.py) neither lie on each other nor leave the plot."""

import itertools
import pathlib
import random
import sys
import tempfile
import xml.dom.minidom

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench/papers/complement"))
sys.dont_write_bytecode = True
import accuracy  # noqa: E402

LINE, WIDTH = 12, 34  # of a name, in the picture's units


def names_in(path):
    texts = xml.dom.minidom.parse(str(path)).getElementsByTagName("text")
    found = {t.firstChild.data: (float(t.getAttribute("x")), float(t.getAttribute("y"))) for t in texts
             if t.firstChild.data in accuracy.NAMES}
    assert sorted(found) == sorted(accuracy.NAMES), found
    return found


def check(curves, what):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "plot.svg"
        accuracy.svg(path, "a title", "accuracy", [100 * (i + 1) for i in range(30)], curves, 0.45, 0.9)
        found = names_in(path)
    for (a, (x, y)), (b, (u, v)) in itertools.combinations(found.items(), 2):
        assert abs(x - u) >= WIDTH or abs(y - v) >= LINE, f"{what}: {a} lies on {b}: {found}"
    for name, (x, y) in found.items():
        assert 40 + LINE / 2 <= y <= 420 - 48 and 64 <= x <= 720 - WIDTH, f"{what}: {name} leaves the plot: {found}"


def main():
    for ends in ([30] * 6, [30] + [10] * 5):
        for value in (0.9, 0.45, 0.7, 0.99, 0.1):
            check([[0.5] * (n - 1) + [value] for n in ends], f"all at {value}")
        for seed in range(50):
            r = random.Random(seed)
            check([[0.5] * (n - 1) + [r.uniform(0.4, 0.95)] for n in ends], f"seed {seed}")
    # What has room stays where it is; what has none stands around its mean, in its order.
    assert accuracy.apart([10, 50, 90], 0, 100, 14) == [10, 50, 90]
    assert accuracy.apart([50, 50, 50], 0, 100, 10) == [40, 50, 60]
    assert accuracy.apart([98, 20, 99], 0, 100, 10) == [90, 20, 100]
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Compares how long each room's tests took with what tools/allowance.txt gives it.

usage: tools/allowance.py JUNIT.xml     (written by ctest --output-junit)

Exits 1 when a room took more, or a test has no line.
"""

import pathlib
import sys
import xml.etree.ElementTree


def read_table(path):
    table = {}
    for line in path.read_text().splitlines():
        words = line.split("#")[0].split()
        if words:
            table[words[0]] = float(words[1])
    return table


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    table = read_table(pathlib.Path(__file__).with_suffix(".txt"))
    took, homeless = dict.fromkeys(table, 0.0), []
    for case in xml.etree.ElementTree.parse(sys.argv[1]).iter("testcase"):
        name = case.get("name")
        room = next((r for r in table if name.startswith(r)), None)
        if room is None:
            homeless.append(name)
        else:
            took[room] += float(case.get("time"))
    for room, seconds in took.items():
        if seconds > 0:
            mark = "  MORE THAN IT MAY" if seconds > table[room] else ""
            print(f"{room:<14} {seconds:7.1f} s of {table[room]:4.0f}{mark}")
    for name in homeless:
        print(f"{name}: no line of tools/allowance.txt fits")
    return 1 if homeless or any(took[r] > table[r] for r in table) else 0


if __name__ == "__main__":
    sys.exit(main())

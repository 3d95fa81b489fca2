"""Driving the program from the scripts of this folder: scenarios from their INI files with a few lines changed, runs,
plain trainings, predictions. Standard library only."""

import csv
import json
import pathlib
import re
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).parent


class Program:
    """The program, the data beside the project, and a folder for what is made."""

    def __init__(self, privet, data, work, threads):
        self.privet, self.threads = str(pathlib.Path(privet).resolve()), threads
        self.data, self.work = pathlib.Path(data).resolve(), pathlib.Path(work).resolve()
        self.work.mkdir(parents=True, exist_ok=True)

    def __call__(self, *words, fails=(0,)):
        """Standard output of the program; anything but the expected exit statuses ends the script."""
        command = [self.privet, *map(str, words), "--quiet"]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode not in fails:
            sys.exit(f"{' '.join(command)}: exit status {done.returncode}\n{done.stdout}")
        return done.stdout

    def json(self, *words, fails=(0,)):
        return json.loads(self(*words, "--json", fails=fails))

    def key(self, bits, given=None):
        """A Paillier key, made once for all runs of these scripts; it takes minutes."""
        if given is not None:
            return pathlib.Path(given).resolve()
        path = self.work / f"paillier{bits}.key"
        if not path.exists():
            began = time.monotonic()
            self("keys", "paillier", "--bits", bits, "--out", path)
            print(f"a key of {bits} bits: {time.monotonic() - began:.0f} s", flush=True)
        return path


def scenario(path, changes):
    """The text of a scenario with `changes`, {"section": {"key": value}}, value None to leave the line out. Keys that it
    does not have are added to their section."""
    left = {section: dict(keys) for section, keys in changes.items()}
    out, section = [], None

    def finish(name):
        for key, value in left.pop(name, {}).items():
            if value is not None:
                out.append(f"{key} = {value}")

    for line in (HERE / path).read_text().splitlines():
        head = re.fullmatch(r"\s*\[(.+)\]\s*", line)
        if head:
            finish(section)
            section = head[1]
        pair = re.fullmatch(r"\s*([a-z_]+)\s*=.*", line)
        if pair and pair[1] in left.get(section, {}):
            value = left[section].pop(pair[1])
            line = None if value is None else f"{pair[1]} = {value}"
        if line is not None:
            out.append(line)
    finish(section)
    for name in list(left):
        out.append(f"[{name}]")
        finish(name)
    return "\n".join(out) + "\n"


def settings(text, section):
    """The keys of a section, as a dictionary."""
    found, here = {}, None
    for line in text.splitlines():
        head = re.fullmatch(r"\s*\[(.+)\]\s*", line)
        here = head[1] if head else here
        pair = re.fullmatch(r"\s*([a-z_]+)\s*=\s*(.*?)\s*", line)
        if pair and here == section:
            found[pair[1]] = pair[2]
    return found


def labels_of(path):
    """The answers of a table of predictions: of `privet predict` and of a vertical run alike."""
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    column = next(name for name in ("predicted", "label") if rows and name in rows[0])
    return [row[column] for row in rows]


def equal_share(a, b):
    if len(a) != len(b):
        sys.exit(f"{len(a)} and {len(b)} predictions can't be compared")
    return sum(x == y for x, y in zip(a, b)) / len(a)

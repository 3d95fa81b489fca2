"""Where the files of fuzz/make_corpus.py go, and how they are damaged."""
import os
import random
import re

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus")
FOUND = re.compile(r"^([0-9a-f]{40}|found-.*)$")


def save(reader, files):
    folder = os.path.join(HERE, reader)
    os.makedirs(folder, exist_ok=True)
    for name in os.listdir(folder):
        if not FOUND.match(name):
            os.remove(os.path.join(folder, name))
    for name, data in files.items():
        with open(os.path.join(folder, name), "wb") as f:
            f.write(data)


def damaged(files, seed):
    """The files, with copies of every third that have a byte changed, and of every third that are cut short."""
    rng = random.Random(seed)
    out = dict(files)
    for i, (name, data) in enumerate(files.items()):
        if len(data) > 4 and i % 3 == 0:
            at = rng.randrange(min(len(data), 200))
            out[f"{name}.changed"] = data[:at] + bytes([(data[at] + rng.randrange(1, 256)) % 256]) + data[at + 1:]
        if len(data) > 4 and i % 3 == 1:
            out[f"{name}.cut"] = data[: rng.randrange(1, len(data))]
    return out

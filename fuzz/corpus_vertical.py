"""The part of fuzz/make_corpus.py for the boundary of the scheme vertical: what a peer sends, in the sizes of a layer of
3x2 with batches of 2 (fuzz/vertical_boundary.c)."""
import os
import random
import struct

from corpus_files import HERE

SCORES, LOGITS, GRADIENTS, UPDATE, OPEN, GRADIENT, NEXT, SETUP, SETTLED, ACTIVE, PASSIVE = range(11)
ROWS, D, C = 2, 3, 2


def modulus():
    path = os.path.join(HERE, "..", "..", "tests", "vectors", "paillier2048_safe.txt")
    with open(path) as f:
        for line in f:
            if line.startswith("n = "):
                return int(line[4:], 16)
    raise SystemExit(f"{path}: no n")


def make(save, damaged):
    n, rng = modulus(), random.Random(7)
    cipher = lambda m: ((1 + m % n * n) * pow(rng.randrange(2, n), n, n * n) % (n * n)).to_bytes(512, "little")
    residue = lambda m: (m % n).to_bytes(256, "little")
    signed = lambda x, size: x.to_bytes(size, "little", signed=True)
    many = lambda count: b"".join(cipher(rng.randrange(-(1 << 60), 1 << 60)) for _ in range(count))
    # these follow from the settings of fuzz/vertical_boundary.c (bounds.h)
    share, velocity, share_bytes = 108, 92, 14
    at = {"c": C, "d": D, "scale": 56, "share": share, "velocity": velocity}
    state = lambda party, wide, settled=0: struct.pack("<IBBIIIIIQQ", 1, party, settled, at["c"], at["d"], at["scale"],
                                                       at["share"], at["velocity"], 3, 0) + wide * (2 * C * D)
    files = {
        "samples": bytes([SCORES]) + many(D),
        "samples-zero": bytes([SCORES]) + bytes(512) + many(D - 1),
        "samples-high": bytes([SCORES]) + b"\xff" * 512 * D,
        "samples-short": bytes([SCORES]) + many(D)[:-1],
        "scores": bytes([OPEN]) + many(C),
        "opened": bytes([LOGITS]) + b"".join(residue(m) for m in (5 << 40, -7)),
        "opened-over": bytes([LOGITS]) + residue(1) + residue(1 << 2000),
        "opened-high": bytes([LOGITS]) + residue(1) + b"\xff" * 256,
        "gradients": bytes([GRADIENTS]) + many(ROWS) + many(2 * C),
        "gradients-short": bytes([GRADIENTS]) + many(ROWS),
        "activations": bytes([GRADIENT]) + cipher(12345),
        "activations-over": bytes([GRADIENT]) + cipher(1 << 2010),
        "weights": bytes([NEXT]) + many(C),
        "update": bytes([UPDATE]) + residue(9) + residue(-9) + signed(-(1 << 80), share_bytes) * (C * D),
        "update-wide": bytes([UPDATE]) + residue(9) + residue(-9) + signed(1 << 110, share_bytes) * (C * D),
        "update-over": bytes([UPDATE]) + residue(9) + residue(1 << 2040) + bytes(share_bytes * C * D),
        "start": bytes([SETUP]) + signed(1 << 90, share_bytes) * (C * D),
        "start-wide": bytes([SETUP]) + signed(1 << 110, share_bytes) * (C * D),
        "settled": bytes([SETTLED]) + signed(1 << 90, share_bytes) * (C * D),
        "settled-wide": bytes([SETTLED]) + signed(1 << 110, share_bytes) * (C * D),
        "settled-short": bytes([SETTLED]) + bytes(share_bytes * C * D - 1),
        "active": bytes([ACTIVE]) + state(0, signed(-(1 << 80), 32)),
        "passive": bytes([PASSIVE]) + state(1, signed(1 << 80, 32)),
        "passive-wide": bytes([PASSIVE]) + state(1, signed(1 << 200, 32)),
        "active-settled": bytes([ACTIVE]) + state(0, signed(-(1 << 80), 32), 1),
        "passive-settled": bytes([PASSIVE]) + state(1, signed(1 << 80, 32), 1),
        "passive-settled-wide": bytes([PASSIVE]) + state(1, signed(1 << 106, 32), 1),
        "passive-settled-what": bytes([PASSIVE]) + state(1, signed(1 << 80, 32), 2),
        "other-party": bytes([PASSIVE]) + state(0, bytes(32)),
        "kind": bytes([99]) + bytes(10),
        "nothing": bytes([SCORES]),
    }
    save("vertical_boundary", damaged(files, 16))

"""The part of fuzz/make_corpus.py for crypto/paillier: key files, ciphertexts, proofs.

The proof is made here once more, from its description in docs/paillier.md.
"""
import hashlib
import os
import random
import struct

from corpus_files import damaged, save
from corpus_identity import pem_text

VECTORS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "vectors")
ROOTS = 8


def numbers(name):
    lines = open(os.path.join(VECTORS, name)).read().splitlines()
    return {key: int(value, 16) for key, value in (line.split(" = ") for line in lines)}


def challenge(n, context, root):
    """Candidates of SHA-256(seed, root, candidate, block)..., the first that is below n."""
    size = n.bit_length() // 8
    seed = hashlib.sha256(b"privet/1 paillier roots\0" + struct.pack("<I", 8 * size) + n.to_bytes(size, "little")
                          + context).digest()
    for candidate in range(1024):
        rho = int.from_bytes(b"".join(hashlib.sha256(seed + struct.pack("<III", root, candidate, block)).digest()
                                      for block in range(size // 32)), "little")
        if rho < n:
            return rho


def proof(p, q, context):
    n = p * q
    d = pow(n, -1, (p - 1) * (q - 1))
    return b"".join(pow(challenge(n, context, k), d, n).to_bytes(n.bit_length() // 8, "little") for k in range(ROOTS))


def key_files(safe, djn):
    p, q = safe["p"], safe["q"]
    head = struct.pack("<II", 1, 2048)
    private = head + p.to_bytes(128, "little") + q.to_bytes(128, "little")
    public = head + (p * q).to_bytes(256, "little") + proof(p, q, b"paillier key file")
    other = head + djn["p"].to_bytes(128, "little") + djn["q"].to_bytes(128, "little")
    private_pem = pem_text("PRIVET PAILLIER PRIVATE KEY", private).encode()
    public_pem = pem_text("PRIVET PAILLIER PUBLIC KEY", public).encode()
    files = {
        "private": b"\2" + private, "public": b"\3" + public, "not-safe": b"\2" + other,
        "private-pem": b"\0" + private_pem, "public-pem": b"\1" + public_pem,
        "wrong-kind": b"\1" + private_pem, "not-pem": b"\0hello",
        "same-prime": b"\2" + head + p.to_bytes(128, "little") * 2,
        "composite": b"\2" + head + (p + 2).to_bytes(128, "little") + q.to_bytes(128, "little"),
        "short-prime": b"\2" + head + (p >> 1 | 1).to_bytes(128, "little") + q.to_bytes(128, "little"),
        "even": b"\3" + head + (p * q - 1).to_bytes(256, "little") + public[264:],
        "multiple-of-3": b"\3" + head + b"\xff" * 256 + public[264:],
        "square": b"\3" + head + (p * p).to_bytes(256, "little") + public[264:],
        "other-proof": b"\3" + head + (djn["p"] * djn["q"]).to_bytes(256, "little") + public[264:],
        "version-2": b"\2" + struct.pack("<II", 2, 2048) + private[8:],
        "version-0": b"\3" + struct.pack("<II", 0, 2048) + public[8:],
        "bits-1024": b"\2" + struct.pack("<II", 1, 1024) + private[8:136],
        "bits-huge": b"\3" + struct.pack("<II", 1, 0xFFFFFF00) + public[8:],
        "follows": b"\2" + private + b"\0", "empty": b"\2",
    }
    save("paillier_key", damaged(files, 18))


def cipher_files():
    rng = random.Random(19)
    n = 2**2048 - 1
    c = [next(x for x in iter(lambda: rng.randrange(1, n), None) if coprime(x, n)) + n * rng.randrange(n) for _ in range(3)]
    one = b"".join(x.to_bytes(512, "little") for x in c)
    save("paillier_cipher", {
        "three": b"\0" + one, "one": b"\0" + one[:512], "none": b"\0", "zero": b"\0" + one[:512] + bytes(512),
        "n-squared": b"\0" + (n * n).to_bytes(512, "little"), "just-below": b"\0" + (n * n - 1).to_bytes(512, "little"),
        "largest": b"\0" + b"\xff" * 512, "shared": b"\0" + one + (3).to_bytes(512, "little"),
        "n": b"\0" + n.to_bytes(512, "little") + one, "small": b"\0\2",
        "plain": b"\1" + c[0].to_bytes(512, "little")[:256] + bytes(256), "plain-n": b"\1" + n.to_bytes(256, "little"),
        "plain-below": b"\1" + (n - 1).to_bytes(256, "little"), "plain-zero": b"\1" + bytes(256), "plain-none": b"\1",
    })


def coprime(a, b):
    while b:
        a, b = b, a % b
    return a == 1


def proof_files(safe, djn):
    good = proof(safe["p"], safe["q"], b"fuzz")
    save("paillier_proof", damaged({
        "good": good, "other-context": proof(safe["p"], safe["q"], b"Fuzz"), "short": good[:-1], "long": good + b"\0",
        "other-key": proof(djn["p"], djn["q"], b"fuzz"), "zeros": bytes(len(good)), "ones": b"\xff" * len(good),
        "plus-n": (int.from_bytes(good[:256], "little") + safe["n"] & 2**2048 - 1).to_bytes(256, "little") + good[256:],
        "last": good[:-256] + bytes(256), "empty": b"",
    }, 20))


def make():
    safe, djn = numbers("paillier2048_safe.txt"), numbers("paillier2048_djn.txt")
    key_files(safe, djn)
    cipher_files()
    proof_files(safe, djn)

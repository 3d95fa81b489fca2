#!/usr/bin/env python3
"""Makes fuzz/corpus/: for every reader small files of each kind it takes, each way it refuses, and damaged copies.

    fuzz/make_corpus.py [MAKE_JPEG]

MAKE_JPEG is the program that makes JPEG files (ninja -C build make_jpeg); without it those stay as they are. Files that
fuzzing found (names of 40 hexadecimal digits, or found-*) are never touched. The same script makes the same bytes.
"""
import json
import os
import random
import struct
import sys

import corpus_align
import corpus_complement
import corpus_fed
import corpus_identity
import corpus_net
import corpus_paillier
import corpus_roles
import corpus_split
from corpus_codec import (gzip_files, idx_files, cifar_files, npy_all, npz_files, st_bytes, safetensors_files,
                          arff_files, csv_files, tsv_files, png_files, jpeg_files)
from corpus_files import HERE, damaged, save
import corpus_view
import corpus_vertical

# ---- wire


def reader():
    rng = random.Random(1)
    files = {"empty": b"", "one": b"\0"}
    for op in range(16):
        files[f"op{op}"] = bytes([op]) * 64 + bytes(range(200))
    files["sized"] = bytes([10] * 64) + struct.pack("<I", 5) + b"hello" + struct.pack("<I", 200) + b"x" * 10
    files["string"] = bytes([11] * 64) + struct.pack("<I", 5) + "hé!!".encode() + struct.pack("<I", 2) + b"\xff\xff"
    files["string-long"] = bytes([11] * 64) + struct.pack("<I", 40) + b"x" * 60
    files["text"] = bytes([11] * 64) + struct.pack("<I", 12) + "é€😀".encode() + b"abc"
    files["expect"] = bytes([12] * 64) + bytes([1, 2, 3]) * 70
    for i in range(12):
        files[f"random{i}"] = rng.randbytes(64 + rng.randrange(120))
    save("reader", files)


# ---- nn


def model_text_files():
    """First byte: 0 an image of 12x12x3, 1 a table of 8 features, 2 a text of 6 tokens."""
    image = {
        "conv": "conv 6 kernel=5 pad=2 stride=2 bias=no\navgpool 2\nrelu\nflatten\ndense classes\n",
        "options": "option width=4\nconv 2*width 3 # comment\nmaxpool kernel=2 stride=1 pad=1\nflatten\ndense classes",
        "residual": "residual {\nconv 6 3 pad=1\nbatchnorm momentum=0.2\n} shortcut {\nconv 6 1\n}\nrelu\n"
                    "global-avgpool\ndense classes\n",
        "nested": "residual {\n residual {\n relu\n }\n}\nglobal-maxpool\ndense classes\nscale 0.125\n",
        "norms": "groupnorm 3 eps=1e-3\nlayernorm\nsqueeze2\nflatten\ndense classes init=he\n",
        "groups": "conv 6 3 groups=3 init=uniform:0.5\nflatten\ndropout 0.5\ndense classes init=normal:0.1\n",
        "input": "input 12 12 3\ninit normal:1\nflatten\ndense classes",
        "other-input": "input 28 28 1\nflatten\ndense classes",
        "huge": "conv 16777216 kernel=16777216 pad=16777216\nflatten\ndense classes",
        "pads": "conv 1 1 pad=16777216\n" * 4 + "flatten\ndense classes",
        "wide": "flatten\ndense 16777216\ndense 16777216\n",
        "many": "relu\n" * 300 + "flatten\ndense classes",
        "open": "residual {\nrelu\n",
        "deep": "residual {\n" * 9,
        "set": "option a=1\n option b=2*a\nflatten\ndense classes\0a=3,b=4",
        "set-wrong": "option a=1\nflatten\ndense classes\0c=3,",
        "empty": "",
        "values": "conv 1*2/2 1 1 0 1 yes\nleaky-relu slope=-1\nelu 2\nsigmoid\ntanh\ngelu\nsoftplus\nflatten\ndense classes no",
        "wrong": "conv\n",
        "words": "relu " + "x " * 20,
    }
    table = {
        "mlp": "option hidden=64\ndense hidden\nrelu\ndense classes\n",
        "tokens": "reshape 4 2\npositions\nattention heads=2\nmean-tokens\ndense classes",
        "conv": "conv 3 3",
        "short": "dense 7",
    }
    text = {
        "mean": "embedding 8\nmean-tokens\ndense classes\n",
        "attention": "embedding 8 init=he\npositions\nattention 2\nlayernorm\ngelu\nmean-tokens\ndense classes\n",
        "vocabulary": "embedding 8\nflatten\ndense vocabulary\ndense classes",
        "dense": "dense classes",
    }
    files = {}
    for first, kind, texts in ((0, "image", image), (1, "table", table), (2, "text", text)):
        for name, body in texts.items():
            files[f"{kind}-{name}"] = bytes([first]) + body.encode()
    save("model_text", damaged(files, 13))


def model_file_files():
    good = {
        "format": "privet-model", "format_version": "1", "privet": "0.1.0", "model": "net",
        "text": "dense classes bias=no\n", "kind": "table", "sample": "4", "classes": '["a","b"]',
        "vocabulary": "0", "vocabulary_digest": "0000000000000000",
    }
    w = {"dtype": "F32", "shape": [2, 4], "data_offsets": [0, 32]}

    def norm(n):
        return {"norm.mean": {"dtype": "F32", "shape": [n], "data_offsets": [32, 32 + 4 * n]},
                "norm.inverse_std": {"dtype": "F32", "shape": [n], "data_offsets": [32 + 4 * n, 32 + 8 * n]}}

    def model(tensors, size, **changes):
        metadata = {k: v for k, v in {**good, **changes}.items() if v is not None}
        return st_bytes({"__metadata__": metadata, **tensors}, bytes(size))

    one = {"dense1.weight": w}
    files = {
        "whole": model({**one, **norm(4)}, 64),
        "no-norm": model(one, 32),
        "norm-size": model({**one, **norm(3)}, 56),
        "norm-half": model({**one, "norm.mean": norm(4)["norm.mean"]}, 48),
        "other-name": model({"dense2.weight": w}, 32),
        "other-shape": model({"dense1.weight": dict(w, shape=[4, 2])}, 32),
        "other-type": model({"dense1.weight": dict(w, dtype="I32")}, 32),
        "no-tensor": model({}, 0),
        "text": model(one, 32, text="conv 3 3"),
        "text-huge": model(one, 32, text="dense 16777216\ndense classes"),
        "words": model(one, 32, kind="text", vocabulary="9", text="embedding 4\nmean-tokens\ndense classes"),
        "image": model(one, 32, kind="image", sample="1 2 2"),
        "kind": model(one, 32, kind="video"),
        "sample": model(one, 32, sample="4 4 4 4 4 4 4"),
        "sample-huge": model(one, 32, sample="99999999999999999999"),
        "classes": model(one, 32, classes="[1]"),
        "classes-none": model(one, 32, classes="[]"),
        "classes-text": model(one, 32, classes="a,b"),
        "version": model(one, 32, format_version="2"),
        "format": model(one, 32, format="other"),
        "vocabulary": model(one, 32, vocabulary="-1"),
    }
    for key in good:
        files[f"no-{key}"] = model(one, 32, **{key: None})
    save("model_file", damaged(files, 14))


# ---- crypto/secagg: n = 4, t = 3, length 10, round 6, client 1


def secagg_head(kind, client=1, version=1, run=b"\x5a" * 32, number=6):
    return bytes([kind, version]) + run + struct.pack("<QH", number, client)


def secagg_files():
    rng = random.Random(15)
    sizes = struct.pack("<HHQ", 4, 3, 10)

    def entries(clients, body):
        return struct.pack("<H", len(clients)) + b"".join(struct.pack("<H", c) + body() for c in clients)

    def bundle():
        return rng.randbytes(104)

    def share(kind=0):
        return bytes([kind]) + rng.randbytes(32)

    def peers(flags):
        sizes_of = {0: 0, 1: 64, 2: 64, 3: 128, 4: 64}
        return b"".join(bytes([f]) + rng.randbytes(sizes_of[f]) for f in flags)

    def state(phase, flags):
        return secagg_head(6) + sizes + bytes([phase]) + rng.randbytes(96) + peers(flags)

    files = {
        "empty": b"",
        "type0": secagg_head(0),
        "type7": secagg_head(7),
        "keys": secagg_head(1) + sizes + rng.randbytes(64),
        "keys-sizes": secagg_head(1) + struct.pack("<HHQ", 5, 3, 10) + rng.randbytes(64),
        "keys-long": secagg_head(1) + sizes + rng.randbytes(65),
        "version0": secagg_head(1, version=0) + sizes + rng.randbytes(64),
        "version2": secagg_head(1, version=2) + sizes + rng.randbytes(64),
        "run": secagg_head(1, run=bytes(32)) + sizes + rng.randbytes(64),
        "number": secagg_head(1, number=5) + sizes + rng.randbytes(64),
        "client": secagg_head(1, 2) + sizes + rng.randbytes(64),
        "shares": secagg_head(2) + rng.randbytes(32) + entries([0, 2, 3], bundle),
        "shares-none": secagg_head(2) + rng.randbytes(32) + entries([], bundle),
        "delivery": secagg_head(3) + entries([0, 2, 3], bundle),
        "delivery-order": secagg_head(3) + entries([0, 3, 2], bundle),
        "delivery-many": secagg_head(3) + struct.pack("<H", 65535) + rng.randbytes(106),
        "survivors": secagg_head(4, 0xFFFF) + entries([0, 1, 3], bytes),
        "survivors-one": secagg_head(4, 1) + entries([0, 1, 3], bytes),
        "survivors-twice": secagg_head(4, 0xFFFF) + entries([0, 1, 1], bytes),
        "survivors-beyond": secagg_head(4, 0xFFFF) + entries([0, 1, 4], bytes),
        "answer": secagg_head(5) + entries([0, 1, 2, 3], share),
        "answer-key": secagg_head(5) + entries([2], lambda: share(1)),
        "answer-kind": secagg_head(5) + entries([2], lambda: share(2)),
        "state-new": state(0, [0, 0, 0, 0]),
        "state-advertised": state(1, [1, 1, 0, 1]),
        "state-shared": state(2, [1, 3, 0, 1]),
        "state-ready": state(3, [3, 3, 0, 3]),
        "state-masked": state(4, [3, 3, 1, 3]),
        "state-answered": state(5, [3, 3, 3, 3]) + b"what follows",
        "state-phase": state(6, [3, 3, 3, 3]),
        "state-few": state(3, [3, 3, 1, 1]),
        "state-flags": state(1, [1, 1, 2, 4]),
    }
    save("secagg", damaged(files, 15))
# ---- scenarios


def scenario_files():
    head = "[scenario]\nscheme = federated\n"
    pin = "sha256:" + "0123456789abcdef" * 4
    files = {
        "small": head + "[party a]\nrole = r\n",
        "whole": head + "name = four\nmodel = lenet5\nseed = 7\nthreads = 2\non_loss = proceed\nmin_parties = 1\n"
                 f"loss_timeout = 2.5\nca = {pin}\n[schema]\nkind = image\nshape = 28,28,1\nclasses = 10\n"
                 "[scheme]\nrounds = 3\n[view]\nupdate = every:10\n"
                 f"[party server]\nrole = server\naddress = 192.0.2.7:7400\ncert = {pin}\n"
                 "[party a]\nrole = client\n[party b]\nrole = client\naddress = [::1]:7401\n"
                 "[local]\nca = keys/ca.pem\nthreads = 1\n[local a]\ndata = mnist:../mnist?limit=5\nparts = iid\n"
                 "dial server = h:1\n[local b]\nparts = dirichlet:0.5\nlisten = :0\nproxy =\n",
        "table": head + "[schema]\nkind = table\nshape = 13\nclasses = yes, no\n[party a]\nrole = r\n",
        "twins": head + "[party a]\nrole = r\naddress = h:1\n[party b]\nrole = r\naddress = h:1\n",
        "no-party": head,
        "no-scheme": "[scenario]\nname = x\n[party a]\nrole = r\n",
        "section": head + "[partys]\nrole = r\n",
        "key": head + "[party a]\nrole = r\nadress = h:1\n",
        "local-nobody": head + "[party a]\nrole = r\n[local b]\nkey = k\n",
        "comments": "# x\n[scenario] ; y\nscheme=plain;z\nseed : 3\n\n[party a]\n  role\t= r\n",
    }
    save("scenario", damaged({k: v.encode() for k, v in files.items()}, 15))


# ---- journals


def journal_record(kind, step=0, attempt=0, restarts=0, state=b"", hub=b"", frames=()):
    pad = lambda b: b + bytes(-len(b) % 8)
    out = struct.pack("<IIQQQQQ", kind, len(frames), step, attempt, restarts, len(state), len(hub))
    for peer, kind, fstep, number, payload in frames:
        out += struct.pack("<HHIQQQ", peer, kind, 0, fstep, number, len(payload))
    return out + pad(state) + pad(hub) + b"".join(pad(f[4]) for f in frames)


def journal_files():
    frames = [(0, 16, 4, 1, b"hello"), (0xfffe, 2, 4, 1, bytes(8)), (1, 17, 4, 2, b"")]
    plain = {
        "picture": journal_record(1, 3, 0, 2, b"state", b"hub", frames),
        "first": journal_record(1, 0, 0, 0, b"s" * 40),
        "empty": journal_record(1),
        "frames-first": journal_record(2, frames=frames),
        "kind": journal_record(7),
    }
    after = {
        "frames": journal_record(2, 3, 0, 2, frames=frames[:1]),
        "restart": journal_record(3, 3, 0, 3),
        "restart-again": journal_record(3, 3, 1, 3),
        "restart-skipped": journal_record(3, 3, 0, 4),
        "attempt-skipped": journal_record(3, 3, 2, 3),
        "step": journal_record(2, 9, 0, 2, frames=frames[:1]),
        "picture-again": plain["picture"],
        "state": journal_record(2, 3, 0, 2, b"x"),
    }
    first, files = plain["picture"], {}
    for name, data in plain.items():
        files[name] = b"\0" + data
    for name, data in after.items():
        files[f"after-{name}"] = b"\1" + struct.pack("<H", len(first)) + first + data
        files[f"sealed-{name}"] = b"\3" + b"".join(struct.pack("<H", len(r)) + r for r in (first, data, after["frames"]))
    files["file"] = b"\2PVJOURN\1" + bytes(120) + struct.pack("<QQQ", 1, 0, 64) + bytes(24 + 64 + 17)
    files["file-long"] = b"\2PVJOURN\1" + bytes(120) + struct.pack("<QQQ", 1, 0, 1 << 60) + bytes(200)
    save("journal", damaged(files, 16))


# ---- report


def findings_files():
    """What the fixtures of the tests hold, cut down to one of each kind of thing, then spoiled key by key."""
    fixtures = os.path.join(os.path.dirname(HERE), "..", "tests", "fixtures", "findings")
    with open(os.path.join(fixtures, "hospitals.json")) as f:
        whole = json.load(f)
    first = whole["findings"][0]
    first["exhibits"] = first["exhibits"][:1]
    for key in "original", "guess", "baseline":
        first["exhibits"][0][key] = "Zm9v"
    first["targets"] = []
    for key in "findings", "told", "not_tested", "parties", "traffic":
        whole[key] = whole[key][:1]
    numbers = json.loads(json.dumps(whole))
    numbers["findings"][0].update(k=2, n=2, interval=[0.15811388300841894, 1.0],
                                  targets=[{"error": 1e-7, "baseline": None, "recovered": True}] * 2)
    numbers["findings"][0]["exhibits"][0]["item"] = 1
    files = {"whole": whole, "targets": numbers, "empty-object": {}, "list": []}
    for name in "broken", "masked", "vertical-iso-4":
        with open(os.path.join(fixtures, name + ".json")) as f:
            files[name] = json.load(f)

    def spoil(name, path, value):
        copy = json.loads(json.dumps(whole))
        at = copy
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = value
        files[name] = copy

    for key in whole:
        spoil(f"odd-{key}", [key], 3 if isinstance(whole[key], (str, list)) else "three")
    for key, value in first.items():
        spoil(f"finding-{key}", ["findings", 0, key], -1 if isinstance(value, (str, list, dict)) else "one")
    spoil("newer", ["schema_version"], 2)
    spoil("interval", ["findings", 0, "interval"], [0.0, 0.04])
    spoil("holds", ["findings", 0, "positive", "holds"], False)
    spoil("picture", ["findings", 0, "exhibits", 0, "guess"], "<script>")
    spoil("markup", ["findings", 0, "secret"], "</td><script>alert(1)</script>\u0007\u001b[2J")
    spoil("item", ["findings", 0, "exhibits", 0, "item"], 100)
    spoil("large", ["findings", 0, "n"], 10**9)
    spoil("hidden", ["with_originals"], False)
    spoil("class", ["findings", 0, "classes"], [{"name": "1", "k": 3, "n": 2, "auc": 0.5, "low": None, "high": None}])
    spoil("weak", ["weakened_by"], [{"setting": "masks = weak", "why": None}])
    save("findings", damaged({k: json.dumps(v, ensure_ascii=False).encode() for k, v in files.items()}, 15))


if __name__ == "__main__":
    reader()
    gzip_files()
    idx_files()
    cifar_files()
    save("npy", damaged(npy_all(), 12))
    npz_files()
    safetensors_files()
    arff_files()
    csv_files()
    tsv_files()
    png_files()
    model_text_files()
    model_file_files()
    corpus_identity.make()
    corpus_paillier.make()
    corpus_view.make(save, damaged)
    corpus_net.make(save, damaged)
    secagg_files()
    scenario_files()
    journal_files()
    findings_files()
    corpus_fed.make(save, damaged)
    corpus_vertical.make(save, damaged)
    corpus_roles.make(save, damaged)
    corpus_complement.make(save, damaged)
    corpus_split.make(save, damaged)
    corpus_align.psi_points(save, damaged)
    corpus_align.align(save, damaged)
    if len(sys.argv) == 2:
        jpeg_files(sys.argv[1])

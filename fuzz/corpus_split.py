"""The part of fuzz/make_corpus.py for the halves of a model with a secret, and for activations that cross between them."""
import hashlib
import json
import struct

from corpus_codec import st_bytes

FRONT = {"text": "secret channels=1\ndense out=4 bias=yes\nrelu\n", "model": "front", "sample": "3", "classes": "[]"}
BACK = {"text": "dense out=2 bias=no\n", "model": "back", "sample": "4", "classes": '["a","b"]'}
SECRET = {"kind": "complement", "form": "plane", "alpha": 0.5, "kept": 0, "classes": 2, "input": [3]}


def floats(*values):
    return struct.pack(f"<{len(values)}f", *values)


def number(n):
    return struct.pack("<Q", n)


def text(s):
    return number(len(s)) + s.encode()


def array(values):
    return number(len(values)) + floats(*values)


def own_hash(provider, metadata, tensors, secret):
    """src/encode/complement/split.c, pv_split_half_hash."""
    sample = [int(n) for n in metadata["sample"].split()]
    classes = json.loads(metadata["classes"])
    get = lambda name: tensors[name][1] if name in tensors else []
    out = b"privet/1 half\0" + number(provider) + text(metadata["text"]) + number(2)
    out += number(len(sample)) + b"".join(map(number, sample))
    out += number(len(classes)) + b"".join(map(text, classes)) + array([]) * 2
    for name, (_, values) in tensors.items():
        if not name.startswith("cut."):
            out += text(name) + array(values)
    out += text(secret["kind"]) + text(secret["form"]) + number(secret["kept"]) + number(secret["classes"])
    out += struct.pack("<d", secret["alpha"]) + number(len(secret["input"])) + b"".join(map(number, secret["input"]))
    out += text(metadata["cut"])
    for name in ("cut.low", "cut.high", "cut.basis", "cut.basis_low", "cut.basis_high"):
        out += array(get(name))
    try:
        noise = json.loads(metadata.get("noise", "null"))
        out += b"" if noise is None else text("noise") + struct.pack("<dd", noise["sigma"], noise["spread"])
    except (ValueError, KeyError, TypeError, struct.error):
        pass  # of a half that is refused for it
    return hashlib.sha256(out).hexdigest()


def half(provider=0, secret={}, more={}, drop=(), rehash=True, **changes):
    """changes: of tensors, as (shape, values)."""
    tensors = {"dense1.weight": ([4, 4], [i / 8 for i in range(16)]), "dense1.bias": ([4], [0, 1, 2, 3])}
    if provider:
        tensors = {"dense1.weight": ([2, 4], [1, 0, 0, 0, 0, 2, 0, 0])}
    tensors["cut.low"], tensors["cut.high"] = ([4], [-1, 0, 0, 0]), ([4], [1, 2, 0, 4])
    if provider:
        tensors["cut.basis"] = ([2, 4], [1, 0, 0, 0, 0, 1, 0, 0])
        tensors["cut.basis_low"], tensors["cut.basis_high"] = ([2], [-1, 0]), ([2], [1, 2])
    for name, value in changes.items():
        tensors[name.replace("cut_", "cut.")] = value
    tensors = {k: v for k, v in tensors.items() if v is not None}
    good = dict(SECRET)
    secret = {k: v for k, v in {**good, **secret}.items() if v is not None}
    metadata = {
        "format": "privet-model", "format_version": "1", "privet": "0.1.0", "kind": "table", "vocabulary": "0",
        "vocabulary_digest": "0" * 16, "half": "provider" if provider else "customer", "cut": "1",
        "secret": json.dumps(secret), "other": "ab" * 32, **(BACK if provider else FRONT), **more}
    metadata.setdefault("own", own_hash(provider, metadata, tensors, {**good, **secret}) if rehash else "cd" * 32)
    header, data = {"__metadata__": {k: v for k, v in metadata.items() if k not in drop}}, b""
    for name, (shape, values) in tensors.items():
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + 4 * len(values)]}
        data += floats(*values)
    return bytes([provider]) + st_bytes(header, data)


def half_hash():
    """Of the front without noise."""
    return json.loads(half()[9:9 + struct.unpack("<Q", half()[1:9])[0]])["__metadata__"]["own"]


def form(bits, projected, numbers, channels, *values):
    return struct.pack("<BBQQ", bits, projected, numbers, channels) + floats(*values)


def rows(body, data=b""):
    return struct.pack("<H", len(body)) + body + data


def make(save, damaged):
    nan = float("nan")
    files = {
        "front": half(),
        "back": half(1),
        "back-no-basis": half(1, cut_basis=None, cut_basis_low=None, cut_basis_high=None),
        "other": b"\1" + half()[1:],
        "no-half": half(drop=["half"]),
        "no-secret": half(drop=["secret"]),
        "no-cut": half(drop=["cut"]),
        "no-own": half(drop=["own"]),
        "no-other": half(drop=["other"]),
        "changed": half(rehash=False),
        "hash": half(more={"own": "xy"}),
        "cut": half(more={"cut": "1:after"}),
        "cut-pool": half(more={"cut": "1:before-pool"}),
        "cut-before": half(secret={"kept": 1}),
        "cut-huge": half(more={"cut": "99999999999999999999"}),
        "kind": half(secret={"kind": "other"}),
        "form": half(secret={"form": "digit"}),
        "alpha": half(secret={"alpha": 0.0}),
        "classes": half(secret={"classes": 3}),
        "input": half(secret={"input": [4]}),
        "input-image": half(secret={"input": [1, 1, 3]}),
        "input-none": half(secret={"input": []}),
        "json": half(more={"secret": "{"}),
        "front-no-secret": half(more={"text": "dense out=4 bias=yes\nrelu\n"}),
        "front-classes": half(more={"classes": '["a","b"]'}),
        "back-secret": half(1, more={"text": "secret channels=1\ndense out=2 bias=no\n"}),
        "back-classes": half(1, secret={"kind": "offset", "classes": 3}),
        "low": half(cut_low=([4], [2, 0, 0, 0])),
        "low-nan": half(cut_low=([4], [nan, 0, 0, 0])),
        "low-short": half(cut_low=([3], [0, 0, 0])),
        "low-none": half(cut_low=None),
        "range-infinite": half(cut_low=([4], [-3e38, 0, 0, 0]), cut_high=([4], [3e38, 0, 0, 0])),
        "front-basis": half(cut_basis=([1, 4], [1, 0, 0, 0]), cut_basis_low=([1], [0]), cut_basis_high=([1], [1])),
        "basis-all": half(1, cut_basis=([4, 4], [0] * 16)),
        "basis-shape": half(1, cut_basis=([2, 3], [0] * 6)),
        "basis-range": half(1, cut_basis_low=([2], [9, 9])),
        "noise": half(more={"noise": '{"sigma":0.5,"spread":2}'}),
        "noise-back": half(1, more={"noise": '{"sigma":100,"spread":1e30}'}),
        "noise-changed": half(more={"noise": '{"sigma":0.5,"spread":2}', "own": half_hash()}),
        "noise-zero": half(more={"noise": '{"sigma":0,"spread":2}'}),
        "noise-negative": half(more={"noise": '{"sigma":-1,"spread":2}'}),
        "noise-huge": half(more={"noise": '{"sigma":1e300,"spread":2}'}),
        "noise-null": half(more={"noise": '{"sigma":null,"spread":2}'}),
        "noise-nan": half(more={"noise": '{"sigma":NaN,"spread":2}'}),
        "noise-spread": half(more={"noise": '{"sigma":1,"spread":0}'}),
        "noise-spread-huge": half(more={"noise": '{"sigma":1,"spread":1e31}'}),
        "noise-no-spread": half(more={"noise": '{"sigma":1}'}),
        "noise-json": half(more={"noise": "{"}),
        "noise-empty": half(more={"noise": ""}),
        "text": half(more={"kind": "text"}),
        "empty": b"",
    }
    save("split_half", damaged(files, 17))
    ranges, unit = (-1, 0, -2, 1, 2, 2), (1,) + (0,) * 11
    files = {
        "float": rows(form(32, 0, 12, 3, *ranges), floats(*[0.5] * 24)),
        "float-nan": rows(form(32, 0, 12, 3, *ranges), floats(*[0.5] * 11, nan)),
        "float-range": rows(form(32, 0, 12, 3, *ranges), floats(*[0.5] * 11, 9)),
        "bytes": rows(form(8, 0, 12, 3, *ranges), bytes(range(48))),
        "nibbles": rows(form(4, 0, 12, 3, *ranges), bytes(range(24))),
        "projected": rows(form(32, 1, 12, 1, -1, 1, *unit), floats(0.5, 1.4)),
        "projected-bytes": rows(form(8, 1, 12, 1, -1, 1, *unit), bytes([0, 255, 7, 9])),
        "projected-nibbles": rows(form(4, 1, 12, 1, -1, 1, *unit), bytes([0, 15, 7, 9])),
        "nibble-over": rows(form(4, 1, 12, 1, -1, 1, *unit), bytes([0, 0x1f])),
        "narrow": rows(form(8, 0, 12, 3, 1, 1, 1, 1, 1, 1), bytes(12)),
        "bits": rows(form(16, 0, 12, 3, *ranges), bytes(24)),
        "projection": rows(form(8, 2, 12, 3, *ranges)),
        "numbers": rows(form(8, 0, 13, 3, *ranges)),
        "numbers-huge": rows(form(8, 0, 1 << 60, 3, *ranges)),
        "channels": rows(form(8, 0, 12, 4, *ranges)),
        "channels-none": rows(form(8, 1, 12, 0)),
        "channels-all": rows(form(8, 1, 12, 12)),
        "turned": rows(form(8, 0, 12, 3, 1, 2, 3, 0, 0, 0), bytes(12)),
        "infinite": rows(form(8, 0, 12, 3, -3e38, 0, 0, 3e38, 0, 0), bytes(12)),
        "range-nan": rows(form(8, 0, 12, 3, nan, 0, 0, 1, 1, 1), bytes(12)),
        "basis-long": rows(form(8, 1, 12, 1, -1, 1, *([1] * 12)), bytes(4)),
        "basis-short": rows(form(8, 1, 12, 1, -1, 1, *unit[:5])),
        "more": rows(form(8, 0, 12, 3, *ranges) + b"x", bytes(12)),
        "short": rows(form(8, 0, 12, 3, *ranges)[:9]),
        "no-rows": rows(form(8, 0, 12, 3, *ranges)),
        "empty": b"",
    }
    save("activation", damaged(files, 18))

"""The part of fuzz/make_corpus.py for messages and halves of the scheme vertical (fuzz/vertical_messages.c, _half.c)."""
import json
import struct

from corpus_codec import st_bytes
from corpus_fed import F32, I32, I64, U8, f32, i64
from corpus_view import parts_bytes


def join(**other):
    parts = {"truth": (U8, [32], bytes(range(32))), "model": (U8, [32], bytes(32)), "order": (U8, [32], bytes(32)),
             "rows": (I64, [1], i64(10)), "measured": (I64, [1], i64(5)), "nonce": (U8, [16], bytes(range(16))),
             "half": (U8, [16], bytes(16)), "boundary": (U8, [11], b'{"batch":2}')}
    parts.update(other)
    return b"\0" + parts_bytes(*[(k.encode(), *v) for k, v in parts.items() if v is not None])


def half(side=b"active", metadata=None, data=None, share=None):
    """Of "dense 2, relu, dense classes" on three features and two classes."""
    fields = {"batch": 2, "width": 2, "outputs": 2, "steps": 10, "lr": 0.05, "momentum": 0.9, "decay": 0.0, "clamp": 16.0,
              "initial": 1.0, "gradient": 1.0, "noise": 0.0, "sigma": 40, "weak": 0, "bits": 2048, "fa": 16, "fg": 24,
              "fw": 16, "fe": 28, "fm": 28, "fl": 32}
    fields.update(data or {})
    names = {"dense1.weight": [2, 3], "dense1.bias": [2], "dense2.weight": [2, 2], "dense2.bias": [2]}
    meta = {"format": "privet-model", "format_version": "1", "privet": "0", "model": "net.model",
            "text": "dense 2\nrelu\ndense classes\n", "kind": "table", "sample": "3", "classes": '["a","b"]',
            "vocabulary": "0", "vocabulary_digest": "0", "half": side.decode(), "head": "1",
            "boundary": json.dumps(fields), "session": "00" * 16, "scenario": "ab" * 32, "key": "cd" * 32}
    meta.update(metadata or {})
    header, at = {"__metadata__": {k: v for k, v in meta.items() if v is not None}}, 0
    for name, shape in names.items():
        size = 4 * shape[0] * (shape[1] if len(shape) > 1 else 1)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [at, at + size]}
        at += size
    # scale and widths follow from the settings above (bounds.h)
    shares = struct.pack("<IBBIIIIIQQ", 1, side != b"active", 1, 2, 2, 68, 122, 95, 10, 0) + bytes(2 * 4 * 32)
    blob = share if share is not None else shares
    header["half.share"] = {"dtype": "U8", "shape": [len(blob)], "data_offsets": [at, at + len(blob)]}
    return (b"\1" if side == b"active" else b"\0") + st_bytes(header, bytes(at) + blob)


def make(save, damaged):
    n, proof, safe = (b"n", U8, [256], bytes([0xc1]) * 256), (b"proof", U8, [8], bytes(8)), (b"safe", U8, [1], b"\1")
    label = (b"label", I32, [2], struct.pack("<2i", 0, 1))
    share = (b"share", U8, [4, 32], bytes(range(128)))
    bottom = [(b"dense1.weight", F32, [2, 3], f32(*range(6))), (b"dense1.bias", F32, [2], f32(0, 1))]
    norm = [(b"norm.mean", F32, [3], f32(0, 1, 2)), (b"norm.inverse_std", F32, [3], f32(1, 1, 1))]
    files = {
        "join": join(),
        "join-rows": join(rows=(I64, [1], i64(-2))),
        "join-none": join(rows=(I64, [1], i64(-1)), measured=(I64, [1], i64(-1))),
        "join-nonce": join(nonce=(U8, [16], bytes([7]) * 16)),
        "join-text": join(boundary=(U8, [3], b"a\nb")),
        "join-lacks": join(half=None),
        "join-boundary": join(boundary=(U8, [11], b'{"batch":3}')),
        "key": b"\1" + parts_bytes(n, proof, safe),
        "key-short": b"\1" + parts_bytes((b"n", U8, [255], bytes(255)), proof, safe),
        "key-safe": b"\1" + parts_bytes(n, proof, (b"safe", U8, [1], b"\2")),
        "bytes": b"\2" + parts_bytes((b"c", U8, [5], b"12345")),
        "bytes-none": b"\2" + parts_bytes((b"c", U8, [0], b"")),
        "label": b"\3" + parts_bytes(label),
        "label-beyond": b"\3" + parts_bytes((b"label", I32, [2], struct.pack("<2i", 0, 2))),
        "rounded": b"\4" + parts_bytes(label, (b"probability", F32, [2], f32(0.5, 1))),
        "rounded-nan": b"\4" + parts_bytes(label, (b"probability", F32, [2], f32(0.5, float("nan")))),
        "probability": b"\5" + parts_bytes((b"probability", F32, [2, 2], f32(0.5, 0.5, 0, 1))),
        "probability-label": b"\5" + parts_bytes(label, (b"probability", F32, [2, 2], f32(0.5, 0.5, 0, 1))),
        "active": b"\6" + parts_bytes(share, *bottom, *norm),
        "active-bare": b"\6" + parts_bytes(share, *bottom),
        "active-lacks": b"\6" + parts_bytes(share, bottom[0], *norm),
        "active-inf": b"\6" + parts_bytes(share, bottom[0], (b"dense1.bias", F32, [2], f32(0, float("inf")))),
        "passive": b"\7" + parts_bytes(share, (b"dense2.bias", F32, [2], f32(1, 2))),
        "passive-more": b"\7" + parts_bytes(share, (b"dense2.bias", F32, [2], f32(1, 2)), *bottom),
        "none": b"\0" + parts_bytes(),
        "empty": b"",
    }
    save("vertical_messages", damaged(files, 16))
    files = {
        "active": half(),
        "passive": half(b"passive"),
        "other": b"\0" + half()[1:],
        "no-half": half(metadata={"half": None}),
        "head": half(metadata={"head": "0"}),
        "head-far": half(metadata={"head": "3"}),
        "session": half(metadata={"session": "xy" * 16}),
        "scenario": half(metadata={"scenario": "ab"}),
        "boundary": half(metadata={"boundary": "{}"}),
        "boundary-text": half(metadata={"boundary": "[1"}),
        "steps": half(data={"steps": -1}),
        "lr": half(data={"lr": 1e9}),
        "width": half(data={"width": 3}),
        "share": half(share=b""),
        "share-in-training": half(share=struct.pack("<IBBIIIIIQQ", 1, 0, 0, 2, 2, 68, 122, 95, 10, 0) + b"\1" * 15 +
                                  bytes(2 * 4 * 32 - 15)),
        "share-wide": half(share=struct.pack("<IBBIIIIIQQ", 1, 0, 1, 2, 2, 68, 122, 95, 10, 0) + b"\1" * 16 +
                           bytes(2 * 4 * 32 - 16)),
        "empty": b"",
    }
    save("vertical_half", damaged(files, 14))

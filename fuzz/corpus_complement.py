"""The part of fuzz/make_corpus.py for messages of the scheme complement (fuzz/complement_messages.c): two rows of five bytes,
three classes."""
import struct

from corpus_fed import F32, I32, I64, U8, f32, i64
from corpus_view import parts_bytes


def make(save, damaged):
    truth, none = (b"truth", U8, [32], bytes(range(32))), (b"binding", U8, [32], bytes(32))
    rows = lambda n: (b"rows", I64, [1], i64(n))
    form = (b"form", U8, [6], b"\x20\0form")
    follows = lambda n: (b"follows", I64, [1], i64(n))
    z = lambda n, each: (b"z", U8, [n, each], bytes(range(n * each)))
    scores = lambda name, *x: (name, F32, [2, 3], f32(*x))
    label = lambda *x: (b"label", I32, [len(x)], struct.pack(f"<{len(x)}i", *x))
    reason = lambda text: (b"reason", U8, [len(text)], text)
    third = (0.25, 0.5, 0.25, 0.0, 1.0, 0.0)
    files = {
        "join": b"\0" + parts_bytes(truth, rows(10), none),
        "join-none": b"\0" + parts_bytes(truth, rows(0), none),
        "join-lacks": b"\0" + parts_bytes(truth, rows(10)),
        "join-more": b"\0" + parts_bytes(truth, rows(10), none, follows(1)),
        "terms": b"\1" + parts_bytes(none, form, follows(1)),
        "terms-empty": b"\1" + parts_bytes(none, (b"form", U8, [0], b""), follows(0)),
        "terms-follows": b"\1" + parts_bytes(none, form, follows(2)),
        "half": b"\2" + parts_bytes((b"file", U8, [4], b"\x08\0\0\0")),
        "half-empty": b"\2" + parts_bytes((b"file", U8, [0], b"")),
        "activation": b"\3" + parts_bytes(z(2, 5)),
        "activation-rows": b"\3" + parts_bytes(z(3, 5)),
        "activation-short": b"\3" + parts_bytes(z(2, 4)),
        "logits": b"\4" + parts_bytes(scores(b"logits", 1, -2, 3, 4, 5e30, 6)),
        "logits-nan": b"\4" + parts_bytes(scores(b"logits", 1, float("nan"), 3, 4, 5, 6)),
        "rounded": b"\5" + parts_bytes(scores(b"probability", *third)),
        "rounded-beyond": b"\5" + parts_bytes(scores(b"probability", 1.01, *third[1:])),
        "rounded-logits": b"\5" + parts_bytes(scores(b"logits", *third)),
        "label": b"\6" + parts_bytes(label(0, 2)),
        "label-beyond": b"\6" + parts_bytes(label(0, 3)),
        "label-rows": b"\6" + parts_bytes(label(0, 2, 1)),
        "refusal": b"\7" + parts_bytes(reason(b"over budget")),
        "refusal-control": b"\7" + parts_bytes(reason(b"over\x1b[2Jbudget")),
        "refusal-long": b"\7" + parts_bytes(reason(b"x" * 1024)),
        "nothing": b"\3" + parts_bytes(),
    }
    save("complement_messages", damaged(files, 16))
    text = lambda kind, *lines: bytes([kind]) + b"row,secret\n" + b"".join(line + b"\n" for line in lines)
    files = {
        "complement": text(0, b"0,1", b"1,0", b"2,0"),
        "none": text(0),
        "offset": text(1, *(b"%d,%d" % (i, i * 7 % 10) for i in range(12))),
        "permutation": text(2, b"0,0 1 2", b"1,2 0 1"),
        "beyond": text(0, b"0,2"),
        "twice": text(2, b"0,0 1 1"),
        "short": text(2, b"0,0 1"),
        "gap": text(1, b"0,3", b"2,3"),
        "zeros": text(1, b"0,03"),
        "huge": text(1, b"0,99999999999999999999"),
        "open": text(1, b"0,3")[:-1],
        "blank": text(1, b"0,3", b""),
        "head": b"\0row,label\n0,1\n",
        "nothing": b"\0",
    }
    save("complement_secrets", damaged(files, 16))

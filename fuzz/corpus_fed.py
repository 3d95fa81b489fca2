"""The part of fuzz/make_corpus.py for what crosses in the schemes federated and plain."""
import struct

from corpus_view import parts_bytes

U8, I32, I64, F32, F64 = 1, 2, 3, 4, 5


def f32(*x):
    return struct.pack("<%df" % len(x), *x)


def f64(*x):
    return struct.pack("<%dd" % len(x), *x)


def i64(*x):
    return struct.pack("<%dq" % len(x), *x)


def parameters(state=b""):
    """Those of "dense 2, batchnorm, dense classes" on three features and two classes."""
    shapes = [(b"dense1.weight", [3, 2]), (b"dense1.bias", [2]), (b"batchnorm1.weight", [2]), (b"batchnorm1.bias", [2]),
              (state + b"batchnorm1.running_mean", [2]), (state + b"batchnorm1.running_var", [2]),
              (b"dense2.weight", [2, 2]), (b"dense2.bias", [2])]
    return [(name, F32, dims, f32(*[0.5] * (dims[0] * (dims[1] if len(dims) > 1 else 1)))) for name, dims in shapes]


def make(save, damaged):
    hashes = [(b"truth", U8, [32], bytes(range(32))), (b"model", U8, [32], bytes(32))]
    columns = [(b"mean", F64, [3], f64(0, -1, 1e9)), (b"std", F64, [3], f64(0, 1, 2))]
    samples = (b"samples", I64, [1], i64(100))
    bad = [(b"mean", F64, [3], f64(0, float("nan"), 0)), (b"std", F64, [3], f64(0, -1, 2))]
    spoilt = parameters()
    spoilt[3] = (spoilt[3][0], F32, [2], f32(float("inf"), 0))
    label = (b"label", I32, [2], struct.pack("<2i", 0, 1))
    files = {
        "join": b"\0" + parts_bytes(*hashes, *columns, samples),
        "join-short": b"\1" + parts_bytes(*hashes),
        "join-none": b"\0" + parts_bytes(*hashes, *columns, (b"samples", I64, [1], i64(0))),
        "join-nan": b"\0" + parts_bytes(*hashes, *bad, samples),
        "join-more": b"\1" + parts_bytes(*hashes, samples),
        "setup": b"\2" + parts_bytes((b"rounds", I64, [1], i64(10)), *columns),
        "setup-negative": b"\2" + parts_bytes((b"rounds", I64, [1], i64(-10)), *columns),
        "model": b"\3" + parts_bytes(*parameters()),
        "model-order": b"\3" + parts_bytes(*reversed(parameters())),
        "model-lacks": b"\3" + parts_bytes(*parameters()[1:]),
        "model-inf": b"\3" + parts_bytes(*spoilt),
        "model-more": b"\3" + parts_bytes(*parameters(), samples),
        "gradient": b"\4" + parts_bytes(*parameters(b"state:"), samples),
        "gradient-state": b"\4" + parts_bytes(*parameters(), samples),
        "gradient-none": b"\4" + parts_bytes(*parameters(b"state:"), (b"samples", I64, [1], i64(0))),
        "rows": b"\5" + parts_bytes((b"x", F32, [2, 3], f32(1, 2, 3, 4, 5, 6)), label),
        "rows-bytes": b"\5" + parts_bytes((b"x", U8, [2, 3], b"abcdef"), label),
        "rows-label": b"\5" + parts_bytes((b"x", F32, [2, 3], f32(1, 2, 3, 4, 5, 6)), (b"label", I32, [2], struct.pack("<2i", 0, 2))),
        "rows-nan": b"\5" + parts_bytes((b"x", F32, [1, 3], f32(1, float("nan"), 3)), (b"label", I32, [1], bytes(4))),
        "rows-few": b"\5" + parts_bytes((b"x", F32, [2, 3], bytes(24)), (b"label", I32, [1], bytes(4))),
        "rows-no": b"\5" + parts_bytes((b"x", F32, [0, 3], b""), (b"label", I32, [0], b"")),
        "rows-shape": b"\5" + parts_bytes((b"x", F32, [2, 4], bytes(32)), label),
        "pooled": b"\6" + parts_bytes(hashes[0], samples),
        "norm": b"\7" + parts_bytes((b"mean", F32, [3], f32(0, 1, 2)), (b"inverse_std", F32, [3], f32(1, 1, 1))),
        "norm-inf": b"\7" + parts_bytes((b"mean", F32, [3], f32(0, 1, 2)), (b"inverse_std", F32, [3], f32(1, float("inf"), 1))),
        "epoch": b"\x08" + parts_bytes((b"epoch", I64, [1], i64(3)), (b"loss", F64, [1], f64(0.5))),
        "none": b"\0" + parts_bytes(),
        "empty": b"",
    }
    save("exchange", damaged(files, 16))

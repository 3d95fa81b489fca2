"""The part of fuzz/make_corpus.py for set intersection and the scheme align."""
import struct

# Encodings of 1, 2, 3 and 4 times the base point, and of what is no point (RFC 9496, A.1 and A.2).
POINTS = [bytes.fromhex(x) for x in (
    "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76",
    "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919",
    "94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259",
    "da80862773358b466ffadfe0b3293ab3d9fd53c5ea6c955358f568322daf6a57")]
NO_POINTS = [bytes.fromhex(x) for x in (
    "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
    "3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2df6",
    "0000000000000000000000000000000000000000000000000000000000000080")]


def psi_points(save, damaged):
    files = {"empty": b"", "none": b"\0", "four": b"\0" + b"".join(POINTS), "one": b"\0" + POINTS[0],
             "twice": b"\0" + POINTS[0] + POINTS[1] + POINTS[0], "identity": b"\0" + POINTS[0] + bytes(32),
             "cut": b"\0" + POINTS[0] + POINTS[1][:20],
             "order": b"\1" + struct.pack("<4I", 2, 0, 3, 1), "order-twice": b"\1" + struct.pack("<4I", 2, 0, 2, 1),
             "order-beyond": b"\1" + struct.pack("<2I", 0, 2), "order-none": b"\1"}
    for i, p in enumerate(NO_POINTS):
        files[f"no-point-{i}"] = b"\0" + POINTS[0] + p + POINTS[1]
    save("psi_points", damaged(files, 31))

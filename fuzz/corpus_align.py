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


def align(save, damaged):
    from corpus_view import parts_bytes
    u8, i32, i64 = 1, 2, 3
    h = "07" * 32
    order = ('{"schema":1,"rows":3,"part":"all","order":"sha256:%s","session":"sha256:%s","sizes":{"mine":5,"theirs":4},'
             '"file":"aligned.csv","sha256":"%s"}' % (h, h, h))
    nonce = (b"nonce", u8, [32], bytes(range(32)))
    files = {
        "empty": b"",
        "join": b"\0" + parts_bytes(nonce, (b"ids", i64, [1], struct.pack("<q", 200)), (b"columns", i64, [1], struct.pack("<q", 2))),
        "join-many": b"\0" + parts_bytes(nonce, (b"ids", i64, [1], struct.pack("<q", 1 << 40)), (b"columns", i64, [1], struct.pack("<q", 2))),
        "join-columns": b"\0" + parts_bytes(nonce, (b"ids", i64, [1], struct.pack("<q", 5)), (b"columns", i64, [1], struct.pack("<q", 0))),
        "join-short": b"\0" + parts_bytes(nonce),
        "points": b"\1" + parts_bytes((b"point", u8, [4, 32], b"".join(POINTS))),
        "points-few": b"\1" + parts_bytes((b"point", u8, [3, 32], b"".join(POINTS[:3]))),
        "points-flat": b"\1" + parts_bytes((b"point", u8, [128], b"".join(POINTS))),
        "opened": b"\2" + parts_bytes((b"order", i32, [4], struct.pack("<4i", 2, 0, 3, 1))),
        "opened-negative": b"\2" + parts_bytes((b"order", i32, [4], struct.pack("<4i", 2, 0, -1, 1))),
        "opened-twice": b"\2" + parts_bytes((b"order", i32, [4], struct.pack("<4i", 2, 0, 2, 1))),
        "agreed": b"\3" + parts_bytes((b"order", u8, [32], bytes(32)), (b"rows", i64, [1], struct.pack("<q", 200))),
        "agreed-none": b"\3" + parts_bytes((b"order", u8, [32], bytes(32)), (b"rows", i64, [1], struct.pack("<q", 0))),
        "ids": b"\4" + "a,b,c\n1,  Ada  Lovelace\u00a0,3\n2,\u00c4\u1e9e\u0130\u03a3,4\n,x,\n".encode(),
        "ids-twice": b"\4" + "a,b\nx,1\n\"X \",1\n".encode(),
        "ids-quotes": b"\4" + b"\"a\",\"b\"\n\"\"\"1\"\"\",\"\n\"\n",
        "ids-column": b"\4a,c\n1,2\n",
        "order": b"\5" + order.encode(),
        "order-name": b"\5" + order.replace("aligned.csv", "../aligned.csv").encode(),
        "order-rows": b"\5" + order.replace('"rows":3', '"rows":6').encode(),
        "order-hash": b"\5" + order.replace("sha256:07", "sha256:0x").encode(),
        "order-part": b"\5" + order.replace("all", "everything").encode(),
    }
    save("align", damaged(files, 32))

"""The part of fuzz/make_corpus.py for view: payloads, views and seals."""
import hashlib
import struct


def parts_bytes(*tensors):
    """Each a name, a dtype's number, dimensions, data."""
    out = struct.pack("<H", len(tensors))
    for name, dtype, dims, data in tensors:
        out += bytes([len(name)]) + name + bytes([dtype, len(dims)]) + b"".join(struct.pack("<Q", d) for d in dims)
        out += bytes(-len(out) % 8) + data
    return out


def parts_files(save, damaged):
    whole = parts_bytes((b"ab", 1, [3], b"\7\10\11"), (b"s", 5, [], struct.pack("<d", -1.5)))
    save("parts", damaged({
        "none": parts_bytes(),
        "two": whole,
        "reals": parts_bytes((b"u8", 1, [2], b"xy"), (b"f32", 4, [2, 1], bytes(8)), (b"f64", 5, [1, 2], bytes(16))),
        "integers": parts_bytes((b"i", 2, [3], bytes(12)), (b"l", 3, [1], bytes(8))),
        "empty-tensor": parts_bytes((b"e", 4, [5, 0, 2], b"")),
        "six": parts_bytes((b"x", 1, [1] * 6, b"x")),
        "seven": parts_bytes((b"x", 1, [1] * 7, b"x")),
        "long-name": parts_bytes((b"n" * 255, 1, [], b"x")),
        "utf8": parts_bytes(("größe".encode(), 1, [], b"x")),
        "latin1": parts_bytes((b"gr\xf6\xdfe", 1, [], b"x")),
        "no-name": parts_bytes((b"", 1, [], b"x")),
        "nul": parts_bytes((b"a\0b", 1, [], b"x")),
        "twins": parts_bytes((b"a", 1, [], b"x"), (b"a", 1, [], b"x")),
        "dtype": parts_bytes((b"a", 6, [], b"x")),
        "overflow": parts_bytes((b"a", 5, [2 ** 30] * 3, b"x")),
        "overflow-bytes": parts_bytes((b"a", 5, [2 ** 61], b"x")),
        "negative": parts_bytes((b"a", 1, [2 ** 63], b"x")),
        "large": parts_bytes((b"a", 1, [2 ** 40], b"x")),
        "many": struct.pack("<H", 4097) + bytes(100),
        "claims": struct.pack("<H", 4096) + bytes(100),
        "padding": whole[:15] + b"\1" + whole[16:],
        "tail": whole + b"x",
        "short": whole[:1],
        "empty": b"",
    }, 15))


def view_text(text):
    return struct.pack("<I", len(text)) + text


def view_bytes(records, peers=(b"server", b"b"), types=((16, b"update", b"w f32", 0, 0), (17, b"model", b"", 1, 2)), party=b"a"):
    """Header and records: (step, kind, kept, peer, type, link, payload)."""
    body = view_text(party) + view_text(b"client") + view_text(b"federated") + bytes(range(32)) + bytes(32)
    body += struct.pack("<H", len(peers)) + b"".join(view_text(p) + view_text(b"client") + bytes(32) for p in peers)
    body += struct.pack("<H", len(types))
    for id, name, layout, kind, every in types:
        body += struct.pack("<H", id) + view_text(name) + view_text(layout) + struct.pack("<QBQ", 99, kind, every)
    out = b"PVVIEW\1\0" + struct.pack("<I", 12 + len(body) + 32) + body
    chain = hashlib.sha256(out).digest()
    out += chain
    for number, (step, kind, kept, peer, type, link, payload) in enumerate(records, 1):
        fields = struct.pack("<QQqBBHHHQQ", number, step, 10 ** 12, kind, kept, peer, type, 0, link, len(payload))
        fields += hashlib.sha256(payload).digest()
        chain = hashlib.sha256(chain + fields).digest()
        out += fields + chain + (payload if kept else b"")
    return out


def view_files(save, damaged):
    """The first byte says whether the target makes the hashes fit."""
    w = parts_bytes((b"w", 4, [2], bytes(8)))
    run = [(1, 1, 1, 0, 16, 1, w), (1, 2, 0, 0, 16, 1, w), (1, 2, 1, 1, 17, 1, w), (1, 3, 1, 65535, 17, 0, w),
           (2, 4, 0, 65535, 17, 0, w), (2, 1, 1, 0, 1, 2, bytes(152)), (2, 2, 1, 0, 1, 2, bytes(range(152)))]
    whole = view_bytes(run)
    cases = {
        "header": view_bytes([]),
        "whole": whole,
        "frames": view_bytes(run[:3]),
        "notes": view_bytes([(s, 3, 1, 65535, 16, 0, w) for s in range(5)]),
        "gap": view_bytes([run[0], (1, 1, 1, 0, 16, 3, w)]),
        "alone": view_bytes([], peers=(), types=()),
        "opaque": view_bytes([(1, 1, 1, 0, 16, 1, b"no parts")]),
        "nothing": view_bytes([(1, 1, 1, 0, 16, 1, b"")]),
        "torn-payload": whole[:-1],
        "torn-record": view_bytes(run[:5])[:-1],
        "twins": view_bytes([], peers=(b"b", b"b")),
        "self": view_bytes([], peers=(b"a",)),
        "type-twins": view_bytes([], types=((16, b"x", b"", 0, 0), (16, b"y", b"", 0, 0))),
        "type-seal": view_bytes([], types=((1, b"x", b"", 0, 0),)),
        "called-seal": view_bytes([], types=((16, b"seal", b"", 0, 0),)),
        "retention": view_bytes([], types=((16, b"x", b"", 3, 0),)),
        "every-0": view_bytes([], types=((16, b"x", b"", 1, 0),)),
        "control": view_bytes([], types=((16, b"\33[2J", b"", 0, 0),)),
        "name": view_bytes([], party=b"A b"),
        "peers": view_bytes([], peers=tuple(b"p%d" % i for i in range(40))),
        "kind": view_bytes([(1, 5, 1, 0, 16, 1, w)]),
        "peer": view_bytes([(1, 1, 1, 2, 16, 1, w)]),
        "note-peer": view_bytes([(1, 3, 1, 0, 16, 0, w)]),
        "note-link": view_bytes([(1, 3, 1, 65535, 16, 1, w)]),
        "link": view_bytes([(1, 1, 1, 0, 16, 0, w)]),
        "type": view_bytes([(1, 1, 1, 0, 18, 1, w)]),
        "seal-size": view_bytes([(1, 1, 1, 0, 1, 1, bytes(151))]),
        "seal-digest": view_bytes([(1, 1, 0, 0, 1, 1, bytes(152))]),
        "kept": view_bytes([(1, 1, 2, 0, 16, 1, w)]),
        "version": whole[:6] + b"\2" + whole[7:],
        "magic": b"PVVIEV" + whole[6:],
        "size": whole[:8] + b"\xff\xff\xff\xff" + whole[12:],
        "short": whole[:11],
    }
    files = {name: b"\0" + data for name, data in damaged(cases, 16).items()}
    files.update({f"{name}-mended": b"\1" + data for name, data in damaged(cases, 17).items() if "." in name or name == "whole"})
    files["empty"] = b""
    save("view", files)


def seal_files(save):
    whole = bytes(range(152))
    save("seal", {"whole": whole, "zeros": bytes(152), "short": whole[:151], "long": whole + b"x", "fields": whole[:88], "empty": b""})


def make(save, damaged):
    parts_files(save, damaged)
    view_files(save, damaged)
    seal_files(save)

"""The part of fuzz/make_corpus.py for net: streams of frames, and what the handshake reads."""
import struct

SEAL, DECISION, HELLO, WELCOME, REFUSE, PING, BYE, MODEL, UPDATE = 1, 2, 3, 4, 5, 6, 7, 16, 17


def frame(kind, payload=b"", step=0, number=0, size=None, magic=b"PVFR", version=1, flags=0):
    size = len(payload) if size is None else size
    return magic + struct.pack("<BBHQQQ", version, flags, kind, step, number, size) + payload


def text(s):
    return struct.pack("<I", len(s)) + s


def hello(name=b"a", role=b"client", scheme=b"federated", certificate=b"\x30\x00", agreement=b"[scenario]\nrounds = 10\n",
          clock=1800000000000, need=5, first=3, last=9, version=1):
    return (struct.pack("<H", version) + text(name) + text(role) + text(scheme) + text(certificate) + text(agreement)
            + struct.pack("<QQQQ", clock, need, first, last))


def frames():
    stranger, dialled, peer = b"\0", b"\2", b"\1"
    run = [frame(MODEL, bytes(24), 1, 1), frame(SEAL, bytes(152), 1, 2), frame(PING), frame(BYE, struct.pack("<Q", 2))]
    files = {
        "hello": stranger + frame(HELLO, hello()),
        "hello-max": stranger + frame(HELLO, size=256 * 1024 + 8192),
        "hello-large": stranger + frame(HELLO, size=256 * 1024 + 8193),
        "hello-4gib": stranger + frame(HELLO, size=1 << 32),
        "hello-all": stranger + frame(HELLO, size=2**64 - 1),
        "data-first": stranger + run[0],
        "welcome": dialled + frame(WELCOME, hello()),
        "refuse": dialled + frame(REFUSE, b"\1\0no"),
        "hello-back": dialled + frame(HELLO, hello()),
        "run": peer + b"".join(run),
        "refused-later": peer + run[0] + frame(REFUSE, b"\3\0no"),
        "large": peer + frame(MODEL, size=65, number=1),
        "largest": peer + frame(MODEL, bytes(64), 1, 1) + run[1],
        "unknown": peer + frame(99, number=1),
        "decision": peer + frame(DECISION, bytes(8), number=1),
        "numbered-ping": peer + frame(PING, number=1),
        "step-ping": peer + frame(PING, step=1),
        "no-number": peer + frame(MODEL),
        "seal-short": peer + frame(SEAL, bytes(151), number=1),
        "bye-short": peer + frame(BYE, bytes(7)),
        "magic": peer + frame(PING, magic=b"PVFS"),
        "version": peer + frame(PING, version=2),
        "flags": peer + frame(PING, flags=1),
        "short": peer + frame(PING)[:31],
        "empty": b"",
    }
    return files


def hellos():
    return {
        "hello": b"\0" + hello(),
        "other-rounds": b"\0" + hello(agreement=b"[scenario]\nrounds = 20\n"),
        "other-scheme": b"\0" + hello(scheme=b"plain"),
        "empty-agreement": b"\0" + hello(agreement=b""),
        "journal-old": b"\0" + hello(need=2),
        "journal-new": b"\0" + hello(need=11),
        "frames-gone": b"\0" + hello(first=6),
        "need-0": b"\0" + hello(need=0),
        "from-0": b"\0" + hello(first=0),
        "last-all": b"\0" + hello(last=2**64 - 1),
        "last-most": b"\0" + hello(last=2**63 - 1),
        "version": b"\0" + hello(version=2),
        "name-long": b"\0" + hello(name=b"a" * 64),
        "name-nul": b"\0" + hello(name=b"a\0b"),
        "not-text": b"\0" + hello(agreement=b"\xff\xfe"),
        "certificate-large": b"\0" + hello(certificate=bytes(4097)),
        "agreement-size": b"\0" + hello()[:-60] + struct.pack("<I", 1 << 31) + bytes(56),
        "trailing": b"\0" + hello() + b"x",
        "refuse": b"\1\2\0line 3 differs",
        "refuse-control": b"\1\1\0\x1b[31mred\n",
        "refuse-reason": b"\1\x09\0what",
        "refuse-long": b"\1\1\0" + b"x" * 1022,
        "refuse-empty": b"\1\1\0",
        "proxy": b"\2HTTP/1.1 200 Connection established\r\nX: y\r\n\r\n",
        "proxy-407": b"\2HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
        "proxy-bare": b"\2HTTP/1.1\r\n\r\n",
        "proxy-other": b"\2SSH-2.0",
        "empty": b"",
    }


def make(save, damaged):
    save("frame", damaged(frames(), 31))
    save("hello", damaged(hellos(), 32))

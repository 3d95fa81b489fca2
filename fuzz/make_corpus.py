#!/usr/bin/env python3
"""Makes fuzz/corpus/: for every reader small files of each kind it takes, each way it refuses, and damaged copies.

    fuzz/make_corpus.py [MAKE_JPEG]

MAKE_JPEG is the program that makes JPEG files (ninja -C build make_jpeg); without it those stay as they are. Files that
fuzzing found (names of 40 hexadecimal digits, or found-*) are never touched. The same script makes the same bytes.
"""
import gzip
import hashlib
import io
import json
import os
import random
import re
import struct
import subprocess
import sys
import zipfile
import zlib

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus")
FOUND = re.compile(r"^([0-9a-f]{40}|found-.*)$")


def save(reader, files):
    folder = os.path.join(HERE, reader)
    os.makedirs(folder, exist_ok=True)
    for name in os.listdir(folder):
        if not FOUND.match(name):
            os.remove(os.path.join(folder, name))
    for name, data in files.items():
        with open(os.path.join(folder, name), "wb") as f:
            f.write(data)


def damaged(files, seed):
    """The files, with copies of every third that have a byte changed, and of every third that are cut short."""
    rng = random.Random(seed)
    out = dict(files)
    for i, (name, data) in enumerate(files.items()):
        if len(data) > 4 and i % 3 == 0:
            at = rng.randrange(min(len(data), 200))
            out[f"{name}.changed"] = data[:at] + bytes([(data[at] + rng.randrange(1, 256)) % 256]) + data[at + 1:]
        if len(data) > 4 and i % 3 == 1:
            out[f"{name}.cut"] = data[: rng.randrange(1, len(data))]
    return out


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


# ---- gzip and idx


def idx_bytes(code, dims, data):
    return bytes([0, 0, code, len(dims)]) + b"".join(struct.pack(">I", d) for d in dims) + data


def packed(data, level=9):
    return gzip.compress(data, level, mtime=0)


def gzip_files():
    rng = random.Random(2)
    words = b"the hedge lets neighbours work side by side " * 20
    named = io.BytesIO()
    with gzip.GzipFile("data.bin", "wb", mtime=1, fileobj=named) as f:
        f.write(words)
    files = {
        "empty": b"",
        "nothing": packed(b""),
        "words": packed(words),
        "stored": packed(rng.randbytes(300), 0),
        "fast": packed(words, 1),
        "named": named.getvalue(),
        "two": packed(b"first ") + packed(b"second member"),
        "sixteen": packed(b"0123456789abcdef"),
        "tail": packed(words) + b"tail",
        "zeros": packed(words) + bytes(20),
        "bomb": packed(bytes(3_000_000)),
        "zlib": zlib.compress(words),
        "header-only": packed(words)[:10],
        "no-checksum": packed(words)[:-8],
        "bad-checksum": packed(words)[:-8] + bytes(4) + packed(words)[-4:],
        "bad-size": packed(words)[:-4] + bytes(4),
        "magic": b"\x1f\x8b",
    }
    save("gzip", damaged(files, 2))


def idx_files():
    rng = random.Random(3)
    files = {
        "images": idx_bytes(8, [3, 4, 5], rng.randbytes(60)),
        "labels": idx_bytes(8, [10], bytes(range(10))),
        "i32": idx_bytes(0x0C, [2, 2], struct.pack(">4i", 1, -2, 3, -4)),
        "f32": idx_bytes(0x0D, [3], struct.pack(">3f", 0.5, -1.5, 1e30)),
        "f64": idx_bytes(0x0E, [2], struct.pack(">2d", 0.1, float("inf"))),
        "i8": idx_bytes(9, [2], b"\1\2"),
        "i16": idx_bytes(0x0B, [2], b"\1\2\3\4"),
        "no-type": idx_bytes(7, [2], b"\1\2"),
        "no-dims": idx_bytes(8, [], b""),
        "six-dims": idx_bytes(8, [1, 2, 1, 2, 1, 2], bytes(8)),
        "seven-dims": idx_bytes(8, [1] * 7, b"\1"),
        "zero": idx_bytes(8, [0, 28, 28], b""),
        "short": idx_bytes(8, [10], bytes(9)),
        "long": idx_bytes(8, [10], bytes(11)),
        "huge": idx_bytes(8, [2**32 - 1] * 6, bytes(20)),
        "wide": idx_bytes(0x0E, [2**32 - 1, 2**31], bytes(20)),
        "magic": b"\0\0\x08\x03",
        "empty": b"",
        "text": b"not an idx file",
    }
    for name in list(files):
        if name not in ("empty", "text"):
            files[name + ".gz"] = packed(files[name])
    files["trailing.gz"] = packed(files["labels"]) + b"x"
    files["empty.gz"] = packed(b"")
    save("idx", damaged(files, 3))


def cifar_files():
    rng = random.Random(4)

    def record(label):
        # one value a plane, so that a committed corpus stays small in the repository's packs
        return bytes([label]) + bytes([rng.randrange(256)]) * 1024 + bytes([rng.randrange(256)]) * 2048

    files = {f"label{k}": record(k) for k in (0, 9, 10, 255)}
    files["two"] = record(3) + record(7)
    files["second-bad"] = record(3) + record(77)
    files["empty"] = b""
    files["one-byte"] = b"\5"
    files["short"] = record(1)[:-1]
    files["long"] = record(1) + b"\2"
    files["cifar100"] = b"\1" + record(2)
    save("cifar", files)


# ---- numpy


def npy_bytes(descr, shape, data, fortran=False, version=(1, 0), header=None):
    text = header or "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }" % (descr, fortran, shape)
    size = 2 if version[0] == 1 else 4
    pad = -(6 + 2 + size + len(text) + 1) % 64
    text += " " * pad + "\n"
    length = struct.pack("<H" if size == 2 else "<I", len(text))
    return b"\x93NUMPY" + bytes(version) + length + text.encode() + data


def npy_all():
    f8 = struct.pack("<6d", 1, 2, 3, 4, 5, 6)
    return {
        "f8": npy_bytes("<f8", "(2, 3)", f8),
        "f8-fortran": npy_bytes("<f8", "(2, 3)", f8, True),
        "f8-big": npy_bytes(">f8", "(6,)", struct.pack(">6d", *range(6))),
        "f4": npy_bytes("<f4", "(3,)", struct.pack("<3f", 1, 2, 3)),
        "f4-scalar": npy_bytes("<f4", "()", struct.pack("<f", 1)),
        "i4": npy_bytes("<i4", "(1, 1, 2)", struct.pack("<2i", 1, -1)),
        "i4-big": npy_bytes(">i4", "(2,)", struct.pack(">2i", 1, -1)),
        "i8": npy_bytes("<i8", "(2,)", struct.pack("<2q", 1, -1)),
        "u1": npy_bytes("|u1", "(2, 2)", b"\1\2\3\4"),
        "b1": npy_bytes("|b1", "(3,)", b"\0\1\1"),
        "v2": npy_bytes("<i4", "(1,)", b"\1\0\0\0", version=(2, 0)),
        "v3": npy_bytes("<i4", "(1,)", b"\1\0\0\0", version=(3, 0)),
        "v4": npy_bytes("<i4", "(1,)", b"\1\0\0\0", version=(4, 0)),
        "v1.1": npy_bytes("<i4", "(1,)", b"\1\0\0\0", version=(1, 1)),
        "f2": npy_bytes("<f2", "(2,)", b"\0\0\0\0"),
        "c16": npy_bytes("<c16", "(1,)", bytes(16)),
        "object": npy_bytes("|O", "(1,)", b"\x80\3N."),
        "structured": npy_bytes("", "(1,)", b"", header="{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}"),
        "zero": npy_bytes("<f4", "(0, 3)", b""),
        "zero-fortran": npy_bytes("<f4", "(3, 0)", b"", True),
        "six": npy_bytes("|u1", "(1, 1, 1, 1, 1, 2)", b"\1\2"),
        "six-fortran": npy_bytes("|u1", "(2, 1, 3, 1, 2, 1)", bytes(range(12)), True),
        "seven": npy_bytes("|u1", "(1, 1, 1, 1, 1, 1, 2)", b"\1\2"),
        "short": npy_bytes("<f8", "(2, 3)", f8[:-1]),
        "long": npy_bytes("<f8", "(2, 3)", f8 + b"x"),
        "huge": npy_bytes("<f8", "(9223372036854775807,)", f8),
        "huger": npy_bytes("<f8", "(92233720368547758079,)", f8),
        "product": npy_bytes("<f8", "(4294967296, 4294967296, 16)", f8),
        "negative": npy_bytes("<f8", "(-1,)", f8),
        "no-tuple": npy_bytes("<f8", "6", f8),
        "no-comma": npy_bytes("<f8", "(6 6)", f8),
        "open": npy_bytes("<f8", "(6,", f8),
        "order": npy_bytes("<f8", "(6,)", f8, header="{'shape': (6,), 'fortran_order': False, 'descr': '<f8'}"),
        "twice": npy_bytes("<f8", "(6,)", f8, header="{'shape': (6,), 'shape': (6,), 'descr': '<f8'}"),
        "lacks": npy_bytes("<f8", "(6,)", f8, header="{'shape': (6,), 'descr': '<f8'}"),
        "other-key": npy_bytes("<f8", "(6,)", f8, header="{'shape': (6,), 'colour': '<f8'}"),
        "none": npy_bytes("<f8", "(6,)", f8, header="{'descr': '<f8', 'fortran_order': None, 'shape': (6,)}"),
        "empty-dict": npy_bytes("<f8", "(6,)", f8, header="{}"),
        "after": npy_bytes("<f8", "(6,)", f8, header="{'descr': '<f8', 'fortran_order': False, 'shape': (6,)} x"),
        "no-dict": npy_bytes("<f8", "(6,)", f8, header="hello"),
        "truf": npy_bytes("<f8", "(6,)", f8, header="{'descr': '<f8', 'fortran_order': Truf, 'shape': (6,)}"),
        "long-header": b"\x93NUMPY\2\0" + struct.pack("<I", 1 << 20) + b" " * 40,
        "magic": b"\x93NUMPY",
        "empty": b"",
    }


def npz_bytes(members, method=zipfile.ZIP_STORED, comment=b""):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        for name, data in members:
            z.writestr(zipfile.ZipInfo(name), data, compress_type=method)
        z.comment = comment
    return out.getvalue()


def npz_files():
    npy = npy_all()
    two = [("x.npy", npy["f8"]), ("y.npy", npy["i4"])]
    good = npz_bytes(two)
    packed_two = npz_bytes(two, zipfile.ZIP_DEFLATED)
    directory = good.index(b"PK\1\2")
    end = good.index(b"PK\5\6")

    def changed(base, at, data):
        return base[:at] + data + base[at + len(data):]

    big = npy_bytes("|u1", "(60000,)", bytes(60000))
    packed_directory = packed_two.index(b"PK\1\2")
    files = {
        "stored": good,
        "deflated": packed_two,
        "comment": npz_bytes(two, comment=b"a comment"),
        "none": npz_bytes([]),
        "fortran": npz_bytes([("w.npy", npy["f8-fortran"])]),
        "utf8": npz_bytes([("é.npy", npy["u1"])]),
        "plain-name": npz_bytes([("readme.txt", b"hello")]),
        "folder": npz_bytes([("a/b.npy", npy["u1"])]),
        "zeros": npz_bytes([("z.npy", big)], zipfile.ZIP_DEFLATED),
        "bzip2": npz_bytes(two, zipfile.ZIP_BZIP2),
        "bad-npy": npz_bytes([("x.npy", npy["short"])]),
        "crc": changed(good, directory + 16, b"abcd"),
        "encrypted": changed(good, directory + 8, b"\1\0"),
        "sizes": changed(good, directory + 24, struct.pack("<I", 5)),
        "zip64-size": changed(good, directory + 20, b"\xff" * 8),
        "bomb": changed(packed_two, packed_directory + 24, struct.pack("<I", 1 << 30)),
        "larger": changed(packed_two, packed_directory + 24, struct.pack("<I", 200)),
        "smaller": changed(packed_two, packed_directory + 24, struct.pack("<I", 10)),
        "offset": changed(good, directory + 42, struct.pack("<I", 1 << 20)),
        "local": changed(good, 0, b"QQ"),
        "record": changed(good, directory, b"QQ"),
        "disks": changed(good, end + 4, b"\1\0"),
        "count": changed(good, end + 10, b"\5\0"),
        "many": changed(good, end + 8, b"\5\0\5\0"),
        "zip64": changed(good, end + 8, b"\xff\xff\xff\xff"),
        "members": changed(good, end + 8, b"\xff\x7f\xff\x7f"),
        "directory": changed(good, end + 16, struct.pack("<I", 1 << 30)),
        "bad-name": good.replace(b"x.npy", b"\xff.npy"),
        "long-name": npz_bytes([("n" * 1100 + ".npy", npy["u1"])]),
        "twins": good.replace(b"y.npy", b"x.npy"),
        "no-end": good[:end],
        "only-end": good[end:],
        "empty": b"",
    }
    save("npz", damaged(files, 5))


# ---- safetensors


def st_bytes(header, data=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def safetensors_files():
    def t(dtype, shape, begin, end):
        return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}

    w, b = t("F32", [2, 2], 0, 16), t("F64", [1], 16, 24)
    bad = dict(w, data_offsets=[0])
    files = {
        "two": st_bytes({"w": w, "b": b}, bytes(24)),
        "metadata": st_bytes({"__metadata__": {"model": "lenet5", "x": "1"}, "w": w}, bytes(16)),
        "types": st_bytes({"a": t("U8", [3], 0, 3), "b": t("I32", [1], 3, 7), "c": t("I64", [1], 7, 15)}, bytes(15)),
        "scalar": st_bytes({"s": t("F32", [], 0, 4)}, bytes(4)),
        "empty-tensor": st_bytes({"s": t("F32", [0, 5], 0, 0), "w": w}, bytes(16)),
        "nothing": st_bytes({}),
        "padded": st_bytes(json.dumps({"w": w}).encode() + b"   ", bytes(16)),
        "hole": st_bytes({"w": w, "b": t("F64", [1], 24, 32)}, bytes(32)),
        "overlap": st_bytes({"w": w, "b": t("F64", [1], 8, 16)}, bytes(16)),
        "first-hole": st_bytes({"b": t("F64", [1], 8, 16)}, bytes(16)),
        "more-data": st_bytes({"w": w}, bytes(17)),
        "less-data": st_bytes({"w": w}, bytes(15)),
        "size": st_bytes({"w": t("F32", [2, 3], 0, 16)}, bytes(16)),
        "odd-size": st_bytes({"w": t("F32", [4], 0, 15)}, bytes(15)),
        "backwards": st_bytes({"w": t("F32", [0], 4, 0)}, bytes(4)),
        "bf16": st_bytes({"w": t("BF16", [2], 0, 4)}, bytes(4)),
        "no-dtype": st_bytes({"w": {"shape": [1], "data_offsets": [0, 4], "x": 1}}, bytes(4)),
        "dtype-number": st_bytes({"w": t(5, [1], 0, 4)}, bytes(4)),
        "shape-text": st_bytes({"w": t("F32", "1", 0, 4)}, bytes(4)),
        "shape-float": st_bytes({"w": t("F32", [1.0], 0, 4)}, bytes(4)),
        "shape-negative": st_bytes({"w": t("F32", [-1], 0, 4)}, bytes(4)),
        "shape-long": st_bytes({"w": t("F32", [1] * 7, 0, 4)}, bytes(4)),
        "shape-huge": st_bytes({"w": t("F32", [2**40, 2**40], 0, 4)}, bytes(4)),
        "offset-one": st_bytes({"w": bad}, bytes(4)),
        "offset-three": st_bytes({"w": dict(w, data_offsets=[0, 16, 16])}, bytes(16)),
        "offset-text": st_bytes({"w": dict(w, data_offsets=["0", "16"])}, bytes(16)),
        "offset-negative": st_bytes({"w": dict(w, data_offsets=[-16, 0])}, bytes(16)),
        "extra-key": st_bytes({"w": dict(w, extra=1)}, bytes(16)),
        "no-object": st_bytes({"w": 5}),
        "array": st_bytes(b"[1, 2]"),
        "number": st_bytes(b"17"),
        "deep": st_bytes(b"[" * 100),
        "twice": st_bytes(b'{"w": 1, "w": 2}'),
        "nul": st_bytes(b'{"w\\u0000": 1}'),
        "no-json": st_bytes(b"hello"),
        "metadata-number": st_bytes({"__metadata__": {"epoch": 5}}),
        "metadata-array": st_bytes({"__metadata__": [1]}),
        "long-header": st_bytes({"w": w}, bytes(16), 1000),
        "huge-header": st_bytes({"w": w}, bytes(16), 2**63),
        "limit-header": st_bytes({"w": w}, bytes(16), 100_000_001),
        "length-only": bytes(8),
        "empty": b"",
    }
    save("safetensors", damaged(files, 6))


# ---- tables


def text_files(reader_name, texts, seed):
    files = {name: text if isinstance(text, bytes) else text.encode() for name, text in texts.items()}
    save(reader_name, damaged(files, seed))


def arff_files():
    head = "@relation r\n@attribute a numeric\n@attribute c {x, y}\n@data\n"
    text_files("arff", {
        "plain": head + "1,x\n2.5,y\n",
        "crlf": (head + "1,x\n2,y\n").replace("\n", "\r\n"),
        "case": "@RELATION R\n@ATTRIBUTE A REAL\n@Attribute b Integer [1,10]\n@DATA\n1,2\n",
        "comments": "% title\n" + head + "% more\n\n1,x % the first\n  \n2,y\n",
        "missing": head + "?,x\n1,?\n",
        "quoted": "@relation 'a b'\n@attribute 'a b' {'t u',\"v\\\"w\",z}\n@data\n't u'\n\"v\\\"w\"\nz\n",
        "blanks": "@relation r\n@attribute  a\treal \n@attribute b{u,v}\n@data\n 1 , u \n2,v",
        "range": "@relation r\n@attribute a real [1, 10]\n@attribute b real [1,\n@data\n1,2\n",
        "question": "@relation r\n@attribute a {'?',b}\n@data\n'?'\n?\n",
        "exponent": head + "1e3,x\n-2.5E-3,y\n+4,x\n.5,x\n5.,y\n",
        "not-number": head + "abc,x\n",
        "nan": head + "nan,x\n",
        "inf": head + "1e999,x\n",
        "hex": head + "0x10,x\n",
        "not-listed": head + "1,z\n",
        "few": head + "1\n",
        "many": head + "1,x,3\n",
        "no-comma": head + "1,'x' y\n",
        "sparse": head + "{0 1, 1 x}\n",
        "string": "@relation r\n@attribute s string\n@data\nx\n",
        "date": "@relation r\n@attribute d DATE \"yyyy\"\n@data\nx\n",
        "type": "@relation r\n@attribute s complex\n@data\nx\n",
        "no-type": "@relation r\n@attribute s\n@data\nx\n",
        "no-name": "@relation r\n@attribute\n@data\nx\n",
        "twins": "@relation r\n@attribute a real\n@attribute a real\n@data\n1,2\n",
        "value-twins": "@relation r\n@attribute a {x,x}\n@data\nx\n",
        "value-empty": "@relation r\n@attribute a {x,}\n@data\nx\n",
        "value-none": "@relation r\n@attribute a {}\n@data\nx\n",
        "value-open": "@relation r\n@attribute a {x,y\n@data\nx\n",
        "value-comma": "@relation r\n@attribute a {'x' y}\n@data\nx\n",
        "after-type": "@relation r\n@attribute a {x} y\n@data\nx\n",
        "open-quote": head + "1,'x\n",
        "escape-end": head + "1,'x\\",
        "keyword": "@relation r\n@atribute a real\n",
        "no-data": "@relation r\n@attribute a real\n",
        "no-attributes": "@relation r\n@data\n",
        "many-values": "@relation r\n@attribute a {" + ",".join(f"v{i}" for i in range(60)) + "}\n@data\nv59\n",
        "nul": head.encode() + b"1,x\0\n",
        "latin1": b"% caf\xe9\n" + head.encode() + b"1,x\n",
        "latin1-value": b"@relation r\n@attribute caf\xe9 real\n@data\n1\n",
        "bom": b"\xef\xbb\xbf" + head.encode() + b"1,x\n",
        "empty": b"",
    }, 7)


def csv_files():
    text_files("csv", {
        "plain": "a,b,label\n1,2,x\n3,4,y\n",
        "crlf": "a,b\r\n1,2\r\n",
        "semicolon": "a;b;label\n1;2;3\n",
        "quoted": 'a,"b ""c""",label\n1,"x,\ny",z\n"2",q,"z"\n',
        "blanks": " a , b \n 1 , x y \n",
        "missing": "a,b,label\n,NA,x\n?,1,\n\"\",\"?\",\"NA\"\n",
        "all-missing": "a,b\n,\n?,\n",
        "numbers": "label,b\n10,1\n9,2\n1.0,3\n1,4\n-1,5\n",
        "words": "label,b\nz,1\na,2\nm,3\nz,4\n",
        "mixed": "label,b\n10,1\nten,2\n",
        "text-in-number": "a,b\n1,2\nx,3\n",
        "nan": "a,b\n1,2\nnan,3\n",
        "inf": "a,b\n1,2\n1e400,3\n",
        "few": "a,b\n1\n",
        "many": "a,b\n1,2,3\n",
        "header-only": "a,b\n",
        "no-end": "a,b\n1,2",
        "no-name": "a,,c\n1,2,3\n",
        "twins": "a,a\n1,2\n",
        "empty-lines": "\n\na\n\n1\n\r\n2\n\n",
        "open-quote": 'a,b\n1,"x\n2,3\n',
        "after-quote": 'a,b\n"1"x,2\n',
        "quote-blank": 'a,b\n"x" ,2\n',
        "lone-cr": "a,b\n1\r2,3\n",
        "many-values": "a\n" + "".join(f"v{i}\n" for i in range(60)),
        "one-column": "label\n1\n2\n",
        "nul": b"a,b\n1,\0\n",
        "latin1": b"a,b\ncaf\xe9,2\n",
        "bom": b"\xef\xbb\xbfa,b\n1,2\n",
        "utf8": "größe,b\nfünf,2\n",
        "lines": b"\n\n\n",
        "empty": b"",
    }, 8)


def tsv_files():
    text_files("tsv", {
        "plain": "sentence\tlabel\na hedge \t1\nno hedge\t0\n",
        "crlf": "a\tb\r\n1\t2\r\n",
        "one": "a\nx\ny\n",
        "quotes": "a\tb\n\"x\t'y\n",
        "empty-fields": "a\tb\tc\n\t\t\n\tx\t\n",
        "empty-lines": "\n\na\tb\n\n1\t2\n\r\n",
        "no-end": "a\tb\n1\t2",
        "few": "a\tb\n1\n",
        "many": "a\tb\n1\t2\t3\n",
        "no-name": "a\t\n1\t2\n",
        "twins": "a\ta\n1\t2\n",
        "header-only": "a\tb\n",
        "lone-cr": "a\tb\n1\r\t2\r\r\n",
        "utf8": "größe\tb\nfünf 😀\t2\n",
        "nul": b"a\tb\n1\t\0\n",
        "latin1": b"a\tb\ncaf\xe9\t2\n",
        "surrogate": b"a\tb\n\xed\xa0\x80\t2\n",
        "overlong": b"a\tb\n\xc0\xaf\t2\n",
        "overlong3": b"a\tb\n\xe0\x80\xaf\t2\n",
        "too-high": b"a\tb\n\xf4\x90\x80\x80\t2\n",
        "cut-character": b"a\tb\n1\t\xe2\x82",
        "bom": b"\xef\xbb\xbfa\tb\n1\t2\n",
        "lines": b"\n\r\n\n",
        "empty": b"",
    }, 9)


# ---- images


def png_bytes(width, height, depth, color, rows, palette=None, extra=b"", interlace=0, level=9):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    out = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlace))
    if palette is not None:
        out += chunk(b"PLTE", palette)
    out += extra
    return out + chunk(b"IDAT", zlib.compress(rows, level)) + chunk(b"IEND", b"")


def png_files():
    rng = random.Random(10)

    def rows(width, height, bits, filters=(0,)):
        length = (width * bits + 7) // 8
        return b"".join(bytes([filters[y % len(filters)]]) + rng.randbytes(length) for y in range(height))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    palette = rng.randbytes(12)
    interlaced = b"".join(rows(w, h, 8) for w, h in ((1, 1), (1, 1), (2, 1), (2, 2), (4, 2)))
    rgb = png_bytes(5, 4, 8, 2, rows(5, 4, 24, (0, 1, 2, 3)))
    files = {
        "gray": png_bytes(6, 5, 8, 0, rows(6, 5, 8, (0, 1, 2, 3, 4))),
        "rgb": rgb,
        "rgba": png_bytes(3, 3, 8, 6, rows(3, 3, 32, (4,))),
        "gray-alpha": png_bytes(3, 3, 8, 4, rows(3, 3, 16)),
        "gray16": png_bytes(3, 3, 16, 0, rows(3, 3, 16)),
        "rgb16": png_bytes(2, 2, 16, 2, rows(2, 2, 48)),
        "one-bit": png_bytes(9, 3, 1, 0, rows(9, 3, 1)),
        "two-bit": png_bytes(9, 3, 2, 0, rows(9, 3, 2)),
        "palette": png_bytes(4, 4, 2, 3, rows(4, 4, 2), palette),
        "palette-alpha": png_bytes(4, 4, 2, 3, rows(4, 4, 2), palette, chunk(b"tRNS", b"\x80\xff")),
        "palette-short": png_bytes(4, 4, 8, 3, rows(4, 4, 8), palette),
        "no-palette": png_bytes(4, 4, 8, 3, rows(4, 4, 8)),
        "color-key": png_bytes(2, 2, 8, 0, rows(2, 2, 8), None, chunk(b"tRNS", b"\0\7")),
        "gamma": png_bytes(2, 2, 8, 2, rows(2, 2, 24), None, chunk(b"gAMA", struct.pack(">I", 100000))),
        "text": png_bytes(2, 2, 8, 0, rows(2, 2, 8), None, chunk(b"tEXt", b"Title\0hedge")),
        "packed-text": png_bytes(2, 2, 8, 0, rows(2, 2, 8), None, chunk(b"zTXt", b"T\0\0" + zlib.compress(bytes(9999)))),
        "critical": png_bytes(2, 2, 8, 0, rows(2, 2, 8), None, chunk(b"ABCD", b"x")),
        "interlaced": png_bytes(4, 4, 8, 0, interlaced, interlace=1),
        "zero": png_bytes(0, 4, 8, 0, b""),
        "wide": png_bytes(20000, 1, 8, 0, bytes(20001)),
        "claims": png_bytes(16000, 4000, 8, 2, b"\0"),
        "too-many": png_bytes(16000, 16000, 8, 2, b"\0"),
        "solid": png_bytes(200, 200, 8, 0, bytes(201 * 200)),
        "few-rows": png_bytes(5, 5, 8, 0, rows(5, 4, 8)),
        "more-rows": png_bytes(5, 5, 8, 0, rows(5, 6, 8)),
        "bad-filter": png_bytes(5, 5, 8, 0, rows(5, 5, 8, (9,))),
        "bad-depth": png_bytes(5, 5, 3, 0, rows(5, 5, 8)),
        "bad-crc": rgb[:40] + b"\0\0" + rgb[42:],
        "no-end": rgb[:-12],
        "signature": rgb[:8],
        "header": rgb[:33],
        "tail": rgb + b"tail",
        "empty": b"",
        "text-file": b"not a picture",
    }
    save("png", damaged(files, 10))


def jpeg_files(program):
    folder = os.path.join(HERE, "jpeg")
    os.makedirs(folder, exist_ok=True)
    for name in os.listdir(folder):
        if not FOUND.match(name):
            os.remove(os.path.join(folder, name))
    subprocess.run([program, folder], check=True)
    files = {name: open(os.path.join(folder, name), "rb").read() for name in sorted(os.listdir(folder)) if not FOUND.match(name)}
    gray, rgb = files["gray.jpg"], files["rgb-420.jpg"]
    frame = rgb.index(b"\xff\xc0")
    files["huge"] = rgb[: frame + 5] + b"\x4e\x20\x4e\x20" + rgb[frame + 9:]
    files["largest"] = rgb[: frame + 5] + b"\xff\xff\xff\xff" + rgb[frame + 9:]
    files["claims"] = rgb[: frame + 5] + b"\x20\x00\x20\x00" + rgb[frame + 9:]
    files["zero"] = rgb[: frame + 5] + b"\0\0\0\0" + rgb[frame + 9:]
    files["no-end"] = gray[:-2]
    files["tail"] = gray + b"tail"
    files["twice"] = gray + gray
    files["garbage"] = gray[:2] + b"\0\0\0" + gray[2:]
    files["soi"] = b"\xff\xd8"
    files["empty"] = b""
    files["text"] = b"not a picture"
    save("jpeg", damaged(files, 11))


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


# ---- view


def parts_bytes(*tensors):
    """Each a name, a dtype's number, dimensions, data."""
    out = struct.pack("<H", len(tensors))
    for name, dtype, dims, data in tensors:
        out += bytes([len(name)]) + name + bytes([dtype, len(dims)]) + b"".join(struct.pack("<Q", d) for d in dims)
        out += bytes(-len(out) % 8) + data
    return out


def parts_files():
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


def view_files():
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


def seal_files():
    whole = bytes(range(152))
    save("seal", {"whole": whole, "zeros": bytes(152), "short": whole[:151], "long": whole + b"x", "fields": whole[:88], "empty": b""})


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
    secagg_files()
    scenario_files()
    parts_files()
    view_files()
    seal_files()
    if len(sys.argv) == 2:
        jpeg_files(sys.argv[1])

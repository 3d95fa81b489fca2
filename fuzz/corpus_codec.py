"""The part of fuzz/make_corpus.py for codec: file formats."""
import gzip
import io
import json
import os
import random
import struct
import subprocess
import zipfile
import zlib

from corpus_files import FOUND, HERE, damaged, save


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

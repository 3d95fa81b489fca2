#!/usr/bin/env python3
"""Reads a view without privet, checks its chain and the hashes of its payloads (docs/formats.md has the layout).

    examples/python/read_view.py FILE
"""
import hashlib
import struct
import sys

KIND = {1: "sent", 2: "received", 3: "derived", 4: "published"}
DTYPE = {1: ("B", 1), 2: ("i", 4), 3: ("q", 8), 4: ("f", 4), 5: ("d", 8)}


def tensors(payload):
    (count,), at = struct.unpack_from("<H", payload), 2
    for _ in range(count):
        end = at + 1 + payload[at]
        name, dtype, ndim = payload[at + 1 : end].decode(), *payload[end : end + 2]
        shape = struct.unpack_from(f"<{ndim}Q", payload, end + 2)
        at = (end + 2 + 8 * ndim + 7) // 8 * 8
        n = 1
        for d in shape:
            n *= d
        yield name, shape, struct.unpack_from(f"<{n}{DTYPE[dtype][0]}", payload, at)
        at += n * DTYPE[dtype][1]


def records(data):
    size = struct.unpack_from("<I", data, 8)[0]
    assert data[:8] == b"PVVIEW\1\0", "no view of version 1"
    chain = hashlib.sha256(data[: size - 32]).digest()
    assert chain == data[size - 32 : size], "the header was changed"
    at = size
    while at + 112 <= len(data):
        fields, before = data[at : at + 80], chain
        chain = hashlib.sha256(before + fields).digest()
        assert chain == data[at + 80 : at + 112], f"the chain breaks at byte {at}"
        number, step, time, kind, kept, peer, kind_of_message, _, frame, n = struct.unpack_from("<QQqBBHHHQQ", fields)
        payload = data[at + 112 : at + 112 + n] if kept else None
        if kept and len(payload) < n:
            return  # torn: its party crashed while it wrote
        assert not kept or hashlib.sha256(payload).digest() == fields[48:], f"record {number}: the payload was changed"
        yield number, step, KIND[kind], kind_of_message, n, payload
        at += 112 + n * kept


for number, step, kind, message, n, payload in records(open(sys.argv[1], "rb").read()):
    print(f"record {number}: {kind}, type {message}, step {step}, {n} bytes{'' if payload is not None else ', not kept'}")
    for name, shape, values in tensors(payload) if payload is not None and message >= 16 else ():
        print(f"    {name} {list(shape)} {min(values, default=None)} .. {max(values, default=None)}")

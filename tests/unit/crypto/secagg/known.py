#!/usr/bin/env python3
"""The known answers of shamir.c and mask.c, from the formulas in crypto/secagg/*.h alone: plain Python, no library but
hashlib and hmac, so that nothing of what is tested makes its own answers.

    tests/unit/crypto/secagg/known.py
"""
import hashlib
import hmac
import struct


def multiply(a, b):
    product = 0
    for bit in range(16):
        if b >> bit & 1:
            product ^= a << bit
    for bit in range(30, 15, -1):
        if product >> bit & 1:
            product ^= 0x1002B << (bit - 16)
    return product


def power(a, n):
    product = 1
    for _ in range(n):
        product = multiply(product, a)
    return product


def words(data):
    return struct.unpack(f"<{len(data) // 2}H", data)


def share(secret, coefficients, x):
    out = []
    for i, constant in enumerate(words(secret)):
        value = constant
        for k, c in enumerate(coefficients, 1):
            value ^= multiply(words(c)[i], power(x, k))
        out.append(value)
    return struct.pack(f"<{len(out)}H", *out)


def chacha20(key, size):
    out = b""
    for counter in range((size + 63) // 64):
        start = list(struct.unpack("<4I", b"expand 32-byte k") + struct.unpack("<8I", key)) + [counter, 0, 0, 0]
        s = list(start)

        def turn(a, b, c, d):
            for x, y, z, r in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
                s[x] = (s[x] + s[y]) & 0xFFFFFFFF
                v = s[z] ^ s[x]
                s[z] = (v << r | v >> (32 - r)) & 0xFFFFFFFF

        for _ in range(10):
            for i in range(4):
                turn(i, 4 + i, 8 + i, 12 + i)
            for i in range(4):
                turn(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
        out += struct.pack("<16I", *((a + b) & 0xFFFFFFFF for a, b in zip(s, start)))
    return out[:size]


def x25519(k, u):
    p, k, x1 = 2**255 - 19, int.from_bytes(k, "little"), int.from_bytes(u, "little") % 2**255
    k = (k & ~7 & (2**255 - 1)) | 2**254
    x2, z2, x3, z3 = 1, 0, x1, 1
    for bit in range(254, -1, -1):
        if k >> bit & 1:
            x2, z2, x3, z3 = x3, z3, x2, z2
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        da, cb, aa, bb = d * a, c * b, a * a, b * b
        e = aa - bb
        x3, z3, x2, z2 = (da + cb) ** 2 % p, x1 * (da - cb) ** 2 % p, aa * bb % p, e * (aa + 121665 * e) % p
        if k >> bit & 1:
            x2, z2, x3, z3 = x3, z3, x2, z2
    return (x2 * pow(z2, p - 2, p) % p).to_bytes(32, "little")


def show(name, value):
    print(f"{name:12} {value.hex() if isinstance(value, bytes) else value}")


def main():
    for a, b in ((0x8000, 2), (0x1234, 0xABCD), (0xFFFF, 0xFFFF)):
        show("multiply", f"{a:04x} {b:04x} {multiply(a, b):04x}")
    # pv_csprng_test(seed 7): the first refill, without the bytes that become the next key
    stream = chacha20(struct.pack("<Q24x", 7), 1024)[32:]
    secret = bytes(range(1, 9))
    for x in (1, 2, 1024):
        show(f"share {x}", share(secret, [stream[:8], stream[8:16]], x))

    context = hashlib.sha256(b"privet/secagg/1\0" + bytes([0x5A]) * 32 + struct.pack("<QHHQ", 6, 3, 2, 5)).digest()
    show("context", context)
    base = (9).to_bytes(32, "little")
    low, high = bytes([0x11]) * 32, bytes([0x22]) * 32
    ends = struct.pack("<H", 0) + x25519(low, base) + struct.pack("<H", 2) + x25519(high, base)
    pair = hmac.digest(x25519(low, x25519(high, base)), b"pair mask\0" + context + ends, "sha256")
    show("agreed", pair)
    show("derived", hmac.digest(bytes([0x33]) * 32, b"self mask\0" + context + struct.pack("<H", 2), "sha256"))
    mask = struct.unpack("<1030Q", chacha20(pair, 8 * 1030))
    for i in (0, 1, 511, 512, 1029):
        show(f"mask {i}", f"{mask[i]:016x}")


if __name__ == "__main__":
    main()

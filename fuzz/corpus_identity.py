"""The part of fuzz/make_corpus.py for crypto/identity: certificates, requests and PEM files.

DER (X.690) is put together by hand. Signatures are only bytes here, since parsing checks those of requests alone.
"""
import base64
import struct

from corpus_files import damaged, save


def der(tag, *parts):
    body = b"".join(parts)
    n = len(body)
    size = bytes([n]) if n < 128 else bytes([0x81, n]) if n < 256 else struct.pack(">BH", 0x82, n)
    return bytes([tag]) + size + body


def oid(text):
    first, second, *rest = map(int, text.split("."))
    out = bytes([40 * first + second])
    for x in rest:
        piece = [x & 127]
        while x := x >> 7:
            piece.insert(0, x & 127 | 128)
        out += bytes(piece)
    return der(0x06, out)


def seq(*parts):
    return der(0x30, *parts)


ED25519 = seq(oid("1.3.101.112"))
SHA256_RSA = seq(oid("1.2.840.113549.1.1.11"), der(0x05))


def x509_name(*names, tag=0x0C):
    return seq(*(der(0x31, seq(oid("2.5.4.3"), der(tag, n))) for n in names))


# of the first test vector of RFC 8032, section 7.1: a point of the prime-order group
RFC8032_KEY = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")


def public_key(algorithm=ED25519, key=RFC8032_KEY):
    return seq(algorithm, der(0x03, b"\0", key))


def extension(text, value, critical=False):
    return seq(oid(text), der(0x01, b"\xff") if critical else b"", der(0x04, value))


CONSTRAINTS = extension("2.5.29.19", seq(), True)
AUTHORITY = extension("2.5.29.19", seq(der(0x01, b"\xff")), True)
USAGE = extension("2.5.29.15", der(0x03, b"\x07\x80"), True)
TLS = extension("2.5.29.37", seq(oid("1.3.6.1.5.5.7.3.1"), oid("1.3.6.1.5.5.7.3.2")))
KEY_ID = extension("2.5.29.14", der(0x04, b"k" * 20))
ISSUER_ID = extension("2.5.29.35", seq(der(0x80, b"i" * 20)))
USUAL = (CONSTRAINTS, USAGE, TLS, KEY_ID, ISSUER_ID)


def certificate_der(subject=x509_name(b"alice"), issuer=x509_name(b"fuzz"), key=public_key(), extensions=USUAL,
                    begins=der(0x17, b"260101000000Z"), ends=der(0x17, b"490101000000Z"), version=2,
                    algorithm=ED25519, signature=b"s" * 64):
    return seq(seq(der(0xA0, der(0x02, bytes([version]))) if version else b"", der(0x02, b"\x05" * 16), algorithm, issuer,
                   seq(begins, ends), subject, key, der(0xA3, seq(*extensions)) if extensions else b""),
               algorithm, der(0x03, b"\0", signature))


def certificate_files():
    good = certificate_der()
    files = {
        "party": good,
        "authority": certificate_der(x509_name(b"fuzz"), extensions=(AUTHORITY, USAGE, KEY_ID)),
        "utf8-name": certificate_der(x509_name("Hôpital".encode())),
        "printable-name": certificate_der(x509_name(b"alice", tag=0x13)),
        "bmp-name": certificate_der(x509_name("alice".encode("utf-16-be"), tag=0x1E)),
        "bad-utf8": certificate_der(x509_name(b"al\xffice")),
        "nul-name": certificate_der(x509_name(b"alice\0bob")),
        "long-name": certificate_der(x509_name(b"a" * 64)),
        "longest-name": certificate_der(x509_name(b"a" * 63)),
        "empty-name": certificate_der(x509_name(b"")),
        "no-name": certificate_der(seq()),
        "two-names": certificate_der(x509_name(b"alice", b"bob")),
        "rsa-key": certificate_der(key=public_key(seq(oid("1.2.840.113549.1.1.1"), der(0x05)),
                                                  seq(der(0x02, b"\0" + b"\xc1" * 128), der(0x02, b"\1\0\1")))),
        "small-order": certificate_der(key=public_key(key=b"\1" + bytes(31))),
        "short-key": certificate_der(key=public_key(key=b"k" * 31)),
        "unknown-key": certificate_der(key=public_key(seq(oid("1.3.101.99")))),
        "signed-by-rsa": certificate_der(algorithm=SHA256_RSA, signature=b"s" * 256),
        "short-signature": certificate_der(signature=b"s"),
        "version-1": certificate_der(version=0, extensions=()),
        "no-extensions": certificate_der(extensions=()),
        "no-usage": certificate_der(extensions=(CONSTRAINTS, TLS, KEY_ID, ISSUER_ID)),
        "no-tls": certificate_der(extensions=(CONSTRAINTS, USAGE, KEY_ID, ISSUER_ID)),
        "twice": certificate_der(extensions=USUAL + (USAGE,)),
        "critical": certificate_der(extensions=USUAL + (extension("1.2.3.4", b"\5\0", True),)),
        "broken-extension": certificate_der(extensions=(extension("2.5.29.19", b"\x30\x05", True), USAGE, TLS)),
        "expired": certificate_der(ends=der(0x17, b"260102000000Z")),
        "future": certificate_der(begins=der(0x18, b"20600101000000Z"), ends=der(0x18, b"20610101000000Z")),
        "no-end": certificate_der(ends=der(0x18, b"99991231235959Z")),
        "no-date": certificate_der(begins=der(0x17, b"26010100")),
        "february": certificate_der(begins=der(0x17, b"260230000000Z")),
        "long-form": b"\x30\x83\0" + good[2:],
        "indefinite": b"\x30\x80" + good[4:] + b"\0\0",
        "follows": good + b"\0",
        "huge": b"\x30\x84\x7f\xff\xff\xff" + good[4:],
        "empty": b"",
    }
    save("certificate", damaged(files, 15))


def request_der(subject=x509_name(b"alice"), key=public_key(), algorithm=ED25519, signature=b"s" * 64, attributes=b""):
    return seq(seq(der(0x02, b"\0"), subject, key, der(0xA0, attributes)), algorithm, der(0x03, b"\0", signature))


# made once by `privet keys csr alice`: the one signature here that holds
REQUEST = bytes.fromhex("""
    30818f30430201003010310e300c06035504030c05616c696365302a300506032b657003210014372853aedd0ebc3cad
    be71312b384279239e63914dd3a7328d688810a54884a000300506032b657003410096886b2f5ae68a31119ebe22378b
    3ec8a3feccbfe88d74c1131c79b3e82dd60bb6137a09e69ca487f56847c2cb9fc09a42054f0e52955a4ef3dd4d43a129
    f20b
""")


def request_files():
    save("request", damaged({
        "good": REQUEST,
        "forged": request_der(),
        "other-name": request_der(x509_name(b"Alice")),
        "no-name": request_der(seq()),
        "rsa": request_der(key=public_key(seq(oid("1.2.840.113549.1.1.1"), der(0x05)),
                                          seq(der(0x02, b"\0" + b"\xc1" * 128), der(0x02, b"\1\0\1")))),
        "short-key": request_der(key=public_key(key=b"k")),
        "attributes": request_der(attributes=seq(oid("1.2.840.113549.1.9.14"), der(0x31, seq(USAGE)))),
        "short-signature": request_der(signature=b""),
        "certificate": certificate_der(),
        "follows": REQUEST + b"x",
        "empty": b"",
    }, 16))


def pem_text(label, data, width=64, header=""):
    text = base64.b64encode(data).decode()
    lines = [text[i:i + width] for i in range(0, len(text), width)]
    return "\n".join([f"-----BEGIN {label}-----", *([header, ""] if header else []), *lines, f"-----END {label}-----", ""])


def pem_files():
    good = pem_text("CERTIFICATE", certificate_der())
    texts = {
        "certificate": good,
        "request": pem_text("CERTIFICATE REQUEST", REQUEST),
        "key": pem_text("PRIVATE KEY", bytes(48)),
        "text-before": "Subject: alice\n\n" + good,
        "text-after": good + "and so on\n",
        "crlf": good.replace("\n", "\r\n"),
        "no-newline": good.rstrip(),
        "wide": pem_text("CERTIFICATE", certificate_der(), 76),
        "narrow": pem_text("CERTIFICATE", certificate_der(), 5),
        "two": good + good,
        "other-end": good.replace("END CERTIFICATE", "END KEY"),
        "no-end": good[:200],
        "no-begin": good[30:],
        "not-base64": good.replace("A", "!", 1),
        "padding-inside": good.replace("A", "=", 1),
        "encrypted": pem_text("PRIVATE KEY", bytes(48), header="Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00"),
        "header": pem_text("CERTIFICATE", bytes(4), header="Comment: none"),
        "empty-block": "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
        "long-label": pem_text("C" * 300, bytes(4)),
        "no-label": pem_text("", bytes(4)),
        "nul": good.replace("A", "\0", 1),
        "empty": "",
    }
    save("pem", damaged({name: text.encode() for name, text in texts.items()}, 17))


def make():
    certificate_files()
    request_files()
    pem_files()

"""Opens a Countersign backup with none of Countersign's code and prints what is in it as JSON, as BACKUP.md describes it.

    open-backup.py FILE PASSPHRASE

Needs `cryptography` and `argon2-cffi`.
"""

import hashlib
import hmac
import json
import sys
import unicodedata

from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


def derive(salt, root, info):
    """HKDF-SHA256 (RFC 5869), one block."""
    extracted = hmac.new(salt, root, hashlib.sha256).digest()
    return hmac.new(extracted, info + b"\x01", hashlib.sha256).digest()


def main():
    path, passphrase = sys.argv[1:]
    with open(path, "rb") as file:
        data = file.read()
    head, mac, sealed, total = data[:160], data[160:192], data[192:-32], data[-32:]
    if hashlib.sha256(data[:-32]).digest() != total:
        sys.exit("damaged")
    if head[:16] != b"countersign bkp\n" or int.from_bytes(head[16:20], "big") != 1:
        sys.exit("not a backup of version 1")
    memory, passes, lanes = (int.from_bytes(head[at : at + 4], "big") for at in (20, 24, 28))
    root = hash_secret_raw(
        unicodedata.normalize("NFC", passphrase).encode(), head[32:48], time_cost=passes, memory_cost=memory,
        parallelism=lanes, hash_len=32, type=Type.ID, version=0x13)
    if not hmac.compare_digest(hmac.new(derive(head[48:80], root, b"countersign backup head"), head, hashlib.sha256).digest(), mac):
        sys.exit("another passphrase")
    plain = AESGCM(derive(head[48:80], root, b"countersign backup seal")).decrypt(bytes(12), sealed, head)
    lines = [line.split(b" ", 1) for line in plain.rstrip(b"\0").splitlines()]
    json.dump({
        "at_ms": int.from_bytes(head[80:88], "big", signed=True),
        "accounts": int.from_bytes(head[88:92], "big"),
        "organisations": int.from_bytes(head[92:96], "big"),
        "serial": int.from_bytes(head[96:104], "big"),
        "device": head[105 : 105 + head[104]].decode(),
        "lines": [[kind.decode(), json.loads(body)] for kind, body in lines],
    }, sys.stdout)


main()

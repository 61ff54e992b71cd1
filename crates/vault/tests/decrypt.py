"""Opens a Countersign vault with none of Countersign's code and prints its records as JSON, as FORMAT.md describes it.

    decrypt.py VAULT --pin PIN --device-secret HEX [--erasable-secret HEX]
    decrypt.py VAULT --passphrase TEXT [--erasable-secret HEX]

Needs `cryptography` and `argon2-cffi`. Opens the file read-only, without its log: lock the app first.
"""

import argparse
import hashlib
import hmac
import json
import sqlite3
import sys
import unicodedata

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FORMATS, APPLICATION = (1, 2), 0x43534756
PIN, PASSPHRASE = 1, 2
KINDS = {1: "organisation", 2: "other", 3: "setting", 4: "note"}
NOTE = 4


def hkdf(vault, key, label):
    """HKDF-SHA256 (RFC 5869), one block: the salt is the vault's id."""
    extracted = hmac.new(vault, key, hashlib.sha256).digest()
    return hmac.new(extracted, label.encode() + b"\x01", hashlib.sha256).digest()


def open_cell(key, scheme, vault, table, row, column, kind, extra, cell):
    """generation (8) || nonce (12) || ciphertext and tag, bound to where it stands."""
    generation, nonce, sealed = cell[:8], cell[8:20], cell[20:]
    bound = b"countersign vault cell" + scheme.to_bytes(4, "big") + vault
    for field in (table.encode(), row, column.encode(), bytes([kind]), extra):
        bound += bytes([len(field)]) + field
    return AESGCM(key).decrypt(nonce, sealed, bound + generation)


def parameters(slot):
    return b"".join(slot[name].to_bytes(4, "big") for name in ("memory_kib", "passes", "lanes")) + slot["salt"]


def open_slot(vault, slot, text, device_secret):
    """The vault key, from a PIN with its device secret or from a passphrase."""
    stretched = hash_secret_raw(
        unicodedata.normalize("NFC", text).encode(), slot["salt"], time_cost=slot["passes"],
        memory_cost=slot["memory_kib"], parallelism=slot["lanes"], hash_len=32, type=Type.ID, version=0x13)
    label = {PIN: "countersign vault 1 pin slot", PASSPHRASE: "countersign vault 1 passphrase slot"}[slot["kind"]]
    wrapping = hkdf(vault, stretched + device_secret, label)
    row = slot["id"].to_bytes(8, "big")
    # Slots keep the number 1 in later formats: one that is not opened cannot be sealed anew
    return open_cell(wrapping, 1, vault, "slot", row, "wrapped", slot["kind"], parameters(slot), slot["wrapped"])


def read(kind, plain):
    """JSON, except for a note: its time (8 bytes), then the bytes of its body."""
    if kind == NOTE:
        return {"at_ms": int.from_bytes(plain[:8], "big", signed=True), "body": plain[8:].decode()}
    return json.loads(plain)


def mark_of(cell):
    return cell[:20] + cell[-16:]


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("vault")
    arguments.add_argument("--pin")
    arguments.add_argument("--device-secret", default="")
    arguments.add_argument("--passphrase")
    arguments.add_argument("--erasable-secret", default="")
    arguments = arguments.parse_args()

    database = sqlite3.connect(f"file:{arguments.vault}?mode=ro&immutable=1", uri=True)
    database.row_factory = sqlite3.Row
    assert database.execute("PRAGMA application_id").fetchone()[0] == APPLICATION, "not a vault"
    version = database.execute("PRAGMA user_version").fetchone()[0]
    assert version in FORMATS, "another format"
    header = database.execute("SELECT vault, sealed FROM header").fetchone()
    vault = header["vault"]

    slots = database.execute("SELECT * FROM slot ORDER BY id").fetchall()
    kind, text = (PIN, arguments.pin) if arguments.pin else (PASSPHRASE, arguments.passphrase)
    slot = next(slot for slot in slots if slot["kind"] == kind)
    key = open_slot(vault, slot, text, bytes.fromhex(arguments.device_secret))

    plain = open_cell(
        hkdf(vault, key, f"countersign vault {version} header"), version, vault, "header", b"", "sealed", 0, b"", header["sealed"])
    generation, seals, count = (int.from_bytes(plain[at:at + 8], "big") for at in (0, 8, 16))
    fingerprint = hashlib.sha256(b"".join(
        slot["id"].to_bytes(8, "big") + bytes([slot["kind"]]) + parameters(slot)
        + len(slot["wrapped"]).to_bytes(8, "big") + slot["wrapped"] for slot in slots)).digest()
    assert plain[56:] == fingerprint, "the slots were altered"

    cells, tallies = (hkdf(vault, key, f"countersign vault {version} {name}") for name in ("records", "tally"))
    devices, erasable = {}, bytes.fromhex(arguments.erasable_secret)
    if version > 1:
        devices = dict(database.execute("SELECT id, cell FROM device").fetchall())
        kept = database.execute("SELECT secret FROM erasable").fetchone()
        erasable = kept[0] if kept else erasable
    device_key = hkdf(vault, key + erasable, "countersign vault 2 device") if erasable else None

    tally, records = 0, []
    for row in database.execute("SELECT id, kind, body, moving FROM record"):
        record = {"id": row["id"].hex(), "kind": KINDS[row["kind"]]}
        marked = row["id"] + bytes([row["kind"]])
        for column in ("body", "moving"):
            if row[column] is not None:
                plain_cell = open_cell(cells, version, vault, "record", row["id"], column, row["kind"], b"", row[column])
                record[column] = read(row["kind"], plain_cell)
                marked += mark_of(row[column])
        if row["id"] in devices and device_key:
            record["device"] = json.loads(open_cell(
                device_key, version, vault, "device", row["id"], "cell", row["kind"], mark_of(row["body"]), devices[row["id"]]))
        tally += int.from_bytes(hmac.new(tallies, marked, hashlib.sha256).digest(), "little")
        records.append(record)
    assert len(records) == count and tally % 2**256 == int.from_bytes(plain[24:56], "little"), "the record set was altered"

    records.sort(key=lambda record: record.get("moving", {}).get("position", -1))
    json.dump({"generation": generation, "seals": seals, "records": records}, sys.stdout, ensure_ascii=False, indent=1)


if __name__ == "__main__":
    try:
        main()
    except InvalidTag:
        sys.exit("refused: wrong PIN or passphrase, or the file was altered")

"""Opens an Aegis file with none of Countersign's code, holds it to aegis.schema.json, and prints what is in it as JSON.

    open-aegis.py FILE PASSWORD

Needs `cryptography` and `jsonschema`.
"""

import base64
import hashlib
import json
import pathlib
import sys

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from jsonschema import Draft202012Validator

SCHEMA = json.loads(pathlib.Path(__file__).with_name("aegis.schema.json").read_text("utf-8"))


def hold_to(name, value):
    # What it says of a key that does not fit would have the key in it
    for error in Draft202012Validator({**SCHEMA, "$ref": f"#/$defs/{name}"}).iter_errors(value):
        sys.exit(f"{name}: {error.json_path} is not as {error.schema_path} has it")


def opened(key, params, sealed):
    return AESGCM(key).decrypt(bytes.fromhex(params["nonce"]), sealed + bytes.fromhex(params["tag"]), None)


def main():
    path, password = sys.argv[1:]
    file = json.loads(pathlib.Path(path).read_text("utf-8"))
    hold_to("file", file)
    header = file["header"]
    (slot,) = header["slots"]
    key = hashlib.scrypt(
        password.encode(), salt=bytes.fromhex(slot["salt"]), n=slot["n"], r=slot["r"], p=slot["p"],
        maxmem=64 * 1024 * 1024, dklen=32)
    try:
        master = opened(key, slot["key_params"], bytes.fromhex(slot["key"]))
    except InvalidTag:
        sys.exit("another password")
    content = json.loads(opened(master, header["params"], base64.b64decode(file["db"], validate=True)))
    hold_to("content", content)
    json.dump(content, sys.stdout)


main()

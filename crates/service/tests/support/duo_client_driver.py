"""Lets a test call the real duo_client: one JSON request a line on standard input, one JSON answer a line back."""

import json
import sys

import duo_client

settings = json.loads(sys.stdin.readline())
auth = duo_client.Auth(
    settings["ikey"],
    settings["skey"],
    settings["host"],
    ca_certs=settings["ca_certs"],
    port=settings["port"],
    sig_version=settings["sig_version"],
)

for line in sys.stdin:
    call = json.loads(line)
    try:
        answer = {"ok": getattr(auth, call["method"])(**call["arguments"])}
    except Exception as error:  # a test reads whatever the client says
        answer = {"error": str(error)}
    print(json.dumps(answer), flush=True)

"""Makes one call of the unmodified duo_client and prints what came of it, as one JSON object.

Standard input: {"ikey", "skey", "host", "port", "ca", "call", "arguments"}.
Standard output: {"answer": ...} or {"refused": {"status", "reason", "message"}}.
"""

import json
import sys

import duo_client

ask = json.load(sys.stdin)
client = duo_client.Auth(
    ikey=ask["ikey"],
    skey=ask["skey"],
    host=ask["host"],
    port=ask["port"],
    ca_certs=ask["ca"],
    timeout=90,
)
try:
    answer = getattr(client, ask["call"])(**ask["arguments"])
except RuntimeError as refusal:
    if not hasattr(refusal, "status"):
        raise
    print(json.dumps({"refused": {"status": refusal.status, "reason": refusal.reason, "message": str(refusal)}}))
else:
    print(json.dumps({"answer": answer if not isinstance(answer, bytes) else len(answer)}))

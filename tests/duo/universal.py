"""Makes one call of the unmodified duo_universal and prints what came of it, as one JSON object.

Standard input: {"client_id", "client_secret", "host", "redirect_uri", "ca", "call", "arguments"}.
Standard output: {"answer": ...} or {"refused": "..."}.
"""

import json
import sys

import duo_universal

ask = json.load(sys.stdin)
client = duo_universal.Client(
    ask["client_id"],
    ask["client_secret"],
    ask["host"],
    ask["redirect_uri"],
    duo_certs=ask["ca"],
)
try:
    answer = getattr(client, ask["call"])(*ask["arguments"])
except duo_universal.DuoException as refusal:
    print(json.dumps({"refused": str(refusal)}))
else:
    print(json.dumps({"answer": answer}))

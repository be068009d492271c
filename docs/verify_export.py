"""Verify what `lion export` wrote, without lion: python verify_export.py FILE [PUBLIC_KEY_HEX]."""

import base64
import json
import sys
from hashlib import sha256

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

decode, chain, seq, signed = base64.b64decode, bytes(32), 0, 0
blobs, digests = set(), {}
with open(sys.argv[1], "rb") as file:
    first, *lines, last = map(json.loads, file)
for line in lines:
    if line["type"] == "blob":
        blobs.add(sha256(decode(line["data"])).digest())
    elif line["type"] == "segment":
        data = decode(line["data"])
        run, begin, _, _, _, _, _, entries, *_ = msgspec.msgpack.decode(data)
        assert run == first["run"] and begin == seq + 1, "a segment is missing or another's"
        assert all(e[4][0] in blobs for e in entries if isinstance(e[4], list)), "bytes missing"
        chain, seq = sha256(b"lion.segment.1\n" + chain + data).digest(), seq + len(entries)
        digests[seq] = chain.hex()
    elif line["type"] == "head" and line["head"]["key"] == (sys.argv[2:] or [""])[0]:
        payload, kind = decode(line["dsse"]["payload"]), line["dsse"]["payloadType"].encode()
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(line["head"]["key"]))
        message = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
        key.verify(decode(line["dsse"]["signatures"][0]["sig"]), message)
        head = json.loads(payload)
        assert head["run"] == first["run"] and digests.get(head["seq"]) == head["digest"], head
        signed = max(signed, head["seq"])
assert last["type"] == "end" and (last["records"], last["head"]) == (seq, chain.hex()), "cut off"
print(f"run {first['run']}: {seq} records, signed up to {signed}, head {chain.hex()}")

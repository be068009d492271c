"""Look here if you want to know what is signed of a run, and in which forms.

Rule: a head is which run, up to which record, the digest there, and when: JSON with sorted keys.
Rule: it is signed as DSSE (https://github.com/secure-systems-lab/dsse) and as COSE_Sign1 (RFC
9052), both with Ed25519, so that verifiers which others have can be used.
Rule: pure: bytes in, bytes out; keys are in keys.py.
"""

import base64
from typing import Any, Final, Protocol

import msgspec

from lion.domain.events import HeadSigned

PAYLOAD_TYPE: Final = "application/vnd.lion.head.v1+json"
_ALGORITHM: Final = b"\xa1\x01\x27"
"""COSE's protected header in CBOR: {1 (alg): -8 (EdDSA)}."""
_encode = msgspec.json.Encoder(order="sorted").encode


class Signer(Protocol):
    """What signs: Ed25519 over bytes, 64 bytes. `public` is its public key, 32 bytes."""

    @property
    def public(self) -> bytes: ...
    def sign(self, data: bytes) -> bytes: ...


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """Of a run: the last record's number, the digest of the chain there in hex, and the time in
    nanoseconds since 1970."""

    run: str
    seq: int
    digest: str
    time_ns: int


def payload_of(head: Head) -> bytes:
    """The bytes that say what is signed."""
    return _encode(head)


def dsse_bytes(payload: bytes) -> bytes:
    """What a DSSE signature is over: its pre-authentication encoding."""
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def sign_head(head: Head, signer: Signer) -> HeadSigned:
    """The record of a signed head."""
    payload = payload_of(head)
    return HeadSigned(
        run=head.run, seq=head.seq, digest=head.digest, time_ns=head.time_ns,
        key=signer.public.hex(), signature=signer.sign(dsse_bytes(payload)),
        cose=signer.sign(_cose_bytes(payload)),
    )  # fmt: skip


def head_of(signed: HeadSigned) -> Head:
    """The head that was signed."""
    return Head(run=signed.run, seq=signed.seq, digest=signed.digest, time_ns=signed.time_ns)


def is_genuine(signed: HeadSigned) -> bool:
    """Whether both signatures are by the key that it names."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    payload = payload_of(head_of(signed))
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(signed.key))
        key.verify(signed.signature, dsse_bytes(payload))
        key.verify(signed.cose, _cose_bytes(payload))
    except (InvalidSignature, ValueError):
        return False
    return True


def dsse_envelope(signed: HeadSigned) -> dict[str, Any]:
    """The head as a DSSE envelope; `keyid` is the public key in hex."""
    return {
        "payload": base64.b64encode(payload_of(head_of(signed))).decode(),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [{"keyid": signed.key, "sig": base64.b64encode(signed.signature).decode()}],
    }


def cose_sign1(signed: HeadSigned) -> bytes:
    """The head as a tagged COSE_Sign1 message, its key id (4) the public key."""
    key_id = b"\xa1\x04" + _cbor_bytes(bytes.fromhex(signed.key))
    payload = _cbor_bytes(payload_of(head_of(signed)))
    return b"\xd2\x84" + _cbor_bytes(_ALGORITHM) + key_id + payload + _cbor_bytes(signed.cose)


def _cose_bytes(payload: bytes) -> bytes:
    """What a COSE signature is over: Sig_structure (RFC 9052, 4.4), an array of four."""
    context = b"\x6aSignature1"
    return b"\x84" + context + _cbor_bytes(_ALGORITHM) + _cbor_bytes(b"") + _cbor_bytes(payload)


def _cbor_bytes(data: bytes) -> bytes:
    """A byte string in CBOR (RFC 8949, 3), its length in the shortest form."""
    size = len(data)
    if size < 24:
        return bytes([0x40 | size]) + data
    if size < 0x100:
        return bytes([0x58, size]) + data
    return b"\x59" + size.to_bytes(2, "big") + data

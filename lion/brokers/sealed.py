"""Look here if you want to know how a letter is written for another service, and read again.

Rule: the broker is not trusted: a letter is read only if its seal (HMAC-SHA-256, by a key that the
operator gave both services) is right, and was made for this very reader.
Rule: nor is who sent it: whatever it says is bounded and looked at before anybody hears of it.
"""

import hashlib
import hmac
from typing import Final

import msgspec

from lion.domain.call import BULK
from lion.domain.hidden import Hidden
from lion.domain.letter import Letter
from lion.domain.names import is_address, is_topic
from lion.errors import OperatorError
from lion.values.bounded_json import json_flaw

LARGEST: Final = 6 * BULK + 4_096
"""Bytes of a sealed letter: in JSON a character of a payload takes six at most."""
SHORTEST_KEY: Final = 32
_SEAL: Final = 64
_LARGEST_NUMBER: Final = 2**63 - 1

_decoder = msgspec.json.Decoder(Letter)


class BadLetter(ValueError):
    """What is no letter; the words say why, and nothing of what was in it."""


class Seals:
    """Seals letters, and tells which are right."""

    def __init__(self, key: Hidden) -> None:
        """Raises OperatorError for a key that could be guessed."""
        if len(key.reveal()) < SHORTEST_KEY:
            raise OperatorError(
                f"the key of the bus has fewer than {SHORTEST_KEY} characters",
                hint="make one: openssl rand -hex 32",
            )
        self._key = hashlib.sha256(b"lion bus\n" + key.reveal().encode()).digest()

    def write(self, letter: Letter, receiver: str) -> bytes:
        """A letter for one service."""
        body = msgspec.json.encode(msgspec.structs.replace(letter, run=""))
        return self._seal(body, receiver) + body

    def read(self, data: bytes, receiver: str, peers: tuple[str, ...]) -> Letter:
        """What came for this service. Raises BadLetter."""
        if not _SEAL < len(data) <= LARGEST:
            raise BadLetter("it has no size of a letter")
        seal, body = data[:_SEAL], data[_SEAL:]
        if not hmac.compare_digest(seal, self._seal(body, receiver)):
            raise BadLetter("its seal is not right")
        try:
            letter = _decoder.decode(body)
        except (msgspec.DecodeError, RecursionError):
            raise BadLetter("it is no letter") from None
        _check(letter, receiver, peers)
        return letter

    def _seal(self, body: bytes, receiver: str) -> bytes:
        said = hmac.new(self._key, receiver.encode() + b"\n" + body, hashlib.sha256)
        return said.hexdigest().encode()


def _check(letter: Letter, receiver: str, peers: tuple[str, ...]) -> None:
    """Raise BadLetter for one that this service does not take."""
    if letter.service not in peers:
        raise BadLetter("it is from a service that is no peer of this one")
    if not letter.sender.startswith(f"@{letter.service}/") or not is_address(letter.sender):
        raise BadLetter("it says another sender than its service's")
    if not all(0 <= one <= _LARGEST_NUMBER for one in letter.place):
        raise BadLetter("it has no place")
    is_for_us = letter.to.startswith(f"@{receiver}/") and is_address(letter.to) is not None
    if bool(letter.to) == bool(letter.topic) or not (is_for_us or is_topic(letter.topic)):
        raise BadLetter("it is for nobody here")
    size = len(letter.payload) if letter.payload.isascii() else len(letter.payload.encode())
    if size > BULK or json_flaw(letter.payload):
        raise BadLetter("its payload is no message")

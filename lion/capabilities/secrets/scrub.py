"""Look here if you want to know how the values of secrets are found and starred out.

Rule: stars are as many as what they hide, so lengths and offsets stay true.
Rule: a value is found as it is and as it is usually written: in URLs, JSON, HTML, hexadecimal and
base64 at any offset; also where it comes in two pieces.
"""

import binascii
import html
import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

from lion.domain.hidden import Hidden

SHORTEST = 8
"""Bytes of a value at least: a shorter one would be found everywhere."""


class Scrubber:
    """Knows the forms of some values; makes streams that star them out."""

    def __init__(self, values: Iterable[Hidden]) -> None:
        forms = {form for value in values for form in _forms(value.reveal().encode())}
        longest_first = sorted(forms, key=len, reverse=True)
        self._pattern = re.compile(b"|".join(map(re.escape, longest_first)) or b"(?!)")
        self._starts = frozenset(form[:size] for form in forms for size in range(1, len(form)))
        self._longest = max(map(len, forms), default=0)

    def finds(self, data: bytes) -> bool:
        """Whether a value is in there."""
        return self._pattern.search(data) is not None

    def scrub(self, data: bytes) -> bytes:
        """The same with stars for every value."""
        return self._pattern.sub(lambda found: b"*" * len(found[0]), data)

    def held_back(self, data: bytes) -> int:
        """How many bytes at the end could be the beginning of a value."""
        most = min(self._longest - 1, len(data))
        return next((n for n in range(most, 0, -1) if data[-n:] in self._starts), 0)

    def stream(self) -> "ScrubbedStream":
        """One stream's pieces."""
        return ScrubbedStream(self)

    def __repr__(self) -> str:
        return "Scrubber()"


class ScrubbedStream:
    """Pieces of one stream; what could be the beginning of a value waits for the next piece."""

    def __init__(self, scrubber: Scrubber) -> None:
        self._scrubber = scrubber
        self._held = b""

    def feed(self, piece: bytes) -> bytes:
        """What can be given on."""
        data = self._scrubber.scrub(self._held + piece)
        end = len(data) - self._scrubber.held_back(data)
        self._held = data[end:]
        return data[:end]

    def finish(self) -> bytes:
        """What was held back, now that no more comes."""
        held, self._held = self._held, b""
        return held

    def __repr__(self) -> str:
        return "ScrubbedStream()"


def _forms(value: bytes) -> set[bytes]:
    text = value.decode()
    escaped = {quote(text), quote(text, safe=""), quote_plus(text), "".join(map(_percent, value))}
    written = {
        json.dumps(text)[1:-1],
        json.dumps(text, ensure_ascii=False)[1:-1],
        html.escape(text),
    }
    forms = {value, *(one.encode() for one in escaped | written)}
    forms |= {re.sub(b"%[0-9A-F]{2}", lambda found: found[0].lower(), one) for one in forms}
    forms |= {value.hex().encode(), value.hex().upper().encode()}
    return forms | _base64_forms(value)


def _percent(byte: int) -> str:
    return f"%{byte:02X}"


def _base64_forms(value: bytes) -> set[bytes]:
    """The characters that this value alone decides, at each of the three offsets."""
    forms = set()
    for offset, first in ((0, 0), (1, 2), (2, 3)):
        encoded = binascii.b2a_base64(bytes(offset) + value, newline=False)
        core = encoded[first : (offset + len(value)) * 8 // 6]
        forms |= {core, core.translate(bytes.maketrans(b"+/", b"-_"))}
    return forms

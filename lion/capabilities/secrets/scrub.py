"""Look here if you want to know how the values of secrets are found and starred out.

Rule: stars are as many as what they hide, so lengths and offsets stay true.
Rule: a value is found as it is and as it is usually written: in URLs, JSON, HTML, hexadecimal and
base64 at any offset; also where it comes in two pieces.
Rule: so is a piece of it: `least_of` says how long one has to be. What is shorter passes.
Rule: memory is in proportion to the values, time to what is looked through, whatever both say.
"""

import binascii
import html
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

import msgspec

from lion.domain.hidden import Hidden

SHORTEST = 8
"""Bytes of a value at least: a shorter one would be found everywhere."""

SHARE = 4
"""A piece of a quarter of a value is found."""
USUAL = 12
"""Bytes of a piece that is found, for a value of 16 to 48 bytes."""

_BETWEEN = b"\n"
"""In no form of a value."""

Span = tuple[int, int]


def least_of(size: int) -> int:
    """How many characters in a row of a value of this size are found: a quarter of it, and not
    fewer than 12; three quarters of a value of fewer than 16.
    """
    return max(-(-size // SHARE), min(USUAL, size - size // 4))


class _Form(msgspec.Struct, frozen=True):
    """One way to write a value. A piece of `least` bytes or more is found."""

    text: bytes
    least: int

    @property
    def block(self) -> int:
        """Bytes of a block: whatever piece is long enough has a whole one in it."""
        return (self.least + 1) // 2

    def blocks(self) -> Iterator[tuple[bytes, int]]:
        """The blocks, and where they are; never more than nine."""
        for at in range(0, len(self.text) - self.block + 1, self.block):
            yield self.text[at : at + self.block], at

    def around(self, data: bytes, at: int, place: int) -> Span | None:
        """The piece around the block of `place` that begins at `at`; None for one too short."""
        end, after = at + self.block, place + self.block
        rest, before = self.text[after:], self.text[:place]
        end += _common(rest, data[end : end + len(rest)])
        start = at - _common(before[::-1], data[max(at - place, 0) : at][::-1])
        return (start, end) if end - start >= self.least else None


class Scrubber:
    """Knows the forms of some values; makes streams that star them out."""

    def __init__(self, values: Iterable[Hidden]) -> None:
        forms = {form for value in values for form in _forms(value.reveal().encode())}
        self._blocks: dict[bytes, list[tuple[_Form, int]]] = {}
        for form in forms:
            for block, place in form.blocks():
                self._blocks.setdefault(block, []).append((form, place))
        self._all = _BETWEEN.join(form.text for form in forms)
        self._longest = max((len(form.text) for form in forms), default=0)

    def finds(self, data: bytes) -> bool:
        """Whether a value is in there, or a piece of one."""
        return next(self._pieces(data), None) is not None

    def scrub(self, data: bytes) -> bytes:
        """The same with stars for every value and every piece of one."""
        return _starred(data, self.spans(data))

    def spans(self, data: bytes) -> list[Span]:
        """Where values are, in order; none meets another."""
        spans: list[Span] = []
        for start, end in sorted(self._pieces(data)):
            if spans and start <= spans[-1][1]:
                spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
            else:
                spans.append((start, end))
        return spans

    def held_back(self, data: bytes) -> int:
        """How many bytes at the end could go on to be a value, or a piece of one."""
        tail = data[-self._longest :].rpartition(_BETWEEN)[2] if self._longest else b""
        low, high = 0, len(tail)
        # What ends a piece of a value is one itself: so the longest is found by halving.
        while low < high:
            middle = (low + high + 1) // 2
            if tail[-middle:] in self._all:
                low = middle
            else:
                high = middle - 1
        return low

    def stream(self) -> "ScrubbedStream":
        """One stream's pieces."""
        return ScrubbedStream(self)

    def _pieces(self, data: bytes) -> Iterator[Span]:
        seen: dict[tuple[int, int], int] = {}
        for block, uses in self._blocks.items():
            at = data.find(block)
            while at >= 0:
                for form, place in uses:
                    # Blocks of one piece lead to the same one: it is looked at once.
                    line = (id(form), at - place)
                    if at < seen.get(line, 0):
                        continue
                    if (span := form.around(data, at, place)) is not None:
                        seen[line] = span[1]
                        yield span
                at = data.find(block, at + 1)

    def __repr__(self) -> str:
        return "Scrubber()"


class ScrubbedStream:
    """Pieces of one stream; what could go on to be a value waits for the next piece."""

    def __init__(self, scrubber: Scrubber) -> None:
        self._scrubber = scrubber
        self._before = b""
        """The end of what came, which is looked at again with what comes."""
        self._given = 0
        """How much of that was given on, as stars."""
        self._held = b""

    def feed(self, piece: bytes) -> bytes:
        """What can be given on."""
        data = self._before + piece
        spans = self._scrubber.spans(data)
        clean = _starred(data, spans)
        begin = len(data) - self._scrubber.held_back(data)
        # Stars stay stars, whatever comes.
        end = max(end for start, end in [*spans, (0, begin)] if start <= begin)
        end = max(end, begin, self._given)
        told = clean[self._given : end]
        self._before, self._given, self._held = data[begin:], end - begin, clean[end:]
        return told

    def finish(self) -> bytes:
        """What was held back, now that no more comes."""
        held, self._before, self._given, self._held = self._held, b"", 0, b""
        return held

    def __repr__(self) -> str:
        return "ScrubbedStream()"


def _starred(data: bytes, spans: list[Span]) -> bytes:
    if not spans:
        return data
    hidden = bytearray(data)
    for start, end in spans:
        hidden[start:end] = b"*" * (end - start)
    return bytes(hidden)


def _common(a: bytes, b: bytes) -> int:
    """How many bytes both begin with."""
    low, high = 0, min(len(a), len(b))
    if not high or a[0] != b[0]:
        return 0
    while low < high:
        middle = (low + high + 1) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _forms(value: bytes) -> set[_Form]:
    least = least_of(len(value))
    # As much of the value, however many bytes that is in this writing.
    forms = {_Form(text, -(-least * len(text) // len(value))) for text in _texts(value)}
    # In base64 the first and the last character of a piece are decided by what is around it, too.
    return forms | {_Form(text, -(-least * 4 // 3) - 2) for text in _base64_texts(value)}


def _texts(value: bytes) -> set[bytes]:
    text = value.decode()
    escaped = {quote(text), quote(text, safe=""), quote_plus(text), "".join(map(_percent, value))}
    written = {
        json.dumps(text)[1:-1],
        json.dumps(text, ensure_ascii=False)[1:-1],
        html.escape(text),
    }
    forms = {value, *(one.encode() for one in escaped | written)}
    forms |= {re.sub(b"%[0-9A-F]{2}", lambda found: found[0].lower(), one) for one in forms}
    return forms | {value.hex().encode(), value.hex().upper().encode()}


def _percent(byte: int) -> str:
    return f"%{byte:02X}"


def _base64_texts(value: bytes) -> set[bytes]:
    """The characters that this value alone decides, at each of the three offsets."""
    texts = set()
    for offset, first in ((0, 0), (1, 2), (2, 3)):
        encoded = binascii.b2a_base64(bytes(offset) + value, newline=False)
        core = encoded[first : (offset + len(value)) * 8 // 6]
        texts |= {core, core.translate(bytes.maketrans(b"+/", b"-_"))}
    return texts

"""Look here if you want to know how much of a guest's value the host reads.

While wasmtime hands a value over, each part of a list is 32 bytes of its own; then Python makes an
object of it. Both are the host's memory and the host's time, for a few bytes that the guest wrote,
or the same ones pointed at again and again.

Rule: what is counted is counted before it is copied.
Rule: whether a value fits depends on it and on the holder's limits only, so a replay finds the
same.
"""

import ctypes
from ctypes import string_at
from typing import Final

from lion.domain.call import BULK

VALUE: Final = 96
"""Bytes of the host's that a part of a value takes: 32 of wasmtime's and an object of Python's."""
OCTET: Final = 33
"""The same of a byte of a list<u8>."""
LONGEST: Final = 4 * 1024 * 1024
"""Bytes of text in a host call's arguments: more than any host function takes (the largest is a
model's conversation, 1 MiB).
"""
MOST: Final = BULK * VALUE
"""Bytes for the parts of a host call's arguments: what has more parts than BULK has more bytes
than BULK, which is what any host function with lists takes.
"""
_PIECE: Final = 64 * 1024


class TooLarge(Exception):
    """A value that the host does not read. `is_text`: for its texts, not for its parts."""

    def __init__(self, limit: int, is_text: bool) -> None:
        super().__init__(f"more than {limit:,} bytes")
        self.limit = limit
        self.is_text = is_text


class Room:
    """The room for one value: `parts` and `texts` are bytes of the host's."""

    __slots__ = ("_parts", "_parts_left", "_texts", "_texts_left", "context")

    def __init__(self, context: int, parts: int = MOST, texts: int = LONGEST) -> None:
        self.context = context
        self._parts = self._parts_left = parts
        self._texts = self._texts_left = texts

    def take(self, size: int) -> None:
        """Count bytes of parts that are about to be read. Raises TooLarge."""
        self._parts_left -= size
        if self._parts_left < 0:
            raise TooLarge(self._parts, is_text=False)

    def octets(self, count: int) -> int:
        """Count the bytes of a list<u8>, and give their number. Raises TooLarge."""
        self.take(count * OCTET)
        return count

    def text(self, size: int) -> int:
        """Count a text, and give its size. Raises TooLarge."""
        self._texts_left -= size
        if self._texts_left < 0:
            raise TooLarge(self._texts, is_text=True)
        return size


def too_long(size: int) -> int:
    """For a text of more than LONGEST bytes. Raises TooLarge."""
    raise TooLarge(LONGEST, is_text=True)


def octets_at(address: int, count: int) -> bytes:
    """The bytes of a list<u8>, of which wasmtime takes 32 for each, without a copy of all that."""
    if count <= _PIECE:
        return string_at(address, count * 32)[8::32]
    whole = memoryview((ctypes.c_ubyte * (count * 32)).from_address(address)).cast("B")
    return b"".join(
        bytes(whole[at * 32 + 8 : (at + _PIECE) * 32 : 32]) for at in range(0, count, _PIECE)
    )

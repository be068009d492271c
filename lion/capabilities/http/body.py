"""Look here if you want to know how a body is unpacked, and why a small one cannot become huge.

Rule: never more than one piece is unpacked ahead of who reads; what comes out is counted there.
Rule: what is not asked for is not read: gzip, once, or nothing.
Rule: a word that names no way to pack (`none`, `utf-8`) packs nothing: servers write such things,
and the body is what it is. It is told to the reader as it came.
"""

import zlib
from collections.abc import Iterable

from lion.domain.call import CallError

PIECE = 64 * 1024
"""Bytes of a piece at most."""

ENCODINGS = "gzip"
"""What the door asks for."""

_PACKED = frozenset({
    "aes128gcm", "br", "bzip2", "compress", "dcb", "dcz", "deflate", "exi", "lz4", "lzma",
    "pack200-gzip", "x-bzip2", "x-compress", "x-deflate", "x-xz", "xz", "zlib", "zstd",
})  # fmt: skip
"""What a body can be packed by, registered or usual, and is never asked to be."""

_ASKED = ("gzip", "x-gzip")
_GZIP = 31
_MAGIC = b"\x1f\x8b"


class Plain:
    """A body as it is."""

    is_packed = False

    def __init__(self) -> None:
        self._left = b""

    def feed(self, raw: bytes) -> None:
        self._left += raw

    def take(self) -> bytes:
        """The next piece; empty if more must come first."""
        piece, self._left = self._left[:PIECE], self._left[PIECE:]
        return piece

    def finish(self) -> None:
        """The body is complete."""


class Gzip:
    """A body in gzip, of one member or several."""

    is_packed = True

    def __init__(self) -> None:
        self._unpacker = zlib.decompressobj(_GZIP)
        self._left = b""
        self._has_begun = False

    def feed(self, raw: bytes) -> None:
        self._left += raw
        self._has_begun = True

    def take(self) -> bytes:
        """The next piece; empty if more must come first. Raises CallError("protocol")."""
        while self._left:
            if self._unpacker.eof:
                if not self._next_member():
                    return b""
                continue
            try:
                piece = self._unpacker.decompress(self._left, PIECE)
            except zlib.error:
                raise CallError("protocol", "the compressed body is malformed") from None
            self._left = self._unpacker.unconsumed_tail or self._unpacker.unused_data
            if piece:
                return piece
        # What the unpacker still holds back of an earlier piece.
        return b"" if self._unpacker.eof else self._unpacker.decompress(b"", PIECE)

    def finish(self) -> None:
        """The body is complete. Raises CallError("protocol") if it is cut off."""
        if self._has_begun and not self._unpacker.eof:
            raise CallError("protocol", "the compressed body is cut off")

    def _next_member(self) -> bool:
        if len(self._left) >= 2 and not self._left.startswith(_MAGIC):
            self._left = b""  # padding, which every reader of gzip ignores
        if len(self._left) < 2:
            return False
        self._unpacker = zlib.decompressobj(_GZIP)
        return True


class Unread(Plain):
    """A body of which nothing can be read; it may still have none, as after HEAD."""

    is_packed = True

    def __init__(self, encoding: str) -> None:
        super().__init__()
        self._encoding = encoding

    def feed(self, raw: bytes) -> None:
        """Raises CallError("protocol")."""
        words = f"the body comes as {self._encoding[:40]!r}, which was not asked for"
        raise CallError("protocol", words)


def unpacker(encodings: Iterable[str]) -> Plain | Gzip:
    """What reads a body with these content-encoding headers."""
    words = [word.strip().lower() for text in encodings for word in text.split(",")]
    packed = [word for word in words if word in _PACKED or word in _ASKED]
    match packed:
        case []:
            return Plain()
        case [word] if word in _ASKED:
            return Gzip()
        case _:
            return Unread(", ".join(packed))

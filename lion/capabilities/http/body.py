"""Look here if you want to know how a body is unpacked, and why a small one cannot become huge.

Rule: never more than one piece is unpacked ahead of who reads; what comes out is counted there.
Rule: what is not asked for is not read: gzip, once, or nothing.
"""

import zlib

from lion.domain.call import CallError

PIECE = 64 * 1024
"""Bytes of a piece at most."""

ENCODINGS = "gzip"
"""What the door asks for."""

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


def unpacker(encoding: str | None) -> Plain | Gzip:
    """What reads a body of this content-encoding. Raises CallError("protocol")."""
    match (encoding or "identity").strip().lower():
        case "identity" | "":
            return Plain()
        case "gzip" | "x-gzip":
            return Gzip()
        case other:
            words = f"the body comes as {other[:40]!r}, which was not asked for"
            raise CallError("protocol", words)

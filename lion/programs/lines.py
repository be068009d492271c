"""Look here if you want to know how lines are read whose length somebody else decides."""

from collections import deque
from typing import Final

import trio

CHUNK: Final = 64 * 1024
_LONG: Final = b"\n"
"""Stands for a line that is too long: no line has its end in it."""


class Lines:
    """Lines of a stream, without their ends, of at most `longest` bytes. Unless it `skips` what is
    longer, that is told at once.
    """

    def __init__(
        self, source: trio.abc.ReceiveStream, longest: int, *, skips: bool = True
    ) -> None:
        self._skips = skips
        self._source = source
        self._longest = longest
        self._ended: deque[bytes] = deque()
        self._held = bytearray()
        self._is_over = False

    async def next(self) -> bytes | None:
        """The next line; None for one that is longer, whose rest is skipped. Raises EOFError where
        there is none; half a line at the end is none.
        """
        while not self._ended:
            if self._is_over and not self._skips:
                return None
            chunk = await self._source.receive_some(CHUNK)
            if not chunk:
                raise EOFError
            first, *others = bytes(chunk).split(b"\n")
            self._take(first)
            if others:
                *whole, rest = others
                self._ended.extend((self._whole(), *whole))
                self._take(rest)
        line = self._ended.popleft()
        return None if line is _LONG or len(line) > self._longest else line

    def _take(self, piece: bytes) -> None:
        self._is_over = self._is_over or len(self._held) + len(piece) > self._longest
        if self._is_over:
            self._held.clear()
        else:
            self._held += piece

    def _whole(self) -> bytes:
        """The line that has ended; what follows begins a new one."""
        line = _LONG if self._is_over else bytes(self._held)
        self._held.clear()
        self._is_over = False
        return line

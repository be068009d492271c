"""Look here if you want to know where the body of a request waits that a person is asked about.

Rule: what was shown is what is sent: once it is taken, nothing can be added.
Rule: it is bounded, each body and all of a run together; a dropped one leaves its room to others.
"""

import hashlib
from typing import Any, Final

from lion.capabilities.opened import Opened
from lion.domain.approval import SHOWN_BODY, Body
from lion.domain.call import CallError
from lion.scopes.http_target import HttpTarget

MOST_OF_ONE: Final = 8 * 1024 * 1024
MOST_OF_RUN: Final = 64 * 1024 * 1024
"""Bytes of one body, and of all that wait in a run."""


class Spool:
    """A body that grows until it is taken; `target` and `args` are what the request was."""

    def __init__(self, opened: Opened, target: HttpTarget, args: list[Any]) -> None:
        self.target = target
        self.args = args
        self._opened = opened
        self._bytes = bytearray()
        self._digest = hashlib.sha256()
        self._held = 0
        self._is_taken = False

    def add(self, piece: bytes) -> None:
        """Raise CallError: `exhausted` if there is no room, `invalid` if it was taken."""
        if self._is_taken:
            raise CallError("invalid", "the request's body is complete")
        if len(self._bytes) + len(piece) > MOST_OF_ONE:
            words = f"a body that waits for an approval has at most {MOST_OF_ONE:,} bytes"
            raise CallError("exhausted", words)
        if self._opened.spooled + len(piece) > MOST_OF_RUN:
            words = f"bodies that wait for approvals have at most {MOST_OF_RUN:,} bytes together"
            raise CallError("exhausted", words)
        self._bytes += piece
        self._digest.update(piece)
        self._held += len(piece)
        self._opened.spooled += len(piece)

    def take(self) -> tuple[bytes, Body] | None:
        """All of it, and what a person sees of it; None the second time."""
        if self._is_taken:
            return None
        self._is_taken = True
        data, self._bytes = bytes(self._bytes), bytearray()
        begins = data[:SHOWN_BODY].decode("utf-8", "replace")
        return data, Body(size=len(data), digest=self._digest.hexdigest(), begins=begins)

    def drop(self) -> None:
        """Nobody needs it any more."""
        self._opened.spooled -= self._held
        self._held, self._is_taken, self._bytes = 0, True, bytearray()

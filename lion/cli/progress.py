"""Look here if you want to know how a command that reads a long log says how far it is.

Rule: only on a terminal, on stderr, after a second, and gone before anything else is written.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from lion.cli.screen import Screen, open_screen
from lion.ports import Progress

PATIENCE: Final = 1.0
"""Seconds before the first word."""
PAUSE: Final = 0.1
"""Seconds between two words."""


@contextmanager
def open_progress(doing: str) -> Iterator[Progress | None]:
    """What to tell of (records done, of how many); None where nobody would see it."""
    screen = open_screen("stderr")
    if not screen.is_terminal:
        yield None
        return
    words = _Words(doing, screen)
    try:
        yield words.tell
    finally:
        screen.pass_by("")


class _Words:
    def __init__(self, doing: str, screen: Screen) -> None:
        self._doing = doing
        self._screen = screen
        self._next = time.monotonic() + PATIENCE

    def tell(self, done: int, of: int) -> None:
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + PAUSE
        self._screen.pass_by(f"{self._doing}: {done:,} of {of:,} records")

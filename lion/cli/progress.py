"""Look here if you want to know how a command that takes its time, to read a long log or to
compile a large component, says how far it is.

Rule: only on a terminal, on stderr, after a second, and gone before anything else is written.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from lion.cli.screen import Screen, open_screen
from lion.domain.text import show_line
from lion.domain.units import round_size
from lion.ports import Progress
from lion.ports.compiling import COMPILING

PATIENCE: Final = 1.0
"""Seconds before the first word."""
_NAME: Final = 40
"""Characters of a component's name; the line has to fit in one of the terminal's."""
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


@contextmanager
def tell_compiling() -> Iterator[None]:
    """Within it, what is compiled is told of on a terminal; nothing is elsewhere."""
    screen = open_screen("stderr")
    if not screen.is_terminal:
        yield
        return

    def hear(origin: str, size: int, seconds: int) -> None:
        name = show_line(origin)[-_NAME:]
        screen.pass_by(f"compiling {name}, {round_size(size)}, this once: {seconds} s")

    token = COMPILING.set(hear)
    try:
        yield
    finally:
        COMPILING.reset(token)


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

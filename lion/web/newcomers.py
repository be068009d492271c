"""Look here if you want to know why those who say nothing keep nobody out of a door.

Rule: who has not said yet what he wants, or who he is, has a place of his own; there are so many,
and one more takes that of the oldest.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import trio


class Newcomers:
    """Those who are about to ask."""

    def __init__(self) -> None:
        self._scopes: dict[trio.CancelScope, None] = {}

    @contextmanager
    def one(self, most: int) -> Iterator[trio.CancelScope]:
        """A place, of at most so many; `cancelled_caught` says then that another has taken it."""
        while len(self._scopes) >= most:
            oldest = next(iter(self._scopes))
            del self._scopes[oldest]
            oldest.cancel()
        with trio.CancelScope() as scope:
            self._scopes[scope] = None
            try:
                yield scope
            finally:
                self._scopes.pop(scope, None)

"""Look here if you want to know why a log may be closed while another thread reads it.

SQLite has locks of its own for that, and Python's module has not: a connection that is closed
while a statement runs ends the process, by a signal.

Rule: whoever closes a connection that another thread is inside of waits for nothing: that thread
closes it, as soon as it comes out, and finds it closed.
"""

import sqlite3
import threading
from collections.abc import Callable
from typing import Any


class GuardedConnection(sqlite3.Connection):
    """A connection that one thread at a time is inside of, for reading by `execute` only. It may
    have something of its own to let go of when it is closed.
    """

    let_go: Callable[[], None] | None = None

    def __init__(self, *args: Any, **words: Any) -> None:
        super().__init__(*args, **words)
        self._is_left = False
        # Used as it is, not behind a method: an interrupt may not come between the lock and what
        # gives it back.
        self.inside = threading.Lock()

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        try:
            with self.inside:
                return self.cursor(_GuardedCursor).execute(sql, parameters)
        finally:
            self.come_out()

    def close(self) -> None:
        self._is_left = True
        self.come_out()

    def come_out(self) -> None:
        """Close it if that was asked for and nobody is inside."""
        if self._is_left and self.inside.acquire(blocking=False):
            try:
                super().close()
                if self.let_go is not None:
                    self.let_go()
                    self.let_go = None
            finally:
                self.inside.release()


class _GuardedCursor(sqlite3.Cursor):
    connection: GuardedConnection

    def fetchall(self) -> list[Any]:
        try:
            with self.connection.inside:
                return super().fetchall()
        finally:
            self.connection.come_out()

    def fetchone(self) -> Any:
        return next(self, None)

    def __next__(self) -> Any:
        try:
            with self.connection.inside:
                return super().__next__()
        finally:
            self.connection.come_out()

"""Look here if you want to know how a query is ended that SQLite itself cannot end.

One call of `instr`, `replace` or LIKE may take hours, in which SQLite looks at no clock. So the
database is in a process of its own (sqlite_guard.py): who overruns the time is killed with it, and
the next query gets a new one.

Rule: what the process says is bounded like the rest: a bug of SQLite's may have made it another's.
"""

import json
import os
import selectors
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

from lion.system import SettingsError, ToolError
from lion.system.shipped.sqlite_guard import Identity

GUARD: Final = Path(__file__).with_name("sqlite_guard.py")
GRACE: Final = 0.25
"""Seconds beyond its time in which a query may still say itself that it took too long."""
OPENING: Final = 20.0
"""Seconds that a process has to begin and open the database."""
LIBRARIES: Final = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
"""What a Python may need to begin; the rest of the environment is none of its business."""
PIECE: Final = 64 * 1024


class Late(Exception):
    """The time was over, and the process was killed."""


class Gone(Exception):
    """The process has ended: what it did took too much, or it was told to."""


class QueryProcess:
    """The process that has the database open. One request at a time."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._identity: Identity | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._is_closed = False

    def open(self) -> None:
        """Start it. Raises SettingsError if the database cannot be opened."""
        try:
            said = self._start()
        except (Late, Gone):
            raise SettingsError(
                f"the database {str(self._file)!r} takes too much to open"
            ) from None
        if "unreadable" in said:
            what, hint = said["unreadable"]
            raise SettingsError(what, hint=hint)

    def ask(self, request: dict[str, Any], *, seconds: float, most: int) -> dict[str, Any]:
        """The answer, of at most `most` bytes, within some seconds and GRACE. Raises ToolError,
        Late, Gone.
        """
        if self._process is None:
            said = self._start()
            if "unreadable" in said:
                raise ToolError(said["unreadable"][0])
        return self._say({**request, "seconds": seconds}, seconds + GRACE, most)

    def stop(self) -> None:
        """End what it does; no other one begins. For any thread."""
        self._is_closed = True
        if (process := self._process) is not None:
            process.kill()

    def close(self) -> None:
        """End it, when nobody asks."""
        self.stop()
        self._end()

    def _start(self) -> dict[str, Any]:
        if self._is_closed:
            raise Gone
        self._process = subprocess.Popen(
            # Isolated, and without what is installed: it needs nothing but this file.
            [sys.executable, "-I", "-S", str(GUARD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            cwd="/",
            env={name: os.environ[name] for name in LIBRARIES if name in os.environ},
            start_new_session=True,  # Ctrl-C is for lion, which ends it
        )
        request = {"file": str(self._file.absolute()), "identity": self._identity}
        said = self._say(request, OPENING, PIECE)
        if "unreadable" in said:
            self._end()
        else:
            device, number = said["identity"]
            self._identity = (device, number)
        return said

    def _say(self, request: dict[str, Any], seconds: float, most: int) -> dict[str, Any]:
        process = self._process
        assert process is not None
        try:
            found = _exchange(process, json.dumps(request).encode() + b"\n", seconds, most)
            answer: dict[str, Any] = json.loads(found)
        except (Late, Gone):
            self._end()
            raise
        except (OSError, ValueError):
            self._end()
            raise Gone from None
        return answer

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def _exchange(
    process: "subprocess.Popen[bytes]", request: bytes, seconds: float, most: int
) -> bytes:
    """Write a line and read one. Raises Late, Gone, OSError."""
    assert process.stdin is not None and process.stdout is not None
    until = time.monotonic() + seconds
    rest, found = memoryview(request), bytearray()
    os.set_blocking(process.stdin.fileno(), False)
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdin, selectors.EVENT_WRITE)
        selector.register(process.stdout, selectors.EVENT_READ)
        while not found.endswith(b"\n"):
            ready = selector.select(max(until - time.monotonic(), 0))
            if not ready:
                raise Late
            for key, _ in ready:
                if key.fileobj is process.stdout:
                    found += _piece(process.stdout.fileno(), most - len(found))
                else:
                    rest = rest[os.write(process.stdin.fileno(), rest) :]
                    if not rest:
                        selector.unregister(process.stdin)
    return bytes(found)


def _piece(descriptor: int, room: int) -> bytes:
    piece = os.read(descriptor, PIECE)
    if not piece or len(piece) > room:
        raise Gone
    return piece

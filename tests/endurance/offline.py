"""Replay runs in a process that may neither use sockets nor write files nor read others' files.

Run as `python -m tests.endurance.offline STATE CACHE (RUN | +PROBE)...`: each run is replayed and
must be identical; each +PROBE is something that must be refused, which shows that the hook works.
"""

import os
import socket
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import trio

import lion
from lion.history import replay_run
from lion.settings import Settings

NEVER = (
    "os.remove", "os.rename", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod",
    "os.chown", "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn",
    "subprocess.Popen", "shutil.", "ftplib.", "http.", "urllib.", "smtplib.", "webbrowser.",
    "tempfile.",
)  # fmt: skip


class Denied(Exception):
    """The hook's refusal."""


class Fence:
    """An audit hook: a replay may read the log, the compile cache, the interpreter's files."""

    def __init__(self, state: Path, cache: Path) -> None:
        self._state = os.path.realpath(state)
        self._cache = os.path.realpath(cache)
        own = [sys.prefix, sys.base_prefix, *sysconfig.get_paths().values()]
        own += [str(Path(lion.__file__).parent), "/proc/sys/vm", "/proc/cpuinfo", "/sys/fs/cgroup"]
        self._readable = tuple(os.path.realpath(p) for p in (*own, self._state, self._cache))
        self.seen: set[str] = set()

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        self.seen.add(event)
        if event == "open":
            self._check_open(*args)
        elif event == "os.mkdir":
            self._check_inside(args[0], (self._cache,), event)
        elif event == "sqlite3.connect":
            self._check_log(args[0])
        elif event == "socket.__new__":
            # trio wakes its own loop through a pair that has no name and reaches nobody.
            if args[1] != socket.AF_UNIX:
                raise Denied(event)
        elif event.startswith(("socket.", *NEVER)):
            raise Denied(event)

    def _check_open(self, path: object, mode: object, flags: int) -> None:
        if isinstance(path, int):
            return
        is_writing = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
        if is_writing or (isinstance(mode, str) and set(mode) & set("wax+")):
            raise Denied(f"open {path!r} for writing")
        self._check_inside(path, self._readable, "open")

    def _check_log(self, database: object) -> None:
        name = str(database)
        if name == ":memory:":  # the schema as it should be, which reaches nothing
            return
        if not (name.startswith(f"file:{self._state}") and name.endswith("?mode=ro")):
            raise Denied(f"sqlite3.connect {name}")

    def _check_inside(self, path: object, folders: tuple[str, ...], what: str) -> None:
        real = os.path.realpath(os.fsdecode(path))  # type: ignore[arg-type]
        if not any(real == folder or real.startswith(folder + os.sep) for folder in folders):
            raise Denied(f"{what} {real}")


def try_probe(name: str, state: Path) -> None:
    """Do something forbidden. Raises Denied if the fence holds."""
    match name:
        case "+connect":
            socket.create_connection(("127.0.0.1", 9))
        case "+resolve":
            socket.getaddrinfo("localhost", 80)
        case "+bind":
            socket.socketpair()[0].bind("/tmp/never")
        case "+write":
            (state / "new").write_text("never")
        case "+read":
            Path("/etc/hosts").read_text()
        case "+remove":
            (state / "log.sqlite").unlink()
        case "+spawn":
            subprocess.run(["true"], check=False)
        case _:
            raise AssertionError(name)


async def replay_all(settings: Settings, words: list[str]) -> None:
    for word in words:
        if word.startswith("+"):
            try:
                try_probe(word, settings.state)
            except Denied as exc:
                print(f"{word} denied: {exc}")
            continue
        report = await replay_run(settings, word)
        print(f"{word} {'identical' if report.identical else report.difference}")


def main(state: str, cache: str, *words: str) -> None:
    """Raise the fence, then work inside it."""
    settings = Settings(state=Path(state), cache=Path(cache))
    fence = Fence(settings.state, settings.cache)
    sys.addaudithook(fence)
    trio.run(replay_all, settings, list(words))
    assert "sqlite3.connect" in fence.seen, "nothing was replayed"


if __name__ == "__main__":
    main(*sys.argv[1:])

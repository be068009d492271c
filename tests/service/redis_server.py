"""Look here if you want to know how tests have a real Redis of their own, on loopback."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PASSWORD = "a-password-of-the-tests"
KEY = "a-key-of-the-tests-that-nobody-guesses"
PATIENCE = 60


class RedisServer:
    """A Redis, which can be stopped and started again on what it kept."""

    def __init__(self, folder: Path, password: str) -> None:
        found = shutil.which("redis-server")
        if found is None:
            pytest.skip("needs redis-server, which is not installed here")
        self._program = found
        self._folder = folder
        self._password = password
        folder.mkdir()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """As a manifest names it."""
        return f"redis://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Let it work; returns when it answers."""
        words = f"--port {self.port} --bind 127.0.0.1 --appendonly yes --appendfsync always"
        self._process = subprocess.Popen(
            [self._program, *words.split(), "--save", "", "--requirepass", self._password],
            cwd=self._folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until = time.monotonic() + PATIENCE
        while self.ask("PING") != b"+PONG":
            assert time.monotonic() < until, "it does not answer"
            assert self._process.poll() is None, "it ended"

    def stop(self) -> None:
        """Kill it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def ask(self, *words: str) -> bytes:
        """The first line of its answer to a command; empty if nobody answers."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as one:
                told = [f"AUTH {self._password}"] if self._password else []
                one.sendall("".join(f"{line}\r\n" for line in [*told, " ".join(words)]).encode())
                with one.makefile("rb") as lines:
                    return [lines.readline().rstrip() for _ in range(len(told) + 1)][-1]
        except OSError:
            return b""


@contextmanager
def redis_in(folder: Path, password: str = PASSWORD) -> Iterator[RedisServer]:
    """A Redis that works, in a folder of its own."""
    server = RedisServer(folder, password)
    try:
        server.start()
        yield server
    finally:
        server.stop()

"""Look here if you want to know how tests have a service in a process of its own, as people do."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cli.kit import SECONDS, Lion


def begin(lion: Lion, *words: str | Path) -> "subprocess.Popen[str]":
    """Start `lion serve` with these words; it is ready when this returns."""
    process = subprocess.Popen(
        [sys.executable, "-m", "lion", "serve", *map(str, words)],
        cwd=lion.folder, env=lion.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        encoding="utf-8",
    )  # fmt: skip
    assert process.stdout is not None
    process.told = []  # type: ignore[attr-defined]
    for line in process.stdout:
        process.told.append(line)  # type: ignore[attr-defined]
        if line.startswith("ready"):
            return process
    raise AssertionError(process.communicate(timeout=SECONDS)[1])


def end(process: "subprocess.Popen[str]", number: int = signal.SIGTERM) -> tuple[int, str]:
    """Signal it, and what it came to: exit code and stderr."""
    if process.poll() is None:
        os.kill(process.pid, number)
    _, err = process.communicate(timeout=SECONDS)
    return process.returncode, err


@contextmanager
def served(lion: Lion, *words: str | Path) -> Iterator["subprocess.Popen[str]"]:
    """A service while this lasts, which ends in order."""
    process = begin(lion, *words)
    try:
        yield process
    except BaseException:
        end(process, signal.SIGKILL)
        raise
    code, err = end(process)
    assert (code, err) == (0, ""), repr((code, err))

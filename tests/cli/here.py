"""Look here if you want to know how tests run a command of lion's without a process of its own.

Rule: a command gets what a process would have: folder, environment, stdin, its own stdout and
stderr down to the descriptors; all of it is put back, and what it imported from elsewhere is gone.
Rule: it runs in the main thread, because lion takes signals there.
"""

import importlib
import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import ModuleType
from typing import IO

from lion.cli.main import run_command

PROGRAM = str(Path(sys.modules["lion"].__path__[0]) / "__main__.py")
"""What `python -m lion` finds as its first word, and how lion knows what to suggest."""


def run_here(
    words: Sequence[str], *, folder: Path, environ: Mapping[str, str], stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """What `python -m lion` with these words would come to. `environ` is the whole environment;
    folders in its PYTHONPATH are where to import from for as long as the command runs.
    """
    with ExitStack() as stack:
        out, err = stack.enter_context(_streams(stdin))
        stack.enter_context(_environment(environ))
        stack.enter_context(_folder(folder))
        stack.enter_context(_importing(environ.get("PYTHONPATH", "")))
        stack.enter_context(_program(words))
        code = run_command(words)
        sys.stdout.flush()
        sys.stderr.flush()
        return subprocess.CompletedProcess([*words], code, _text(out), _text(err))


def _text(file: IO[bytes]) -> str:
    """What was written. As subprocess does it: UTF-8, and every way to end a line is one."""
    file.seek(0)
    return io.TextIOWrapper(io.BytesIO(file.read()), encoding="utf-8").read()


@contextmanager
def _streams(stdin: str) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """Descriptors 0, 1 and 2 are files of this command's, and Python's streams are upon them."""
    with ExitStack() as stack:
        files = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(3)]
        files[0].write(stdin.encode())
        files[0].seek(0)
        before = sys.stdin, sys.stdout, sys.stderr
        for number, file in enumerate(files):
            kept = os.dup(number)
            stack.callback(os.close, kept)
            stack.callback(os.dup2, kept, number)
            os.dup2(file.fileno(), number)
        sys.stdin, sys.stdout, sys.stderr = (
            open(number, mode, encoding="utf-8", errors=errors, closefd=False)  # noqa: SIM115
            for number, mode, errors in (
                (0, "r", "strict"), (1, "w", "strict"), (2, "w", "backslashreplace"),
            )
        )  # fmt: skip
        try:
            yield files[1], files[2]
        finally:
            for stream in (sys.stdin, sys.stdout, sys.stderr):
                stream.close()
            sys.stdin, sys.stdout, sys.stderr = before


@contextmanager
def _environment(environ: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def _folder(folder: Path) -> Iterator[None]:
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@contextmanager
def _program(words: Sequence[str]) -> Iterator[None]:
    before = sys.argv
    sys.argv = [PROGRAM, *words]
    try:
        yield
    finally:
        sys.argv = before


@contextmanager
def _importing(path: str) -> Iterator[None]:
    """What lies in these folders is found first, imported anew, and forgotten in the end."""
    root = Path(PROGRAM).parents[1]
    folders = [entry for entry in path.split(":") if entry and Path(entry) != root]
    kept = {name: sys.modules.pop(name) for name in _names(folders) if name in sys.modules}
    sys.path[:0] = folders
    importlib.invalidate_caches()
    try:
        yield
    finally:
        del sys.path[: len(folders)]
        for name in _names(folders):
            _forget(sys.modules.pop(name, None))
        sys.modules.update(kept)


def _names(folders: Sequence[str]) -> list[str]:
    """The modules there, which are single files."""
    return [path.stem for folder in folders for path in Path(folder).glob("*.py")]


def _forget(module: ModuleType | None) -> None:
    """Let go what a module of the tests holds up on purpose: here no process ends."""
    gate = getattr(module, "GATE", None)
    if gate is not None:
        gate.set()

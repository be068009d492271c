"""Ctrl-C in a program that leaves it to trio: no task of a run's, nor the log's, is cut by it
between two of its lines; it is the program's own task that gets it, where it waits.
"""

import ast
import os
import signal
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import trio

import lion
from lion.domain.events import LineLogged, RunFinished
from lion.domain.record import Draft, Scope
from lion.errors import AuditError
from lion.history import open_history
from lion.log import owned
from lion.log.owned import OwnedRuns
from lion.log.sqlite import open_sqlite_log
from lion.settings import Settings
from tests.conftest import CACHE
from tests.endurance.kit import AGENT, ROOT, agent, manifest, verified

ROOMS = ("kernel", "log", "capabilities", "wasm")
STARTS = ("start_soon", "start_task", "start")
ELSEWHERE = {
    ("lion/kernel/interrupts.py", "listen"): "there is no KeyboardInterrupt of trio's then",
    ("lion/kernel/invocation.py", "work"): "whatever start_task is given",
    ("lion/kernel/runs.py", "_tell"): "runs the program's own code",
    ("lion/kernel/replayed_run.py", "_run"): "a replay records nothing",
}
WAITER = manifest(
    agent("waiter", "config = { times = 3000, pieces = 0, nanos = 10000000 }"),
    AGENT.format("waiter", "wait"),
)
"""Half a minute, unless it is interrupted."""


def started(path: Path) -> Iterator[str]:
    """The names of functions that are begun as tasks in a file."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Call(func=ast.Attribute(attr=name), args=[first, *_]) if name in STARTS:
                match first:
                    case ast.Name(id=word) | ast.Attribute(attr=word):
                        yield word


def is_protected(function: ast.AsyncFunctionDef) -> bool:
    return any("enable_ki_protection" in ast.unparse(one) for one in function.decorator_list)


@cache
def functions(folder: Path) -> dict[str, dict[str, list[ast.AsyncFunctionDef]]]:
    """The async functions of a folder by file and name."""
    found: dict[str, dict[str, list[ast.AsyncFunctionDef]]] = {}
    for path in folder.rglob("*.py"):
        names = found.setdefault(str(path), {})
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.AsyncFunctionDef):
                names.setdefault(node.name, []).append(node)
    return found


@pytest.mark.parametrize("room", ROOMS)
def test_what_is_begun_as_a_task_is_protected(room: str) -> None:
    looked_at = 0
    for path in sorted((ROOT / "lion" / room).rglob("*.py")):
        near = functions(path.parent)
        for name in started(path):
            if (str(path.relative_to(ROOT)), name) in ELSEWHERE:
                continue
            here = near[str(path)].get(name)
            found = here or [f for names in near.values() for f in names.get(name, [])]
            looked_at += bool(found)
            assert all(map(is_protected, found)), (path, name)
    assert looked_at


def once(act: Callable[..., Any]) -> Callable[..., Any]:
    """The same, and a signal in its midst the first time."""
    left = [True]

    def acts(*args: Any, **words: Any) -> Any:
        if left:
            left.clear()
            signal.raise_signal(signal.SIGINT)
        return act(*args, **words)

    return acts


class Os:
    """The module, with another function in it."""

    def __init__(self, pwrite: Callable[..., Any]) -> None:
        self.pwrite = pwrite


async def wait_for_it(settings: Settings) -> None:
    """Run it to its end."""
    async with lion.open_host(state=settings.state, cache=settings.cache) as host:
        run = await host.start(WAITER)
        with trio.fail_after(20):
            await run


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path / "state", cache=Path(os.environ[CACHE]))


def check_has_ended(settings: Settings) -> None:
    """There is one run, and its record has an ending."""
    with open_history(settings) as reader:
        (run,) = [one.run for one in reader.runs()]
    assert isinstance(verified(settings, run)[-1].event(), RunFinished)


def test_one_that_comes_while_the_clock_is_noted(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What keeps the log's clock is a task of the log's."""
    monkeypatch.setattr(owned, "BEAT_SECONDS", 0.01)
    monkeypatch.setattr("lion.log.owned.os", Os(pwrite=once(os.pwrite)))
    with pytest.raises(KeyboardInterrupt):
        trio.run(wait_for_it, settings)
    check_has_ended(settings)


class Entries(list[Any]):
    """A buffer in whose midst a signal comes."""

    def append(self, entry: Any) -> None:
        super().append(entry)
        if len(self) == 1:
            signal.raise_signal(signal.SIGINT)


def test_one_that_comes_while_something_is_appended(tmp_path: Path) -> None:
    """It is written with what comes after it."""
    line = Draft(Scope(run="run-1"), 0, 0, LineLogged("info", "x"))

    async def main() -> None:
        async with open_sqlite_log(tmp_path) as log:
            await log.start_run("run-1", "m")
            log._group.entries = Entries()
            with pytest.raises(KeyboardInterrupt):
                log.append(line)
                await trio.lowlevel.checkpoint()
            log.append(line)
            with trio.fail_after(20):
                await log.commit()

    trio.run(main)
    with open_history(Settings(state=tmp_path, cache=tmp_path)) as reader:
        assert len(list(reader.records("run-1"))) == 2


class Cut(BaseException):
    """Something that nobody foresaw."""


async def test_whoever_waits_for_a_writer_that_is_gone_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, told = trio.Event(), list[str]()

    async def beat(self: OwnedRuns) -> None:
        await go.wait()
        raise Cut

    monkeypatch.setattr(OwnedRuns, "beat", beat)
    with pytest.RaisesGroup(Cut, flatten_subgroups=True):
        async with open_sqlite_log(tmp_path) as log:
            await log.start_run("run-1", "m")
            log.append(Draft(Scope(run="run-1"), 0, 0, LineLogged("info", "x")))
            go.set()
            with trio.CancelScope(shield=True), trio.move_on_after(20):
                try:
                    await log.put_blob(b"x")
                except AuditError as exc:
                    told.append(str(exc))
    assert "writer has ended" in told[0]

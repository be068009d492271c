"""Look here if you want to know that whoever waits for a large component learns that it is being
compiled, and that what goes wrong meanwhile is said as without anybody who listens.
"""

import os

import pytest
import trio
import trio.testing

from lion.cli.progress import tell_compiling
from lion.cli.screen import Screen
from lion.errors import OperatorError
from lion.ports.compiling import COMPILING
from lion.wasm.compile_child import COMPILED
from lion.wasm.compile_ends import Ended
from lion.wasm.compiler import Compiler

OUTLINE = b'{"memories": 1, "docs": {}}'
ANSWER = COMPILED + len(OUTLINE).to_bytes(4, "little") + OUTLINE


@pytest.fixture
def autojump_clock() -> trio.testing.MockClock:
    """Time passes at once."""
    return trio.testing.MockClock(autojump_threshold=0)


async def test_each_second_is_told(
    autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def takes_its_time(self: Compiler, data: bytes) -> Ended:
        await trio.sleep(3.5)
        return Ended(code=0, answer=ANSWER)

    monkeypatch.setattr(Compiler, "_run", takes_its_time)
    heard: list[tuple[str, int, int]] = []
    token = COMPILING.set(lambda *told: heard.append(told))
    try:
        made = await Compiler(None).compile(b"12345", "digest", "x.wasm")
    finally:
        COMPILING.reset(token)
    assert made.memories == 1
    assert heard == [("x.wasm", 5, 1), ("x.wasm", 5, 2), ("x.wasm", 5, 3)]
    await Compiler(None).compile(b"12345", "digest", "x.wasm")
    assert len(heard) == 3


async def test_a_failure_is_no_group(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(self: Compiler, data: bytes) -> Ended:
        raise OperatorError("no process can be started")

    monkeypatch.setattr(Compiler, "_run", fails)
    token = COMPILING.set(lambda *told: None)
    try:
        with pytest.raises(OperatorError, match="no process"):
            await Compiler(None).compile(b"12345", "digest", "x.wasm")
    finally:
        COMPILING.reset(token)


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_terminal_shows_it_and_nothing_else_does(
    is_terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, writing = os.pipe()
    screen = Screen(writing, is_terminal=is_terminal)
    monkeypatch.setattr("lion.cli.progress.open_screen", lambda name: screen)
    with tell_compiling():
        hear = COMPILING.get()
        if hear is not None:
            hear("a\x1b[2J" + "x" * 80 + ".wasm", 18 * 1024 * 1024, 7)
            screen.line("done")
    assert COMPILING.get() is None
    os.close(writing)
    with open(reading, encoding="utf-8", newline="") as stream:
        shown = stream.read()
    if not is_terminal:
        assert shown == ""
        return
    line, _, rest = shown.partition("\r\x1b[2K")
    assert line.endswith(".wasm, 18 MiB, this once: 7 s") and len(line) < 80
    assert rest == "done\n"

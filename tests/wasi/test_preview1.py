"""Look here if you want to know what a program for WASI preview 1 does here, beside what
wasmtime's own WASI makes of the same file; what of lion's it can reach; and which are refused.

`tool1` is `tool` of Rust's standard library; `c1` is C with the library of 2025, `old1` the same
with that of 2022, which takes all memory for its own.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest
import wasmtime

from lion.errors import GuestError
from lion.wasm.wasi.adapt import adapt_command
from lion.wasm.wasi.bridge import FUNCTIONS
from lion.wasm.wasi.preview1 import preview1
from tests.attack.kit import Arena, only, open_arena
from tests.extism.modules import committed
from tests.wasi import preview1 as maker
from tests.wasi.kit import by_wasmtime_preview1, mount, program, run, run_tables
from tests.wasi.test_program import ENV

ROOM: Final = {"limits": {"memory": "256 MiB"}}
CASES: Final = [
    ("tool1", ["show", "two words"], "an input\n"),
    ("tool1", ["files", "/d"], ""),
    ("tool1", ["read", "/d/there"], ""),
    ("tool1", ["copy"], "as it is"),
    ("c1", ["show"], "one\ntwo\n"),
    ("c1", ["files", "/d"], ""),
    ("old1", ["files", "/d"], ""),
    ("c1", ["x"], ""),
]


@pytest.mark.parametrize(("name", "args", "given"), CASES)
async def test_it_says_what_it_says_elsewhere(
    name: str, args: Sequence[str], given: str, tmp_path: Path
) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    for folder in (ours, theirs):
        folder.mkdir()
        (folder / "there").write_text("some text\n" * 100)
    said, ok = by_wasmtime_preview1(
        name, *args, folder=tmp_path, given=given.encode(), mounts={"/d": theirs},
        env=ENV.items(),
    )  # fmt: skip
    assert ok
    assert said
    async with open_arena(tmp_path) as arena:
        allow = {"fs": [mount(ours)]}
        report = await run(arena, name, *args, given=given, env=ENV, allow=allow, **ROOM)
        assert only(report).value == said.decode()
        assert report.denied == 0
        assert (await arena.replay(report.run)).identical
    assert sorted(p.name for p in ours.iterdir()) == sorted(p.name for p in theirs.iterdir())


@pytest.mark.parametrize("name", ["tool1", "c1", "old1"])
async def test_its_twin_without_a_grant_finds_no_directory(name: str, tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        report = await run(arena, name, "files", "/d", **ROOM)
        assert not only(report).ok
        assert "exited with code 1" in str(only(report).value)
        assert not [e for e in arena.calls(report.run) if e.capability == "fs"]
        assert (await arena.replay(report.run)).identical


@pytest.mark.parametrize(
    ("deny", "words", "ok"),
    [("clock", ["sleep", "1"], False), ("poll", ["sleep", "1"], False), ("log", ["show"], False)],
)
async def test_what_is_denied_is_not_done(
    deny: str, words: list[str], ok: bool, tmp_path: Path
) -> None:
    async with open_arena(tmp_path) as arena:
        report = await run(arena, "tool1", *words, deny=[deny], **ROOM)
        assert only(report).ok is ok
        assert report.denied
        assert (await arena.replay(report.run)).identical
        report = await run(arena, "tool1", *words, **ROOM)
        assert only(report).ok
        assert not report.denied


async def test_as_an_agent_its_task_is_what_it_reads(tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        agent = {"component": str(program("tool1")), "args": ["show"], **ROOM}
        start = {"agent": "a", "task": "do it"}
        report = await run_tables(arena, {"name": "n", "agents": {"a": agent}, "run": [start]})
        assert only(report).text == '["show"] [] "do it"\n'


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["exit", "7"], "it exited with code 1"),
        (["connect", "127.0.0.1:80"], "not supported"),
    ],
)
async def test_a_code_is_an_error_of_its_own(args: list[str], words: str, tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        report = await run(arena, "tool1", *args, **ROOM)
        assert (only(report).ok, only(report).exit_code) == (False, 1)
        assert words in str(only(report).value)


async def test_a_loop_ends_with_its_cpu_time(tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        limits = {"cpu": "50 ms", **ROOM["limits"]}
        report = await run(arena, "tool1", "spin", limits=limits)
        assert only(report).ending == "cpu"


def _wat(imports: str, code: str = "", *, memory: str = '(memory (export "memory") 1)') -> bytes:
    body = f'{memory} (data (i32.const 100) "a") (func (export "_start") {code})'
    return bytes(wasmtime.wat2wasm(f"(module {imports} {body})"))


def _import(name: str, kind: str, *, of: str = "wasi_snapshot_preview1") -> str:
    return f'(import "{of}" "{name}" (func ${name} {kind}))'


_STAT: Final = _import("clock_time_get", "(param i32 i64 i32) (result i32)")
_READDIR: Final = _import("fd_readdir", "(param i32 i32 i32 i64 i32) (result i32)")
_MAKE: Final = _import("path_create_directory", "(param i32 i32 i32) (result i32)")
_RANDOM: Final = _import("random_get", "(param i32 i32) (result i32)")
_WRITE: Final = _import("fd_write", "(param i32 i32 i32 i32) (result i32)")
_SOCKET: Final = _import("sock_shutdown", "(param i32 i32) (result i32)")
_POLL: Final = _import("poll_oneoff", "(param i32 i32 i32 i32) (result i32)")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (_wat(_import("fd_write", "(param i32) (result i32)")), "fd_write as (i32) -> (i32), but"),
        (_wat(_import("path_fly", "(param i32)")), "preview1.path_fly, which lion does not offer"),
        (
            _wat(_import("fd_write", "", of="wasi_unstable")),
            "wasi_unstable.fd_write, of a WASI be",
        ),
        (_wat(_WRITE, memory="(memory 1)"), "exports no memory"),
    ],
)
def test_what_is_not_there_is_refused_by_name(data: bytes, says: str) -> None:
    with pytest.raises(GuestError) as refused:
        adapt_command(data)
    assert refused.value.ending == "world"
    assert says in refused.value.what


def test_a_plugin_of_extisms_stays_one() -> None:
    for name in ("noop", "hello", "println", "std_command"):
        path = committed() / f"{name}.wasm"
        assert not path.exists() or adapt_command(path.read_bytes()) is None
    assert (committed() / "noop.wasm").exists()


def test_what_stands_behind_an_import_is_what_it_can_reach() -> None:
    """Files that are open are nothing to who can open none."""
    made = adapt_command(_wat(_WRITE + _STAT))
    assert made is not None
    behind = made.imports
    assert behind["wasi_snapshot_preview1.clock_time_get"] == (
        "clock.monotonic", "clock.now", "log.write",
    )  # fmt: skip
    assert not any(n.startswith("fs.file") for names in behind.values() for n in names)
    opened = _import("path_open", "(param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)")
    made = adapt_command(_wat(_WRITE + opened))
    assert made is not None
    assert "fs.file.write-at" in made.imports["wasi_snapshot_preview1.fd_write"]


def test_the_table_is_that_of_the_adapter() -> None:
    here = maker.HERE / "preview1.json"
    assert here.read_text("utf-8") == maker.reached(preview1().data)
    assert set(FUNCTIONS) < set(preview1().functions)
    assert "LLVM Exceptions" in (maker.HERE / "LICENSE-preview1").read_text("utf-8")


_ALL: Final = "(i32.const 3) (i32.const 0) (i32.const -1)"
_MANY: Final = "(i32.const 0) (i32.const 0) (i32.const 9999)"
_SAYS: Final = "(if (i32.ne ({call}) (i32.const {errno})) (then unreachable))"


@pytest.mark.parametrize(
    ("imports", "call", "errno"),
    [
        # Four GiB to fill, a path of 65,537 bytes, and more subscriptions than are read.
        (_RANDOM, "call $random_get (i32.const 0) (i32.const -1)", 48),
        (_READDIR, f"call $fd_readdir {_ALL} (i64.const 0) (i32.const 8)", 48),
        (_MAKE, "call $path_create_directory (i32.const 3) (i32.const 0) (i32.const 65537)", 37),
        (_POLL, f"call $poll_oneoff {_MANY} (i32.const 8)", 28),
        (_SOCKET, "call $sock_shutdown (i32.const 3) (i32.const 0)", 58),
        # No vectors at all, and one that is empty.
        (_WRITE, "call $fd_write (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 16)", 0),
        (_WRITE, "call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)", 0),
        (_WRITE, "call $fd_write (i32.const 77) (i32.const 0) (i32.const 1) (i32.const 16)", 8),
    ],
)  # fmt: skip
async def test_what_is_too_much_is_an_error_number(
    imports: str, call: str, errno: int, tmp_path: Path
) -> None:
    path = tmp_path / "x.wasm"
    path.write_bytes(_wat(imports, _SAYS.format(call=call, errno=errno)))
    async with open_arena(tmp_path) as arena:
        assert await _main(arena, path) == ""


@pytest.mark.parametrize(
    "call",
    [
        "call $random_get (i32.const 65530) (i32.const 64)",
        "call $random_get (i32.const -4) (i32.const 64)",
    ],
)
async def test_a_place_outside_its_memory_ends_it(call: str, tmp_path: Path) -> None:
    """The adapter's memory, which is larger, is none of it."""
    path = tmp_path / "x.wasm"
    path.write_bytes(_wat(_RANDOM, f"(drop ({call}))"))
    async with open_arena(tmp_path) as arena:
        with pytest.raises(GuestError, match="out of bounds"):
            await _main(arena, path)


async def _main(arena: Arena, path: Path) -> str:
    said: str = await arena.host.call(str(path), "main", {"input": "", "args": []})
    return said

"""Look here if you want to know what a program for WASI may do that was granted something, and
what its twin is told that was not; and that none gets out of what it was granted.
"""

import os
from pathlib import Path

import pytest

from lion.domain.call import Verdict
from lion.wasm.offers import offered
from lion.wasm.wasi import table
from lion.wasm.wasi.adapt import adapt, adapter_bytes
from lion.wasm.wasi.head import FUNC, read_head
from tests.attack.kit import Arena, only, open_arena
from tests.capabilities.http.hostile_server import open_server
from tests.wasi.kit import by_wasmtime, granted, mount, program, run
from tests.wasm.kit import open_bench

CLOSED = {
    "open ../secret", "open sub/../../secret", "open /etc/passwd", "open sub/./../../secret",
    "open ..", "link from above", "rename to above", "directory above", "unlink above",
    "remove above", "times above", "link through a link", "symlink to above",
    "symlink to the root",
    *(f"{what} {path}" for what in ("open", "stat") for path in (
        "out/secret", "file-out", "absolute")),
    "stat out/secret itself",
}  # fmt: skip
CHANGES = {
    "create", "open to write", "make a directory", "rename", "link", "symlink", "times", "unlink",
}  # fmt: skip
NOT_WITHIN_REACH = {"tcp", "udp", "lookup"}


def _laid(folder: Path) -> Path:
    """A directory beside a secret, with links that lead there."""
    (folder / "secret").write_text("secret")
    (folder / "other").mkdir()
    at = folder / "d"
    (at / "sub").mkdir(parents=True)
    (at / "file").write_text("text")
    for name, target in (("out", ".."), ("file-out", "../secret"), ("absolute", "/etc/passwd")):
        (at / name).symlink_to(target)
    return at


def _told(said: str) -> dict[str, str]:
    lines = (line.rpartition(": ") for line in said.splitlines() if ": " in line)
    return {what: came for what, _, came in lines}


async def _every(arena: Arena, at: Path, *, write: bool) -> tuple[dict[str, str], str]:
    report = await run(arena, "every", allow={"fs": [mount(at, write=write)]})
    assert only(report).ok, only(report).error
    assert (await arena.replay(report.run)).identical
    return _told(only(report).value), report.run


async def test_nobody_gets_out_of_a_directory(tmp_path: Path) -> None:
    at = _laid(tmp_path)
    async with open_arena(tmp_path) as arena:
        told, _ = await _every(arena, at, write=True)
    assert {what for what in CLOSED if told[what] == "ok"} == set()
    assert {what for what in CHANGES if told[what] != "ok"} == set()
    assert {told[what] for what in NOT_WITHIN_REACH} == {"access-denied"}
    assert (tmp_path / "secret").read_text() == "secret"
    assert (tmp_path / "other").is_dir()
    assert not (tmp_path / "made").exists()


async def test_of_what_is_for_reading_nothing_changes(tmp_path: Path) -> None:
    at = _laid(tmp_path)
    before = sorted(os.listdir(at))
    async with open_arena(tmp_path) as arena:
        told, name = await _every(arena, at, write=False)
        denied = {c.operation for c in arena.calls(name) if c.verdict is Verdict.DENY}
    assert {what for what in CLOSED | CHANGES if told[what] == "ok"} == set()
    assert sorted(os.listdir(at)) == before
    assert denied >= {"open", "make-dir", "rename", "link", "symlink", "set-times", "unlink"}


async def test_without_a_grant_there_is_no_directory_and_no_denial(tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        report = await run(arena, "every")
        assert only(report).value.startswith("0 directories\n")
        assert report.denied == 0


async def test_where_nobody_decides_the_same_program_does_it(tmp_path: Path) -> None:
    """The paths are good ones: what is closed above is closed by lion."""
    at = _laid(tmp_path)
    said, ok = by_wasmtime("every", folder=tmp_path, mounts={"/d": at})
    told = _told(said.decode())
    assert ok
    assert {what for what in CHANGES if told[what] != "ok"} == set()


@pytest.mark.parametrize(
    ("what", "capability", "says"),
    [
        ("clock", "clock", "clock.monotonic"), ("wall", "clock", "clock.now"),
        ("random", "random", "random.bytes"), ("poll", "poll", "poll"),
    ],
)  # fmt: skip
async def test_what_wasi_cannot_refuse_ends_the_call(
    what: str, capability: str, says: str, tmp_path: Path
) -> None:
    everything = ("output", "log", "clock", "random", "poll", "process")
    rest = [name for name in everything if name != capability]
    async with open_arena(tmp_path) as arena:
        report = await run(arena, "every", what, **granted(everything, tmp_path))
        assert only(report).ok, only(report).error
        assert report.denied == 0
        report = await run(arena, "every", what, **granted(rest, tmp_path))
        assert not only(report).ok
        assert only(report).value.startswith(f"{says}: ")
        assert report.denied == 1
        assert (await arena.replay(report.run)).identical


async def test_output_that_is_not_granted_is_an_error_of_the_stream(tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        report = await run(arena, "tool", "show", deny=["output"])
        assert not only(report).ok
        assert report.denied >= 1
        report = await run(arena, "tool", "show", deny=["process"])
        assert only(report).value.startswith("process.start: ")


@pytest.mark.parametrize("size", [0, 5, 70_000, 300_000])
async def test_a_request_goes_through_the_door(size: int, tmp_path: Path) -> None:
    async with open_server() as server, open_arena(tmp_path) as arena:
        url = f"{server.url}/echo"
        args = ("POST", url, str(size)) if size else ("GET", f"{server.url}/ok")
        allow = {"http": [f"GET,POST {server.url}/**"]}
        report = await run(arena, "web", *args, allow=allow)
        assert only(report).value.startswith("200 ")
        assert server.seen[-1].header("x-from") == "wasi"
        assert len(server.seen[-1].body) == size
        assert report.denied == 0
        seen = len(server.seen)
        assert (await arena.replay(report.run)).identical
        assert len(server.seen) == seen


async def test_a_request_that_was_not_granted_is_not_made(tmp_path: Path) -> None:
    async with open_server() as server, open_arena(tmp_path) as arena:
        report = await run(arena, "web", "GET", f"{server.url}/ok")
        assert only(report).value == "ErrorCode::HttpRequestDenied\n"
        assert report.denied == 1
        other = {"http": [f"GET {server.url}/other"]}
        report = await run(arena, "web", "GET", f"{server.url}/ok", allow=other)
        assert only(report).value == "ErrorCode::HttpRequestDenied\n"
        assert server.seen == []


@pytest.mark.parametrize("name", ["tool", "every", "web", "proxy"])
async def test_what_is_imported_is_what_the_table_says(name: str) -> None:
    data = program(name).read_bytes()
    adapted = adapt(data)
    async with open_bench(data, offers=offered()) as bench:
        found = {(i.interface, i.name) for i in bench.component.imports}
    wanted = {
        table.host_interface(need)
        for one in read_head(data).imports
        for function in one.functions
        for need in table.NEEDS[one.name.partition("@")[0]][function].split()
    }
    if name != "proxy":
        wanted.add(("lion:host/process@0.1.0", "start"))
    assert found == wanted
    assert {f for functions in adapted.imports.values() for f in functions} <= {
        f"{interface.removeprefix('lion:host/').partition('@')[0]}.{function}".replace(
            "[method]", ""
        )
        for interface, function in found
    }


def test_the_table_is_all_that_the_adapter_has() -> None:
    from wasmtime import Config, Engine
    from wasmtime.component import Component
    from wasmtime.component import _types as w

    engine = Engine(Config())
    component = Component(engine, adapter_bytes())
    found = {
        name.partition("@")[0]: {
            n for n, x in item.ty.exports(engine).items() if isinstance(x.ty, w.FuncType)
        }
        for name, item in component.type.exports(engine).items()
        if name.startswith("wasi:")
    }
    assert found == {name: set(functions) for name, functions in table.NEEDS.items()}
    imported = {
        (one.name, d.name)
        for one in read_head(adapter_bytes()).imports
        for d in one.declared
        if d.sort == FUNC and d.name
    }
    needs = {n for functions in table.NEEDS.values() for n in " ".join(functions.values()).split()}
    known = {table.host_interface(need) for need in needs}
    assert imported - known == {("lion:guest/exit@0.1.0", "finish")}


async def test_a_function_that_the_table_does_not_name_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were the table wrong, the adapter could not do more than it says."""
    types = dict(table.NEEDS["wasi:filesystem/types"])
    types["[method]descriptor.open-at"] = "fs.stat"
    monkeypatch.setattr(
        "lion.wasm.wasi.adapt.NEEDS", {**table.NEEDS, "wasi:filesystem/types": types}
    )
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "file").write_text("text")
    async with open_arena(tmp_path) as arena:
        allow = {"fs": [mount(tmp_path / "d")]}
        report = await run(arena, "tool", "read", "/d/file", allow=allow)
        assert only(report).ending == "trap"
        assert not [c for c in arena.calls(report.run) if c.operation == "open"]

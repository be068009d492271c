"""Look here if you want to know what a program for WASI 0.2 does here, beside what wasmtime's own
WASI makes of the same file; and that each of its runs is replayed.
"""

from pathlib import Path

import pytest

from lion.domain.events import LineLogged
from lion.errors import GuestError
from tests.attack.kit import Arena, only, open_arena
from tests.wasi.kit import by_wasmtime, mount, program, run, run_tables

ENV = {"HOME": "/d", "LANG": "C"}


async def _identical(arena: Arena, run: str) -> None:
    assert (await arena.replay(run)).identical


@pytest.mark.parametrize(
    ("args", "given"),
    [(["show", "two words"], "an input\n"), (["files", "/d"], ""), (["read", "/d/there"], "")],
)
async def test_it_says_what_it_says_elsewhere(args: list[str], given: str, tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    for folder in (ours, theirs):
        folder.mkdir()
        (folder / "there").write_text("some text\n" * 100)
    said, ok = by_wasmtime(
        "tool", *args, folder=tmp_path, given=given.encode(), mounts={"/d": theirs},
        env=ENV.items(),
    )  # fmt: skip
    assert ok
    assert said
    async with open_arena(tmp_path) as arena:
        report = await run(arena, "tool", *args, given=given, env=ENV, allow={"fs": [mount(ours)]})
        assert only(report).value == said.decode()
        assert report.denied == 0
        await _identical(arena, report.run)
    assert sorted(p.name for p in ours.iterdir()) == sorted(p.name for p in theirs.iterdir())


async def test_bytes_that_are_no_text_come_back(tmp_path: Path) -> None:
    given = "data:application/octet-stream;base64,/wABAg=="
    async with open_arena(tmp_path) as arena:
        report = await run(arena, "tool", "copy", given=given)
        assert only(report).value == given


async def test_the_manifest_gives_what_no_call_does(tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        report = await run(arena, "tool", args=["show", "first"], stdin="from the manifest")
        assert only(report).value == '["show", "first"] [] "from the manifest"\n'


async def test_nothing_of_the_hosts_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    async with open_arena(tmp_path) as arena:
        report = await run(arena, "tool", "show")
        assert only(report).value == '["show"] [] ""\n'


async def test_as_an_agent_its_task_is_what_it_reads(tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        agent = {"component": str(program("tool")), "args": ["show"]}
        start = {"agent": "a", "task": "do it"}
        report = await run_tables(arena, {"name": "n", "agents": {"a": agent}, "run": [start]})
        assert only(report).text == '["show"] [] "do it"\n'
        lines = [e for e in arena.calls(report.run) if e.capability == "log"]
        assert [one.args for one in lines] == [["warn", "that was all"]]
        assert not any(isinstance(e, LineLogged) for e in arena.events(report.run))
        await _identical(arena, report.run)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["exit", "7"], "it exited with code 1"),
        (["read", "/none"], "it exited with code 1: Error: Os { code: 44, kind: NotFound"),
        (["connect", "127.0.0.1:80"], "it exited with code 1: Error: Os { code: 2, kind: Perm"),
    ],
)
async def test_a_code_is_an_error_of_its_own(args: list[str], words: str, tmp_path: Path) -> None:
    _, ok = by_wasmtime("tool", *args, folder=tmp_path)
    assert not ok
    async with open_arena(tmp_path) as arena:
        report = await run(arena, "tool", *args)
        ending = only(report)
        assert (ending.ok, ending.exit_code) == (False, 1)
        assert str(ending.value).startswith(words)
        await _identical(arena, report.run)


async def test_exit_0_is_its_answer(tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        report = await run(arena, "tool", "exit", "0")
        assert (only(report).ok, only(report).value) == (True, "")


async def test_a_panic_is_a_trap_with_its_words(tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        report = await run(arena, "tool", "panic")
        assert only(report).ending == "trap"
        said = [e.args[1] for e in arena.calls(report.run) if e.capability == "log"]
        assert any("on purpose" in line for line in said)


async def test_it_sleeps_without_a_thread_and_wakes(tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        report = await run(arena, "tool", "sleep", "20")
        assert only(report).value == "true\n"
        await _identical(arena, report.run)


async def test_a_loop_ends_with_its_cpu_time(tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        report = await run(arena, "tool", "spin", limits={"cpu": "50 ms"})
        assert only(report).ending == "cpu"


async def test_memory_is_bounded(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    with (tmp_path / "d" / "large").open("wb") as file:
        file.truncate(80 * 1024 * 1024)
    async with open_arena(tmp_path) as arena:
        report = await run(
            arena, "tool", "read", "/d/large", allow={"fs": [mount(tmp_path / "d", write=False)]},
            limits={"deadline": "20 s"},
        )  # fmt: skip
        assert not only(report).ok


async def test_a_server_of_wasi_is_a_tool(tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        request = {
            "method": "POST", "url": "http://x/a?b=c", "headers": "content-type: text/plain",
            "body": "12345",
        }  # fmt: skip
        tables = {
            "name": "n",
            "plugins": {"x": {"component": str(program("proxy"))}},
            "run": [{"call": "x.handle", "with": {"request": request}}],
        }
        report = await run_tables(arena, tables)
        assert only(report).value == {
            "status": 201, "headers": "x-path: /a?b=c", "body": '5 bytes of "text/plain"',
        }  # fmt: skip
        await _identical(arena, report.run)


@pytest.mark.parametrize(
    ("url", "body", "gives"),
    [
        ("http://x/bytes", "data:application/octet-stream;base64,/wABAg==", "same"),
        ("http://x/bytes", "y" * 300_000, "same"),
        ("http://x", "", '0 bytes of ""'),
    ],
)
async def test_bodies_of_a_server(url: str, body: str, gives: str, tmp_path: Path) -> None:
    request = {"method": "GET", "url": url, "headers": "", "body": body}
    async with open_arena(tmp_path) as arena:
        answer = await arena.host.call(str(program("proxy")), "handle", {"request": request})
        assert answer["status"] == 200
        assert answer["body"] == (body if gives == "same" else gives)


async def test_a_server_that_gives_no_answer(tmp_path: Path) -> None:
    request = {"method": "GET", "url": "http://x/silent", "headers": "", "body": ""}
    async with open_arena(tmp_path) as arena:
        tables = {
            "name": "n",
            "plugins": {"x": {"component": str(program("proxy"))}},
            "run": [{"call": "x.handle", "with": {"request": request}}],
        }
        report = await run_tables(arena, tables)
        assert only(report).value == "it gave no answer"


async def test_what_is_no_guest_of_wasis_stays_what_it_is(tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        with pytest.raises(GuestError, match=r"wasi:cli/environment@0\.3\.0.*not here yet"):
            await arena.host.call(str(_renamed(tmp_path, b"@0.2.6", b"@0.3.0")), "main")


def _renamed(folder: Path, old: bytes, new: bytes) -> Path:
    data = program("tool").read_bytes()
    place = folder / "renamed.wasm"
    name = b"wasi:cli/environment"
    place.write_bytes(data.replace(name + old, name + new))
    assert name + new in place.read_bytes()
    return place

"""Look here if you want to know that a quota of files is kept to the byte, whatever is tried."""

import fcntl
import os
import resource
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from lion.capabilities.fs.usage import entries
from lion.scopes.fs_path import RESERVED
from tests.capabilities.fs.rig import Guest, grant, open_guest, open_guests
from tests.examples import examples


def usage(home: Path) -> tuple[int, int]:
    """Bytes and names as anybody would count them."""
    size, seen, names = 0, set(), 0
    for folder, folders, files in os.walk(home):
        for name in (*folders, *files):
            info = os.lstat(os.path.join(folder, name))
            names += 1
            if not stat.S_ISDIR(info.st_mode) and info.st_ino not in seen:
                seen.add(info.st_ino)
                size += info.st_size
    return size, names


async def test_bytes_to_the_byte(tmp_path: Path) -> None:
    async with open_guest(grant("/n", tmp_path / "n", write=True, size=10)) as guest:
        assert await guest("write", "/n/a", "12345678901u") == "exhausted"
        assert "the quota is 10 bytes, 0 are used, 11 more are asked for" in guest.words
        assert os.listdir(tmp_path / "n") == []
        assert await guest("write", "/n/a", "1234567890u") is None
        assert await guest("write", "/n/a", "ABCDEFGHIJu") is None
        assert await guest("write", "/n/b", "xu") == "exhausted"
        assert await guest("write", "/n/b", "u") is None
        assert await guest("write", "/n/a", "1234u") is None
        assert await guest("write", "/n/b", "1234567u") == "exhausted"
        assert await guest("write", "/n/b", "123456u") is None
        assert await guest("unlink", "/n/a") is None
        assert await guest("write", "/n/b", "1234567890u") is None
        assert usage(tmp_path / "n") == (10, 1)


async def test_bytes_through_a_handle(tmp_path: Path) -> None:
    async with open_guest(grant("/n", tmp_path / "n", write=True, size=10)) as guest:
        file = await guest.opened("/n/a", "read", "write", "create")
        assert await guest("file.write-at", file, 5, "123456u") == "exhausted"
        assert await guest("file.write-at", file, 5, "12345u") is None
        assert await guest("file.write-at", file, 0, "1234567890u") is None
        assert await guest("file.append", file, "xu") == "exhausted"
        assert await guest("file.set-size", file, 11) == "exhausted"
        assert await guest("file.set-size", file, 2**40) == "exhausted"
        assert await guest("file.set-size", file, 2**63) == "invalid"
        assert await guest("file.write-at", file, 2**62, "xu") == "exhausted"
        assert await guest("file.write-at", file, 2**63 - 1, "xu") == "invalid"
        assert (tmp_path / "n/a").read_text() == "1234567890"
        assert await guest("file.set-size", file, 4) is None
        assert await guest("write", "/n/b", "123456u") is None
        assert await guest("file.set-size", file, 5) == "exhausted"
        again = await guest.opened("/n/b", "write", "truncate")
        assert await guest("file.append", again, "123456u") == 0
        assert await guest("file.append", again, "7u") == "exhausted"


async def test_files_counted_are_all_names(tmp_path: Path) -> None:
    home = tmp_path / "n"
    async with open_guest(grant("/n", home, write=True, files=4)) as guest:
        assert await guest("make-dir", "/n/d") is None
        assert await guest("write", "/n/d/a", "u") is None
        assert await guest("symlink", "a", "/n/d/s") is None
        assert await guest("link", "/n/d/a", "/n/d/b") is None
        tries: list[tuple[Any, ...]] = [
            ("write", "/n/x", "u"),
            ("make-dir", "/n/x"),
            ("symlink", "a", "/n/x"),
            ("link", "/n/d/a", "/n/x"),
            ("open", "/n/x", ("write", "create")),
            ("open", "/n/x", ("write", "create", "exclusive")),
        ]
        for words in tries:
            assert await guest(*words) == "exhausted", words
        assert usage(home)[1] == 4
        assert await guest("rename", "/n/d/a", "/n/d/s") is None
        assert await guest("write", "/n/x", "u") is None
        assert await guest("unlink", "/n/d/b") is None
        assert await guest("make-dir", "/n/d/e") is None
        assert await guest("remove-dir", "/n/d/e") is None
        assert await guest("write", "/n/y", "u") is None
        assert await guest("write", "/n/z", "u") == "exhausted"
        assert await guest("write", "/n/y", "1u") is None


async def test_what_was_there_before_counts(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d/f").write_text("12345")
    os.link(tmp_path / "d/f", tmp_path / "g")
    async with open_guest(grant("/n", tmp_path, write=True, size=6, files=4)) as guest:
        assert await guest("write", "/n/a", "12u") == "exhausted"
        assert await guest("write", "/n/a", "1u") is None
        assert await guest("write", "/n/b", "u") == "exhausted"
        assert await guest("unlink", "/n/g") is None
        assert await guest("write", "/n/b", "1u") == "exhausted"
        assert await guest("unlink", "/n/d/f") is None
        assert await guest("write", "/n/b", "12345u") is None


async def test_less_may_be_made_of_too_much(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x" * 100)
    async with open_guest(grant("/n", tmp_path, write=True, size=10, files=0)) as guest:
        assert await guest("write", "/n/f", "x" * 101 + "u") == "exhausted"
        assert await guest("write", "/n/f", "x" * 50 + "u") is None
        file = await guest.opened("/n/f", "write")
        assert await guest("file.write-at", file, 49, "yu") is None
        assert await guest("file.set-size", file, 11) is None
        assert await guest("file.set-size", file, 12) == "exhausted"
        assert await guest("rename", "/n/f", "/n/g") is None


async def test_no_room_comes_from_what_others_put_there(tmp_path: Path) -> None:
    async with open_guest(grant("/n", tmp_path, write=True, size=10)) as guest:
        await guest("write", "/n/a", "1234567890u")
        (tmp_path / "big").write_text("x" * 1_000)
        await guest("unlink", "/n/big")
        assert await guest("write", "/n/b", "x" * 11 + "u") == "exhausted"


async def test_a_file_without_a_name_still_takes_room(tmp_path: Path) -> None:
    async with open_guest(grant("/n", tmp_path, write=True, size=10)) as guest:
        for take_away in (
            ("unlink", "/n/a"),
            ("write", "/n/a", "u"),
            ("rename", "/n/empty", "/n/a"),
        ):
            first = await guest.opened("/n/a", "write", "create", "truncate")
            second = await guest.opened("/n/a", "read")
            await guest("write", "/n/empty", "u")
            assert await guest("file.append", first, "12345678u") == 0
            assert await guest(*take_away) is None
            assert await guest("file.append", first, "90u") == 8
            assert await guest("file.append", first, "xu") == "exhausted"
            guest.caller.handles.drop(first)
            assert await guest("write", "/n/b", "xu") == "exhausted"
            guest.caller.handles.drop(second)
            assert await guest("write", "/n/b", "1234567890u") is None
            await guest("write", "/n/b", "u")


async def test_instances_and_holders_share_what_a_directory_has(tmp_path: Path) -> None:
    small, large = grant("/n", tmp_path, write=True, size=10), grant(
        "/m", tmp_path, write=True, size=20
    )  # fmt: skip
    async with open_guests([[small], [large]]) as (one, other):
        assert await other("write", "/m/a", "x" * 8 + "u") is None
        assert await one("write", "/n/b", "xxxu") == "exhausted"
        assert await one("write", "/n/b", "xxu") is None
        assert await other("write", "/m/c", "x" * 11 + "u") == "exhausted"


async def test_many_at_once_never_pass_the_quota(tmp_path: Path) -> None:
    async with open_guest(grant("/n", tmp_path, write=True, size=1_000, files=10)) as guest:

        async def write(number: int) -> None:
            await Guest(guest.caller)("write", f"/n/{number % 15}", "x" * (number % 7 * 50) + "u")

        async with trio.open_nursery() as nursery:
            for number in range(200):
                nursery.start_soon(write, number)
        size, names = usage(tmp_path)
        assert size <= 1_000 and names <= 10


async def test_what_a_killed_writer_left_is_removed_hidden_and_not_counted(
    tmp_path: Path,
) -> None:
    (tmp_path / "d").mkdir()
    for path in (tmp_path, tmp_path / "d"):
        (path / f"{RESERVED}left").write_text("x" * 100)
    living = tmp_path / f"{RESERVED}living"
    with living.open("w") as file:
        file.write("x" * 100)
        file.flush()
        fcntl.flock(file, fcntl.LOCK_EX)
        async with open_guest(grant("/n", tmp_path, write=True, size=10, files=2)) as guest:
            assert await guest("list", "/n", None, 9) == ["d"]
            assert await guest("write", "/n/a", "1234567890u") is None
            assert sorted(os.listdir(tmp_path)) == [living.name, "a", "d"]
            assert os.listdir(tmp_path / "d") == []


@pytest.mark.parametrize("name", [f"{RESERVED}x", f"{RESERVED.upper()}x", ".lion-tmp\u200b-x"])
async def test_names_of_the_host_are_not_the_guests(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("half")
    (tmp_path / "link").symlink_to(name)
    async with open_guest(grant("/n", tmp_path, write=True)) as guest:
        assert await guest("read", f"/n/{name}") == "invalid"
        assert await guest("write", f"/n/{name}", "u") == "invalid"
        assert await guest("make-dir", f"/n/{name}") == "invalid"
        assert await guest("symlink", name, "/n/s") == "invalid"
        assert await guest("rename", "/n/link", f"/n/{name}") == "invalid"
        assert await guest("read", "/n/link") == "invalid"


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """No file grows beyond `size` bytes: a write stops in the middle."""
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, old[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)


async def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    async with open_guest(grant("/n", tmp_path, write=True, size=10_000)) as guest:
        await guest("write", "/n/a", "oldu")
        with full_disk(4_096):
            assert await guest("write", "/n/a", "x" * 8_000 + "u") == "exhausted"
        assert os.listdir(tmp_path) == ["a"]
        assert (tmp_path / "a").read_text() == "old"
        assert await guest("write", "/n/a", "x" * 10_000 + "u") is None


async def test_what_half_a_write_left_behind_is_counted(tmp_path: Path) -> None:
    async with open_guest(grant("/n", tmp_path, write=True, size=10_000)) as guest:
        file = await guest.opened("/n/a", "write", "create")
        with full_disk(4_096):
            assert await guest("file.append", file, "x" * 8_000 + "u") == "exhausted"
        assert (tmp_path / "a").stat().st_size == 4_096
        assert await guest("write", "/n/b", "x" * 5_905 + "u") == "exhausted"
        assert await guest("write", "/n/b", "x" * 5_904 + "u") is None


NAMES = st.sampled_from(["/n/a", "/n/b", "/n/d", "/n/d/a", "/n/d/b", "/n/e"])
TEXTS = st.integers(0, 30).map(lambda n: "x" * n + "u")
STEPS = st.one_of(
    st.tuples(st.just("write"), NAMES, TEXTS),
    st.tuples(st.just("unlink"), NAMES),
    st.tuples(st.just("make-dir"), NAMES),
    st.tuples(st.just("remove-dir"), NAMES),
    st.tuples(st.just("rename"), NAMES, NAMES),
    st.tuples(st.just("link"), NAMES, NAMES),
    st.tuples(st.just("symlink"), st.sampled_from(["a", "d", "../a"]), NAMES),
    st.tuples(st.just("handle"), NAMES, st.integers(0, 40), TEXTS, st.booleans()),
)


@examples(60)
@given(st.lists(STEPS, max_size=25))
def test_the_ledger_is_what_is_there(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[Any, ...]]
) -> None:
    home = tmp_path_factory.mktemp("ledger")

    async def run() -> None:
        async with open_guest(grant("/n", home, write=True, size=60, files=5)) as guest:
            for name, *args in steps:
                if name == "handle":
                    await _handle(guest, *args)
                else:
                    await guest(name, *args)
                size, names = usage(home)
                assert size <= 60 and names <= 5
            # Whatever happened, exactly what is free can still be written.
            size, names = usage(home)
            if names < 5:
                assert await guest("write", "/n/free", "x" * (61 - size) + "u") == "exhausted"
                assert await guest("write", "/n/free", "x" * (60 - size) + "u") is None

    trio.run(run)


async def _handle(guest: Guest, path: str, offset: int, text: str, cut: bool) -> None:
    rep = await guest("open", path, ("write", "create"))
    if isinstance(rep, int):
        await guest("file.write-at", rep, offset, text)
        if cut:
            await guest("file.set-size", rep, offset)
        guest.caller.handles.drop(rep)


def test_entries_name_everything_once(tmp_path: Path) -> None:
    (tmp_path / "d/e").mkdir(parents=True)
    (tmp_path / "d/f").touch()
    (tmp_path / "d/e/up").symlink_to("..")
    top = os.open(tmp_path, os.O_RDONLY)
    try:
        found = sorted((entry.depth, entry.name) for entry in entries(top))
    finally:
        os.close(top)
    assert found == [(1, b"d"), (2, b"e"), (2, b"f"), (3, b"up")]

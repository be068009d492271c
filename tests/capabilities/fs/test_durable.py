"""A file is replaced at once; with LION_DURABILITY=full it is on the disk before anybody knows."""

import fcntl
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lion.capabilities.fs.guard import Guard
from lion.capabilities.fs.roots import open_files
from lion.capabilities.opened import Opened
from lion.testing.caller import FakeCaller
from tests.attack.kit import call, holder, only, open_arena
from tests.capabilities.fs.rig import Guest, grant, open_guest, plan_of

Log = list[tuple[str, str]]


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> Log:
    """What is asked of the system, in order: flushes with what of, renames and unlinks."""
    said: Log = []
    fsync, rename = os.fsync, os.rename

    def flushed(number: int) -> None:
        info = os.fstat(number)
        said.append(("flush", "folder" if stat.S_ISDIR(info.st_mode) else f"{info.st_size} B"))
        fsync(number)

    def renamed(*args: Any, **more: Any) -> None:
        said.append(("rename", ""))
        rename(*args, **more)

    monkeypatch.setattr(os, "fsync", flushed)
    monkeypatch.setattr(os, "rename", renamed)
    monkeypatch.delattr(fcntl, "F_FULLFSYNC", raising=False)
    return said


async def work(home: Path, *, is_durable: bool, act: Callable[[Guest], Any]) -> None:
    granted = grant("/w", home, write=True)
    async with open_files(plan_of(granted), Guard(), is_durable=is_durable) as files:
        caller = FakeCaller(grants=[granted], services=Opened(files=files))
        caller.holder = "guide"
        assert await act(Guest(caller)) is None


async def test_a_replaced_file_is_on_the_disk_before_its_name_is_and_the_name_before_the_answer(
    tmp_path: Path, done: Log
) -> None:
    (tmp_path / "a").write_text("old")
    await work(tmp_path, is_durable=True, act=lambda guest: guest("write", "/w/a", "newu"))
    assert done == [("flush", "3 B"), ("rename", ""), ("flush", "folder")]
    assert (tmp_path / "a").read_text() == "new"


async def test_usually_the_system_chooses_when(tmp_path: Path, done: Log) -> None:
    await work(tmp_path, is_durable=False, act=lambda guest: guest("write", "/w/a", "newu"))
    assert done == [("rename", "")]


@pytest.mark.parametrize(
    ("operation", "arguments", "folders"),
    [
        ("make-dir", ("/w/new",), 1),
        ("remove-dir", ("/w/folder",), 1),
        ("unlink", ("/w/a",), 1),
        ("link", ("/w/a", "/w/b"), 2),
        ("symlink", ("a", "/w/b"), 1),
        ("rename", ("/w/a", "/w/folder/b"), 2),
    ],
)
async def test_a_changed_directory_is_on_the_disk_too(
    tmp_path: Path, done: Log, operation: str, arguments: tuple[str, ...], folders: int
) -> None:
    (tmp_path / "a").write_text("x")
    (tmp_path / "folder").mkdir()
    await work(tmp_path, is_durable=True, act=lambda guest: guest(operation, *arguments))
    assert done[-folders:] == [("flush", "folder")] * folders


async def test_the_operators_choice_reaches_a_guests_write(tmp_path: Path, done: Log) -> None:
    grants = f'allow.fs = [{{ path = "/w", at = "{tmp_path / "w"}", write = true }}]'
    for durability, flushes in (("normal", 0), ("full", 2)):
        done.clear()
        (tmp_path / durability).mkdir()
        async with open_arena(tmp_path / durability, durability=durability) as arena:
            asked = call("files.write", path="/w/a", text="hello")
            report = await arena.run(holder("files", "files", grants), asked)
        assert only(report).ok, report
        assert [what for what, _ in done].count("flush") == flushes
        assert (tmp_path / "w" / "a").read_text() == "hello"


async def test_who_reads_meanwhile_sees_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    file, size = tmp_path / "a", 60_000
    wholes = {letter.encode() * size for letter in "ab"}
    file.write_bytes(b"a" * size)
    seen: set[bytes] = set()
    is_over = threading.Event()

    def look() -> None:
        while not is_over.is_set():
            seen.add(file.read_bytes())

    reader = threading.Thread(target=look)
    reader.start()
    try:
        async with open_guest(grant("/w", tmp_path, write=True)) as guest:
            for number in range(200):
                assert await guest("write", "/w/a", "ba"[number % 2] * size + "u") is None
    finally:
        is_over.set()
        reader.join()
    assert seen <= wholes
    assert os.listdir(tmp_path) == ["a"]

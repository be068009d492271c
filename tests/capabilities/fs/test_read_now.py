"""What the system has in memory is read without a thread, and is what a thread would read."""

import errno
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from lion.capabilities.fs import file as files
from lion.capabilities.fs.file import NOWAIT, Descriptor, OpenFile
from lion.domain.call import CallError
from lion.values.packed import pack

ROOM = 256 * 1024


@contextmanager
def opened(path: Path, *, readable: bool = True) -> Iterator[OpenFile]:
    """A file, as a guest has it."""
    descriptor = Descriptor(os.open(path, os.O_RDONLY))
    try:
        none = cast(Any, None)  # of what is only written
        yield OpenFile(descriptor, none, {}, readable=readable, writable=False)
    finally:
        descriptor.close()


def content(path: Path, size: int) -> bytes:
    data = ("lions \N{LION FACE} " * (size // 8 + 1)).encode()[:size]
    path.write_bytes(data)
    return data


@pytest.mark.parametrize("size", [0, 5, 100_000, ROOM, ROOM + 1])
def test_it_is_what_a_thread_would_read(tmp_path: Path, size: int) -> None:
    data = content(tmp_path / "file", size)
    with opened(tmp_path / "file") as file:
        for offset, length in ((0, ROOM), (3, 7), (size, 10), (size + 9, 1), (1, size or 1)):
            there = file.read_now(offset, length)
            if there is None:
                assert length > ROOM or not _has(tmp_path / "file")
                continue
            expected = data[offset : offset + length]
            assert bytes(there) == expected == file.read_at(offset, length)
            assert pack(there) == pack(expected)


def _has(path: Path) -> bool:
    """Whether this file system says what it has in memory."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.preadv(number, [bytearray(1)], 0, NOWAIT)
    except OSError:
        return False
    finally:
        os.close(number)
    return bool(NOWAIT)


@pytest.mark.parametrize("number", [errno.EAGAIN, errno.EOPNOTSUPP, errno.EINVAL])
@pytest.mark.parametrize("first", [0, 10])
def test_half_of_it_is_never_taken_for_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: int, number: int
) -> None:
    """A short read is the end of a file to whoever asked."""
    content(tmp_path / "file", 100)
    left = [first]

    def preadv(number_: int, rooms: Sequence[memoryview], offset: int, flags: int) -> int:
        if left and (got := left.pop()):
            rooms[0][:got] = b"x" * got
            return got
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(files, "NOWAIT", 8)
    monkeypatch.setattr(os, "preadv", preadv, raising=False)
    with opened(tmp_path / "file") as file:
        assert file.read_now(0, 100) is None
        assert len(file.read_at(0, 100)) == 100


def test_where_nobody_says_so_a_thread_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content(tmp_path / "file", 10)
    monkeypatch.setattr(files, "NOWAIT", 0)
    with opened(tmp_path / "file") as file:
        assert file.read_now(0, 10) is None


def test_the_same_is_refused(tmp_path: Path) -> None:
    content(tmp_path / "file", 10)
    with opened(tmp_path / "file", readable=False) as file:
        with pytest.raises(CallError, match="not opened for reading"):
            file.read_now(0, 1)
        with pytest.raises(CallError, match="a file has at most"):
            file.read_now(2**63 - 1, 1)


def test_each_thread_has_a_room_of_its_own(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text(name * 9)
    found: list[bytes] = []
    with opened(tmp_path / "a") as a, opened(tmp_path / "b") as b:
        first = a.read_now(0, 9)

        def other() -> None:
            there = b.read_now(0, 9)
            found.append(b"b" * 9 if there is None else bytes(there))

        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        assert found == [b"b" * 9]
        assert first is None or bytes(first) == b"a" * 9

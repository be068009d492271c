"""Files of others are read if they are files, and not endlessly."""

import os
import socket
from pathlib import Path

import pytest

from lion.errors import OperatorError
from lion.foreign import read_component
from lion.reading import COMPONENT_SIZE, read_regular


def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    assert read_regular(tmp_path / "file") == read_regular(tmp_path / "file", 5) == b"12345"
    (tmp_path / "link").symlink_to(tmp_path / "file")
    assert read_regular(tmp_path / "link") == b"12345"


def test_a_pipe_does_not_keep_the_reader_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OperatorError, match="is a named pipe, not a file"):
        read_component(tmp_path / "pipe")


def test_what_never_ends_is_not_begun() -> None:
    with pytest.raises(OperatorError, match="is a device, not a file"):
        read_component(Path("/dev/zero"))


def test_a_socket_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        with pytest.raises(OperatorError, match="is a socket, not a file"):
            read_component(Path("socket"))


def test_a_sparse_file_is_too_large_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(COMPONENT_SIZE + 1)
    monkeypatch.setattr(os, "fdopen", None)
    with pytest.raises(OperatorError, match="larger than 64 MiB"):
        read_component(tmp_path / "sparse")


def test_a_file_that_grows_while_it_is_read_is_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"123456")
    monkeypatch.setattr("lion.reading._check", lambda *a: None)
    with pytest.raises(OperatorError, match="larger"):
        read_regular(tmp_path / "file", 5)


def test_what_becomes_a_pipe_in_between_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"1")
    open_file = os.open

    def swapped(path: Path, flags: int) -> int:
        path.unlink()
        os.mkfifo(path)
        return open_file(path, flags)

    monkeypatch.setattr(os, "open", swapped)
    with pytest.raises(OperatorError, match="named pipe"):
        read_regular(tmp_path / "file")


def test_a_directory_and_nothing_are_what_they_always_were(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        read_regular(tmp_path)
    with pytest.raises(FileNotFoundError):
        read_regular(tmp_path / "nothing")
    with pytest.raises(OperatorError, match="cannot be read: Is a directory"):
        read_component(tmp_path)

"""Compiled code is loaded only as lion wrote it, by the user who wrote it."""

import errno
import hashlib
import os
import warnings
from pathlib import Path
from typing import Any

import pytest

from lion.errors import LionWarning, OperatorError
from lion.wasm import processor, runtime
from lion.wasm.cache import CompileCache
from lion.wasm.engine import FLAGS, engine_digest

ROOT = Path(__file__).parents[2]
DIGEST = hashlib.sha256(b"component").hexdigest()


@pytest.fixture
def cache(tmp_path: Path) -> CompileCache:
    return CompileCache(tmp_path / "cache", "engine")


def _entry(tmp_path: Path) -> Path:
    (path,) = (tmp_path / "cache").glob("*.cwasm")
    return path


def test_what_is_written_is_read(cache: CompileCache, tmp_path: Path) -> None:
    assert cache.read(DIGEST) is None
    cache.write(DIGEST, b"machine code")
    assert cache.read(DIGEST) == b"machine code"
    assert (tmp_path / "cache").stat().st_mode & 0o777 == 0o700
    assert _entry(tmp_path).stat().st_mode & 0o777 == 0o600
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_another_engine_or_component_has_another_entry(
    cache: CompileCache, tmp_path: Path
) -> None:
    cache.write(DIGEST, b"machine code")
    assert CompileCache(tmp_path / "cache", "another").read(DIGEST) is None
    assert cache.read(hashlib.sha256(b"other").hexdigest()) is None


@pytest.mark.parametrize("at", [0, 20, 50, -1])
def test_one_changed_byte_is_enough(cache: CompileCache, tmp_path: Path, at: int) -> None:
    cache.write(DIGEST, b"machine code")
    data = bytearray(_entry(tmp_path).read_bytes())
    data[at] ^= 1
    _entry(tmp_path).write_bytes(data)
    assert cache.read(DIGEST) is None


def test_truncated_and_foreign_files_are_not_loaded(cache: CompileCache, tmp_path: Path) -> None:
    cache.write(DIGEST, b"machine code")
    path = _entry(tmp_path)
    path.write_bytes(path.read_bytes()[:-3])
    assert cache.read(DIGEST) is None
    path.write_bytes(b"machine code")
    assert cache.read(DIGEST) is None


def test_an_entry_others_can_write_is_not_loaded(cache: CompileCache, tmp_path: Path) -> None:
    cache.write(DIGEST, b"machine code")
    _entry(tmp_path).chmod(0o666)
    assert cache.read(DIGEST) is None


def test_the_code_of_another_component_is_not_loaded(cache: CompileCache, tmp_path: Path) -> None:
    """Whole entries, as lion wrote them, under each other's names."""
    for digest in ("a" * 64, "b" * 64):
        cache.write(digest, digest.encode() * 9)
    one, two = (cache._path(digest * 64) for digest in "ab")
    kept = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(kept)
    assert cache.read("a" * 64) is None
    assert cache.read("b" * 64) is None


def test_a_link_is_not_followed(cache: CompileCache, tmp_path: Path) -> None:
    cache.write(DIGEST, b"machine code")
    path = _entry(tmp_path)
    elsewhere = tmp_path / "elsewhere"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    assert cache.read(DIGEST) is None


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")
def test_an_entry_of_another_user_is_not_loaded(cache: CompileCache, tmp_path: Path) -> None:
    cache.write(DIGEST, b"machine code")
    os.chown(_entry(tmp_path), 12345, 12345)
    assert cache.read(DIGEST) is None


def test_a_directory_others_can_write_is_refused(cache: CompileCache, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache").chmod(0o777)
    with pytest.raises(OperatorError, match="chmod 700"):
        cache.read(DIGEST)


def test_a_directory_that_cannot_be_made_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    cache = CompileCache(tmp_path / "file" / "cache", "engine")
    with pytest.raises(OperatorError, match="cannot be used"):
        cache.write(DIGEST, b"x")


UNWRITABLE = [errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOSPC, errno.ENOENT]


def _unwritable(monkeypatch: pytest.MonkeyPatch, number: int, place: str) -> None:
    """From now on the system refuses to write there, as a read-only or full disk does."""

    def refuse(*args: Any, **words: Any) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(place, refuse)


@pytest.mark.parametrize("number", UNWRITABLE)
@pytest.mark.parametrize("place", ["lion.wasm.cache.os.open", "lion.wasm.cache.Path.mkdir"])
def test_where_nothing_can_be_kept_it_is_said_once(
    number: int, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cache").mkdir(mode=0o700)
    cache = CompileCache(tmp_path / "cache", "engine")
    _unwritable(monkeypatch, number, place)
    with pytest.warns(LionWarning, match="cannot be written.*LION_CACHE") as told:
        for _ in range(2):
            assert cache.read(DIGEST) is None
            cache.write(DIGEST, b"machine code")
    assert len(told) == 1
    assert not list((tmp_path / "cache").iterdir())


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs /proc")
def test_where_a_file_system_makes_no_directories_nothing_is_kept() -> None:
    with pytest.warns(LionWarning, match="'/proc/lion-test/x' cannot be written: No such file"):
        assert CompileCache(Path("/proc/lion-test/x"), "engine").read(DIGEST) is None


def test_what_a_read_only_cache_has_is_used(
    cache: CompileCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.write(DIGEST, b"machine code")
    (tmp_path / "cache").chmod(0o500)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert cache.read(DIGEST) == b"machine code"


def test_every_setting_is_in_the_engines_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    before = engine_digest()
    for name, value in FLAGS.items():
        changed = value + 1 if type(value) is int else not value
        with monkeypatch.context() as patch:
            patch.setitem(FLAGS, name, changed)
            assert engine_digest() != before, name


def test_code_of_another_processor_is_compiled_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = tmp_path / "cpuinfo"
    monkeypatch.setattr(processor, "CPUINFO", listed)
    said = {processor.processor()}
    for words in ("flags\t\t: fpu sse2", "flags\t\t: fpu sse2 avx_vnni", "Features\t: fp asimd"):
        listed.write_text(f"processor\t: 0\nmodel name\t: any\n{words}\n\nprocessor\t: 1\n")
        said.add(processor.processor())
    assert len(said) == 4
    assert all(one.startswith(os.uname().machine) for one in said)


async def test_a_runtime_keeps_code_for_its_processor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for able in ("fpu", "fpu avx512f"):
        monkeypatch.setattr(runtime, "processor", lambda able=able: able)
        async with runtime.open_runtime(tmp_path / "cache") as opened:
            await opened.load((ROOT / "plugins-wasm" / "hello.wasm").read_bytes(), "hello")
    assert len(list((tmp_path / "cache").glob("*.cwasm"))) == 2

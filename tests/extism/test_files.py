"""Look here if you want to know that every function of WASI preview 1 is answered through lion's
door: what was granted is done as on any system, what was not is an error number, and nothing is
there besides.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli_w

from lion.review.report import Ending
from lion.wasm.extism.abi import PRESENT, WASI
from tests.attack.kit import Arena, only, open_arena
from tests.extism.kit import denied, module

TYPES = {
    "fd_prestat_get": "i32 i32", "fd_prestat_dir_name": "i32 i32 i32",
    "path_open": "i32 i32 i32 i32 i32 i64 i64 i32 i32", "fd_read": "i32 i32 i32 i32",
    "fd_write": "i32 i32 i32 i32", "fd_close": "i32", "fd_seek": "i32 i64 i32 i32",
    "fd_tell": "i32 i32", "fd_pread": "i32 i32 i32 i64 i32", "fd_pwrite": "i32 i32 i32 i64 i32",
    "fd_readdir": "i32 i32 i32 i64 i32", "fd_filestat_get": "i32 i32",
    "fd_filestat_set_size": "i32 i64", "fd_filestat_set_times": "i32 i64 i64 i32",
    "fd_allocate": "i32 i64 i64", "fd_advise": "i32 i64 i64 i32", "fd_sync": "i32",
    "fd_datasync": "i32", "fd_fdstat_get": "i32 i32", "fd_fdstat_set_flags": "i32 i32",
    "fd_fdstat_set_rights": "i32 i64 i64", "fd_renumber": "i32 i32",
    "path_create_directory": "i32 i32 i32", "path_remove_directory": "i32 i32 i32",
    "path_unlink_file": "i32 i32 i32", "path_rename": "i32 i32 i32 i32 i32 i32",
    "path_filestat_get": "i32 i32 i32 i32 i32",
    "path_filestat_set_times": "i32 i32 i32 i32 i64 i64 i32",
    "path_link": "i32 i32 i32 i32 i32 i32 i32", "path_symlink": "i32 i32 i32 i32 i32",
    "path_readlink": "i32 i32 i32 i32 i32 i32", "clock_time_get": "i32 i64 i32",
    "clock_res_get": "i32 i32", "random_get": "i32 i32", "args_get": "i32 i32",
    "args_sizes_get": "i32 i32", "environ_get": "i32 i32", "environ_sizes_get": "i32 i32",
    "poll_oneoff": "i32 i32 i32 i32", "sched_yield": "", "proc_raise": "i32",
    "sock_accept": "i32 i32 i32", "sock_recv": "i32 i32 i32 i32 i32 i32",
    "sock_send": "i32 i32 i32 i32 i32", "sock_shutdown": "i32 i32",
}  # fmt: skip
"""All functions but `proc_exit`: parameters. Each gives an error number."""
TEXT = 4096
"""Where the texts of a module begin, each in 64 bytes."""
ACCES, BADF, EXIST, FAULT, INVAL, ISDIR, NOENT, NOTDIR, NOTEMPTY, NOTSUP, ROFS = (
    2, 8, 20, 21, 28, 31, 44, 54, 55, 58, 69,
)  # fmt: skip
ENV = """
(import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
(import "extism:host/env" "store_u8" (func $store8 (param i64 i32)))
(import "extism:host/env" "output_set" (func $output (param i64 i64)))
"""


def program(steps: str, texts: list[str], only_: frozenset[str] = frozenset(TYPES)) -> str:
    """A module whose `run` does some steps; each `(call $e X)` says an error number, as a letter
    (A is 0), and `(call $say at size)` bytes of memory.
    """
    imports = "".join(
        f'(import "{WASI}" "{name}" (func ${name} (param {params}) (result i32)))'
        for name, params in TYPES.items()
        if name in only_
    )
    data = "".join(f'(data (i32.const {TEXT + 64 * i}) "{text}")' for i, text in enumerate(texts))
    return f"""(module {ENV}{imports}
      (memory (export "memory") 2)
      (global $n (mut i64) (i64.const 0)) (global $o (mut i64) (i64.const 0))
      (func $byte (param $b i32)
        (if (i64.eqz (global.get $o)) (then (global.set $o (call $alloc (i64.const 4096)))))
        (call $store8 (i64.add (global.get $o) (global.get $n)) (local.get $b))
        (global.set $n (i64.add (global.get $n) (i64.const 1)))
        (call $output (global.get $o) (global.get $n)))
      (func $e (param $x i32) (call $byte (i32.add (i32.const 65) (local.get $x))))
      (func $say (param $at i32) (param $size i32)
        (loop $l (if (local.get $size) (then
          (call $byte (i32.load8_u (local.get $at)))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (local.set $size (i32.sub (local.get $size) (i32.const 1))) (br $l)))))
      {data}
      (func (export "run") (result i32) (local $f i32) {steps} (i32.const 0)))"""


def numbers(*errors: int) -> str:
    return "".join(chr(65 + one) for one in errors)


async def _call(arena: Arena, path: Path, allow: Mapping[str, Any], **more: Any) -> Ending:
    holder = {"component": str(path), "allow": dict(allow), **more}
    run = [{"call": "x.run", "with": {"input": ""}}]
    report = await arena.host.run(
        tomli_w.dumps({"name": "t", "plugins": {"x": holder}, "run": run})
    )
    assert (await arena.replay(report.run)).identical
    return only(report)


async def _run(
    tmp_path: Path, steps: str, texts: list[str], *, write: bool = True, granted: bool = True
) -> tuple[str, Path]:
    """What a program says, and the directory that was granted at /d."""
    folder = tmp_path / "granted"
    folder.mkdir(exist_ok=True)
    allow = {"fs": [{"path": "/d", "at": str(folder), "write": write}]} if granted else {}
    with module(tmp_path, program(steps, texts)) as path:
        async with open_arena(tmp_path) as arena:
            ending = await _call(arena, path, allow)
    assert ending.ok, ending
    return ending.value, folder


def path_(number: int, texts: list[str]) -> str:
    """A path's arguments: directory, place, length."""
    return f"(i32.const 3) {place(number, texts)}"


def place(number: int, texts: list[str]) -> str:
    """Where a text is, and its length."""
    return f"(i32.const {TEXT + 64 * number}) (i32.const {len(texts[number])})"


def opened(number: int, texts: list[str], flags: int = 0, rights: int = 66, fd: int = 0) -> str:
    """Open a text's path for reading and writing; `$f` is its descriptor."""
    at = f"(i32.const {TEXT + 64 * number}) (i32.const {len(texts[number])})"
    return f"""(call $e (call $path_open (i32.const 3) (i32.const 1) {at} (i32.const {flags})
      (i64.const {rights}) (i64.const 0) (i32.const {fd}) (i32.const 64)))
      (local.set $f (i32.load (i32.const 64)))"""


def buffer(at: int, size: int) -> str:
    """One buffer, described at 16."""
    store = "(i32.store (i32.const {}) (i32.const {}))"
    return store.format(16, at) + store.format(20, size)


ONE = "(i32.const 16) (i32.const 1)"


async def test_a_file_is_made_written_read_and_told_of(tmp_path: Path) -> None:
    texts = ["d/a.txt", "hello file"]
    steps = f"""{opened(0, texts, flags=1)}
      {buffer(TEXT + 64, 10)}
      (call $e (call $fd_write (local.get $f) {ONE} (i32.const 32)))
      (call $e (call $fd_seek (local.get $f) (i64.const -4) (i32.const 2) (i32.const 40)))
      {buffer(1024, 100)}
      (call $e (call $fd_read (local.get $f) {ONE} (i32.const 32)))
      (call $say (i32.const 1024) (i32.load (i32.const 32)))
      (call $e (call $fd_pread (local.get $f) {ONE} (i64.const 1) (i32.const 32)))
      (call $say (i32.const 1024) (i32.load (i32.const 32)))
      {buffer(TEXT + 64, 2)}
      (call $e (call $fd_pwrite (local.get $f) {ONE} (i64.const 6) (i32.const 32)))
      (call $e (call $fd_filestat_get (local.get $f) (i32.const 1024)))
      (call $e (i32.load (i32.const 1056))) (call $e (i32.load8_u (i32.const 1040)))
      (call $e (call $fd_filestat_set_size (local.get $f) (i64.const 8)))
      (call $e (call $fd_allocate (local.get $f) (i64.const 4) (i64.const 8)))
      (call $e (call $fd_filestat_set_times (local.get $f) (i64.const 0)
        (i64.const 7000000000) (i32.const 4)))
      (call $e (call $fd_sync (local.get $f)))
      (call $e (call $fd_close (local.get $f)))
      (call $e (call $fd_close (local.get $f)))"""
    said, folder = await _run(tmp_path, steps, texts)
    expected = numbers(0, 0, 0, 0) + "file" + numbers(0) + "ello file"
    assert said == expected + numbers(0, 0, 10, 4, 0, 0, 0, 0, 0, BADF)
    file = folder / "a.txt"
    assert file.read_bytes() == b"hello he\0\0\0\0"
    assert file.stat().st_mtime == 7


async def test_appending_and_truncating(tmp_path: Path) -> None:
    texts = ["d/a.txt", "more", "d/new.txt"]
    folder = tmp_path / "granted"
    folder.mkdir()
    (folder / "a.txt").write_text("old ")
    (folder / "new.txt").write_text("old")
    steps = f"""{opened(0, texts, fd=1)} {buffer(TEXT + 64, 4)}
      (call $e (call $fd_write (local.get $f) {ONE} (i32.const 32)))
      (call $e (call $fd_write (local.get $f) {ONE} (i32.const 32)))
      {opened(2, texts, flags=8)}
      {opened(2, texts, flags=1 | 4)}"""
    said, _ = await _run(tmp_path, steps, texts)
    assert said == numbers(0, 0, 0, 0, EXIST)
    assert (folder / "a.txt").read_text() == "old moremore"
    assert (folder / "new.txt").read_text() == ""


async def test_directories_links_and_names(tmp_path: Path) -> None:
    texts = ["d/sub", "d/sub/x", "d/y", "d/l", "x", "d/hard", "d/sub/", "d"]
    two = f"{path_(1, texts)} {path_(2, texts)}"
    folder = tmp_path / "granted"
    folder.mkdir()
    steps = f"""(call $e (call $path_create_directory {path_(0, texts)}))
      (call $e (call $path_create_directory {path_(0, texts)}))
      {opened(1, texts, flags=1)}
      (call $e (call $path_remove_directory {path_(0, texts)}))
      (call $e (call $path_link (i32.const 3) (i32.const 0) (i32.const {TEXT + 64}) (i32.const 7)
        {path_(5, texts)}))
      (call $e (call $path_rename {two}))
      (call $e (call $path_rename {two}))
      (call $e (call $path_symlink (i32.const {TEXT + 2 * 64 + 2}) (i32.const 1)
        {path_(3, texts)}))
      (call $e (call $path_readlink {path_(3, texts)} (i32.const 1024) (i32.const 64)
        (i32.const 32)))
      (call $say (i32.const 1024) (i32.load (i32.const 32)))
      (call $e (call $path_filestat_get (i32.const 3) (i32.const 0) (i32.const {TEXT + 3 * 64})
        (i32.const 3) (i32.const 1024))) (call $e (i32.load8_u (i32.const 1040)))
      (call $e (call $path_filestat_get (i32.const 3) (i32.const 1) (i32.const {TEXT + 3 * 64})
        (i32.const 3) (i32.const 1024))) (call $e (i32.load8_u (i32.const 1040)))
      (call $e (call $path_unlink_file {path_(3, texts)}))
      (call $e (call $path_unlink_file {path_(3, texts)}))
      {opened(6, texts)}
      (call $e (call $fd_readdir (local.get $f) (i32.const 1024) (i32.const 24) (i64.const 2)
        (i32.const 32)))
      (call $e (i32.load (i32.const 32)))
      {opened(7, texts)}
      (call $e (call $fd_readdir (local.get $f) (i32.const 1024) (i32.const 400) (i64.const 2)
        (i32.const 32)))
      (call $say (i32.const 1048) (i32.const 4)) (call $e (i32.load8_u (i32.const 1044)))
      (call $say (i32.const 1076) (i32.const 3)) (call $e (i32.load8_u (i32.const 1072)))
      {buffer(1024, 10)}
      (call $e (call $fd_read (local.get $f) {ONE} (i32.const 32)))
      (call $e (call $path_remove_directory {path_(6, texts)}))"""
    said, folder = await _run(tmp_path, steps, texts)
    begin = numbers(0, EXIST, 0, NOTEMPTY, 0, 0, NOENT, 0, 0) + "y"
    kinds = numbers(0, 7, 0, 4, 0, NOENT)
    lists = numbers(0, 0, 0, 0, 0) + "hard" + numbers(4) + "sub" + numbers(3)
    assert said == begin + kinds + lists + numbers(ISDIR, 0)
    assert sorted(p.name for p in folder.iterdir()) == ["hard", "y"]


async def test_what_is_there_from_the_start_and_what_never_is(tmp_path: Path) -> None:
    steps = f"""(call $e (call $fd_prestat_get (i32.const 3) (i32.const 1024)))
      (call $e (call $fd_prestat_dir_name (i32.const 3) (i32.const 1024) (i32.const 1)))
      (call $say (i32.const 1024) (i32.const 1))
      (call $e (call $fd_prestat_get (i32.const 4) (i32.const 1024)))
      (call $e (call $args_sizes_get (i32.const 32) (i32.const 36)))
      (call $e (i32.load (i32.const 32)))
      (call $e (call $environ_sizes_get (i32.const 32) (i32.const 36)))
      (call $e (i32.load (i32.const 36)))
      {buffer(1024, 8)}
      (call $e (call $fd_read (i32.const 0) {ONE} (i32.const 32)))
      (call $e (i32.load (i32.const 32)))
      (call $e (call $clock_time_get (i32.const 9) (i64.const 0) (i32.const 32)))
      (call $e (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 131070)))
      (call $e (call $random_get (i32.const -16) (i32.const 64)))
      (call $e (call $random_get (i32.const 1024) (i32.const 10000)))
      (call $e (call $fd_write (i32.const 1) (i32.const 0) (i32.const -1) (i32.const 32)))
      (call $e (call $sock_send (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 0)
        (i32.const 0)))
      (call $e (call $proc_raise (i32.const 1)))
      (call $e (call $poll_oneoff (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
      (call $e (call $fd_renumber (i32.const 3) (i32.const 77)))"""
    said, _ = await _run(tmp_path, steps, [])
    expected = numbers(0, 0) + "/" + numbers(BADF, 0, 0, 0, 0, 0, 0)
    refused = numbers(NOTSUP, FAULT, FAULT, 0, INVAL, NOTSUP, NOTSUP, INVAL, BADF)
    assert said == expected + refused


BY_PATH = {
    "path_create_directory": "{p}", "path_remove_directory": "{p}", "path_unlink_file": "{p}",
    "path_rename": "{p} {p}",
    "path_filestat_get": "(i32.const 3) (i32.const 1) {t} (i32.const 1024)",
    "path_filestat_set_times":
        "(i32.const 3) (i32.const 1) {t} (i64.const 1) (i64.const 1) (i32.const 5)",
    "path_link": "(i32.const 3) (i32.const 0) {t} {p}",
    "path_symlink": "{t} {p}",
    "path_readlink": "{p} (i32.const 1024) (i32.const 64) (i32.const 32)",
    "path_open": "(i32.const 3) (i32.const 1) {t} (i32.const 1) (i64.const 66) (i64.const 0) "
                 "(i32.const 0) (i32.const 32)",
}  # fmt: skip


OUTSIDE = ["secret", "d/../../secret", "../secret", "/etc/passwd", "d/link/x"]


async def test_nothing_that_was_not_granted(tmp_path: Path) -> None:
    """Every function that names a path, at places that were not granted: none is made, read or
    found.
    """
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x").write_text("secret")
    folder = tmp_path / "granted"
    folder.mkdir()
    (folder / "link").symlink_to(outside)
    steps = "".join(
        f"(call $e (call ${name} {form.format(p=path_(i, OUTSIDE), t=place(i, OUTSIDE))}))"
        for i in range(len(OUTSIDE))
        for name, form in BY_PATH.items()
    )
    said, _ = await _run(tmp_path, steps, OUTSIDE)
    assert len(said) == len(OUTSIDE) * len(BY_PATH)
    assert "A" not in said
    assert [p.name for p in outside.iterdir()] == ["x"]
    assert [p.name for p in folder.iterdir()] == ["link"]


async def test_without_a_grant_each_is_denied_and_recorded(tmp_path: Path) -> None:
    texts = ["d/a"]
    with module(tmp_path, program("".join(
        f"(call $e (call ${name} {form.format(p=path_(0, texts), t=place(0, texts))}))"
        for name, form in BY_PATH.items()
    ), texts)) as path:  # fmt: skip
        async with open_arena(tmp_path) as arena:
            holder = {"component": str(path), "deny": ["clock", "random"]}
            run = [{"call": "x.run", "with": {"input": ""}}]
            tables = {"name": "t", "plugins": {"x": holder}, "run": run}
            report = await arena.host.run(tomli_w.dumps(tables))
            assert only(report).value == numbers(*[ACCES] * len(BY_PATH))
            assert len(denied(arena, report.run)) == len(BY_PATH)


async def test_a_read_only_mount_is_read_only(tmp_path: Path) -> None:
    folder = tmp_path / "granted"
    folder.mkdir()
    (folder / "a").write_text("as it was")
    texts = ["d/a", "d/b"]
    steps = f"""{opened(0, texts, rights=2)} {opened(0, texts)} {opened(1, texts, flags=1)}
      (call $e (call $path_unlink_file {path_(0, texts)}))"""
    said, _ = await _run(tmp_path, steps, texts, write=False)
    assert said[0] == "A" and "A" not in said[1:]
    assert (folder / "a").read_text() == "as it was"


def test_every_function_is_tried_here() -> None:
    assert set(TYPES) | {"proc_exit"} == PRESENT[WASI]

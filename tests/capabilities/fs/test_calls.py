"""Look here if you want to know that each function of `fs` does what its WIT says."""

import os
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from lion.scopes.fs_path import RESERVED
from lion.testing.caller import FakeCaller
from tests.capabilities.fs.rig import Guest, grant, open_guest, open_guests

LARGE = "x" * 65_536


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "notes"


@pytest.fixture
async def guest(home: Path) -> AsyncIterator[Guest]:
    async with open_guest(grant("/notes", home, write=True)) as guest:
        yield guest


async def test_what_is_written_is_read(guest: Guest, home: Path) -> None:
    assert await guest("write", "/notes/a", "grüße" + "u") is None
    assert await guest("read", "/notes/a") == "grüßeu"
    assert await guest("write", "/notes/a", "//4=b") is None
    assert await guest("read", "/notes/a") == "//4=b"
    assert (home / "a").read_bytes() == b"\xff\xfe"
    assert os.listdir(home) == ["a"]


async def test_a_new_file_is_the_owners_and_an_old_one_keeps_its_permissions(
    guest: Guest, home: Path
) -> None:
    await guest("write", "/notes/a", "1u")
    assert (home / "a").stat().st_mode & 0o777 == 0o600
    (home / "a").chmod(0o644)
    await guest("write", "/notes/a", "2u")
    assert (home / "a").stat().st_mode & 0o7777 == 0o644
    assert os.stat(home).st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (LARGE + "u", None),
        (LARGE + "xu", "invalid"),
        ("é" * 32_768 + "u", None),
        ("é" * 32_769 + "u", "invalid"),
        ("QUJD" * 21_845 + "QQ==b", None),
        ("QUJD" * 21_845 + "QUI=b", "invalid"),
        ("QUJD" * 40_000 + "b", "invalid"),
        ("", "invalid"),
        ("x", "invalid"),
    ],
)
async def test_one_write_is_64_kib_of_bytes(guest: Guest, data: str, answer: str | None) -> None:
    assert await guest("write", "/notes/a", data) == answer
    file = await guest.opened("/notes/b", "write", "create")
    assert await guest("file.write-at", file, 0, data) == answer
    assert await guest("file.append", file, data) == (65_536 if answer is None else answer)


async def test_one_read_is_256_kib(guest: Guest, home: Path) -> None:
    (home / "a").write_text("x" * 262_144)
    assert await guest("read", "/notes/a") == "x" * 262_144 + "u"
    (home / "a").write_text("x" * 262_145)
    assert await guest("read", "/notes/a") == "exhausted"
    file = await guest.opened("/notes/a", "read")
    assert len(await guest("file.read-at", file, 0, 262_144)) == 262_145
    assert await guest("file.read-at", file, 262_144, 9) == "xu"
    assert await guest("file.read-at", file, 262_145, 9) == "u"
    assert await guest("file.read-at", file, 2**62, 9) == "u"
    for length in (0, 262_145):
        assert await guest("file.read-at", file, 0, length) == "invalid"
    assert await guest("file.read-at", file, 2**64 - 1, 9) == "invalid"


@pytest.mark.parametrize(
    ("mode", "there", "missing"),
    [
        ("read", "old", "not-found"),
        ("write", "old", "not-found"),
        ("write create", "old", ""),
        ("read write create", "old", ""),
        ("write truncate", "", "not-found"),
        ("write create truncate", "", ""),
        ("write create exclusive", "exists", ""),
        ("directory", "not-directory", "not-found"),
        ("", "invalid", "invalid"),
        ("create", "invalid", "invalid"),
        ("read create", "invalid", "invalid"),
        ("read truncate", "invalid", "invalid"),
        ("write exclusive", "invalid", "invalid"),
        ("read write directory", "invalid", "invalid"),
    ],
)
async def test_modes_of_opening(
    guest: Guest, home: Path, mode: str, there: str, missing: str
) -> None:
    (home / "there").write_text("old")
    for name, expected in (("there", there), ("missing", missing)):
        answer = await guest("open", f"/notes/{name}", tuple(mode.split()))
        if isinstance(answer, str):
            assert answer == expected
            assert (home / "missing").exists() is False or name == "there"
        else:
            assert (home / name).read_text() == expected


async def test_a_handle_does_only_what_it_was_opened_for(guest: Guest, home: Path) -> None:
    (home / "a").write_text("old")
    reader, writer = (
        await guest.opened("/notes/a", "read"),
        await guest.opened("/notes/a", "write"),
    )
    assert await guest("file.read-at", writer, 0, 9) == "invalid"
    assert await guest("file.write-at", reader, 0, "newu") == "invalid"
    assert await guest("file.append", reader, "newu") == "invalid"
    assert await guest("file.set-size", reader, 0) == "invalid"
    assert await guest("file.set-times", reader, 1, 1) == "invalid"
    assert (home / "a").read_text() == "old"
    for rep in (0, 99, writer + 1):
        assert await guest("file.stat", rep) == "not-found"


async def test_an_open_file_is_written_cut_and_described(guest: Guest, home: Path) -> None:
    file = await guest.opened("/notes/a", "read", "write", "create")
    assert await guest("file.append", file, "onetwou") == 0
    assert await guest("file.append", file, "threeu") == 6
    assert await guest("file.write-at", file, 1, "NEu") is None
    assert await guest("file.set-size", file, 8) is None
    assert await guest("file.write-at", file, 10, "endu") is None
    assert (home / "a").read_bytes() == b"oNEtwoth\0\0end"
    assert await guest("file.set-times", file, 7, None) is None
    assert await guest("file.sync", file) is None
    info = await guest("file.stat", file)
    found = (home / "a").stat()
    assert (info["kind"], info["size"], info["links"]) == ("file", 13, 1)
    assert (info["accessed"], info["modified"]) == (7, found.st_mtime_ns)
    assert info == await guest("stat", "/notes/a", True)
    assert await guest("file.write-at", file, 0, "u") is None


async def test_a_closed_handle_is_gone_and_its_descriptor_too(guest: Guest) -> None:
    file = await guest.opened("/notes/a", "write", "create")
    numbers = set(os.listdir("/dev/fd"))
    guest.caller.handles.drop(file)
    assert await guest("file.append", file, "xu") == "not-found"
    assert len(numbers - set(os.listdir("/dev/fd"))) == 1


async def test_a_file_can_be_polled_and_is_ready(guest: Guest) -> None:
    file = guest.caller.handles.get(await guest.opened("/notes/a", "write", "create"))
    assert file.is_ready
    await file.wait_ready()


async def test_a_directory_is_opened_to_ask_and_sync(guest: Guest, home: Path) -> None:
    folder = await guest.opened("/notes", "directory")
    assert (await guest("file.stat", folder))["kind"] == "directory"
    assert await guest("file.sync", folder) is None
    assert await guest("file.read-at", folder, 0, 9) == "is-directory"
    assert await guest("file.write-at", folder, 0, "xu") == "invalid"
    for path in ("/notes", "/notes/.", "/notes/x/.."):
        assert await guest("read", path) == "is-directory"
        assert await guest("write", path, "xu") == "is-directory"
        assert await guest("open", path, ("read",)) == "is-directory"


async def test_directories_are_made_listed_and_removed(guest: Guest, home: Path) -> None:
    assert await guest("make-dir", "/notes/d") is None
    assert await guest("make-dir", "/notes/d") == "exists"
    assert await guest("make-dir", "/notes/x/y") == "not-found"
    assert await guest("write", "/notes/d/f", "u") is None
    assert await guest("list", "/notes", None, 10) == ["d"]
    assert await guest("list", "/notes/d/f", None, 10) == "not-directory"
    assert await guest("read", "/notes/d/f/g") == "not-directory"
    assert await guest("remove-dir", "/notes/d") == "not-empty"
    assert await guest("unlink", "/notes/d") == "is-directory"
    assert await guest("remove-dir", "/notes/d/f") == "not-directory"
    assert await guest("unlink", "/notes/d/f") is None
    assert await guest("unlink", "/notes/d/f") == "not-found"
    assert await guest("remove-dir", "/notes/d") is None
    assert os.listdir(home) == []


async def test_a_listing_is_in_byte_order_and_in_pages(guest: Guest, home: Path) -> None:
    names = ["Z", "a", "b", "é", "😀", "～"]
    for name in names:
        (home / name).touch()
    (home / f"{RESERVED}1").touch()
    with suppress(OSError):  # some systems have no such names
        os.close(os.open(os.fsencode(home) + b"/\xff", os.O_CREAT))
    expected = sorted(names, key=str.encode)
    assert await guest("list", "/notes", None, 1_000) == expected
    assert await guest("list", "/notes", None, 2) == expected[:2]
    assert await guest("list", "/notes", expected[1], 2) == expected[2:4]
    assert await guest("list", "/notes", "😀", 2) == []
    for limit in (0, 1_001):
        assert await guest("list", "/notes", None, limit) == "invalid"


async def test_renaming_replaces_what_was_there(guest: Guest, home: Path) -> None:
    await guest("write", "/notes/a", "au")
    await guest("write", "/notes/b", "bu")
    assert await guest("rename", "/notes/a", "/notes/b") is None
    assert os.listdir(home) == ["b"] and (home / "b").read_text() == "a"
    assert await guest("rename", "/notes/x", "/notes/b") == "not-found"
    await guest("make-dir", "/notes/d")
    assert await guest("rename", "/notes/b", "/notes/d") == "is-directory"
    assert await guest("rename", "/notes/d", "/notes/b") == "not-directory"
    assert await guest("rename", "/notes/d", "/notes/d/e") == "invalid"
    assert await guest("rename", "/notes", "/notes/d/e") == "busy"
    assert await guest("rename", "/notes/b", "/notes") == "busy"
    assert await guest("rename", "/notes/d", "/notes/e") is None
    assert sorted(os.listdir(home)) == ["b", "e"]


async def test_two_names_of_one_file(guest: Guest, home: Path) -> None:
    await guest("write", "/notes/a", "au")
    assert await guest("link", "/notes/a", "/notes/b") is None
    one, other = await guest("stat", "/notes/a", True), await guest("stat", "/notes/b", True)
    assert one == other and one["links"] == 2
    assert await guest("link", "/notes/a", "/notes/b") == "exists"
    assert await guest("rename", "/notes/a", "/notes/b") is None
    assert sorted(os.listdir(home)) == ["a", "b"]
    await guest("symlink", "a", "/notes/s")
    await guest("make-dir", "/notes/d")
    for path in ("s", "d"):
        assert await guest("link", f"/notes/{path}", "/notes/c") == "unsupported"


async def test_symlinks_are_made_read_and_followed(guest: Guest, home: Path) -> None:
    await guest("make-dir", "/notes/d")
    await guest("write", "/notes/d/f", "hiu")
    assert await guest("symlink", "d", "/notes/s") is None
    assert await guest("symlink", "../s/./f", "/notes/d/t") is None
    assert await guest("readlink", "/notes/d/t") == "../s/./f"
    assert await guest("readlink", "/notes/d/f") == "invalid"
    assert await guest("read", "/notes/s/t") == "hiu"
    assert await guest("list", "/notes/s", None, 9) == ["f", "t"]
    assert (await guest("stat", "/notes/s/t", True))["kind"] == "file"
    assert (await guest("stat", "/notes/s/t", False))["kind"] == "symlink"
    assert await guest("write", "/notes/d/t", "newu") is None
    assert (home / "d/t").is_symlink() and (home / "d/f").read_text() == "new"
    assert await guest("unlink", "/notes/s") is None
    assert await guest("read", "/notes/d/t") == "not-found"


async def test_writing_through_a_dangling_link_makes_its_target(guest: Guest, home: Path) -> None:
    await guest("symlink", "later", "/notes/s")
    assert await guest("open", "/notes/s", ("write", "create", "exclusive")) == "exists"
    assert await guest("write", "/notes/s", "hiu") is None
    assert (home / "later").read_text() == "hi" and (home / "s").is_symlink()


async def test_times_of_a_path_and_of_what_a_link_leads_to(guest: Guest, home: Path) -> None:
    await guest("write", "/notes/a", "u")
    await guest("symlink", "a", "/notes/s")
    assert await guest("set-times", "/notes/s", 1, 2) is None
    info = await guest("stat", "/notes/a", True)
    assert (info["accessed"], info["modified"]) == (1, 2)
    assert await guest("set-times", "/notes/a", 2**63, None) == "invalid"
    assert await guest("set-times", "/notes", 5, 5) is None


async def test_the_longest_grant_is_meant(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "f").write_text(name)
    grants = grant("/", tmp_path / "one", write=True), grant("/in/two", tmp_path / "two")
    async with open_guest(*grants) as guest:
        assert await guest("mounts") == ["/", "/in/two"]
        assert await guest("read", "/f") == "oneu"
        assert await guest("read", "/in/two/f") == "twou"
        assert await guest("write", "/in/two/f", "u") == "denied"
        assert await guest("read", "/in/twof") == "not-found"
        assert await guest("rename", "/f", "/in/two/g") == "unsupported"
        assert await guest("link", "/f", "/in/two/g") == "unsupported"


async def test_identities_mean_nothing_in_another_run(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    names = set()
    for _ in range(2):
        async with open_guest(grant("/n", tmp_path)) as guest:
            names.add((await guest("stat", "/n/a", True))["identity"])
            assert (await guest("stat", "/n/a", True))["identity"] in names
    assert len(names) == 2


async def test_a_holder_without_files_has_none(tmp_path: Path) -> None:
    async with open_guests([[grant("/n", tmp_path)], []]) as (_, other):
        assert await other("mounts") == "denied"
        assert await other("read", "/n/a") == "denied"
    assert FakeCaller().grants("fs") == []

"""Look here if you want to know that what is mounted beneath a grant is no part of it, a directory
or a file of the same device included.

Mounting needs a name space of its own, so each test here is a process in one.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lion.capabilities.fs import mounts as fs_mounts
from lion.capabilities.fs.mounts import mount_of

ROOT = Path(__file__).parents[3]
APART = ("unshare", "--user", "--map-root-user", "--mount")

PROBE = """
import json, os, subprocess, sys, trio
from pathlib import Path
from tests.capabilities.fs.rig import grant, open_guest

home, outside = Path(sys.argv[1]), Path(sys.argv[2])
for name in ("folder", "file"):
    subprocess.run(["mount", "--bind", str(outside / name), str(home / name)], check=True)

async def main():
    said = {}
    async with open_guest(grant("/n", home, write=True, files=12)) as guest:
        for call in json.loads(sys.argv[3]):
            said[" ".join(map(str, call))] = await guest(*call)
    print(json.dumps(said))

trio.run(main)
"""


def may_mount() -> bool:
    return shutil.which("unshare") is not None and (
        subprocess.run([*APART, "true"], capture_output=True, check=False).returncode == 0
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A directory to grant; another one's folder and file will be mounted in it."""
    if not may_mount():
        pytest.skip("this system lets nobody mount in a name space of their own")
    for name in ("home", "outside"):
        (tmp_path / name / "folder").mkdir(parents=True)
        (tmp_path / name / "file").write_text("")
    (tmp_path / "outside/file").write_text("secret")
    (tmp_path / "outside/folder/f").write_text("secret")
    (tmp_path / "outside/folder/.lion-tmp-0123").write_text("somebody's")
    (tmp_path / "home/link").symlink_to("file")
    (tmp_path / "home/plain").write_text("mine")
    return tmp_path / "home"


def say(home: Path, *calls: tuple[Any, ...]) -> dict[str, Any]:
    """What a guest is told with both mounted."""
    result = subprocess.run(
        [*APART, sys.executable, "-c", PROBE, str(home), str(home.parent / "outside"),
         json.dumps(calls)],
        env=os.environ | {"PYTHONPATH": str(ROOT)}, cwd=ROOT, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_neither_a_file_nor_a_directory_mounted_beneath_is_reached(home: Path) -> None:
    calls: list[tuple[Any, ...]] = [("list", "/n/folder", None, 9)]
    calls += [("open", "/n/folder", ["directory"]), ("remove-dir", "/n/folder")]
    for path in ("/n/file", "/n/link", "/n/folder/f"):
        calls += [("read", path), ("write", path, "xu"), ("stat", path, True)]
        calls += [("open", path, ["read"]), ("open", path, ["write", "truncate"])]
        calls += [("set-times", path, 1, 1)]
    for path in ("/n/file", "/n/folder", "/n/folder/f"):
        calls += [("rename", path, "/n/mine"), ("rename", "/n/plain", path)]
    calls += [("link", "/n/file", "/n/mine"), ("unlink", "/n/file"), ("make-dir", "/n/folder/d")]
    said = say(home, *calls)
    assert {call: answer for call, answer in said.items() if answer != "denied"} == {}
    outside = home.parent / "outside"
    assert (outside / "file").read_text() == (outside / "folder/f").read_text() == "secret"
    assert (outside / "file").stat().st_mtime > 1_000


def test_what_is_really_there_still_works_and_nothing_mounted_is_cleaned_up(home: Path) -> None:
    said = say(
        home, ("read", "/n/plain"), ("write", "/n/new", "newu"), ("list", "/n", None, 9),
        ("make-dir", "/n/d"), ("rename", "/n/d", "/n/e"), ("stat", "/n/absent", True),
    )  # fmt: skip
    assert list(said.values()) == [
        "mineu", None, ["file", "folder", "link", "new", "plain"], None, None, "not-found",
    ]  # fmt: skip
    assert (home.parent / "outside/folder/.lion-tmp-0123").exists()


def test_where_mounts_are_not_numbered_by_statx_they_are_found_out_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "d").mkdir()
    folder, root = os.open(tmp_path, os.O_RDONLY), os.open("/", os.O_RDONLY)
    try:
        asked = [(folder, b""), (folder, b"d"), (root, b"dev")]
        quick = [mount_of(*one) for one in asked]
        before = len(os.listdir("/dev/fd"))
        monkeypatch.setattr(fs_mounts, "_statx", None)
        assert [mount_of(*one) for one in asked] == quick
        assert len(os.listdir("/dev/fd")) == before
        for one in (b"absent", b"d/absent"):
            with pytest.raises(FileNotFoundError):
                mount_of(folder, one)
    finally:
        os.close(folder)
        os.close(root)

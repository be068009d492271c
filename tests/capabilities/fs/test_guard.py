"""Look here if you want to know which directories no manifest may have written."""

import os
from pathlib import Path

import msgspec
import pytest

from lion.capabilities.fs.guard import Guard
from lion.capabilities.fs.roots import open_files
from lion.capabilities.fs.trail import ancestors, trail
from lion.domain.plan import Plan
from lion.errors import OperatorError
from tests.capabilities.fs.rig import grant, open_guest, plan_of


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """Where a manifest, a component, state and cache are, and room beside them."""
    for folder in ("work/parts", "work/notes", "state/runs", "cache", "links"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "work/manifest.toml").touch()
    (tmp_path / "work/parts/guest.wasm").touch()
    (tmp_path / "links/guest.wasm").symlink_to("../work/parts/guest.wasm")
    return tmp_path


def plan(house: Path, at: Path, *, write: bool = True, component: str = "work/parts") -> Plan:
    made = plan_of(grant("/n", at, write=write))
    holder = msgspec.structs.replace(
        made.holders["guide"], component=house / component / "guest.wasm"
    )
    return msgspec.structs.replace(
        made, path=house / "work/manifest.toml", holders={"guide": holder}
    )


def guard(house: Path) -> Guard:
    return Guard(
        files=(house / "config/policy.toml",), folders=(house / "state", house / "cache/later")
    )


REFUSED = {
    "work": "contains",
    "work/parts": "contains",
    ".": "contains",
    "/": "contains",
    "state": "contains",
    "state/runs": "lies in",
    "state/new": "lies in",
    "cache": "contains",
    "work/notes/../parts": "contains",
    "by-link": "contains",
}


@pytest.mark.parametrize("at", REFUSED)
async def test_write_grants_near_the_hosts_own_files(house: Path, at: str) -> None:
    os.symlink("work/parts", house / "by-link")
    with pytest.raises(OperatorError, match=REFUSED[at]) as caught:
        async with open_files(plan(house, house / at), guard(house)):
            pass
    assert "plugins.guide.allow.fs" in caught.value.what


@pytest.mark.parametrize("at", ["work/notes", "work/new", "cache/other", "links"])
async def test_write_grants_beside_them_are_fine(house: Path, at: str) -> None:
    async with open_files(plan(house, house / at), guard(house)) as files:
        (tree,) = files.of("guide").trees
        assert tree.mount.path == "/n"


async def test_links_on_the_way_to_a_component_are_guarded_too(house: Path) -> None:
    for at in ("links", "work/parts"):
        with pytest.raises(OperatorError, match="contains"):
            async with open_files(plan(house, house / at, component="links"), guard(house)):
                pass


@pytest.mark.parametrize("at", ["work", "work/parts", "state"])
async def test_read_grants_may_be_anywhere(house: Path, at: str) -> None:
    async with open_files(plan(house, house / at, write=False), guard(house)) as files:
        (tree,) = files.of("guide").trees
        assert tree.mount.path == "/n"


async def test_a_hard_link_to_the_hosts_own_file_is_not_written(house: Path) -> None:
    (house / "work/manifest.toml").write_text("mine")
    os.link(house / "work/manifest.toml", house / "work/notes/m")
    own = Guard(files=(house / "work/manifest.toml",))
    async with open_guest(grant("/n", house / "work/notes", write=True), guard=own) as guest:
        assert await guest("open", "/n/m", ("write", "truncate")) == "denied"
        assert await guest("open", "/n/m", ("write",)) == "denied"
        assert await guest("read", "/n/m") == "mineu"
        assert await guest("write", "/n/m", "otheru") is None
        assert (house / "work/manifest.toml").read_text() == "mine"


async def test_a_missing_directory_is_made_to_write_and_a_mistake_to_read(house: Path) -> None:
    async with open_files(plan(house, house / "work/new"), guard(house)):
        assert (house / "work/new").stat().st_mode & 0o777 == 0o700
    for at, write, why in (
        ("work/missing", False, "No such file"),
        ("work/missing/deep", True, "No such file"),
        ("work/manifest.toml", False, "Not a directory"),
        ("work/manifest.toml", True, "Not a directory"),
    ):
        with pytest.raises(OperatorError, match=why):
            async with open_files(plan(house, house / at, write=write), guard(house)):
                pass
    assert not (house / "work/missing").exists()


async def test_descriptors_are_closed_when_one_of_several_is_refused(house: Path) -> None:
    before = len(os.listdir("/dev/fd"))
    good, bad = grant("/a", house / "work/notes"), grant("/b", house / "missing")
    with pytest.raises(OperatorError):
        async with open_files(plan_of(good, bad), guard(house)):
            pass
    assert len(os.listdir("/dev/fd")) == before


def test_a_trail_names_every_directory_and_survives_circles(house: Path) -> None:
    (house / "a").symlink_to("b")
    (house / "b").symlink_to("a")
    assert trail(house / "a/x")
    seen = trail(house / "links/guest.wasm")
    for folder in ("/", house, house / "links", house / "work", house / "work/parts"):
        info = os.stat(folder)
        assert (info.st_dev, info.st_ino) in seen
    top = os.open(house / "work", os.O_RDONLY)
    assert len(list(ancestors(top))) == len((house / "work").parts)
    os.close(top)

"""Look here if you want to know which directory a grant comes to, and that this very one is
opened.
"""

import os
import re
from pathlib import Path

import msgspec
import pytest

from lion.capabilities.fs import place as fs_place
from lion.capabilities.fs import roots as fs_roots
from lion.capabilities.fs.guard import Guard
from lion.capabilities.fs.place import Found
from lion.capabilities.fs.roots import list_directories, open_files
from lion.domain.plan import Grant, Holder, Mount, Plan
from lion.errors import OperatorError
from lion.scopes.fs_grant import build_fs_grant

NOBODY = Guard()


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A manifest's folder with links, and directories beside it."""
    for folder in ("work/notes/deep", "outside/deep", "work/sub"):
        (tmp_path / folder).mkdir(parents=True)
    work = tmp_path / "work"
    (work / "manifest.toml").touch()
    for name, target in {
        "out": "../outside", "absolute": str(tmp_path / "outside"), "chain": "sub/../out/deep",
        "in": "notes/deep", "in-absolute": str(work / "notes"), "dangling": "../outside/new",
        "dangling-in": "notes/new", "loop": "loop", "up": "..",
    }.items():  # fmt: skip
        (work / name).symlink_to(target)
    (tmp_path / "by-link").symlink_to("work")
    return work


def plan(folder: Path | None, at: str, *, write: bool = False, follow: bool = False) -> Plan:
    grant = build_fs_grant(
        "plugins.p.allow", Path() if folder is None else folder, path="/n", at=at, write=write,
        size=None, files=None, follow=follow,
    )  # fmt: skip
    return plan_of(folder, grant)


def plan_of(folder: Path | None, *grants: Grant) -> Plan:
    holder = Holder(name="p", kind="plugin", component=Path("/nowhere.wasm"), grants=grants)
    path = None if folder is None else folder / "manifest.toml"
    return Plan(name="t", path=path, text="", holders={"p": holder}, runs=(), resolved={})


async def opened(plan: Plan) -> str:
    """What the run has under /n: the path that the system knows for the open directory."""
    async with open_files(plan, NOBODY) as files:
        (tree,) = files.of("p").trees
        with tree._top.using() as top:
            here = os.stat(files.directories["p"]["/n"])
            assert (here.st_dev, here.st_ino) == (os.fstat(top).st_dev, os.fstat(top).st_ino)
        return files.directories["p"]["/n"]


def real_of(path: Path) -> str:
    return os.path.realpath(path)


OUT = ["out", "absolute", "chain", "out/deep", "up/outside", "sub/../out", "notes/../absolute"]


@pytest.mark.parametrize("write", [False, True])
@pytest.mark.parametrize("at", OUT)
async def test_a_link_out_of_the_manifests_folder_is_refused_unless_said(
    work: Path, at: str, write: bool
) -> None:
    real = real_of(work / at)
    with pytest.raises(OperatorError, match="by a link out of the manifest's folder") as caught:
        await opened(plan(work, at, write=write))
    assert repr(real) in caught.value.what and repr(at) in caught.value.what
    also = "write = true, " if write else ""
    assert f'{{ path = "/n", at = "{at}", {also}follow = true }}' in caught.value.hint
    assert await opened(plan(work, at, write=write, follow=True)) == real


@pytest.mark.parametrize(
    ("at", "real"),
    [
        ("notes", "work/notes"), ("in", "work/notes/deep"), ("in-absolute", "work/notes"),
        ("notes/../sub", "work/sub"), ("../outside", "outside"),
        ("../by-link/notes", "work/notes"), ("up/work/sub", "work/sub"),
        (".", "work"), ("./in/..", "work/notes"),
    ],
)  # fmt: skip
async def test_what_is_written_or_lies_within_is_followed(work: Path, at: str, real: str) -> None:
    assert await opened(plan(work, at)) == str(work.parent / real)
    absolute = str(work.parent / real)
    assert await opened(plan(work, absolute)) == absolute


async def test_how_a_person_came_to_the_manifest_is_no_matter(work: Path) -> None:
    by_link = work.parent / "by-link"
    assert await opened(plan(by_link, "notes")) == str(work / "notes")
    assert await opened(plan(by_link, "in")) == str(work / "notes/deep")
    with pytest.raises(OperatorError, match="by a link out"):
        await opened(plan(by_link, "out"))


async def test_a_link_beside_the_manifests_folder_is_the_strangers_too(work: Path) -> None:
    """An archive may have its manifest deeper than its links."""
    for at in ("../out", str(work / "out"), str(work.parent / "by-link/out")):
        with pytest.raises(OperatorError, match="by a link out"):
            await opened(plan(work / "sub", at))


async def test_without_a_manifest_paths_are_the_working_directorys(
    work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(work)
    assert await opened(plan(None, "notes")) == str(work / "notes")
    with pytest.raises(OperatorError, match="by a link out"):
        await opened(plan(None, "out"))


@pytest.mark.parametrize(
    ("at", "follow", "why"),
    [
        ("dangling", True, "No such file"), ("dangling-in", False, "No such file"),
        ("dangling", False, "by a link out"), ("loop", True, "cannot be opened"),
    ],
)  # fmt: skip
async def test_links_to_nothing_are_mistakes_and_make_nothing(
    work: Path, at: str, follow: bool, why: str
) -> None:
    for write in (False, True):
        with pytest.raises(OperatorError, match=why):
            await opened(plan(work, at, write=write, follow=follow))
    assert not (work.parent / "outside/new").exists() and not (work / "notes/new").exists()


async def test_directories_that_can_be_passed_and_not_listed_are_passed(work: Path) -> None:
    (work / "sub/deep").mkdir()
    (work / "sub").chmod(0o111)
    try:
        assert await opened(plan(work, "sub/deep", write=True)) == str(work / "sub/deep")
    finally:
        (work / "sub").chmod(0o700)


SWAPS = {
    "the directory for a link": ("notes/deep", "notes/deep", "../../outside/deep"),
    "one on the way for a link": ("notes/deep", "notes", "../outside"),
    "the directory for another": ("notes/deep", "notes/deep", None),
    "a missing one for a link": ("notes/new", "notes/new", "../../outside/deep"),
    "the folder of a missing one": ("notes/new", "notes", "../outside"),
}


@pytest.mark.parametrize("name", SWAPS)
async def test_what_was_looked_at_is_opened_or_nothing(
    work: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody swaps a directory after it was looked at and before it is opened."""
    at, swapped, target = SWAPS[name]
    look = fs_roots.check_files

    def look_and_swap(plan: Plan, guard: Guard) -> dict[tuple[str, str], Found]:
        found = look(plan, guard)
        if (work / swapped).exists():
            (work / swapped).rename(work / "moved")
        if target is None:
            (work / swapped).mkdir()
        else:
            (work / swapped).symlink_to(target)
        return found

    monkeypatch.setattr(fs_roots, "check_files", look_and_swap)
    with pytest.raises(OperatorError, match=r"became another directory|cannot be opened"):
        await opened(plan(work, at, write=True))
    assert os.listdir(work.parent / "outside") == ["deep"]


async def test_a_link_that_comes_between_resolving_and_looking_is_not_followed(
    work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def realpath_and_swap(mount: object) -> str:
        if (work / "notes").is_dir() and not (work / "notes").is_symlink():
            (work / "notes").rename(work / "moved")
            (work / "notes").symlink_to("../outside")
        return str(work / "notes/deep")

    monkeypatch.setattr(fs_place, "real_path", realpath_and_swap)
    monkeypatch.setattr(fs_roots, "real_path", realpath_and_swap)
    with pytest.raises(OperatorError, match="cannot be opened: Not a directory"):
        await opened(plan(work, "notes/deep"))


def test_everything_is_listed_with_what_is_wrong(work: Path) -> None:
    grants = [
        build_fs_grant(
            "plugins.p.allow", work, path=f"/{at}", at=at, write=write, size=None, files=None
        )
        for at, write in (("in", True), ("out", False), ("missing", False), ("new", True))
    ]
    found = list_directories(plan_of(work, *grants), NOBODY)["p"]
    outside = str(work.parent / "outside")
    assert [(one.path, one.at, one.real, one.write) for one in found] == [
        ("/in", "in", str(work / "notes/deep"), True), ("/out", "out", outside, False),
        ("/missing", "missing", str(work / "missing"), False),
        ("/new", "new", str(work / "new"), True),
    ]  # fmt: skip
    said = ["^$", "by a link out", "cannot be opened: No such file", "^$"]
    for one, words in zip(found, said, strict=True):
        assert re.search(words, one.problem), one.problem
    assert not (work / "new").exists()


async def test_no_descriptor_is_left_open(work: Path) -> None:
    before = len(os.listdir("/dev/fd"))
    for at, follow in (("in", False), ("out", False), ("dangling", True), ("new", False)):
        for write in (False, True):
            try:
                await opened(plan(work, at, write=write, follow=follow))
            except OperatorError:
                continue
    assert len(os.listdir("/dev/fd")) == before


async def test_two_grants_of_one_new_directory_share_it(work: Path) -> None:
    one = build_fs_grant(
        "plugins.p.allow", work, path="/n", at="new", write=True, size=None, files=None
    )
    assert one.mount is not None
    two = msgspec.structs.replace(one, mount=msgspec.structs.replace(one.mount, path="/m"))
    async with open_files(plan_of(work, one, two), NOBODY) as files:
        assert set(files.directories["p"].values()) == {str(work / "new")}


async def test_another_run_may_make_it_at_the_same_time(
    work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Just after it was seen that it is missing."""
    find = fs_roots.find

    def find_first(mount: Mount, real: str) -> Found:
        found = find(mount, real)
        if found.which is None:
            os.mkdir(real, 0o700)
        return found

    monkeypatch.setattr(fs_roots, "find", find_first)
    assert await opened(plan(work, "together", write=True)) == str(work / "together")

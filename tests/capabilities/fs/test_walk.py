"""Look here if you want to know that no path leads out of its grant, whatever changes
meanwhile."""

import os
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lion.capabilities.fs.walk import MOST_LINKS, spot
from lion.domain.call import CallError
from lion.scopes.fs_path import MOST_DEPTH, MOST_NAME, MOST_PATH, is_below, parse_path
from tests.capabilities.fs.rig import Guest, grant, open_guest
from tests.examples import examples

PROC_IS_MOUNTED = os.path.ismount("/proc")
SECRET = "the secret outside"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A granted directory beside a secret, with a file and a directory in it."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret").write_text(SECRET)
    home = tmp_path / "home"
    (home / "d").mkdir(parents=True)
    (home / "d/f").write_text("inside")
    return home


@pytest.fixture
async def guest(home: Path) -> AsyncIterator[Guest]:
    async with open_guest(grant("/n", home, write=True)) as guest:
        yield guest


TRIES: list[Callable[[str], tuple[Any, ...]]] = [
    lambda path: ("read", path),
    lambda path: ("write", path, "brokenu"),
    lambda path: ("open", path, ("read",)),
    lambda path: ("open", path, ("write",)),
    lambda path: ("open", path, ("write", "create", "truncate")),
    lambda path: ("open", path, ("directory",)),
    lambda path: ("stat", path, True),
    lambda path: ("list", path, None, 10),
    lambda path: ("set-times", path, 0, 0),
]


def untouched(home: Path) -> None:
    outside = home.parent / "outside"
    assert os.listdir(outside) == ["secret"]
    assert (outside / "secret").read_text() == SECRET
    assert (outside / "secret").stat().st_mtime > 1_000_000


LINKS = {
    "relative": "../outside",
    "absolute": None,
    "deep": "d/../../outside",
    "round": "../home/../outside",
    "back": "../home",
    "root": "/",
    "self": "/proc/self/root",
    "cwd": "/proc/self/cwd",
}


@pytest.mark.parametrize("name", LINKS)
async def test_links_out_in_the_middle_and_at_the_end(guest: Guest, home: Path, name: str) -> None:
    target = LINKS[name] or str(home.parent / "outside")
    (home / "link").symlink_to(target)
    (home / "file").symlink_to(target + "/secret")
    (home / "chain").symlink_to("link")
    for path in ("link", "link/secret", "file", "chain", "chain/secret", "d/../link/secret"):
        for attempt in TRIES:
            words = attempt(f"/n/{path}")
            assert await guest(*words) == "denied", words
    for words in (
        ("make-dir", "/n/link/x"),
        ("unlink", "/n/link/secret"),
        ("remove-dir", "/n/link/x"),
        ("rename", "/n/link/secret", "/n/mine"),
        ("rename", "/n/d/f", "/n/link/mine"),
        ("link", "/n/link/secret", "/n/mine"),
        ("link", "/n/d/f", "/n/link/mine"),
        ("symlink", "x", "/n/link/x"),
        ("readlink", "/n/link/secret"),
        ("stat", "/n/link/secret", False),
    ):
        assert await guest(*words) == "denied", words
    untouched(home)


@pytest.mark.parametrize(
    "path",
    [
        "/n/../outside/secret",
        "/n/d/../../outside/secret",
        "/../../../../../../../../etc/passwd",
        "/n/./.././etc/passwd",
        "/etc/passwd",
        "/",
        "/nn",
        "/N/d/f",
        "/ｎ/d/f",
        "/n\u200b/d/f",
        "/proc/self/environ",
        "/dev/fd/0",
    ],
)
async def test_what_is_no_part_of_the_tree_is_denied(guest: Guest, home: Path, path: str) -> None:
    for attempt in TRIES:
        assert await guest(*attempt(path)) == "denied", attempt(path)
    untouched(home)


@pytest.mark.parametrize(
    ("path", "case"),
    [
        ("", "invalid"),
        ("n/d/f", "invalid"),
        ("d", "invalid"),
        ("\\n\\d", "invalid"),
        ("/n/d/f\0", "invalid"),
        ("/n/d/f\0/../../../outside/secret", "invalid"),
        ("/n/" + "x" * (MOST_NAME + 1), "name-too-long"),
        ("/n/" + "é" * 128, "name-too-long"),
        ("/n" + "/x" * (MOST_PATH // 2), "name-too-long"),
        ("/n/\ud800", "invalid"),
    ],
)
async def test_paths_that_make_no_sense(guest: Guest, path: str, case: str) -> None:
    for attempt in TRIES:
        assert await guest(*attempt(path)) == case
    for words in (
        ("rename", path, "/n/a"),
        ("rename", "/n/d/f", path),
        ("link", "/n/d/f", path),
        ("symlink", "a", path),
    ):
        assert await guest(*words) == case


async def test_the_longest_names_and_the_deepest_tree_are_fine(guest: Guest) -> None:
    assert await guest("write", "/n/" + "x" * MOST_NAME, "hiu") is None
    assert await guest("read", "/n/" + "x" * MOST_NAME) == "hiu"
    path = "/n"
    for _ in range(MOST_DEPTH):
        path += "/d2"
        assert await guest("make-dir", path) is None
    assert await guest("make-dir", path + "/x") == "name-too-long"
    assert await guest("write", path + "/x", "u") == "name-too-long"
    assert await guest("list", path, None, 9) == []


async def test_a_tree_does_not_grow_too_deep_by_renaming(guest: Guest, home: Path) -> None:
    for top, names in (("a", 70), ("b", 60)):
        for depth in range(1, names):
            await guest("make-dir", f"/n/{top}" + "/x" * (depth - 1))
    deepest = "/n/a" + "/x" * 68
    assert await guest("rename", "/n/b", deepest + "/b") is None
    assert await guest("write", deepest + "/b" + "/x" * 58 + "/f", "u") == "name-too-long"
    await guest("make-dir", "/n/c")
    assert await guest("rename", "/n/a", "/n/c/a") == "name-too-long"


async def test_a_tree_of_the_hosts_that_is_too_deep_takes_no_more(home: Path) -> None:
    (home / "/".join("x" * (MOST_DEPTH + 1))).mkdir(parents=True)
    async with open_guest(grant("/n", home, write=True)) as guest:
        assert await guest("read", "/n/d/f") == "insideu"
        assert await guest("write", "/n/d/f", "u") == "unsupported"


async def test_links_in_a_circle_and_too_many(guest: Guest, home: Path) -> None:
    (home / "circle").symlink_to("circle")
    (home / "a").symlink_to("b/x")
    (home / "b").symlink_to("a/x")
    for path in ("/n/circle", "/n/a", "/n/circle/x"):
        for attempt in TRIES:
            assert await guest(*attempt(path)) == "loop"
    (home / "l0").symlink_to("d/f")
    for number in range(MOST_LINKS):
        (home / f"l{number + 1}").symlink_to(f"l{number}")
    assert await guest("read", f"/n/l{MOST_LINKS - 1}") == "insideu"
    assert await guest("read", f"/n/l{MOST_LINKS}") == "loop"


async def test_links_that_go_up_and_down_for_ever_end(guest: Guest, home: Path) -> None:
    (home / "x/y").mkdir(parents=True)
    for number in range(20):
        (home / f"x/y/z{number}").symlink_to("../y/" * 800 + f"z{number + 1}")
    assert await guest("read", "/n/x/y/z0") == "loop"


async def test_a_links_parent_is_the_parent_of_where_it_leads(guest: Guest, home: Path) -> None:
    (home / "x/y").mkdir(parents=True)
    (home / "x/f").write_text("beside")
    (home / "short").symlink_to("x/y")
    (home / "up").symlink_to("short/../f")
    assert await guest("read", "/n/up") == "besideu"
    assert await guest("read", "/n/short/../f") == "not-found", "a path's own dots are words"


@pytest.mark.parametrize("target", ["", "/etc", "..", "../x", "a/../../x", "/", "x\0y"])
async def test_no_symlink_that_leads_out_is_made(guest: Guest, home: Path, target: str) -> None:
    case = "invalid" if target in ("", "x\0y") else "denied"
    assert await guest("symlink", target, "/n/s") == case
    if target.startswith(".."):
        assert await guest("symlink", "../" + target, "/n/d/s") == case
    assert sorted(os.listdir(home)) == ["d"]


async def test_a_symlink_is_not_moved_to_where_it_would_lead_out(guest: Guest, home: Path) -> None:
    assert await guest("symlink", "../x", "/n/d/s") is None
    assert await guest("rename", "/n/d/s", "/n/s") == "denied"
    await guest("make-dir", "/n/d/e")
    assert await guest("symlink", "../../x", "/n/d/e/s") is None
    assert await guest("rename", "/n/d/e", "/n/e") == "denied"
    assert await guest("rename", "/n/d", "/n/renamed") is None
    assert await guest("readlink", "/n/renamed/e/s") == "../../x"


@pytest.mark.parametrize("kind", ["fifo", "socket", "zero", "tty"])
async def test_what_is_no_file_is_not_opened_and_blocks_nobody(
    guest: Guest, home: Path, kind: str
) -> None:
    path = home / "d/thing"
    with _thing(kind, path):
        for attempt in TRIES[:5]:
            assert await guest(*attempt("/n/d/thing")) == "unsupported"
        (home / "d/link").symlink_to("thing")
        assert await guest("read", "/n/d/link") == "unsupported"
        assert await guest("list", "/n/d/thing", None, 9) == "not-directory"
        assert (await guest("stat", "/n/d/thing", True))["kind"] == "other"
        assert await guest("link", "/n/d/thing", "/n/x") == "unsupported"
        assert await guest("unlink", "/n/d/thing") is None


@contextmanager
def _thing(kind: str, path: Path) -> Iterator[None]:
    if kind == "fifo":
        os.mkfifo(path)
        yield
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as listener:
            here = os.open(".", os.O_RDONLY)
            os.chdir(path.parent)  # a socket's name is short
            try:
                listener.bind(path.name)
            finally:
                os.chdir(here)
                os.close(here)
            yield
    else:
        number = {"zero": os.makedev(1, 5), "tty": os.makedev(5, 0)}[kind]
        try:
            os.mknod(path, 0o020666, number)
        except PermissionError:
            pytest.skip("only the superuser makes devices")
        yield


async def test_what_is_mounted_beneath_is_no_part_of_the_grant() -> None:
    if not PROC_IS_MOUNTED:
        pytest.skip("nothing is mounted at /proc")
    async with open_guest(grant("/", Path("/"))) as guest:
        for path in ("/proc/self/environ", "/proc/1/root/etc/passwd", "/proc/self/fd/0"):
            assert await guest("read", path) == "denied"
        assert await guest("list", "/proc", None, 9) == "denied"
        assert await guest("open", "/proc", ("directory",)) == "denied"
        assert "proc" in await guest("list", "/", None, 1_000)


async def test_the_grant_is_the_directory_not_its_name(guest: Guest, home: Path) -> None:
    os.rename(home, home.parent / "moved")
    os.symlink("outside", home)
    assert await guest("read", "/n/d/f") == "insideu"
    assert await guest("read", "/n/secret") == "not-found"
    assert await guest("write", "/n/new", "u") is None
    assert sorted(os.listdir(home.parent / "moved")) == ["d", "new"]


@contextmanager
def swapping(swap: Callable[[], None]) -> Iterator[list[int]]:
    """Swap again and again in a thread; how often is in the list."""
    stop, count = threading.Event(), [0]

    def work() -> None:
        while not stop.is_set():
            swap()
            count[0] += 1

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield count
    finally:
        stop.set()
        thread.join()


def exchanging(home: Path) -> Callable[[], None]:
    """Turn `d` from a directory into a link out and back; `d/secret` from a file into a link."""
    real, link, here = home / "real", home / "out", home / "d"
    link.symlink_to("../outside")

    def swap() -> None:
        here.rename(real)
        link.rename(here)
        here.rename(link)
        real.rename(here)

    return swap


@pytest.mark.slow
async def test_a_directory_swapped_for_a_link_out_never_leads_out(
    guest: Guest, home: Path
) -> None:
    (home / "d/secret").write_text("inside")
    seen: dict[str, int] = {}
    with swapping(exchanging(home)) as count:
        for _ in range(1_500):
            for words in (
                ("read", "/n/d/secret"),
                ("write", "/n/d/secret", "insideu"),
                ("list", "/n/d", None, 9),
                ("make-dir", "/n/d/made"),
            ):
                answer = await guest(*words)
                assert SECRET not in str(answer)
                key = f"{words[0]} {answer if isinstance(answer, str) else 'ok'}"
                seen[key] = seen.get(key, 0) + 1
            rep = await guest("open", "/n/d/secret", ("read", "write"))
            if isinstance(rep, int):
                assert await guest("file.read-at", rep, 0, 99) == "insideu"
                guest.caller.handles.drop(rep)
    assert count[0] > 100
    assert seen["read insideu"] > 10 and seen.get("read denied", 0) > 10, seen
    untouched(home)


@pytest.mark.slow
async def test_a_file_swapped_for_a_link_out_is_never_followed(guest: Guest, home: Path) -> None:
    (home / "f").write_text("inside")
    (home / "out").symlink_to("../outside/secret")

    def swap() -> None:
        os.replace(home / "f", home / "kept")
        os.replace(home / "out", home / "f")
        os.replace(home / "f", home / "out")
        os.replace(home / "kept", home / "f")

    with swapping(swap) as count:
        for _ in range(1_500):
            for mode in (("read",), ("read", "write"), ("write", "truncate")):
                rep = await guest("open", "/n/f", mode)
                if isinstance(rep, int):
                    await guest("file.write-at", rep, 0, "insideu")
                    assert await guest("file.read-at", rep, 0, 99) in ("insideu", "invalid")
                    guest.caller.handles.drop(rep)
            assert SECRET not in str(await guest("read", "/n/f"))
    assert count[0] > 100
    untouched(home)


SEGMENTS = st.sampled_from(["..", ".", "", "n", "a", "b", "é", "~", "..."])


@given(st.lists(SEGMENTS, max_size=12).map("/".join).map("/".__add__))
def test_a_normal_path_is_normal_and_says_what_the_system_would(text: str) -> None:
    path = parse_path(text)
    assert parse_path(path) == path
    assert path == (os.path.normpath(text).replace("//", "/") or "/")
    assert is_below(path, "/") and is_below(path + "/x", path)
    assert not is_below(path + "x", path) or path == "/"


@examples(150)
@given(
    links=st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "d/a", "d/b"]),
            st.lists(st.sampled_from(["..", ".", "a", "b", "d", "f", "/"]), min_size=1, max_size=6)
            .map("/".join)
            .map(lambda text: text.replace("///", "/")),
        ),
        max_size=6,
    ),
    path=st.lists(st.sampled_from(["a", "b", "d", "f"]), min_size=1, max_size=4),
)
def test_where_the_walk_arrives_the_system_arrives_too(
    tmp_path_factory: pytest.TempPathFactory,
    links: list[tuple[str, str]],
    path: list[str],
) -> None:
    """Whatever links there are: beneath the top, or refused."""
    home = tmp_path_factory.mktemp("walk") / "home"
    (home / "d").mkdir(parents=True)
    (home / "f").touch()
    (home / "d/f").touch()
    (home.parent / "f").touch()
    for name, target in links:
        if not os.path.lexists(home / name):
            (home / name).symlink_to(target)
    top = os.open(home, os.O_RDONLY)
    try:
        with spot(top, path, follow=True) as at:
            found = os.stat(at.name or b".", dir_fd=at.folder, follow_symlinks=False)
            real = Path(os.path.realpath(home.joinpath(*path)))
            assert (found.st_dev, found.st_ino) == (real.stat().st_dev, real.stat().st_ino)
            assert real == home or home in real.parents
            assert at.names == real.relative_to(home).parts
    except (CallError, OSError):
        pass
    finally:
        os.close(top)

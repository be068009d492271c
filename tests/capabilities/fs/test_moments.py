"""Look here if you want to know what happens when a name becomes something else at the very last
moment: after it was looked at, just before it is opened.
"""

import os
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.capabilities.fs.rig import Guest, grant, open_guest

SECRET = "the secret outside"


class _Moment:
    """Python says before each open what will be opened (an audit hook, which stays for ever)."""

    name = b""
    act: Callable[[], None] | None = None
    opened = 0

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        if event != "open" or not self.name or args[0] != self.name:
            return
        self.opened += 1
        act, self.act = self.act, None
        if act is not None:
            act()


MOMENT = _Moment()
sys.addaudithook(MOMENT)


@contextmanager
def before_open(name: str, act: Callable[[], None] | None) -> Iterator[_Moment]:
    """Act the first time that something of this name is about to be opened."""
    MOMENT.name, MOMENT.act, MOMENT.opened = name.encode(), act, 0
    try:
        yield MOMENT
    finally:
        MOMENT.name = b""
    assert MOMENT.act is None, "it was never opened"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/f").write_text(SECRET)
    home = tmp_path / "home"
    (home / "d").mkdir(parents=True)
    (home / "d/f").write_text("inside")
    return home


@pytest.fixture
async def guest(home: Path) -> AsyncIterator[Guest]:
    async with open_guest(grant("/n", home, write=True)) as guest:
        assert await guest("write", "/n/counted", "u") is None
        yield guest


OPENS: list[tuple[Any, ...]] = [
    ("read", "/n/d/f"),
    ("open", "/n/d/f", ("read",)),
    ("open", "/n/d/f", ("write",)),
    ("open", "/n/d/f", ("read", "write", "create", "truncate")),
]


@pytest.mark.parametrize("words", OPENS, ids=str)
@pytest.mark.parametrize("target", ["../../outside/f", "absolute", "f2"])
async def test_a_file_that_becomes_a_link(
    guest: Guest, home: Path, words: tuple[Any, ...], target: str
) -> None:
    def swap() -> None:
        os.rename(home / "d/f", home / "d/f2")
        os.symlink(home.parent / "outside/f" if target == "absolute" else target, home / "d/f")

    with before_open("f", swap):
        assert await guest(*words) == "busy"
    assert (home.parent / "outside/f").read_text() == SECRET
    assert (home / "d/f2").read_text() == "inside"


@pytest.mark.parametrize("words", OPENS, ids=str)
async def test_a_file_that_becomes_a_pipe(guest: Guest, home: Path, words: Any) -> None:
    def swap() -> None:
        os.unlink(home / "d/f")
        os.mkfifo(home / "d/f")

    with before_open("f", swap):
        assert await guest(*words) == "unsupported"


@pytest.mark.parametrize("words", OPENS, ids=str)
async def test_what_is_no_file_is_not_even_opened(guest: Guest, home: Path, words: Any) -> None:
    os.unlink(home / "d/f")
    os.mkfifo(home / "d/f")
    with before_open("f", None) as moment:
        assert await guest(*words) == "unsupported"
    assert moment.opened == 0


@pytest.mark.parametrize(
    "words",
    [
        *OPENS,
        ("write", "/n/d/f", "brokenu"),
        ("stat", "/n/d/f", True),
        ("list", "/n/d", None, 9),
        ("open", "/n/d", ("directory",)),
        ("make-dir", "/n/d/x"),
        ("unlink", "/n/d/f"),
        ("rename", "/n/d/f", "/n/mine"),
        ("link", "/n/d/f", "/n/mine"),
        ("symlink", "x", "/n/d/x"),
    ],
    ids=str,
)
async def test_a_directory_that_becomes_a_link(guest: Guest, home: Path, words: Any) -> None:
    def swap() -> None:
        os.rename(home / "d", home / "d2")
        os.symlink("../outside", home / "d")

    with before_open("d", swap):
        # At the end of a path it is opened without a second look.
        assert await guest(*words) in ("denied", "not-directory")
    assert os.listdir(home.parent / "outside") == ["f"]
    assert (home.parent / "outside/f").read_text() == SECRET
    assert sorted(os.listdir(home)) == ["counted", "d", "d2"]


async def test_a_name_that_is_taken_between_look_and_making(guest: Guest, home: Path) -> None:
    with before_open("new", lambda: os.symlink("../outside/f", home / "new")):
        assert await guest("open", "/n/new", ("write", "create")) == "exists"
    assert (home.parent / "outside/f").read_text() == SECRET


@pytest.mark.slow
async def test_readers_see_the_old_file_or_the_new_one(guest: Guest, home: Path) -> None:
    contents = ["a" * 50_000, "b" * 60_000]
    await guest("write", "/n/f", contents[0] + "u")
    seen: set[str] = set()
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            seen.add((home / "f").read_text())

    thread = threading.Thread(target=look)
    thread.start()
    try:
        for number in range(400):
            assert await guest("write", "/n/f", contents[number % 2] + "u") is None
    finally:
        stop.set()
        thread.join()
    assert seen == set(contents)

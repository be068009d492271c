"""Look here if you want to know what the tests' own host interface does: books that guests import
as `acme:shelf/books`.
"""

import threading
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from lion.system import (
    U8,
    U16,
    U32,
    Caller,
    Failure,
    HostError,
    PluginHost,
    SystemPlugin,
    function,
)

GATE = threading.Event()
"""What blocks here waits for it; a test opens it at its end."""
ASKED: list[Any] = []


class Shelf(Enum):
    """Where a book stands."""

    FICTION = "f"
    NATURAL_SCIENCE = "n"


@dataclass(frozen=True)
class Book:
    """A book, with all that can be said of one."""

    title: str
    shelf: Shelf
    year: U16
    page_count: U32 | None
    rating: float
    tags: list[str]
    place: tuple[U8, str]
    cover: bytes
    is_lent: bool

    def __post_init__(self) -> None:
        if len(self.title) > 40:
            raise ValueError("a title has at most 40 characters")


LION = Book("Lions", Shelf.NATURAL_SCIENCE, 1972, 480, 4.5, ["cats"], (3, "b"), b"\xff\0", False)


class Books(SystemPlugin):
    """Books, by title; `fiction/Dune` is a title too."""

    contract = 1
    offers = "acme:shelf/books@1.2.0"
    uses = ("http", "tools")

    def open(self) -> None:
        self.kept: dict[tuple[str, str], Book] = {}

    @function(target="title", outside=False)
    def find(self, title: str, caller: Caller) -> Book | None:
        """The caller's own book of this title, or the library's."""
        ASKED.append(caller)
        if title == "large":
            return replace(LION, tags=["x" * 70_000])
        return self.kept.get((caller.namespace, title), LION if title == "Lions" else None)

    @function(target="title")
    async def put(self, title: str, book: Book, caller: Caller) -> None:
        """Keep a book. Once."""
        if (caller.namespace, title) in self.kept:
            raise Failure("exists", f"{title} is there")
        self.kept[caller.namespace, title] = book

    @function(outside=False)
    def count(self) -> U32:
        """How many were put here."""
        return len(self.kept)

    @function(target="title")
    async def cover_of(self, title: str, host: PluginHost) -> bytes:
        """The cover, from its address."""
        if title == "again":
            return str(await host.tool("worm.cover", title=title)).encode()
        try:
            return (await host.http("GET", title)).body
        except HostError as exc:
            raise Failure("unavailable", f"no cover: {exc.case}") from exc

    @function(outside=False)
    def misbehave(self, how: str) -> U8:
        """Do what no function should."""
        match how:
            case "raise":
                raise ValueError("no /home/someone/secret-place")
            case "exit":
                raise SystemExit(0)
            case "leave":
                raise GeneratorExit
            case "own":
                raise type("Cancelled", (BaseException,), {})
            case "block":
                GATE.wait()
            case "large":
                return 256
            case "text":
                return "five"  # type: ignore[return-value]
            case "tell":
                raise Failure("other", "the key is sesame-open-sesame, they say")
            case "pass-on":
                raise HostError("denied", "of its own")
        return 1


class Rival(Books):
    """Claims the same interface."""


class Newer(Books):
    """Offers the next version, in which nothing is as it was."""

    offers = "acme:shelf/books@2.0.0"


class Changed(SystemPlugin):
    """Offers the version that was asked for, with another type."""

    contract = 1
    offers = "acme:shelf/books@1.2.5"

    @function
    def count(self) -> U16:
        """Fewer."""
        return 1


class Greedy(SystemPlugin):
    """Wants a name that is lion's."""

    contract = 1
    offers = "lion:host/kv@0.1.0"

    @function
    def get(self, key: str) -> str:
        """What somebody else keeps."""
        return key


class Plain(SystemPlugin):
    """Has no targets."""

    contract = 1
    offers = "acme:plain/things@1.0.0"

    @function(outside=False)
    def get(self) -> str:
        """Anything."""
        return ""


class Vague(SystemPlugin):
    """Has a type that is none."""

    contract = 1
    offers = "acme:vague/things@1.0.0"

    @function
    def get(self, key: str) -> dict[str, str]:
        """Anything."""
        return {}

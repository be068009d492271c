"""Look here if you want to know how reading a model's answer is measured: the same answer in
pieces as models send them, read by lion's parsers, by guests' readers, and by libraries alone.

Rule: one unit of work is an answer, in pieces of four characters, about a token each; a contest's
title says how many they are.
"""

import csv
import io
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.util import find_spec
from typing import Any
from xml.etree import ElementTree

import msgspec
from pydantic_core import from_json

from benchmarks.measure import Contest, Work
from benchmarks.public_api import PublicGuest
from lion.parsers import Parsed, open_parser

PIECE = 4
ROWS = 200
_ROWS = [{"id": n, "name": f"Lion {n}", "tags": ["a", "b"], "score": n / 7} for n in range(ROWS)]
JSON = json.dumps(_ROWS)
_LIONS = "".join(f'<lion id="{n}"><name>Lion {n}</name></lion>' for n in range(ROWS))
XML = f"<found>{_LIONS}</found>"
CSV = "id,name\n" + "".join(f"{n},Lion {n}\n" for n in range(ROWS))
MARKDOWN = "## A lion\n\nWhere it lives, and what it eats.\n\n- one\n- two\n\n" * 20


def pieces_of(text: str) -> list[str]:
    """A text as it comes."""
    return [text[at : at + PIECE] for at in range(0, len(text), PIECE)]


def by_piece(text: str, read: Callable[[list[str]], Any]) -> Work:
    """Read the text so often."""
    pieces = pieces_of(text)

    async def work(count: int) -> None:
        for _ in range(count):
            read(pieces)

    return work


def lion_reads(format: str) -> Callable[[list[str]], Any]:
    """lion's parser of a format."""

    def read(pieces: list[str]) -> None:
        parser = open_parser(format)
        for piece in pieces:
            parser.feed(piece)
        assert isinstance(parser.finish(), Parsed)

    return read


def _ijson_reads(pieces: list[str]) -> None:
    import ijson

    found = ijson.sendable_list()
    reader = ijson.items_coro(found, "item", use_float=True)
    for piece in pieces:
        reader.send(piece.encode())
    reader.close()
    assert len(found) == ROWS


def _expat_reads(pieces: list[str]) -> None:
    parser = ElementTree.XMLPullParser(["end"])
    for piece in pieces:
        parser.feed(piece)
    assert sum(1 for _ in parser.read_events()) == 2 * ROWS + 1


def _markdown_reads(pieces: list[str]) -> None:
    from markdown_it import MarkdownIt

    assert MarkdownIt("commonmark").parse("".join(pieces))


def _guest_reads(name: str) -> Callable[[list[str]], Any]:
    guest = PublicGuest(component=name)
    return lambda pieces: guest.call("count", "json", "".join(pieces), PIECE)


@asynccontextmanager
async def open_json() -> AsyncIterator[dict[str, Work]]:
    """JSON records: in pieces, and the libraries that take the whole."""
    readers: dict[str, Callable[[list[str]], Any]] = {"lion": lion_reads("json")}
    if find_spec("ijson") is not None:
        readers["ijson"] = _ijson_reads
    readers["reader, Rust"] = _guest_reads("reader")
    readers["reader, AssemblyScript"] = _guest_reads("reader-as")
    readers["pydantic-core, whole"] = lambda pieces: from_json("".join(pieces))
    readers["msgspec, whole"] = lambda pieces: msgspec.json.decode("".join(pieces))
    yield {name: by_piece(JSON, read) for name, read in readers.items()}


@asynccontextmanager
async def open_xml() -> AsyncIterator[dict[str, Work]]:
    """XML, beside the standard library's pull parser."""
    yield {"lion": by_piece(XML, lion_reads("xml")), "XMLPullParser": by_piece(XML, _expat_reads)}


@asynccontextmanager
async def open_csv() -> AsyncIterator[dict[str, Work]]:
    """CSV, beside the standard library's reader of the whole."""
    whole = by_piece(CSV, lambda pieces: list(csv.DictReader(io.StringIO("".join(pieces)))))
    yield {"lion": by_piece(CSV, lion_reads("csv")), "csv, whole": whole}


@asynccontextmanager
async def open_markdown() -> AsyncIterator[dict[str, Work]]:
    """Markdown block by block, beside the library that reads the whole."""
    whole = by_piece(MARKDOWN, _markdown_reads)
    yield {"lion": by_piece(MARKDOWN, lion_reads("markdown")), "markdown-it, whole": whole}


def _contest(name: str, title: str, text: str, opened: Any, count: int) -> Contest:
    pieces = f"{title} in {len(pieces_of(text)):,} pieces"
    return Contest(name=name, title=pieces, count=count, open=opened, byte_count=len(text))


CONTESTS = (
    _contest("parse_json", "JSON, a list of records,", JSON, open_json, 20),
    _contest("parse_xml", "XML", XML, open_xml, 20),
    _contest("parse_csv", "CSV", CSV, open_csv, 40),
    _contest("parse_markdown", "Markdown", MARKDOWN, open_markdown, 20),
)

"""Look here if you want to know how tests read the documents: pages, code, links, tables.

Rule: a block of code says how it is checked, by the word after its language (CONTRIBUTING.md).
"""

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.cli.kit import ROOT

PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    ROOT / "SECURITY.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
_BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


class Block(NamedTuple):
    """A block of code; `mark` is the word after the language, `line` where it begins, from 1."""

    page: str
    line: int
    language: str
    mark: str
    text: str

    @property
    def where(self) -> str:
        return f"{self.page}:{self.line}"


@cache
def read_page(name: str) -> str:
    """A page by its path in the repository: `docs/manifest.md`."""
    return (ROOT / name).read_text("utf-8")


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks_of(name: str) -> list[Block]:
    """The blocks of a page, in its order."""
    text = read_page(name)
    return [
        Block(name, text.count("\n", 0, found.start()) + 1, found[1], found[2] or "", found[3])
        for found in _BLOCK.finditer(text)
    ]


def all_blocks(language: str = "", *marks: str) -> list[Block]:
    """The blocks of all pages, or those of a language with one of these marks."""
    return [
        block
        for page in PAGES
        for block in blocks_of(name_of(page))
        if not language or (block.language == language and block.mark in marks)
    ]


def prose_of(name: str) -> str:
    """A page without its blocks of code."""
    return _BLOCK.sub("", read_page(name))


def links_of(name: str) -> list[str]:
    """Where a page leads to."""
    return _LINK.findall(prose_of(name))


def section(name: str, title: str) -> str:
    """What stands under a heading, up to the next one of its kind or above."""
    found = re.search(rf"^(#+) {re.escape(title)}\n", read_page(name), re.MULTILINE)
    assert found is not None, f"{name} has no section {title!r}"
    rest = read_page(name)[found.end() :]
    return re.split(rf"^#{{1,{len(found[1])}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def anchors_of(name: str) -> set[str]:
    """What a link may name after `#`, as GitHub makes it of headings."""
    headings = re.findall(r"^#+ (.*)$", prose_of(name), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in headings}


def first_cells(text: str) -> list[str]:
    """What stands in backticks in the first cell of each row of the tables."""
    cells = re.findall(r"^\| ([^|]*) \|", text, re.MULTILINE)
    return [word for cell in cells for word in re.findall(r"`([^`]+)`", cell)]

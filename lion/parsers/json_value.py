"""Look here if you want to know how one JSON value is read while it comes.

Words and a code fence before it and behind it are passed over. Elements of its list are records:
of the value itself, or of the member that a path names.

Rule: a record is decoded once it is whole, strictly; so is the value in the end (msgspec).
Rule: a number that may go on is no part of a snapshot.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from lion.parsers.elements import decode
from lion.parsers.events import Parsed, Partial
from lion.parsers.json_scan import JsonScan
from lion.parsers.parser import Bounds, Parser, Stop
from lion.parsers.repair import repair_json
from lion.parsers.scan import Beginning
from lion.values.answer_schema import Held

_BEGINS: Final = re.compile(
    r"""(?P<object>\{)|[\n:][ \t]{0,32}(?P<line>\[)|(?P<list>\[)[ \t\r\n]{0,32}["{[]"""
)
"""Whatever has a brace, a list where a line or a value begins, one of what is no number: what is
passed over is never part of the value.
"""
_FENCED: Final = re.compile(r"```[^\n`]*\n([^`]*)```")
_OPENED: Final = re.compile(r"```[^\n`]*\n")
_CLOSED: Final = re.compile(r"\n[ \t]{0,32}```")
_BEHIND: Final = re.compile(r"""[ \t]*`*[ \t\r]*(?:\Z|\n[ \t\r\n]*(?![ \t\r\n{}[\],:"]))""")
"""Nothing more in the line of its end, and no more of JSON in the next."""
_NUMBER: Final = "0123456789+-.eE"


class JsonParser(Parser):
    """A JSON value."""

    def __init__(
        self,
        bounds: Bounds,
        schema: Held | None = None,
        each: Held | None = None,
        *,
        records: str = "",
        repair: bool = False,
    ) -> None:
        """`records` is the path to the list whose elements are records: `a.b`, empty for the
        value itself; `repair` mends the text once, in the end, if it is no JSON.
        """
        super().__init__(bounds, schema, each)
        self._path = tuple(records.split(".")) if records else ()
        self._repairs = repair
        self._beginning: Beginning | None = Beginning(_BEGINS)
        self._scan = JsonScan(self._path, bounds.depth)
        self._pieces: list[str] = []
        self._behind: list[str] = []
        self._length = 0
        self._is_followed = False
        """It has begun, and neither ended nor broken."""
        self._waiting: list[str] = []
        """Pieces that end no element and no bracket, and so can wait to be looked at."""
        self._is_whole = False
        self._broken: Stop | None = None
        self._shown: Partial | None = None
        self._shown_at = 0

    def _take(self, text: str) -> None:
        if self._is_followed:
            self._waiting.append(text)
            if "," in text or "]" in text or "}" in text:
                self._follow_waiting()
        elif self._beginning is not None:
            begun = self._beginning.find(text)
            if begun is None:
                return
            self._prose(self._beginning.before())
            self._beginning = None
            self._is_followed = True
            self._follow(begun)
        elif self._is_whole:
            self._behind.append(text)
        else:
            self._pieces.append(text)

    def _follow_waiting(self) -> None:
        """Look at the pieces that have come since something could last be told. Raises Stop."""
        if self._waiting:
            text = "".join(self._waiting)
            self._waiting.clear()
            self._follow(text)

    def _follow(self, text: str) -> None:
        try:
            end = self._scan.follow(text, self._element)
        except Stop as stop:
            if not self._repairs or stop.kind not in ("syntax", "incomplete"):
                raise
            self._broken, end = stop, -1
            self._is_followed = False
        if end >= 0:
            self._is_followed, self._is_whole = False, True
            self._behind.append(text[end:])
            text = text[:end]
        self._pieces.append(text)
        self._length += len(text)

    def _open_size(self) -> int:
        self._follow_waiting()
        return self._scan.elements.size

    def _element(self, text: str) -> None:
        self._check_record(len(text))
        self._record(decode(text))

    def _close(self) -> Parsed:
        if self._beginning is not None:
            return self._close_without(self._beginning.before())
        self._follow_waiting()
        behind = "".join(self._behind)
        self._prose(behind)
        text = "".join(self._pieces)
        try:
            if self._broken is not None:
                raise self._broken
            if not self._is_whole:
                raise Stop("incomplete", "the JSON breaks off before its end")
            if not _BEHIND.match(behind):
                raise Stop("syntax", "there is more behind the JSON, and no words")
            return Parsed(decode(text))
        except Stop as stop:
            if not self._repairs:
                raise
            return Parsed(repair_json(text, stop), repaired=True)

    def _close_without(self, text: str) -> Parsed:
        """A value that is no list and no object, or none at all."""
        missing = Stop("missing", "there is no JSON in it")
        for candidate in _fenced(text):
            with suppress(Stop):
                return Parsed(decode(candidate))
        begin = re.search(r"[\[{]", text)
        if not self._repairs or begin is None:
            raise missing
        return Parsed(repair_json(text[begin.start() :], missing), repaired=True)

    def _snapshot(self) -> Partial | None:
        """Made anew when a sixteenth has come on, so that all of them cost little."""
        try:
            self._follow_waiting()
        except Stop as stop:
            self._fail(stop)
        if self._beginning is not None or self._broken is not None or self._fault is not None:
            return None
        if self._shown is None or self._length - self._shown_at > self._length // 16:
            self._shown_at = self._length
            self._shown = self._show() or self._shown
        return self._shown

    def _show(self) -> Partial | None:
        from pydantic_core import from_json

        text = "".join(self._pieces)
        if not self._scan.is_in_string:
            text = text.rstrip(_NUMBER)
        try:
            return Partial(from_json(text, allow_partial="trailing-strings", allow_inf_nan=False))
        except ValueError:
            return None


def _fenced(text: str) -> Iterator[str]:
    """What may be the value: between the first fences, or all of it where there are none."""
    opened = _OPENED.search(text)
    closed = None if opened is None else _CLOSED.search(text, opened.end() - 1)
    if opened is not None and closed is not None:
        yield text[opened.end() : closed.start()]
    fenced = _FENCED.search(text)
    yield text if fenced is None else fenced[1]

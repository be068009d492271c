"""Look here if you want to know on which line of a manifest a grant is written."""

import tomllib
from typing import Any

import msgspec

from lion.domain.plan import Grant, Holder, Plan
from lion.manifest.document import Document

Place = tuple[str, ...]


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """Where something stands in a manifest: the place, the line from 1 (None: it cannot be told),
    and the line's text.
    """

    place: Place
    line: int | None
    text: str


class ManifestLines:
    """A manifest's text, asked for lines. An empty text has none."""

    def __init__(self, plan: Plan) -> None:
        self._document = Document(plan.text, kind="manifest", path=None)
        self._lines = plan.text.splitlines()
        try:
            self._tables: dict[str, Any] = tomllib.loads(plan.text)
        except ValueError:
            self._tables = {}

    def of_grant(self, holder: Holder, grant: Grant) -> Written:
        """Where one of a holder's grants is."""
        place: tuple[str, ...] = (holder.table, holder.name, "allow", grant.capability)
        if ":" in grant.capability:
            place = (*place[:3], "interfaces", grant.capability)
        line = self._document.line_of(place)
        own = [one for one in holder.grants if one.capability == grant.capability]
        entries = self._at(place)
        if isinstance(entries, list) and len(entries) == len(own) and grant in own:
            texts = [one if isinstance(one, str) else "" for one in entries]
            index = own.index(grant)
            if texts[index]:
                line = self._document.item_lines(place, texts)[index]
        return self._written(place, line)

    def of(self, *place: str | int) -> Written:
        """Where anything is, or the longest beginning of it."""
        shown = tuple(map(str, place))
        return self._written(shown, self._document.line_of(place))

    def _at(self, place: Place) -> Any:
        found: Any = self._tables
        for key in place:
            found = found.get(key) if isinstance(found, dict) else None
        return found

    def _written(self, place: Place, line: int | None) -> Written:
        is_there = line is not None and line <= len(self._lines)
        text = self._lines[line - 1].strip() if is_there and line is not None else ""
        return Written(place=place, line=line, text=text)

"""Look here if you want to know how records of all runs are searched over HTTP."""

from typing import Any, Final

import msgspec

from lion.domain.events import CallFinished, LineLogged
from lion.domain.record import Record
from lion.domain.task import Principal, Role
from lion.errors import AuditError
from lion.ports import LogReader
from lion.service.living import Living
from lion.telling.events import describe
from lion.telling.told import told
from lion.web.asked import LIMIT, POSITION, limit_of, number_of
from lion.web.connection import Answer, Request, bad_request
from lion.web.routes import Endpoint, Routes
from lion.web.runs import MOST_LOOKED, read

LONGEST_BODY: Final = 64 * 1024
"""Bytes of a record that is looked into; of a longer one only who, when and which type counts."""
LONGEST_TEXT: Final = 200
LEVELS: Final = ("debug", "info", "warn", "error")


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which records are asked for; what is empty does not matter."""

    run: str = ""
    holder: str = ""
    types: frozenset[str] = frozenset()
    text: str = ""
    level: str = ""
    correlation: str = ""

    def takes(self, record: Record) -> bool:
        """Whether a record is asked for."""
        if not record.run.startswith(self.run):
            return False
        if self.holder and record.principal != self.holder:
            return False
        if self.types and record.type not in self.types:
            return False
        if self.correlation and record.correlation != self.correlation:
            return False
        return not (self.text or self.level) or self._says(record)

    def _says(self, record: Record) -> bool:
        try:
            event = record.event()
        except AuditError:  # one that is too large to be looked into
            return False
        if self.level and self.level != _level(event):
            return False
        return not self.text or self.text in f"{describe(event)} {event!r}".casefold()


def _level(event: object) -> str:
    if isinstance(event, LineLogged):
        return event.level
    if isinstance(event, CallFinished) and event.capability == "log":
        said = event.args[0] if event.args else ""
        return said if isinstance(said, str) else ""
    return ""


async def _logs(living: Living, request: Request, by: Principal) -> Answer:
    wanted, limit = _filter(request), limit_of(request)
    after = number_of(request, "after", -1)

    def look(reader: LogReader) -> dict[str, Any]:
        if after >= 0:
            return _page(reader, after, reader.last_position(), wanted, limit)
        last = reader.last_position()
        found = _page(reader, max(last - MOST_LOOKED, 0), last, wanted, MOST_LOOKED)
        return {"records": found["records"][-limit:], "next": None}

    return Answer(value=await read(living, look))


def _page(reader: LogReader, after: int, until: int, wanted: Filter, limit: int) -> dict[str, Any]:
    records: list[dict[str, Any]] = []
    first = after
    while after < until and after - first < MOST_LOOKED:
        page = reader.since(after, LONGEST_BODY)
        if not page:
            return {"records": records, "next": None}
        for record in page:
            after = record.position
            if wanted.takes(record):
                records.append(_told(record))
            if len(records) == limit:
                return {"records": records, "next": after}
    return {"records": records, "next": after if after < until else None}


def _told(record: Record) -> dict[str, Any]:
    try:
        return told(record)
    except AuditError:
        found = msgspec.structs.asdict(record) | {"event": None}
        del found["body"]
        return found


def _filter(request: Request) -> Filter:
    query = request.query
    if "agent" in query and "plugin" in query:
        raise bad_request("a record is either an agent's or a plugin's")
    text, level = query.get("text", ""), query.get("level", "")
    if len(text) > LONGEST_TEXT:
        raise bad_request(f"the text has more than {LONGEST_TEXT} characters")
    if level and level not in LEVELS:
        raise bad_request(f"{level!r:.40} is no level; there are {', '.join(LEVELS)}")
    return Filter(
        run=query.get("run", ""),
        holder=query.get("agent", query.get("plugin", query.get("holder", ""))),
        types=frozenset(filter(None, query.get("type", "").split(","))),
        text=text.casefold(), level=level, correlation=query.get("correlation", ""),
    )  # fmt: skip


ROUTES: Final[Routes] = {
    ("GET", "api", "logs"): Endpoint(
        run=_logs, role=Role.VIEWER,
        query={
            "agent": "of this agent", "plugin": "of this plugin", "run": "of runs that begin so",
            "text": "that have this in them", "level": "that were logged so",
            "type": "of these types, with commas", "correlation": "of this root invocation",
            "after": "after this position in the log; without it the last ones are found",
            "limit": "how many at most, 1,000 or fewer",
        },
        forms={
            "limit": LIMIT, "after": POSITION, "level": {"enum": list(LEVELS)},
            "text": {"type": "string", "maxLength": LONGEST_TEXT},
        },
        summary="Search the records of all runs.",
    ),
}  # fmt: skip
"""How records are searched."""

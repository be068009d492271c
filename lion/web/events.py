"""Look here if you want to know how browsers and programs follow the log: server-sent events.

Rule: an event's id is its record's position in the log, so who was cut off goes on where he was.
Rule: who reads slowly is told how far behind he is, and who reads nothing is cut off: nobody waits
for him.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Final

import msgspec

from lion.domain.task import Principal, Role
from lion.errors import LionError, OperatorError
from lion.service.living import Living
from lion.service.problems import problem_of
from lion.service.tail import RECENT, Told
from lion.web.asked import POSITION
from lion.web.connection import Answer, Request, bad_request
from lion.web.guard import is_still
from lion.web.routes import Endpoint, Routes

EVENTS: Final = "text/event-stream"
KEEP_ALIVE_SECONDS: Final = 15.0
MOST_FOLLOWERS: Final = 64
"""Who follow at the same time: half of the places there are, so that others have one."""
RETRY_MS: Final = 1_000
"""What a browser waits before it comes again."""
MOST_PIECE: Final = 256 * 1024
"""Bytes that are sent at once."""
_HIGHEST: Final = 2**63 - 1

_Wants = Callable[[Told], bool]


async def _events(living: Living, request: Request, by: Principal) -> Answer:
    if living.tail.followers >= MOST_FOLLOWERS:
        raise OperatorError(
            f"{MOST_FOLLOWERS} follow already", hint="close some pages, or try later", status=503
        )
    after, wants = _after(request), _filter(request)
    after = await living.tail.end() if after is None else after

    def is_good() -> bool:
        return is_still(living.access, request, by)

    return Answer(pieces=_stream(living, after, wants, is_good), kind=EVENTS)


async def _stream(
    living: Living, after: int, wants: _Wants, is_good: Callable[[], bool]
) -> AsyncGenerator[bytes, None]:
    try:
        yield f"retry: {RETRY_MS}\n\n".encode()
        async with aclosing(living.tail.follow(after, KEEP_ALIVE_SECONDS)) as followed:
            async for page in followed:
                if not is_good():
                    yield _event("lion.signed-out", {})
                    return
                for piece in _pieces(page, wants):
                    yield piece
                behind = living.tail.last - page[-1].position if page else 0
                if behind > RECENT:
                    yield _event("lion.behind", {"records": behind})
    except LionError as exc:
        yield _event("lion.failed", problem_of(exc))


def _pieces(page: list[Told], wants: _Wants) -> list[bytes]:
    """What is sent of a page: with the last id in any case, also where none of it is wanted."""
    if not page:
        return [b": nothing new\n\n"]
    pieces: list[bytes] = []
    piece = bytearray()
    for one in page:
        if wants(one):
            piece += b"id: %d\nevent: %s\ndata: %s\n\n" % (
                one.position, one.type.encode(), one.text,
            )  # fmt: skip
            if len(piece) > MOST_PIECE:
                pieces.append(bytes(piece))
                piece.clear()
    piece += b"id: %d\n\n" % page[-1].position
    return [*pieces, bytes(piece)]


def _event(name: str, value: object) -> bytes:
    """An event that no record is: it leaves the reader's id as it is."""
    return b"event: %s\ndata: %s\n\n" % (name.encode(), msgspec.json.encode(value))


def _after(request: Request) -> int | None:
    """After which position: as a browser says it that comes again, or as asked."""
    said = request.headers.get("last-event-id") or request.query.get("after")
    return None if said is None else position_of(said)


def position_of(said: str) -> int:
    """A position in the log. Raises OperatorError for what is none."""
    if not said.isascii() or not said.isdigit() or int(said[:20]) > _HIGHEST:
        raise bad_request(f"{said!r:.40} is no position in the log")
    return int(said)


def _filter(request: Request) -> _Wants:
    run, holder = request.query.get("run", ""), request.query.get("holder", "")
    types = frozenset(filter(None, request.query.get("type", "").split(",")))

    def wants(one: Told) -> bool:
        return (
            one.run.startswith(run)
            and (not holder or one.holder == holder)
            and (not types or one.type in types)
        )

    return wants


ROUTES: Final[Routes] = {
    ("GET", "events"): Endpoint(
        run=_events, role=Role.VIEWER, gives=EVENTS,
        query={
            "run": "of runs whose id begins so", "holder": "of this plugin or agent",
            "type": "of these types, with commas", "after": "after this position in the log",
        },
        forms={"after": POSITION},
        summary="Follow what is recorded, as server-sent events.",
    ),
}  # fmt: skip
"""How the log is followed."""

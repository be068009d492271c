"""Look here if you want to know which pages a service has, and how one more is added.

A screen is a module of `lion/page/screens/` with a `show`, named in `SCREENS` of console.py. It
reads what it needs through its seat, and renders a template that extends `base.html`. What it
does, it does by the API, as everybody else.

Rule: a page knows nothing that the API does not.
"""

import secrets
from collections.abc import Iterator
from functools import partial
from typing import Final
from weakref import WeakKeyDictionary

from lion.domain.task import Principal, Role
from lion.page import sign_in
from lion.page.console import SCREENS, Console
from lion.page.rendering import HTML, page_of, serve_file
from lion.service.living import Living
from lion.web.connection import Answer, Request
from lion.web.events import EVENTS
from lion.web.guard import is_still
from lion.web.routes import ANY, Endpoint, Routes

_consoles: Final[WeakKeyDictionary[Living, Console]] = WeakKeyDictionary()
PARTS: Final = (("run", ANY), ("run", ANY, "explain", ANY), ("run", ANY, "authority"))
"""Of a run."""


def console_of(living: Living) -> Console:
    """The live page of a service, made when it is first asked for."""
    found = _consoles.get(living)
    if found is None:
        found = _consoles[living] = Console(living)
    return found


def pages() -> Routes:
    """All that is served to browsers besides the API."""
    return dict(_pages())


async def _show(living: Living, request: Request, by: Principal) -> Answer:
    nonce = secrets.token_urlsafe(16)
    text = await console_of(living).page(request.path, request.query, by, nonce)
    return page_of(text, nonce)


async def _export(living: Living, request: Request, by: Principal) -> Answer:
    text = await console_of(living).page(request.path, request.query, by)
    name = f"lion-{request.path[1][:8]}.html".encode("ascii", "ignore").decode()
    name = "".join(c for c in name if c.isalnum() or c in ".-")
    return Answer(
        content=text.encode(), kind=HTML,
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )  # fmt: skip


async def _feed(living: Living, request: Request, by: Principal) -> Answer:
    is_good = partial(is_still, living.access, request, by)
    return Answer(pieces=console_of(living).feed(by, is_good), kind=EVENTS)


async def _file(living: Living, request: Request, by: Principal) -> Answer:
    return serve_file(request)


def _pages() -> Iterator[tuple[tuple[str, ...], Endpoint]]:
    for path in (*((one,) for one in SCREENS if one != "run"), *PARTS):
        summary = f"The screen {path[0] or 'that is first'}."
        yield ("GET", *path), Endpoint(run=_show, role=Role.VIEWER, gives=HTML, summary=summary)
    yield (
        ("GET", "run", ANY, "export"),
        Endpoint(run=_export, role=Role.VIEWER, gives=HTML, summary="A run as one HTML file."),
    )
    yield (
        ("GET", "live", "feed"),
        Endpoint(run=_feed, role=Role.VIEWER, gives=EVENTS, summary="What the screens follow."),
    )
    yield (
        ("GET", "static", ANY),
        Endpoint(run=_file, role=None, gives="*/*", summary="A file of the pages."),
    )
    yield from sign_in.ROUTES.items()

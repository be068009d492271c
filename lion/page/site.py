"""Look here if you want to know which pages a service has, and how one more is added.

A screen is a module of `lion/page/screens/` with a `SCREEN`, named in `SCREENS` below. Its `show`
reads what it needs through the service's own commands and gives `render(request, by, TEMPLATE,
...)`. Templates extend `base.html`; they name a file of `lion/page/static/` by `static("NAME")`,
and their script elements have `nonce="{{ nonce }}"`. What a page fetches while it is open are the
screen's `parts`. What it does, it does by the API, as everybody else.

Rule: a page knows nothing that the API does not.
"""

from collections.abc import Iterator
from typing import Final

from lion.domain.task import Principal
from lion.page import sign_in
from lion.page.rendering import HTML, serve_file
from lion.page.screens import home
from lion.page.screens.screen import Screen
from lion.service.living import Living
from lion.web.connection import Answer, Request
from lion.web.routes import ANY, Endpoint, Routes

SCREENS: Final[tuple[Screen, ...]] = (home.SCREEN,)
"""In the order in which they are listed."""


async def _file(living: Living, request: Request, by: Principal) -> Answer:
    return serve_file(request)


def pages() -> Routes:
    """All that is served to browsers besides the API."""
    return dict(_pages())


def _pages() -> Iterator[tuple[tuple[str, ...], Endpoint]]:
    for screen in SCREENS:
        summary = f"The page {screen.title!r}." if screen.title else "A page."
        yield (
            ("GET", *screen.path),
            Endpoint(run=screen.show, role=screen.role, gives=HTML, summary=summary),
        )
        yield from screen.parts.items()
    yield (
        ("GET", "static", ANY),
        Endpoint(run=_file, role=None, gives="*/*", summary="A file of the pages."),
    )
    yield from sign_in.ROUTES.items()

"""Look here if you want to know how tests have the live page without a browser."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from lion.domain.task import Order, Principal
from lion.page.console import Console
from lion.service.living import Living
from lion.service.tasks import Task
from tests.service.rig import ANN, living_in

SCREENS = ("live", "attention", "runs", "rights", "plugins")
MARKUP = "<img src=x onerror=alert(1)></script><script>alert(2)</script>\u202e\x1b[31m&lt;"


class Page(HTMLParser):
    """What a reader of HTML makes of a page: elements with their attributes, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.source = text
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def having(self, name: str) -> list[str]:
        """The values of an attribute, wherever it stands."""
        return [value for _, found in self.elements if (value := found.get(name)) is not None]


class Looker:
    """Somebody who looks at the live page."""

    def __init__(self, living: Living, console: Console, by: Principal = ANN) -> None:
        self.living = living
        self.console = console
        self.by = by

    async def page(self, path: str, query: Mapping[str, str] = {}, by: Principal = ANN) -> Page:
        """A screen, parsed."""
        return Page(await self.console.page(tuple(path.split("/")), query, by))

    async def done(self, **order: Any) -> Task:
        """A task, carried out."""
        task = await self.living.service.submit(ANN, Order(**order))
        return await self.living.service.wait_over(ANN, task.id)


@asynccontextmanager
async def looking(folder: Path, *texts: str, **terms: Any) -> AsyncIterator[Looker]:
    """A service, and somebody who looks at it."""
    async with living_in(folder, *texts, **terms) as living:
        yield Looker(living, Console(living))

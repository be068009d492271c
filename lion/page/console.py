"""Look here if you want to know which screens the live page has, and how they are asked for.

Rule: a screen reads what is committed and calls the service as any door does, for who looks: what
he may not see is refused by the service, not hidden here.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Final
from weakref import proxy

import msgspec
import trio

from lion.domain.task import Principal
from lion.errors import OperatorError
from lion.page.authority import Ledger
from lion.page.drift import Looks
from lion.page.screens import attention, live, plugins, rights, run, runs
from lion.page.seat import Seat
from lion.page.streams import Streams
from lion.service.living import Living

SCREENS: Final[Mapping[str, Callable[[Seat], Awaitable[str]]]] = {
    "": live.show, "attention": attention.show, "live": live.show, "runs": runs.show,
    "run": run.show, "plugins": plugins.show, "rights": rights.show,
}  # fmt: skip
"""By the first word of the path. The first page is Live unless somebody is waited for."""
MOST_VIEWERS: Final = 64
"""Feeds at the same time."""


class Console:
    """The live page of a service."""

    def __init__(self, living: Living) -> None:
        self._living: Living = proxy(living)  # who keeps pages by their services holds none
        self._streams = Streams(self._living)
        self._looks = Looks(self._living)
        self._ledger = Ledger()
        self._places = trio.CapacityLimiter(MOST_VIEWERS)

    async def page(
        self, path: tuple[str, ...], query: Mapping[str, str], by: Principal, nonce: str = ""
    ) -> str:
        """A screen, as HTML whose scripts have a nonce. Raises LionError; OperatorError with
        status 404 for none.
        """
        first, *rest = path or ("",)
        show = SCREENS.get(first)
        if show is None or (rest and first != "run"):
            raise OperatorError(
                f"there is no screen /{'/'.join(path)[:100]}", hint="begin at /", status=404
            )
        seat = Seat(
            living=self._living, streams=self._streams, looks=self._looks,
            ledger=self._ledger, by=by,
            path=tuple(rest), query=query, nonce=nonce,
        )  # fmt: skip
        if first == "" and await seat.waiting():
            show = attention.show
        return await show(seat)

    async def feed(
        self, by: Principal, is_good: Callable[[], bool] = lambda: True
    ) -> AsyncGenerator[bytes, None]:
        """What is new as events of a `text/event-stream`, while it `is_good`. Raises OperatorError
        if too many look already, or who asks may not.
        """
        self._living.service.tasks(by)
        try:
            self._places.acquire_on_behalf_of_nowait(token := object())
        except trio.WouldBlock:
            raise OperatorError(
                f"{MOST_VIEWERS} look at this page already", hint="close one", status=503
            ) from None
        try:
            yield b"retry: 1000\n\n"
            async with self._streams.viewer() as viewer, aclosing(viewer.frames()) as frames:
                async for frame in frames:
                    if not is_good():
                        return
                    yield b"data: " + msgspec.json.encode(frame) + b"\n\n"
        finally:
            self._places.release_on_behalf_of(token)

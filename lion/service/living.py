"""Look here if you want to know what a door of a service is given: everything one can command."""

from collections.abc import Iterator
from contextlib import contextmanager

import trio

from lion.domain.task import Principal
from lion.errors import OperatorError
from lion.service.access import Access
from lion.service.answers import Answers
from lion.service.plugins import Plugins
from lion.service.roles import check_allowed
from lion.service.service import Service
from lion.service.tail import Tail
from lion.service.timekeeper import Timekeeper
from lion.settings import Settings


class Living:
    """A service and its commands. Made by serving.open_living."""

    def __init__(self, service: Service, settings: Settings) -> None:
        self.service = service
        self.settings = settings
        self.tail = Tail(settings, service.chain.log)
        self.plugins = Plugins(service)
        self.keeper = Timekeeper(service)
        self.answers = Answers(settings)
        self.access = Access(service.chain)
        self._busy: set[str] = set()
        self.url = ""
        """How browsers address it; empty: they cannot."""
        self.asked = trio.Event()
        """Somebody wants it to stop."""
        self.by: Principal | None = None
        self.changed: dict[str, tuple[str, ...]] = {}
        """What may be done otherwise since the last start, by manifest: files that changed."""
        self.hurry = trio.Event()
        """It shall not wait for what works."""

    @contextmanager
    def one_at_a_time(self, work: str) -> Iterator[None]:
        """Let nobody else do this meanwhile, which takes long. Raises OperatorError if it is."""
        if work in self._busy:
            raise OperatorError(
                f"somebody else has a {work} done", hint="try again later", status=503
            )
        self._busy.add(work)
        try:
            yield
        finally:
            self._busy.discard(work)

    def sign_in_url(self, by: Principal) -> str:
        """An address that signs a browser in once, as who asks for it. Raises OperatorError."""
        check_allowed(by, "token url")
        if not self.url:
            raise OperatorError(
                "no browser can speak to this service",
                hint="start it with a port: lion serve --port 8080", status=409,
            )  # fmt: skip
        return f"{self.url}/sign-in?once={self.access.open_once(by)}"

    def ask_stop(self, by: Principal, *, at_once: bool = False) -> None:
        """Let it stop, as soon as who serves it gets to that. Raises OperatorError."""
        check_allowed(by, "stop")
        self.by = self.by or by
        self.asked.set()
        if at_once:
            self.hurry.set()

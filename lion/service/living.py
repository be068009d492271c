"""Look here if you want to know what a door of a service is given: everything one can command."""

import trio

from lion.domain.task import Principal
from lion.errors import OperatorError
from lion.service.access import Access
from lion.service.plugins import Plugins
from lion.service.roles import check_allowed
from lion.service.service import Service
from lion.service.tail import Tail
from lion.settings import Settings


class Living:
    """A service and its commands. Made by serving.open_living."""

    def __init__(self, service: Service, settings: Settings) -> None:
        self.service = service
        self.settings = settings
        self.tail = Tail(settings, service.chain.log)
        self.plugins = Plugins(service)
        self.access = Access(service.chain)
        self.url = ""
        """How browsers address it; empty: they cannot."""
        self.asked = trio.Event()
        """Somebody wants it to stop."""
        self.by: Principal | None = None
        self.changed: dict[str, tuple[str, ...]] = {}
        """What may be done otherwise since the last start, by manifest: files that changed."""
        self.hurry = trio.Event()
        """It shall not wait for what works."""

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

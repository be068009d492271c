"""Look here if you want to know what a door of a service is given: everything one can command."""

import trio

from lion.domain.task import Principal
from lion.service.plugins import Plugins
from lion.service.roles import check_allowed
from lion.service.service import Service


class Living:
    """A service and its commands. Made by serving.open_living."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.plugins = Plugins(service)
        self.asked = trio.Event()
        """Somebody wants it to stop."""
        self.by: Principal | None = None
        self.hurry = trio.Event()
        """It shall not wait for what works."""

    def ask_stop(self, by: Principal, *, at_once: bool = False) -> None:
        """Let it stop, as soon as who serves it gets to that. Raises OperatorError."""
        check_allowed(by, "stop")
        self.by = self.by or by
        self.asked.set()
        if at_once:
            self.hurry.set()

"""Look here if you want to know how what comes through a door is carried out."""

from lion.domain.task import Principal
from lion.service.living import Living
from lion.web.connection import Answer, Request
from lion.web.listening import Admit, Door
from lion.web.routes import Endpoint, Routes, check_role, find_endpoint


class Office:
    """A service behind its doors: which routes there are is the same at each."""

    def __init__(self, living: Living, routes: Routes) -> None:
        self._living = living
        self._routes = routes

    def door(self, admit: Admit) -> Door:
        """A door at which `admit` says who comes."""
        return Door(admit, self.find, self.handle)

    def find(self, request: Request, by: Principal) -> Endpoint:
        """What is asked, if he may ask it. Raises OperatorError."""
        endpoint = find_endpoint(self._routes, request)
        check_role(endpoint, request, by)
        return endpoint

    async def handle(self, endpoint: Endpoint, request: Request, by: Principal) -> Answer:
        """Do it. Raises LionError."""
        return await endpoint.run(self._living, request, by)

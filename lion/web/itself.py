"""Look here if you want to know what a service is asked about itself."""

from typing import Final

import msgspec

from lion.domain.task import Principal, Role
from lion.service.errors import is_stopping
from lion.service.living import Living
from lion.service.status import schedules_of, status_of
from lion.web.connection import Answer, Request
from lion.web.routes import Endpoint, Routes, body_of


class Stop(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How it shall stop: `at_once`, or when what works has ended, within its grace."""

    at_once: bool = False


async def _ping(living: Living, request: Request, by: Principal) -> Answer:
    return Answer(value={"pong": True})


async def _health(living: Living, request: Request, by: Principal) -> Answer:
    await living.service.chain.commit()  # refused by a log that takes nothing more
    if living.service.stopping.is_set():
        raise is_stopping()
    return Answer(value={"state": "ready"})


async def _status(living: Living, request: Request, by: Principal) -> Answer:
    status = status_of(living.service, by)
    status["schedules"] = schedules_of(living.service, living.keeper)
    return Answer(value={**status, "followers": living.tail.followers, "url": living.url})


async def _stop(living: Living, request: Request, by: Principal) -> Answer:
    said = body_of(request, Stop)
    living.ask_stop(by, at_once=said.at_once)
    return Answer(status=202, value={"state": "stopping"})


_V, _A = Role.VIEWER, Role.ADMINISTRATOR
ROUTES: Final[Routes] = {
    ("GET", "ping"): Endpoint(run=_ping, role=None, summary="Answer."),
    ("GET", "healthz"): Endpoint(
        run=_health, role=None, summary="Say whether it takes work: 200, or 503 while it stops."
    ),
    ("GET", "api", "status"): Endpoint(run=_status, role=_V, summary="Say how the service is."),
    ("POST", "api", "stop"): Endpoint(
        run=_stop, role=_A, body=Stop, status=202, summary="Let the service stop."
    ),
}  # fmt: skip
"""What it is asked about itself."""

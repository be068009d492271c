"""Look here if you want to know how a service is asked what it holds, as elements."""

from typing import Final

from lion.domain.task import Principal, Role
from lion.service.elements import element_of, elements_of, in_turns, progression_of
from lion.service.living import Living
from lion.web.connection import Answer, Request
from lion.web.routes import ANY, Endpoint, Routes


async def _elements(living: Living, request: Request, by: Principal) -> Answer:
    found = await elements_of(living.service, by)
    kind = request.query.get("kind", "")
    wanted = (one for one in found if kind in ("", one.kind))
    return Answer(value=[one.to_dict() async for one in in_turns(wanted)])


async def _element(living: Living, request: Request, by: Principal) -> Answer:
    return Answer(value=(await element_of(living.service, by, request.path[2])).to_dict())


async def _progression(living: Living, request: Request, by: Principal) -> Answer:
    return Answer(value=progression_of(living.service, by, request.path[2]).to_dict())


ROUTES: Final[Routes] = {
    ("GET", "api", "elements"): Endpoint(
        run=_elements, role=Role.VIEWER, query={"kind": "only those: Task, Run, Plugin"},
        summary="List tasks, their runs and plugins as elements.",
    ),
    ("GET", "api", "elements", ANY): Endpoint(
        run=_element, role=Role.VIEWER, summary="Show an element."
    ),
    ("GET", "api", "progressions", ANY): Endpoint(
        run=_progression, role=Role.VIEWER, summary="Show an order: `queue`."
    ),
}  # fmt: skip

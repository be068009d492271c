"""Look here if you want to know how workflows are listed and begun over HTTP."""

from typing import Any, Final

import msgspec

from lion.domain.task import Order, Principal, Role, Terms
from lion.service.living import Living
from lion.web.api import shown, taken
from lion.web.connection import Answer, Request, bad_request, created
from lion.web.routes import ANY, Endpoint, Routes, body_of


class Begun(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a workflow is given."""

    input: dict[str, Any] = {}
    terms: Terms = Terms()
    key: str = ""


async def _workflows(living: Living, request: Request, by: Principal) -> Answer:
    return Answer(value=_listed(living))


def _listed(living: Living) -> list[dict[str, Any]]:
    """The workflows of what is installed."""
    found = []
    for installed in living.service.chain.state.workspace:
        for name, holder in living.service.plan_of(installed).holders.items():
            if (workflow := holder.workflow) is not None:
                found.append(
                    {
                        "name": name,
                        "manifest": installed.name,
                        "strategy": workflow.strategy,
                        "input": workflow.input,
                        "steps": list(workflow.steps),
                    }
                )
    return found


async def _begin(living: Living, request: Request, by: Principal) -> Answer:
    asked, name = body_of(request, Begun), request.path[2]
    if name not in {one["name"] for one in _listed(living)}:
        raise bad_request(f"there is no workflow {name!r:.80}", 404)
    order = Order(call=f"{name}.run", arguments=asked.input)
    task = await taken(living, request, by, order, asked)
    return created(shown(task), "tasks", task.id)


ROUTES: Final[Routes] = {
    ("GET", "api", "workflows"): Endpoint(
        run=_workflows, role=Role.VIEWER, summary="List the workflows of what is installed."
    ),
    ("POST", "api", "workflows", ANY, "runs"): Endpoint(
        run=_begin, role=Role.OPERATOR, body=Begun, status=201, has_key=True,
        summary="Begin a workflow.",
    ),
}  # fmt: skip
"""What is asked about workflows."""

"""Look here if you want to know how workflows are listed over HTTP."""

from typing import Any, Final

from lion.domain.task import Principal, Role
from lion.service.living import Living
from lion.web.connection import Answer, Request
from lion.web.routes import Endpoint, Routes


async def _workflows(living: Living, request: Request, by: Principal) -> Answer:
    found: list[dict[str, Any]] = []
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
    return Answer(value=found)


ROUTES: Final[Routes] = {
    ("GET", "api", "workflows"): Endpoint(
        run=_workflows, role=Role.VIEWER, summary="List the workflows of what is installed."
    ),
}  # fmt: skip
"""What is asked about workflows."""

"""Look here if you want to know how it is asked over HTTP who may do what, and what other rules
would have changed.
"""

from functools import partial
from typing import Annotated, Any, Final

import msgspec

from lion.domain.task import Principal, Role
from lion.history import open_history
from lion.places import homes_of
from lion.policy.policy_file import parse_policy
from lion.ports import LogReader
from lion.reading import beside
from lion.review.run import RunAudit, audit_recorded
from lion.service.living import Living
from lion.settings import Settings
from lion.web.connection import Answer, Request, bad_request
from lion.web.routes import Endpoint, Routes, body_of, described_as
from lion.web.runs import found_run

MOST_RUNS: Final = 20
USUAL_RUNS: Final = 5


class WhatIf(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A policy (its text) by which the last `last` runs are decided again, or these `runs`."""

    policy: str
    runs: Annotated[list[str], described_as(maxItems=MOST_RUNS)] = []
    last: Annotated[int, described_as(minimum=1, maximum=MOST_RUNS)] = USUAL_RUNS


async def _rights(living: Living, request: Request, by: Principal) -> Answer:
    host = living.service.host
    found = []
    for installed in living.service.chain.state.workspace:
        plan = living.service.plan_of(installed)
        found.append({"name": installed.name, "audit": await host.check(plan)})
    return Answer(value=found)


async def _what_if(living: Living, request: Request, by: Principal) -> Answer:
    asked = body_of(request, WhatIf)
    if len(asked.runs) > MOST_RUNS or not 1 <= asked.last <= MOST_RUNS:
        raise bad_request(f"1 to {MOST_RUNS} runs are decided again at a time")
    with living.one_at_a_time("what-if"):
        return Answer(value=await beside(partial(_decided, living.settings, asked)))


def _decided(settings: Settings, asked: WhatIf) -> dict[str, Any]:
    policy = parse_policy(asked.policy)
    homes = homes_of(settings.lookups)
    with open_history(settings) as reader:
        runs = [found_run(reader, word) for word in asked.runs] or _last(reader, asked.last)
        audits = [audit_recorded(reader, run, policy, homes) for run in runs]
    return {"policy_digest": policy.digest, "runs": [_changes(one) for one in audits]}


def _last(reader: LogReader, count: int) -> list[str]:
    return [one.run for one in reader.runs()[-count:]][::-1]


def _changes(audit: RunAudit) -> dict[str, Any]:
    found = msgspec.to_builtins(audit.again) if audit.again else {"calls": audit.calls}
    return {"changed": 0, "changes": [], **found, "run": audit.run, "name": audit.manifest_name}


ROUTES: Final[Routes] = {
    ("GET", "api", "audit"): Endpoint(
        run=_rights, role=Role.VIEWER, summary="Say who may do what, of all that is installed."
    ),
    ("POST", "api", "audit", "what-if"): Endpoint(
        run=_what_if, role=Role.VIEWER, body=WhatIf,
        summary="Decide recorded calls again, by another policy; nothing is changed.",
    ),
}  # fmt: skip
"""Who may do what, and might."""

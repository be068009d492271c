"""Look here if you want to know how approvals are seen and answered over HTTP."""

from typing import Any, Final

import msgspec

from lion.domain.approval import Reach, Standing, Waiting
from lion.domain.task import Principal, Role
from lion.service.living import Living
from lion.web.connection import Answer, Request
from lion.web.routes import ANY, Endpoint, Routes, body_of


class Answered(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An answer: whether the call may happen, for how much that holds, `words` for the guest."""

    allowed: bool
    reach: Reach = Reach.ONCE
    words: str = ""


async def _waiting(living: Living, request: Request, by: Principal) -> Answer:
    return Answer(value=[_shown(one) for one in await living.answers.waiting(by)])


async def _answer(living: Living, request: Request, by: Principal) -> Answer:
    said = body_of(request, Answered)
    one = await living.answers.answer(
        by, request.path[2], allowed=said.allowed, reach=said.reach, words=said.words
    )
    return Answer(value=_shown(one))


async def _standing(living: Living, request: Request, by: Principal) -> Answer:
    return Answer(value=[_goes_on(one) for one in await living.answers.standing(by)])


async def _forget(living: Living, request: Request, by: Principal) -> Answer:
    found = await living.answers.forget(by, request.path[3])
    return Answer(value=[_goes_on(one) for one in found])


def _shown(one: Waiting) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(one.request)
    return {**found, "holder": one.request.holder, "is_live": one.is_live}


def _goes_on(one: Standing) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(one)
    return found


ROUTES: Final[Routes] = {
    ("GET", "api", "approvals"): Endpoint(
        run=_waiting, role=Role.VIEWER, summary="List the calls that wait for a person."
    ),
    ("POST", "api", "approvals", ANY): Endpoint(
        run=_answer, role=Role.OPERATOR, body=Answered,
        summary="Answer a call that waits; for an answer that is for ever: as administrator.",
    ),
    ("GET", "api", "approvals", "standing"): Endpoint(
        run=_standing, role=Role.VIEWER, summary="List the answers that go on."
    ),
    ("DELETE", "api", "approvals", "standing", ANY): Endpoint(
        run=_forget, role=Role.ADMINISTRATOR, summary="Take an answer back that goes on."
    ),
}  # fmt: skip
"""How approvals are answered."""

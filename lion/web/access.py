"""Look here if you want to know how tokens are managed over HTTP, and how a browser signs in."""

from typing import Annotated, Final

import msgspec

from lion.domain.task import Principal, Role
from lion.service.access import NAME
from lion.service.keyring import Token
from lion.service.living import Living
from lion.web.connection import Answer, Request, bad_request, created
from lion.web.routes import ANY, Endpoint, Routes, body_of, described_as

LONGEST_NS: Final = 10 * 365 * 24 * 3_600 * 10**9


class Wanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A token to make; `lasts_ns` nanoseconds, 0 until it is revoked."""

    name: Annotated[str, described_as(pattern=NAME)]
    role: Role
    lasts_ns: Annotated[int, described_as(minimum=0, maximum=LONGEST_NS)] = 0


async def _create(living: Living, request: Request, by: Principal) -> Answer:
    wanted = body_of(request, Wanted)
    if not 0 <= wanted.lasts_ns <= LONGEST_NS:
        raise bad_request("a token lasts up to ten years")
    secret = await living.access.create(by, wanted.name, wanted.role, wanted.lasts_ns)
    value = {"name": wanted.name, "role": wanted.role, "token": secret}
    return created(value, "tokens", wanted.name)


async def _tokens(living: Living, request: Request, by: Principal) -> Answer:
    return Answer(value=[_shown(one) for one in living.access.tokens(by)])


async def _revoke(living: Living, request: Request, by: Principal) -> Answer:
    return Answer(value=_shown(await living.access.revoke(by, request.path[2])))


async def _url(living: Living, request: Request, by: Principal) -> Answer:
    return Answer(value={"url": living.sign_in_url(by)})


def _shown(token: Token) -> dict[str, object]:
    found: dict[str, object] = msgspec.to_builtins(token)
    del found["digest"]
    return found


ROUTES: Final[Routes] = {
    ("GET", "api", "tokens"): Endpoint(
        run=_tokens, role=Role.ADMINISTRATOR, summary="List the tokens, without their secrets."
    ),
    ("POST", "api", "tokens"): Endpoint(
        run=_create, role=Role.ADMINISTRATOR, body=Wanted, status=201,
        summary="Make a token; its secret is told once.",
    ),
    ("DELETE", "api", "tokens", ANY): Endpoint(
        run=_revoke, role=Role.ADMINISTRATOR, summary="Revoke a token."
    ),
    ("POST", "api", "sign-in-url"): Endpoint(
        run=_url, role=Role.ADMINISTRATOR,
        summary="Make an address that signs a browser in, once.",
    ),
}  # fmt: skip
"""How tokens are managed."""

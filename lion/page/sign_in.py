"""Look here if you want to know how a browser signs in and out.

Rule: an address with a secret in it works once, and leads where there is none.
Rule: what a browser fetches before anybody asked for it signs nobody in.
"""

from typing import Final
from urllib.parse import parse_qs

import msgspec

from lion.domain.task import Principal
from lion.page.frame import plain
from lion.page.rendering import HTML, page_of
from lion.service.living import Living
from lion.web.connection import Answer, Request, bad_request
from lion.web.guard import session_cookie, session_of
from lion.web.routes import Endpoint, Routes

MOST_FORM: Final = 4_096
_WRONG: Final = "This is no token of this service, or not any more."
_USED: Final = "This address was used already, or is too old."


async def _page(living: Living, request: Request, by: Principal) -> Answer:
    once = request.query.get("once")
    if once is None:
        return _form("")
    purpose = request.headers.get("sec-purpose", request.headers.get("purpose", ""))
    if request.method != "GET" or "prefetch" in purpose:
        raise bad_request("this address works once, and is not for looking ahead")
    return await _sign_in(living, request, by, once, _USED)


async def _token(living: Living, request: Request, by: Principal) -> Answer:
    try:
        fields = parse_qs(request.body.decode("utf-8"), max_num_fields=4)
    except ValueError as exc:
        raise bad_request("the body is no form") from exc
    secret = fields.get("token", [""])[0].strip()
    return await _sign_in(living, request, by, secret, _WRONG)


async def _sign_in(
    living: Living, request: Request, by: Principal, secret: str, words: str
) -> Answer:
    session = await living.access.sign_in(secret)
    if session is None:
        await living.access.slow_down(request.peer)
        return msgspec.structs.replace(_form(words), status=401)
    return _led("/", session_cookie(session, request.origin))


async def _sign_out(living: Living, request: Request, by: Principal) -> Answer:
    await living.access.sign_out(by, session_of(request))
    return _led("/sign-in", session_cookie("", request.origin))


def _form(words: str) -> Answer:
    return page_of(plain("sign-in.html", title="Sign in", words=words), "")


def _led(where: str, cookie: str) -> Answer:
    headers = {"location": where, "set-cookie": cookie}
    return Answer(status=303, content=b"", kind=HTML, headers=headers)


ROUTES: Final[Routes] = {
    ("GET", "sign-in"): Endpoint(
        run=_page, role=None, gives=HTML, refuses=HTML,
        query={"once": "the secret of an address"},
        summary="Ask for a token, or sign in with an address that works once.",
    ),
    ("POST", "sign-in"): Endpoint(
        run=_token, role=None, gives=HTML, refuses=HTML, status=303, most=MOST_FORM,
        form={"token": "the token's secret"},
        summary="Sign in with a token, sent as the field `token` of a form.",
    ),
    ("POST", "sign-out"): Endpoint(
        run=_sign_out, role=None, gives=HTML, status=303, most=MOST_FORM, summary="Sign out."
    ),
}  # fmt: skip
"""What anybody may ask."""

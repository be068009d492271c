"""Look here if you want to know what a request comes to: an endpoint, and who may ask it.

Rule: every request passes its endpoint's role before anything is read of its body.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeAlias, TypeVar

import msgspec

from lion.domain.task import Principal, Role
from lion.errors import OperatorError
from lion.service.errors import not_allowed
from lion.service.living import Living
from lion.web.connection import MOST_BODY, PROBLEM, Answer, Request, bad_request

ANY: Final = "*"
"""In a path: any one part."""
NOBODY: Final = Principal("nobody", "unknown")
"""Who has not said who he is."""

Run: TypeAlias = Callable[[Living, Request, Principal], Awaitable[Answer]]
"""Does what is asked. Raises LionError."""
T = TypeVar("T")


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """What a request does, in `summary`'s words, and the least `role` that it needs (None: anybody
    who may speak at all). `body` is the model of its body, `query` its parameters with their
    meanings, `forms` the JSON schemas of those that are no mere text, `form` the fields of a
    form that is its body, `status` of what it answers if it succeeds, `besides` what else it may
    answer then, `gives` what that is, by media types with commas, and `refuses` what who is not
    let in gets.
    """

    run: Run
    role: Role | None
    summary: str
    body: type[Any] | None = None
    query: Mapping[str, str] = {}
    forms: Mapping[str, Mapping[str, Any]] = {}
    form: Mapping[str, str] = {}
    status: int = 200
    besides: Mapping[int, str] = {}
    gives: str = "application/json"
    refuses: str = PROBLEM
    most: int = MOST_BODY
    """Bytes of its body."""
    has_key: bool = False
    """The same `Idempotency-Key` again is the same request."""

    @property
    def needs_body(self) -> bool:
        """It makes no sense without one."""
        fields = msgspec.structs.fields(self.body) if self.body is not None else ()
        return any(one.required for one in fields)


def described_as(**schema: Any) -> msgspec.Meta:
    """Say more of a field in its JSON schema; who reads it checks it, in words of its own."""
    return msgspec.Meta(extra_json_schema=schema)


Routes: TypeAlias = Mapping[tuple[str, ...], Endpoint]
"""By method and the parts of the path."""


def find_endpoint(routes: Routes, request: Request) -> Endpoint:
    """Which endpoint a request is for. Raises OperatorError."""
    methods = []
    asked = "GET" if request.method == "HEAD" else request.method
    for (method, *path), endpoint in routes.items():
        parts = zip(path, request.path, strict=False)
        if len(path) == len(request.path) and all(a in (ANY, b) for a, b in parts):
            if method == asked:
                return endpoint
            methods.append(method)
    word = f"{request.method} /{'/'.join(request.path)}"
    if methods:
        error = bad_request(f"there is no {word:.200}, only {', '.join(methods)}", 405)
        error.facts["headers"] = {"allow": ", ".join(methods)}
        raise error
    raise bad_request(f"there is no {word:.200}", 404)


def check_role(endpoint: Endpoint, request: Request, by: Principal) -> None:
    """Raise OperatorError for who may not ask this."""
    if endpoint.role is None or (by is not NOBODY and by.role.includes(endpoint.role)):
        return
    if by is NOBODY:
        raise _sign_in(request)
    raise not_allowed(by, f"{request.method} /{'/'.join(request.path)}"[:200], endpoint.role)


def _sign_in(request: Request) -> OperatorError:
    """The error for who has to say who he is first; a browser is led to where that is done."""
    if request.method != "GET" or "text/html" not in request.headers.get("accept", ""):
        return unauthorized("who asks has not said who he is")
    return OperatorError("sign in first", status=303, headers={"location": "/sign-in"})


def unauthorized(what: str) -> OperatorError:
    """Build the error for who has not said who he is, or not truly."""
    return OperatorError(
        what, hint="make a token: lion token create; for a browser an address: lion token url",
        status=401, headers={"www-authenticate": "Bearer"},
    )  # fmt: skip


def body_of(request: Request, kind: type[T]) -> T:
    """The body as a model. Raises OperatorError for what does not fit."""
    try:
        return msgspec.convert(request.json(), kind)
    except msgspec.ValidationError as exc:
        raise bad_request(f"the body does not fit: {exc}") from exc

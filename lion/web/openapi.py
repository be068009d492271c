"""Look here if you want to know how the routes are described for programs: OpenAPI 3.1.

Rule: the description is made from the routes, so neither has what the other has not.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

import msgspec

from lion.domain.task import Principal, Role
from lion.service.living import Living
from lion.version import VERSION
from lion.web.asked import POSITION
from lion.web.connection import JSON, PROBLEM, Answer, Request
from lion.web.routes import ANY, Endpoint, Routes

NAMES: Final = ("id", "number")
"""What parts of a path are called that may be anything."""
FORM: Final = "application/x-www-form-urlencoded"
_TEXT: Final[Mapping[str, Any]] = {"type": "string"}
_SCHEMAS: Final = "#/components/schemas/{name}"
_PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "description": "What failed, why, and what to do (RFC 9457); `hint` says what to type.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
        "detail": {"type": "string"}, "hint": {"type": "string"}, "kind": {"type": "string"},
        "exit_code": {"type": "integer"},
    },
}  # fmt: skip
_ERRORS: Final = {
    "400": "The request makes no sense.",
    "403": "Another role is needed, or another site asks.",
    "404": "There is no such thing.",
    "405": "There is another method for this.",
    "408": "The request did not come in time.",
    "409": "Something stands against it, as it is now.",
    "413": "The body is too large.",
    "421": "This is not the service that was asked for.",
    "422": "A guest failed, or a key was said with another order.",
    "429": "The queue is full.",
    "431": "The head is too large.",
    "500": "The log does not verify, or lion is at fault.",
    "502": "Something outside failed.",
    "503": "There is no place, or the service is stopping.",
}


def described(routes: Routes) -> Routes:
    """The same routes, and one that describes them all."""
    whole: dict[tuple[str, ...], Endpoint] = dict(routes)
    description = cache(lambda: msgspec.json.encode(document(whole)))

    async def show(living: Living, request: Request, by: Principal) -> Answer:
        return Answer(content=description())

    summary = "Describe what can be asked, as OpenAPI."
    whole["GET", "openapi.json"] = Endpoint(run=show, role=Role.VIEWER, summary=summary)
    return whole


def document(routes: Routes) -> dict[str, Any]:
    """The description of some routes."""
    bodies = [one.body for one in routes.values() if one.body is not None]
    found, schemas = msgspec.json.schema_components(bodies, ref_template=_SCHEMAS)
    references = dict(zip(bodies, found, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for key, endpoint in routes.items():
        path = path_of(key)
        paths.setdefault(path, {})[key[0].lower()] = _operation(key, path, endpoint)
        if endpoint.body is not None:
            content = {JSON: {"schema": references[endpoint.body]}}
            body = {"required": endpoint.needs_body, "content": content}
            paths[path][key[0].lower()]["requestBody"] = body
        elif endpoint.form:
            paths[path][key[0].lower()]["requestBody"] = _form(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {"title": "lion", "version": VERSION, "summary": "A service of lion."},
        "paths": paths,
        "security": [{"token": []}, {"session": []}],
        "components": {
            "schemas": {**schemas, "Problem": _PROBLEM},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "lion-PORT"},
            },
        },
    }


def path_of(key: tuple[str, ...]) -> str:
    """The path of a route, as OpenAPI writes it."""
    names = iter(NAMES)
    return "/" + "/".join(f"{{{next(names)}}}" if part == ANY else part for part in key[1:])


def _operation(key: tuple[str, ...], path: str, endpoint: Endpoint) -> dict[str, Any]:
    word = "_".join(part for part in key if part not in (ANY, "")).replace("-", "_")
    found: dict[str, Any] = {
        "operationId": f"{word}_{key.count(ANY)}" if ANY in key else word,
        "summary": endpoint.summary,
        "parameters": list(_parameters(path, endpoint)),
        "responses": dict(_responses(endpoint)),
        "x-role": endpoint.role or "nobody",
    }
    if endpoint.role is None:
        found["security"] = []
    return found


def _form(endpoint: Endpoint) -> dict[str, Any]:
    """The body of a request that a browser's form sends."""
    fields = {name: {**_TEXT, "description": words} for name, words in endpoint.form.items()}
    schema = {
        "type": "object", "required": list(fields), "properties": fields,
        "additionalProperties": False,
    }  # fmt: skip
    return {"required": True, "content": {FORM: {"schema": schema}}}


def _parameters(path: str, endpoint: Endpoint) -> Iterator[dict[str, Any]]:
    for name in NAMES:
        if f"{{{name}}}" in path:
            schema = POSITION if name == "number" else _TEXT
            yield {"name": name, "in": "path", "required": True, "schema": schema}
    for name, words in endpoint.query.items():
        schema = endpoint.forms.get(name, _TEXT)
        yield {"name": name, "in": "query", "description": words, "schema": schema}
    if endpoint.has_key:
        words = "the same again is the same request"
        yield {"name": "Idempotency-Key", "in": "header", "description": words, "schema": _TEXT}


def _responses(endpoint: Endpoint) -> Iterator[tuple[str, Any]]:
    kinds = [kind.partition(";")[0].strip() for kind in endpoint.gives.split(",")]
    content: dict[str, Any] = (
        {} if endpoint.status == 303 else {"content": {kind: {"schema": {}} for kind in kinds}}
    )
    yield str(endpoint.status), {"description": "It is done.", **content}
    for other, words in endpoint.besides.items():
        yield str(other), {"description": words}
    problem = {PROBLEM: {"schema": {"$ref": _SCHEMAS.format(name="Problem")}}}
    if endpoint.role is not None and endpoint.status == 200:
        yield "303", {"description": "A browser is led to where one signs in."}
    if endpoint.role is not None or endpoint.refuses != PROBLEM:
        refusal = {endpoint.refuses.partition(";")[0]: {"schema": {}}, **problem}
        yield "401", {"description": "Who asks has to say who he is.", "content": refusal}
    for status, words in _ERRORS.items():
        yield status, {"description": words, "content": problem}

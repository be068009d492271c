"""Look here if you want to know which requests there are, and which command each is.

Rule: a route reads what was asked, and calls one command of the service; it decides nothing.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, Final, TypeVar

import msgspec

from lion.domain.record import Record
from lion.domain.task import Order, Principal, Role, TaskState, Terms
from lion.plans import Source
from lion.service.elements import element_of, elements_of, progression_of
from lion.service.living import Living
from lion.service.status import status_of
from lion.service.tasks import Task
from lion.telling.told import told
from lion.web.connection import Answer, Request, bad_request

Route = Callable[[Living, Request, Principal], Awaitable[Answer]]
T = TypeVar("T")
_ANY: Final = "*"


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is said of a task that is submitted."""

    order: Order
    terms: Terms = Terms()
    key: str = ""


class Given(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A manifest: its text, or the path of a file of this machine; `folder` is where relative
    paths begin."""

    manifest: str = ""
    path: str = ""
    folder: str = "/"
    sets: dict[str, str] = {}
    accept: str = ""

    @property
    def source(self) -> Source | None:
        """What to read; None: nothing was named."""
        return f"{self.manifest}\n" if self.manifest else self.path or None


class Patch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What shall change of a plugin: one of the two."""

    enabled: bool | None = None
    reason: str = ""
    update: Given | None = None


class Invoked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tool to call, and its arguments."""

    tool: str
    arguments: dict[str, Any] = {}
    terms: Terms = Terms()
    key: str = ""


class Spawned(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An agent to start, and its task."""

    agent: str
    prompt: str
    terms: Terms = Terms()
    key: str = ""


class Sent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A message, any JSON; `to` is a holder of the task's run, if not its own."""

    payload: Any
    to: str = ""


class Said(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A word of who asks."""

    reason: str = ""
    at_once: bool = False


async def _ping(living: Living, request: Request, by: Principal) -> Answer:
    return Answer(value={"pong": True})


async def _status(living: Living, request: Request, by: Principal) -> Answer:
    return Answer(value=status_of(living.service, by))


async def _stop(living: Living, request: Request, by: Principal) -> Answer:
    said = _body(request, Said)
    living.ask_stop(by, at_once=said.at_once)
    return Answer(status=202, value={"state": "stopping"})


async def _tasks(living: Living, request: Request, by: Principal) -> Answer:
    found = living.service.tasks(by)
    if word := request.query.get("state"):
        if word not in set(TaskState):
            raise bad_request(f"{word!r} is no state; there are {', '.join(TaskState)}")
        found = [task for task in found if task.state == word]
    return Answer(value=[shown(task) for task in found])


async def _submit(living: Living, request: Request, by: Principal) -> Answer:
    asked = _body(request, Asked)
    task = await living.service.submit(by, asked.order, asked.terms, asked.key)
    return Answer(status=201, value=shown(task))


async def _spawn(living: Living, request: Request, by: Principal) -> Answer:
    asked = _body(request, Spawned)
    order = Order(agent=asked.agent, task=asked.prompt)
    task = await living.service.submit(by, order, asked.terms, asked.key)
    return Answer(status=201, value={"agent_id": task.id, "status": "spawned"})


async def _task(living: Living, request: Request, by: Principal) -> Answer:
    return Answer(value=shown(living.service.task(by, request.path[2])))


async def _cancel(living: Living, request: Request, by: Principal) -> Answer:
    reason = request.query.get("reason", "")
    found = await living.service.cancel(by, request.path[2], reason)
    return Answer(value=[shown(task) for task in found])


async def _retry(living: Living, request: Request, by: Principal) -> Answer:
    said = _body(request, Said)
    task = await living.service.retry(by, request.path[2], said.reason)
    return Answer(value=shown(task))


async def _send(living: Living, request: Request, by: Principal) -> Answer:
    sent = _body(request, Sent)
    payload = msgspec.json.encode(sent.payload).decode()
    task = living.service.send(by, request.path[2], payload, sent.to)
    return Answer(status=202, value=shown(task))


async def _follow(living: Living, request: Request, by: Principal) -> Answer:
    task = living.service.task(by, request.path[2])
    return Answer(lines=_lines(living, by, task.id))


async def _lines(living: Living, by: Principal, id: str) -> AsyncGenerator[object, None]:
    async with aclosing(living.service.follow(by, id)) as followed:
        async for one in followed:
            yield {"record": told(one)} if isinstance(one, Record) else {"task": shown(one)}


async def _elements(living: Living, request: Request, by: Principal) -> Answer:
    found = elements_of(living.service, by)
    kind = request.query.get("kind", "")
    return Answer(value=[one.to_dict() for one in found if kind in ("", one.kind)])


async def _element(living: Living, request: Request, by: Principal) -> Answer:
    return Answer(value=element_of(living.service, by, request.path[2]).to_dict())


async def _progression(living: Living, request: Request, by: Principal) -> Answer:
    return Answer(value=progression_of(living.service, by, request.path[2]).to_dict())


async def _plugins(living: Living, request: Request, by: Principal) -> Answer:
    return Answer(value=living.plugins.listed(by))


async def _install(living: Living, request: Request, by: Principal) -> Answer:
    said = _body(request, Given)
    if said.source is None:
        raise bad_request("neither `manifest` nor `path` is given")
    found = await living.plugins.install(by, said.source, folder=said.folder, sets=said.sets)
    return Answer(status=201, value={"name": found.name, "holders": found.holders})


async def _plugin(living: Living, request: Request, by: Principal) -> Answer:
    return Answer(value=await living.plugins.show(by, request.path[2]))


async def _patch(living: Living, request: Request, by: Principal) -> Answer:
    said, name = _body(request, Patch), request.path[2]
    if (said.enabled is None) == (said.update is None):
        raise bad_request("give either `enabled` or `update`")
    if said.update is not None:
        new = said.update
        found, changes = await living.plugins.update(
            by, name, new.source, folder=new.folder, sets=new.sets, accept=new.accept
        )
        return Answer(value={"name": found.name, "changes": changes})
    if said.enabled:
        found = await living.plugins.enable(by, name)
    else:
        found = await living.plugins.disable(by, name, said.reason)
    return Answer(value={"name": found.name, "holders": found.holders})


async def _remove(living: Living, request: Request, by: Principal) -> Answer:
    found = await living.plugins.remove(by, request.path[2])
    return Answer(value={"name": found.name, "holders": found.holders})


async def _invoke(living: Living, request: Request, by: Principal) -> Answer:
    asked = _body(request, Invoked)
    order = Order(call=f"{request.path[2]}.{asked.tool}", arguments=asked.arguments)
    task = await living.service.submit(by, order, asked.terms, asked.key)
    return Answer(value=shown(await living.service.wait_over(by, task.id)))


ROUTES: Final[dict[tuple[str, ...], tuple[Role | None, Route]]] = {
    ("GET", "ping"): (None, _ping),
    ("GET", "api", "status"): (Role.VIEWER, _status),
    ("POST", "api", "stop"): (Role.ADMINISTRATOR, _stop),
    ("GET", "api", "tasks"): (Role.VIEWER, _tasks),
    ("POST", "api", "tasks"): (Role.OPERATOR, _submit),
    ("GET", "api", "tasks", _ANY): (Role.VIEWER, _task),
    ("DELETE", "api", "tasks", _ANY): (Role.OPERATOR, _cancel),
    ("POST", "api", "tasks", _ANY, "retry"): (Role.OPERATOR, _retry),
    ("POST", "api", "tasks", _ANY, "messages"): (Role.OPERATOR, _send),
    ("GET", "api", "tasks", _ANY, "events"): (Role.VIEWER, _follow),
    ("POST", "api", "agents"): (Role.OPERATOR, _spawn),
    ("GET", "api", "elements"): (Role.VIEWER, _elements),
    ("GET", "api", "elements", _ANY): (Role.VIEWER, _element),
    ("GET", "api", "progressions", _ANY): (Role.VIEWER, _progression),
    ("GET", "api", "plugins"): (Role.VIEWER, _plugins),
    ("POST", "api", "plugins"): (Role.ADMINISTRATOR, _install),
    ("GET", "api", "plugins", _ANY): (Role.VIEWER, _plugin),
    ("PATCH", "api", "plugins", _ANY): (Role.ADMINISTRATOR, _patch),
    ("DELETE", "api", "plugins", _ANY): (Role.ADMINISTRATOR, _remove),
    ("POST", "api", "plugins", _ANY, "invoke"): (Role.OPERATOR, _invoke),
}
"""Every request, the least role that it needs (None: anybody who may speak at all), and what it
does. The service checks roles itself; a test holds the two together."""


def find_route(request: Request) -> Route:
    """Which route a request takes. Raises OperatorError."""
    methods = []
    for (method, *path), (_, route) in ROUTES.items():
        parts = zip(path, request.path, strict=False)
        if len(path) == len(request.path) and all(a in (_ANY, b) for a, b in parts):
            if method == request.method:
                return route
            methods.append(method)
    word = f"{request.method} /{'/'.join(request.path)}"
    if methods:
        raise bad_request(f"there is no {word}, only {', '.join(methods)}", 405)
    raise bad_request(f"there is no {word}", 404)


def shown(task: Task) -> dict[str, Any]:
    """A task as JSON."""
    found: dict[str, Any] = msgspec.to_builtins(task)
    return {**found, "state": str(task.state), "run": task.run}


def _body(request: Request, kind: type[T]) -> T:
    try:
        return msgspec.convert(request.json(), kind)
    except msgspec.ValidationError as exc:
        raise bad_request(f"the body does not fit: {exc}") from exc

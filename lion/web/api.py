"""Look here if you want to know which requests there are, and which command each is.

Rule: a route reads what was asked, and calls one command of the service; it decides nothing.
"""

from typing import Any, Final

import msgspec
import trio

from lion.domain.task import Order, Principal, Role, TaskState, Terms
from lion.plans import Source
from lion.service.living import Living
from lion.service.tasks import Task
from lion.web.connection import Answer, Request, bad_request, created
from lion.web.routes import ANY, Endpoint, Routes, body_of


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


async def _agents(living: Living, request: Request, by: Principal) -> Answer:
    found = [task for task in living.service.tasks(by) if task.order.agent]
    return Answer(value=[{"agent_id": task.id, **shown(task)} for task in found])


async def _tasks(living: Living, request: Request, by: Principal) -> Answer:
    found = living.service.tasks(by)
    if word := request.query.get("state"):
        if word not in set(TaskState):
            raise bad_request(f"{word!r} is no state; there are {', '.join(TaskState)}")
        found = [task for task in found if task.state == word]
    rows = []
    for number, task in enumerate(found, 1):
        rows.append(shown(task))
        if number % YIELD == 0:  # others are answered meanwhile
            await trio.lowlevel.checkpoint()
    return Answer(value=rows)


YIELD: Final = 256
"""Tasks of a list that are told before others have their turn on the loop."""
LONGEST_KEY: Final = 200


async def _taken(
    living: Living, request: Request, by: Principal, order: Order, asked: Asked | Spawned | Invoked
) -> Task:
    """Submit an order once, however often the same key is said. Raises OperatorError."""
    key = request.headers.get("idempotency-key", asked.key)
    if len(key) > LONGEST_KEY:
        raise bad_request(f"the key has more than {LONGEST_KEY} characters")
    task = await living.service.submit(by, order, asked.terms, key)
    if key and task.order != order:
        raise bad_request("this key was said with another order before", 422)
    return task


async def _submit(living: Living, request: Request, by: Principal) -> Answer:
    asked = body_of(request, Asked)
    task = await _taken(living, request, by, asked.order, asked)
    return created(shown(task), "tasks", task.id)


async def _spawn(living: Living, request: Request, by: Principal) -> Answer:
    asked = body_of(request, Spawned)
    order = Order(agent=asked.agent, task=asked.prompt)
    task = await _taken(living, request, by, order, asked)
    return created({"agent_id": task.id, "status": "spawned"}, "agents", task.id)


async def _task(living: Living, request: Request, by: Principal) -> Answer:
    task = living.service.task(by, request.path[2])
    agents = [msgspec.to_builtins(one) for one in living.service.agents(by, task.id)]
    return Answer(value={**shown(task), "agents": agents})


async def _cancel(living: Living, request: Request, by: Principal) -> Answer:
    reason = request.query.get("reason", "")
    found = await living.service.cancel(by, request.path[2], reason)
    return Answer(value=[shown(task) for task in found])


async def _retry(living: Living, request: Request, by: Principal) -> Answer:
    said = body_of(request, Said)
    task = await living.service.retry(by, request.path[2], said.reason)
    return Answer(value=shown(task))


async def _send(living: Living, request: Request, by: Principal) -> Answer:
    sent = body_of(request, Sent)
    payload = msgspec.json.encode(sent.payload).decode()
    task = living.service.send(by, request.path[2], payload, sent.to)
    return Answer(status=202, value=shown(task))


async def _plugins(living: Living, request: Request, by: Principal) -> Answer:
    return Answer(value=living.plugins.listed(by))


async def _install(living: Living, request: Request, by: Principal) -> Answer:
    said = body_of(request, Given)
    if said.source is None:
        raise bad_request("neither `manifest` nor `path` is given")
    found = await living.plugins.install(by, said.source, folder=said.folder, sets=said.sets)
    return created({"name": found.name, "holders": found.holders}, "plugins", found.name)


async def _plugin(living: Living, request: Request, by: Principal) -> Answer:
    return Answer(value=await living.plugins.show(by, request.path[2]))


async def _patch(living: Living, request: Request, by: Principal) -> Answer:
    said, name = body_of(request, Patch), request.path[2]
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
    asked = body_of(request, Invoked)
    order = Order(call=f"{request.path[2]}.{asked.tool}", arguments=asked.arguments)
    task = await _taken(living, request, by, order, asked)
    return Answer(value=shown(await living.service.wait_over(by, task.id)))


def shown(task: Task) -> dict[str, Any]:
    """A task as JSON."""
    found: dict[str, Any] = msgspec.to_builtins(task)
    return {**found, "state": str(task.state), "run": task.run}


_V, _O, _A = Role.VIEWER, Role.OPERATOR, Role.ADMINISTRATOR

ROUTES: Final[Routes] = {
    ("GET", "api", "tasks"): Endpoint(
        run=_tasks, role=_V, query={"state": "only those in this state"},
        forms={"state": {"enum": list(TaskState)}},
        summary="List tasks, in the order in which they were submitted.",
    ),
    ("POST", "api", "tasks"): Endpoint(
        run=_submit, role=_O, body=Asked, status=201, has_key=True, summary="Submit a task."
    ),
    ("GET", "api", "tasks", ANY): Endpoint(run=_task, role=_V, summary="Show a task."),
    ("DELETE", "api", "tasks", ANY): Endpoint(
        run=_cancel, role=_O, query={"reason": "why"},
        summary="Take a task back, and those it is the parent of.",
    ),
    ("POST", "api", "tasks", ANY, "retry"): Endpoint(
        run=_retry, role=_O, body=Said, summary="Let a task begin anew."
    ),
    ("POST", "api", "tasks", ANY, "messages"): Endpoint(
        run=_send, role=_O, body=Sent, status=202, summary="Write to an agent at work."
    ),
    ("GET", "api", "agents"): Endpoint(
        run=_agents, role=_V, summary="List the tasks of agents, as they were submitted."
    ),
    ("GET", "api", "agents", ANY): Endpoint(run=_task, role=_V, summary="Show an agent's task."),
    ("DELETE", "api", "agents", ANY): Endpoint(
        run=_cancel, role=_O, query={"reason": "why"}, summary="Stop an agent."
    ),
    ("POST", "api", "agents", ANY, "messages"): Endpoint(
        run=_send, role=_O, body=Sent, status=202, summary="Write to an agent at work."
    ),
    ("POST", "api", "agents"): Endpoint(
        run=_spawn, role=_O, body=Spawned, status=201, has_key=True, summary="Start an agent."
    ),
    ("GET", "api", "plugins"): Endpoint(
        run=_plugins, role=_V, summary="List what is installed."
    ),
    ("POST", "api", "plugins"): Endpoint(
        run=_install, role=_A, body=Given, status=201, summary="Install a manifest."
    ),
    ("GET", "api", "plugins", ANY): Endpoint(
        run=_plugin, role=_V, summary="Show a plugin or an agent: code, grants, tools."
    ),
    ("PATCH", "api", "plugins", ANY): Endpoint(
        run=_patch, role=_A, body=Patch, summary="Enable, disable or update a plugin."
    ),
    ("DELETE", "api", "plugins", ANY): Endpoint(
        run=_remove, role=_A, summary="Remove a manifest."
    ),
    ("POST", "api", "plugins", ANY, "invoke"): Endpoint(
        run=_invoke, role=_O, body=Invoked, has_key=True,
        summary="Call a tool and wait for what it comes to.",
    ),
}  # fmt: skip
"""What a service is asked about tasks and plugins. The service checks roles itself, too; a test
holds the two together."""

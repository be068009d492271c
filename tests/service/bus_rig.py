"""Look here if you want to know how tests have services whose agents write to each other."""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from lion.domain.bus_terms import BusTerms, parse_place
from lion.domain.events import AgentCompleted, CallFinished, LettersTaken
from lion.domain.hidden import Hidden
from lion.domain.record import Record
from lion.domain.service_terms import ServiceTerms
from lion.domain.task import Order
from lion.history import open_history
from lion.service.living import Living
from lion.service.tasks import Task
from lion.serving import open_living
from lion.settings import Settings
from tests.service.redis_server import KEY, PASSWORD
from tests.service.rig import ANN, WASM, plan_of, settings_of

AGENTS = """
name = "desk"
""" + "\n".join(
    f"""
[agents.{name}]
component = "{WASM}/probe-bus.wasm"
allow.bus = {{ publish = ["**"], receive = ["**"], write = ["*", "@*/*"] }}
"""
    for name in ("ann", "bob")
)


def settings_at(folder: Path, url: str = "") -> Settings:
    """A state directory, with the secrets of a bus."""
    told = f"{url or 'redis://127.0.0.1'} "
    secrets = {"LION_SECRET_BUS_KEY": KEY, "LION_SECRET_BUS_PASSWORD": PASSWORD}
    hidden = {name: Hidden(told + value) for name, value in secrets.items()}
    return msgspec.structs.replace(settings_of(folder), variables=hidden)


def bus_terms(name: str, url: str = "", **more: Any) -> BusTerms:
    """A bus that shares `shared.*`; with a Redis, that of the other of west and east."""
    more = {"topics": ("shared.*",), **more}
    if url:
        peer = "east" if name == "west" else "west"
        more |= {
            "peers": (peer,), "redis": parse_place(url), "key": "bus-key",
            "password": "bus-password",
        }  # fmt: skip
    return BusTerms(name=name, **more)


@asynccontextmanager
async def office(
    folder: Path, name: str, url: str = "", manifest: str = AGENTS, **more: Any
) -> AsyncIterator[Living]:
    """A service of that name."""
    folder.mkdir(exist_ok=True)  # noqa: ASYNC240 - a test of its own loop
    terms = ServiceTerms(bus=bus_terms(name, url, **more))
    async with open_living(settings_at(folder, url), [plan_of(manifest)], terms) as living:
        yield living


async def does(living: Living, agent: str, *lines: str) -> Task:
    """An agent that does this."""
    order = Order(agent=agent, task="\n".join(lines))
    return await living.service.submit(ANN, order)


async def called(living: Living, task: Task, operation: str) -> None:
    """Wait until a task's agent has called this."""
    async with aclosing(living.service.follow(ANN, task.id)) as followed:
        async for one in followed:
            if not isinstance(one, Record) or one.type != CallFinished.__name__:
                continue
            event = one.event()
            assert isinstance(event, CallFinished)
            if event.operation == operation:
                return


async def said(living: Living, task: Task) -> list[str]:
    """What each line of its task gave."""
    over = await living.service.wait_over(ANN, task.id)
    with open_history(living.settings) as reader:
        found = [one.event() for one in reader.records(over.run)]
    (value,) = [one.value for one in found if isinstance(one, AgentCompleted)]
    return str(value[1]["text"]).split("\n")


def taken(folder: Path) -> list[LettersTaken]:
    """What a service took, by its own chain."""
    with open_history(settings_of(folder)) as reader:
        found = [one.event() for chain in reader.chains() for one in reader.records(chain)]
    return [event for event in found if isinstance(event, LettersTaken)]


def refusals(events: Sequence[LettersTaken]) -> dict[str, str]:
    """All letters that nobody has, and why."""
    return {id: why for event in events for id, why in event.refused.items()}

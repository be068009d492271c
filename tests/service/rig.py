"""Look here if you want to know how tests have a service in their own loop, with real parts."""

import os
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

from lion.domain.plan import Plan
from lion.domain.service_terms import ServiceTerms
from lion.domain.task import Order, Principal, Role, Terms
from lion.manifest.parse import parse_manifest
from lion.service.living import Living
from lion.service.tasks import Task
from lion.serving import open_living
from lion.settings import Settings

ROOT = Path(__file__).parents[2]
WASM = ROOT / "plugins-wasm"
ANN = Principal("user", "ann", Role.ADMINISTRATOR)
OLA = Principal("token", "ola", Role.OPERATOR)
VIC = Principal("token", "vic", Role.VIEWER)

FOREVER = 1_000_000
MANIFEST = f"""
name = "rig"

[plugins.calculator]
component = "{WASM}/calculator.wasm"

[plugins.hostile]
component = "{WASM}/hostile.wasm"
allow.kv = {{ bytes = "4 MiB" }}

[agents.waiter]
component = "{WASM}/waiter.wasm"
config = {{ times = {FOREVER}, pieces = {FOREVER}, nanos = 1_000_000 }}

[agents.guide]
component = "{WASM}/guide.wasm"
allow.tools = ["**"]
"""


def settings_of(folder: Path) -> Settings:
    """A state directory of this test's, and the cache of all."""
    return Settings(state=folder / "state", cache=Path(os.environ["LION_TEST_CACHE"]))


def plan_of(text: str = MANIFEST) -> Plan:
    """A manifest's plan."""
    return parse_manifest(text, path=None)


@asynccontextmanager
async def living_in(folder: Path, *texts: str, **terms: Any) -> AsyncIterator[Living]:
    """A service that lives in a folder."""
    plans = [plan_of(text) for text in texts or (MANIFEST,)]
    async with open_living(settings_of(folder), plans, ServiceTerms(**terms)) as living:
        yield living


async def add(living: Living, a: int = 1, **terms: Any) -> Task:
    """A task that is over soon."""
    order = Order(call="calculator.add", arguments={"a": a, "b": 1})
    return await living.service.submit(ANN, order, Terms(**terms))


async def wait(living: Living, **terms: Any) -> Task:
    """A task that is not over by itself."""
    return await living.service.submit(ANN, Order(agent="waiter", task="x"), Terms(**terms))


async def works(living: Living, task: Task) -> None:
    """Wait until a task's run has begun and says something."""
    async with aclosing(living.service.follow(ANN, task.id)) as followed:
        async for one in followed:
            if getattr(one, "type", "") == "AgentPartialOutput":
                return

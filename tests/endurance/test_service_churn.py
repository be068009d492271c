"""A service under churn: what is submitted, cancelled, installed, removed, followed and left comes
and goes, and memory and open files stay as they are.
"""

import gc
import os
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path

import pytest
import trio

from lion.domain.record import Record
from lion.domain.task import Order, TaskState, Terms
from lion.errors import OperatorError
from lion.service.living import Living
from lion.service.status import status_of
from tests.endurance.kit import descriptors, rss, threads
from tests.series import times
from tests.service.rig import ANN, WASM, living_in

pytestmark = pytest.mark.slow

SECONDS = float(os.environ.get("LION_SOAK_SECONDS") or times(600, sample=12))
WORKERS = 6
MANIFEST = f"""
name = "rig"
[plugins.calculator]
component = "{WASM}/calculator.wasm"
[plugins.hostile]
component = "{WASM}/hostile.wasm"
allow.kv = {{ bytes = "4 MiB" }}
limits = {{ cpu = "50 ms" }}
[agents.waiter]
component = "{WASM}/waiter.wasm"
config = {{ times = 20, pieces = 20, nanos = 2_000_000 }}
"""
EXTRA = f'name = "extra{{n}}"\n[plugins.extra{{n}}]\ncomponent = "{WASM}/hello.wasm"\n'
Work = Callable[[Living, random.Random, int], Awaitable[object]]


async def call(living: Living, rng: random.Random, worker: int) -> None:
    order = Order(call="calculator.divide", arguments={"a": 6, "b": rng.choice([0, 3])})
    task = await living.service.submit(ANN, order, Terms(priority=rng.randrange(256)))
    await living.service.wait_over(ANN, task.id)


async def cancel(living: Living, rng: random.Random, worker: int) -> None:
    task = await living.service.submit(ANN, Order(agent="waiter", task="x"))
    await trio.sleep(rng.uniform(0, 0.03))
    if not living.service.task(ANN, task.id).state.is_over:
        await living.service.cancel(ANN, task.id)
    await living.service.wait_over(ANN, task.id)


async def overrun(living: Living, rng: random.Random, worker: int) -> None:
    task = await living.service.submit(ANN, Order(call="hostile.spin"))
    over = await living.service.wait_over(ANN, task.id)
    assert over.state is TaskState.FAILED


async def replace(living: Living, rng: random.Random, worker: int) -> None:
    await living.plugins.install(ANN, EXTRA.format(n=worker))
    order = Order(call=f"extra{worker}.greet", arguments={"name": "x"})
    task = await living.service.submit(ANN, order)
    if rng.random() < 0.5:
        await living.service.wait_over(ANN, task.id)
    await living.plugins.remove(ANN, f"extra{worker}")
    await living.service.wait_over(ANN, task.id)


async def leave(living: Living, rng: random.Random, worker: int) -> None:
    """Follow a task and go, at some record of it."""
    task = await living.service.submit(ANN, Order(agent="waiter", task="x"))
    left = rng.randrange(10)
    async with aclosing(living.service.follow(ANN, task.id)) as followed:
        async for one in followed:
            left -= isinstance(one, Record)
            if left < 0:
                break
    await living.service.wait_over(ANN, task.id)


WORK: tuple[Work, ...] = (call, call, cancel, overrun, replace, leave)


async def churn(living: Living, seconds: float, seed: int) -> None:
    until = time.monotonic() + seconds

    async def worker(number: int) -> None:
        rng = random.Random(seed + number)
        while time.monotonic() < until:
            await rng.choice(WORK)(living, rng, number)

    with trio.fail_after(seconds + 60):
        async with trio.open_nursery() as nursery:
            for number in range(WORKERS):
                nursery.start_soon(worker, number)


async def test_memory_and_files_stay_as_they_are(tmp_path: Path) -> None:
    async with living_in(tmp_path, MANIFEST, slots=4, resources={"gold": 2}) as living:
        await churn(living, SECONDS / 4, 1)
        gc.collect()
        before = descriptors(), threads(), rss()
        await churn(living, SECONDS, 100)
        gc.collect()
        status = status_of(living.service, ANN)
        assert (status["working"], status["waiting"], status["free"]) == ([], 0, {"gold": 2})
        assert status["instances"] == 0
        assert descriptors() <= before[0] + 2
        assert threads() <= before[1] + 4
        assert rss() <= before[2] + 64 * 1024 * 1024
        assert not living.service._follows._changed
        with pytest.raises(OperatorError):
            await living.plugins.remove(ANN, "extra0")

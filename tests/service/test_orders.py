"""What one order can do to a service: it is bounded, or refused before it is on record.

Rule: each attack succeeds where its guard is taken away: then the service ends, or cannot write.
"""

from pathlib import Path
from typing import Any

import pytest

from lion.domain.task import Order, Retry, Terms
from lion.errors import OperatorError
from lion.service.chain import Chain
from lion.service.terms import LARGEST_ORDER, LONGEST_DEADLINE_NS, MOST_RETRIES
from tests.service.rig import ANN, OLA, living_in, settings_of

DAY_NS = 24 * 3_600 * 10**9


def nested(depth: int) -> list[Any]:
    """A list in a list in a list."""
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "part"),
    [
        (2**64, "the arguments.a: an integer of more than 64 bits"),
        (-(2**63) - 1, "an integer of more than 64 bits"),
        (float("inf"), "inf is no JSON"),
        (nested(64), "nested too deeply"),
        (nested(100_000), "that can be recorded"),
        ("\ud800", "that can be recorded"),
        (object(), "that can be recorded"),
        ("x" * LARGEST_ORDER, "and may have 65,536"),
    ],
)
async def test_an_order_that_the_record_cannot_have_is_refused(
    tmp_path: Path, value: Any, part: str
) -> None:
    async with living_in(tmp_path) as living:
        order = Order(call="calculator.add", arguments={"a": value, "b": 1})
        with pytest.raises(OperatorError, match=part):
            await living.service.submit(OLA, order)
        assert not living.service.tasks(ANN)


@pytest.mark.parametrize("task", ["\ud800", "x" * LARGEST_ORDER])
async def test_so_is_an_agents_task(tmp_path: Path, task: str) -> None:
    async with living_in(tmp_path) as living:
        with pytest.raises(OperatorError, match=r"recorded|may have"):
            await living.service.submit(OLA, Order(agent="waiter", task=task))


@pytest.mark.parametrize(
    ("terms", "part"),
    [
        (Terms(priority=256), "there is no priority 256"),
        (Terms(priority=2**70), "there is no priority"),
        (Terms(deadline_ns=0), "a deadline lies ahead"),
        (Terms(deadline_ns=LONGEST_DEADLINE_NS + 1), "at most ten years"),
        (Terms(deadline_ns=2**64), "at most ten years"),
        (Terms(retry=Retry(times=MOST_RETRIES + 1)), "that often nothing"),
        (Terms(retry=Retry(times=2**64)), "that often nothing"),
        (Terms(retry=Retry(times=1, wait_ns=DAY_NS + 1)), "nobody waits that long"),
        (Terms(retry=Retry(times=1, factor=float("inf"))), "0 or more"),
        (Terms(retry=Retry(times=1, factor=float("nan"))), "0 or more"),
        (Terms(retry=Retry(times=1, on=("timeout",))), "no task ends with 'timeout'"),
        (Terms(resources={"gold": 2**64}), "there is no resource 'gold'"),
        (Terms(resources={"tea": 2**64}), "of which there are 2"),
        (Terms(resources={"tea": -1}), "of which there are 2"),
    ],
)
async def test_terms_that_nobody_can_have_are_refused(
    tmp_path: Path, terms: Terms, part: str
) -> None:
    async with living_in(tmp_path, resources={"tea": 2}) as living:
        order = Order(call="calculator.add", arguments={"a": 1, "b": 1})
        with pytest.raises(OperatorError, match=part):
            await living.service.submit(OLA, order, terms)


async def test_the_farthest_terms_are_taken(tmp_path: Path) -> None:
    """And carried out, and written down again."""
    retry = Retry(times=MOST_RETRIES, wait_ns=DAY_NS, factor=1e308, on=("trap", "outside"))
    terms = Terms(priority=255, deadline_ns=LONGEST_DEADLINE_NS, retry=retry)
    async with living_in(tmp_path) as living:
        order = Order(call="calculator.add", arguments={"a": 2**63 - 1, "b": -(2**63)})
        task = await living.service.submit(OLA, order, terms)
        assert (await living.service.wait_over(ANN, task.id)).end is not None
        failing = Order(call="hostile.trap", arguments={})
        task = await living.service.submit(OLA, failing, terms)
        while not (now := living.service.task(ANN, task.id)).retries and not now.state.is_over:
            await living.service.chain.changed.wait()
        assert now.not_before_ns - now.submitted_ns >= DAY_NS or now.state.is_over


async def test_what_all_that_wait_have_is_written_down_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many as may wait, each as large and as deep as one may be: a snapshot has them, and the
    next start reads it.
    """
    monkeypatch.setattr("lion.service.chain.SNAPSHOT_RECORDS", 40)
    async with living_in(tmp_path, slots=1, queue=50) as living:
        await living.service.submit(OLA, Order(agent="waiter", task="x"))
        deep = nested(60)
        for _ in range(50):
            large = {"a": deep, "b": "x" * (LARGEST_ORDER - 500)}
            await living.service.submit(OLA, Order(call="calculator.add", arguments=large))
        await living.service.chain.keep()
        await living.service.chain.commit()
        assert isinstance(living.service.chain, Chain)
    async with living_in(tmp_path, slots=1, queue=50) as living:
        assert len(living.service.tasks(ANN)) == 51
    assert settings_of(tmp_path).state.stat().st_mode & 0o777 == 0o700

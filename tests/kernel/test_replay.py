"""A replay notices every way in which a second execution can differ from the first."""

from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from lion.domain.events import CallFinished
from lion.domain.plan import Limits
from lion.kernel.difference import Difference
from lion.kernel.recorded import Recorded
from lion.kernel.replay import replay_invocation
from lion.wasm.component import LoadedComponent
from lion.wasm.offers import offered
from tests.wasm.kit import built, open_bench

GREETED = CallFinished(
    "completed", ("ok", "Hello"), ["greeting"], 0, {}, None, "config", "get", "greeting"
)
LOGGED = CallFinished(
    "completed", ("ok", None), ["info", "greeting Ann"], 0, {}, None, "log", "write"
)
GREETING = Recorded(
    path="0",
    principal="hello",
    component_digest="",
    export="greet",
    args=["Ann"],
    calls=[GREETED, LOGGED],
    value=("ok", "Hello, Ann!"),
    is_returned=True,
)
changed = msgspec.structs.replace


async def replayed(
    recorded: Recorded, component: LoadedComponent, limits: Limits
) -> Difference | None:
    """Of a copy, since calls are taken out one by one."""
    copy = changed(recorded, calls=deque(recorded.calls))
    return await replay_invocation(copy, component, limits)


@asynccontextmanager
async def _hello() -> AsyncIterator[LoadedComponent]:
    async with open_bench(built("hello"), offers=offered()) as bench:
        yield bench.component


@dataclass(frozen=True)
class Case:
    """A recording that is not what the component does, and where that shows."""

    recorded: Recorded
    call: int
    words: str


CASES = {
    "other result": Case(changed(GREETING, value=("ok", "Hello, Bob!")), 0, "Bob"),
    "own error": Case(changed(GREETING, value=("err", "no")), 0, "err"),
    "other argument": Case(
        changed(GREETING, calls=[changed(GREETED, args=["title"]), LOGGED]), 1, "title"
    ),
    "other operation": Case(
        changed(GREETING, calls=[changed(GREETED, operation="keys"), LOGGED]), 1, "keys"
    ),
    "other capability": Case(
        changed(GREETING, calls=[changed(GREETED, capability="kv"), LOGGED]), 1, "kv"
    ),
    "other answer": Case(
        changed(GREETING, calls=[changed(GREETED, value=("ok", "Hi")), LOGGED]), 0, "Hi"
    ),
    "a call less": Case(changed(GREETING, calls=[GREETED]), 1, "no further"),
    "a call more": Case(changed(GREETING, calls=[GREETED, LOGGED, LOGGED]), 3, "no further"),
    "trapped then": Case(changed(GREETING, is_returned=False, ending="trap"), 0, "trap"),
}


async def test_the_same_again_is_identical() -> None:
    async with _hello() as component:
        assert await replayed(GREETING, component, Limits()) is None


@pytest.mark.parametrize("name", CASES)
async def test_every_difference_is_found_and_shows_both_sides(name: str) -> None:
    case = CASES[name]
    async with _hello() as component:
        difference = await replayed(case.recorded, component, Limits())
    assert difference is not None
    assert difference.invocation == "0"
    assert difference.call in (case.call, case.call + 1)
    assert case.words in difference.recorded + difference.replayed
    assert difference.recorded != difference.replayed


@pytest.mark.parametrize("ending", ["cancelled", "deadline", "cpu", "log", ""])
async def test_what_was_cut_stops_where_the_log_stops(ending: str) -> None:
    cut = changed(GREETING, is_returned=False, ending=ending, calls=[GREETED])
    async with _hello() as component:
        assert await replayed(cut, component, Limits()) is None
        wrong = changed(cut, calls=[changed(GREETED, args=["title"])])
        assert await replayed(wrong, component, Limits()) is not None


async def test_a_guest_that_never_began_is_left_out() -> None:
    never = changed(GREETING, began=False, is_returned=False, ending="exhausted", calls=[])
    async with _hello() as component:
        assert await replayed(never, component, Limits()) is None


async def test_it_cannot_act() -> None:
    """What answers a replayed guest has nothing but the records."""
    from lion.kernel import replay

    answers: Any = replay._Answers
    async with _hello() as component:
        held = vars(answers(GREETING, component))
    assert not [v for v in held.values() if callable(v)]

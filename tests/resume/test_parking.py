"""Who waits, and who does not: when a run ends its process, what passes meanwhile, and how often
an answer is used.
"""

import json
import shutil
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trio

from lion.domain.approval import Answer
from lion.domain.events import (
    ApprovalAsked,
    ApprovalConsumed,
    ApprovalDecided,
    CallRequested,
    CallWaits,
    RunParked,
)
from lion.kernel.parking import Waits, find_waits
from lion.kernel.system_clock import SystemClock
from lion.log.sqlite_desk import SqliteDesk, answer_request, list_waiting
from lion.ports import RunState
from lion.resuming import find_summary
from tests.endurance.kit import manifest
from tests.resume.rig import Stage, said, stepper, steps

HOUR = 3_600 * 10**9
SOON = 50_000_000
KV = 'allow.kv = { bytes = "64 KiB" }'
ASK = 'ask = ["kv set asked"]'
TOOLS = 'allow.tools = ["inner.go"]'
INNER = stepper(KV, ASK, name="inner")
ASKED = ["count", "asked"]
YES = Answer(allowed=True, by="anna", via="command")


@pytest.fixture
def silent() -> Any:
    """The URL of a server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


async def looked_at(stage: Stage, *parts: str, until: tuple[type, ...], is_idle: bool) -> Waits:
    """What is found of a run once these were recorded, each once."""
    async with stage.host(desk=SqliteDesk(stage.settings.state)) as host:
        run = await host.start(manifest(*parts), folder=stage.settings.state.parent)
        left = [kind.__name__ for kind in until]
        async for record in run:
            if record.type in left:
                left.remove(record.type)
            if not left:
                break
        found = Waits()
        with trio.fail_after(60):
            for _ in range(500 if is_idle else 10):
                await trio.sleep(0.01)
                found = find_waits(run._live, HOUR // 2)
                if found:
                    break
        run.cancel()
        await run.wait_ended()
        return found


WAITING: list[tuple[str, list[str], tuple[type, ...]]] = [
    ("asks", [stepper(KV, ASK), steps(ASKED)], (ApprovalAsked,)),
    ("sleeps", [stepper(), steps(["sleep", HOUR])], (CallWaits,)),
    (
        "called", [stepper(TOOLS), INNER, steps(["tool-call", "inner.go", [ASKED]])],
        (ApprovalAsked,),
    ),
    (
        "taken",
        [
            stepper(TOOLS), INNER,
            steps(["tool-start", "t", "inner.go", [ASKED]], ["tool-take", "t"]),
        ],
        (ApprovalAsked,),
    ),
    (
        "polled",
        [
            stepper(TOOLS), INNER,
            steps(["tool-start", "t", "inner.go", [ASKED]], ["wait", None, "t"]),
        ],
        (ApprovalAsked,),
    ),
    (
        "both", [stepper(KV, ASK), steps(ASKED), steps(["sleep", HOUR])],
        (ApprovalAsked, CallWaits),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("parts", "until"), [w[1:] for w in WAITING], ids=[w[0] for w in WAITING])
async def test_who_waits_for_people_or_for_long(
    stage: Stage, parts: list[str], until: tuple[type, ...]
) -> None:
    assert await looked_at(stage, *parts, until=until, is_idle=True)


async def test_who_waits_for_a_server_or_holds_an_exchange_keeps_the_process(
    stage: Stage, silent: str
) -> None:
    http = f'allow.http = ["GET {silent}/**"]'
    for step in (["http-send", "GET", silent], ["http-start", "x", "GET", silent]):
        wait = ["sleep", HOUR] if step[0] == "http-start" else ["say", "never"]
        parts = stepper(KV, ASK, http), steps(ASKED), steps(step, wait)
        until = (ApprovalAsked, CallRequested)
        assert not await looked_at(stage, *parts, until=until, is_idle=False)


async def test_who_goes_on_soon_keeps_the_process(stage: Stage) -> None:
    parts = stepper(KV, ASK), steps(ASKED), steps(["sleep", HOUR // 4])
    assert not await looked_at(stage, *parts, until=(ApprovalAsked, CallWaits), is_idle=False)


class Later(SystemClock):
    """The machine's clock, a day ahead."""

    def now_ns(self) -> int:
        return time.time_ns() + 24 * HOUR


async def parked(stage: Stage, *parts: str) -> str:
    """A run that has ended its process because all wait."""
    desk = SqliteDesk(stage.settings.state)
    async with stage.host(desk=desk, park_after_ns=SOON) as host:
        with trio.fail_after(60):
            report = await host.run(manifest(*parts), folder=stage.settings.state.parent)
    assert (report.is_waiting, report.exit_code) == (True, 6)
    assert stage.records(report.run)[-1].type == RunParked.__name__, "nothing more of it is done"
    assert find_summary(stage.settings.state, report.run).state is RunState.WAITING
    return report.run


async def answered(stage: Stage, run: str, **fittings: Any) -> list[Any]:
    """What came of a run that is resumed once its question is answered."""
    for one in list_waiting(stage.settings.state):
        if one.answer is None:
            answer_request(stage.settings.state, one.request.id, YES)
    async with stage.host(desk=SqliteDesk(stage.settings.state), **fittings) as host:
        with trio.fail_after(60):
            return said(await host.resume(run))


async def test_it_goes_on_from_a_copy_of_the_state(stage: Stage, tmp_path: Path) -> None:
    """As on another machine: answered and resumed there; the first one is gone."""
    run = await parked(stage, stepper(KV, ASK), steps(["count", "a"], ASKED, ["count", "a"]))
    state = tmp_path / "elsewhere" / "state"
    shutil.copytree(stage.settings.state, state)
    shutil.rmtree(stage.settings.state)
    there = Stage(msgspec.structs.replace(stage.settings, state=state))
    assert await answered(there, run) == [1, 1, 2]
    assert [e.answer.by for e in there.events(run, ApprovalDecided)] == ["anna"]


async def test_a_far_instant_passes_while_nobody_is_there(stage: Stage) -> None:
    run = await parked(stage, stepper(KV), steps(["count", "a"], ["sleep", HOUR], ["count", "a"]))
    assert await answered(stage, run, clock=Later) == [1, None, 2]


@pytest.mark.parametrize("through", [False, True], ids=["own", "caller's"])
async def test_what_passes_meanwhile_is_nobodys_deadline(stage: Stage, through: bool) -> None:
    week = '[approvals]\nwait = "7 d"\n'
    policy = stage.settings.state.parent / "policy.toml"
    policy.write_text(week)
    stage.settings = _with_policy(stage, policy)
    limits = 'limits = { deadline = "5 s" }'
    if through:
        parts = [
            stepper(TOOLS, limits),
            INNER,
            steps(["tool-call", "inner.go", [ASKED]], ["say", "x"]),
        ]
    else:
        parts = [stepper(KV, ASK, limits), steps(ASKED, ["say", "x"])]
    run = await parked(stage, *parts)
    found = await answered(stage, run, clock=Later)
    assert found == ([json.dumps("[1]"), None] if through else [1, None])


def _with_policy(stage: Stage, policy: Path) -> Any:
    return msgspec.structs.replace(stage.settings, policy=policy)


async def test_an_answer_that_was_not_used_yet_is_used_after_a_kill(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await parked(stage, stepper(KV, ASK), steps(ASKED))
    (one,) = list_waiting(stage.settings.state)
    answer_request(stage.settings.state, one.request.id, YES)

    async def killed(desk: SqliteDesk, id: str) -> bool:
        stage.death.come()
        await trio.sleep_forever()
        raise AssertionError

    with monkeypatch.context() as patch:
        patch.setattr(SqliteDesk, "take", killed)
        await _cut_resumed(stage, run, lambda death: None)
    assert await answered(stage, run) == [1]
    assert len(stage.events(run, ApprovalConsumed)) == 1


async def test_an_answer_that_was_used_is_not_used_again_after_a_kill(stage: Stage) -> None:
    run = await parked(stage, stepper(KV, ASK), steps(ASKED))
    (one,) = list_waiting(stage.settings.state)
    answer_request(stage.settings.state, one.request.id, YES)
    never = lambda death: death.come_with(ApprovalConsumed, durable=False)  # noqa: E731
    await _cut_resumed(stage, run, never)
    assert await parked_again(stage, run)
    (other,) = list_waiting(stage.settings.state)
    assert other.request.id != one.request.id, "it is asked about anew"
    assert await answered(stage, run) == [1]


async def parked_again(stage: Stage, run: str) -> bool:
    desk = SqliteDesk(stage.settings.state)
    async with stage.host(desk=desk, park_after_ns=SOON) as host:
        with trio.fail_after(60):
            return (await host.resume(run)).is_waiting


async def _cut_resumed(stage: Stage, run: str, at: Callable[[Any], None]) -> None:
    desk, host = SqliteDesk(stage.settings.state), stage.host
    stage.host = lambda **more: host(desk=desk, **more)  # type: ignore[method-assign]
    try:
        assert await stage.cut_again(run, at)
    finally:
        stage.host = host  # type: ignore[method-assign]

"""A body that waits for a person to see it whole is not lost with the process: it is in the
records, nothing of it was sent, and it goes on waiting.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trio

from lion.domain.approval import Answer
from lion.domain.events import (
    ApprovalAsked,
    CallRedirected,
    CallRequested,
    EffectSettled,
)
from lion.forking import Changes
from lion.log.sqlite_desk import SqliteDesk, answer_request, list_waiting
from tests.resume.rig import Stage, Step, error_of, said, stepper, steps
from tests.resume.test_handles import SAY, after_say
from tests.resume.test_parking import YES, answered, parked
from tests.resume.test_unknown import web_grant
from tests.resume.web import Counting, serving

WRITE: Step = ["http-write", "e", "lions "]
MORE: Step = ["http-write", "e", "eat"]
END: list[Step] = [["http-finish", "e"], ["http-head", "e"]]
SECONDS = 20


@pytest.fixture
def web() -> Iterator[Counting]:
    with serving() as counting:
        yield counting


def asking(web: Counting, more: str = "") -> str:
    return stepper(web_grant(web, more), 'ask = ["http POST **"]')


def begun(web: Counting, *more: Step) -> str:
    return steps(["http-start", "e", "POST", f"{web.url}/x", "stream"], *more)


async def cut(stage: Stage, web: Counting, *program: Step, at: Any, more: str = "") -> str:
    """A run whose process ends, where somebody may be asked; its id."""
    desk = SqliteDesk(stage.settings.state)
    return await stage.cut(asking(web, more), begun(web, *program), at=at, desk=desk)


async def approved(stage: Stage, run: str) -> list[Any]:
    """What comes of it when it is resumed, and somebody says yes."""
    desk = SqliteDesk(stage.settings.state)
    async with stage.host(desk=desk) as host, trio.open_nursery() as nursery:

        async def agree() -> None:
            while True:
                for one in list_waiting(stage.settings.state):
                    if one.answer is None:
                        answer_request(stage.settings.state, one.request.id, YES)
                await trio.sleep(0.01)

        nursery.start_soon(agree)
        with trio.fail_after(SECONDS):
            found = said(await host.resume(run))
        nursery.cancel_scope.cancel()
    return found


def bodies(stage: Stage, run: str) -> list[str]:
    """What people were shown."""
    return [one.request.body.begins for one in stage.events(run, ApprovalAsked)]


async def test_one_that_is_written_is_written_on_and_sent_whole(
    stage: Stage, web: Counting
) -> None:
    run = await cut(stage, web, WRITE, SAY, MORE, *END, at=after_say)
    assert (await approved(stage, run))[-1] == 200
    assert web.bodies == [b"lions eat"]
    assert bodies(stage, run) == ["lions eat"]


async def test_a_piece_that_was_on_its_way_is_there_once(stage: Stage, web: Counting) -> None:
    begin = lambda death: death.come_with(CallRequested, operation="exchange.write")  # noqa: E731
    run = await cut(stage, web, WRITE, MORE, *END, at=begin)
    assert (await approved(stage, run))[-1] == 200
    assert web.bodies == [b"lions eat"]
    settled = stage.events(run, EffectSettled)
    assert (settled[0].operation, settled[0].rule) == ("exchange.write", "harmless")


async def test_a_run_that_waits_for_an_answer_needs_no_process(
    stage: Stage, web: Counting
) -> None:
    run = await parked(stage, asking(web), begun(web, WRITE, MORE, *END))
    assert web.bodies == []
    assert (await answered(stage, run))[-1] == 200
    assert web.bodies == [b"lions eat"]
    assert len(set(bodies(stage, run))) == 1


async def test_what_somebody_refused_meanwhile_is_not_sent(stage: Stage, web: Counting) -> None:
    run = await parked(stage, asking(web), begun(web, WRITE, *END))
    (one,) = list_waiting(stage.settings.state)
    no = Answer(allowed=False, by="anna", via="command")
    answer_request(stage.settings.state, one.request.id, no)
    found = await answered(stage, run)
    assert [error_of(value) for value in found[-2:]] == ["denied", "denied"]
    assert web.bodies == []


async def test_what_was_let_go_may_have_been_sent(stage: Stage, web: Counting) -> None:
    """Once it is on record that it is allowed, nobody knows whether it was."""
    run = await parked(stage, asking(web), begun(web, WRITE, *END))
    (one,) = list_waiting(stage.settings.state)
    answer_request(stage.settings.state, one.request.id, YES)
    desk, host = SqliteDesk(stage.settings.state), stage.host
    stage.host = lambda **more: host(desk=desk, **more)  # type: ignore[method-assign]
    assert await stage.cut_again(run, lambda d: d.come_with(CallRedirected))
    stage.host = host  # type: ignore[method-assign]
    found = await approved(stage, run)
    assert error_of(found[-1]) == "cancelled"
    assert len(web.bodies) <= 1
    assert len(set(bodies(stage, run))) == 1
    assert "unknown" in {one.decided for one in stage.events(run, EffectSettled)}


async def test_what_todays_rules_deny_is_denied(
    stage: Stage, web: Counting, tmp_path: Path
) -> None:
    run = await cut(stage, web, WRITE, SAY, MORE, *END, at=after_say)
    policy = tmp_path / "policy.toml"
    policy.write_text('deny = ["http POST **"]\n')
    stage.settings = msgspec.structs.replace(stage.settings, policy=policy)
    found = await approved(stage, run)
    assert error_of(found[-1]) == "denied"
    assert web.bodies == []


async def test_it_is_paid_for_once(stage: Stage, web: Counting) -> None:
    run = await cut(stage, web, WRITE, SAY, *END, at=after_say, more=", calls = 1")
    assert (await approved(stage, run))[-1] == 200
    assert web.bodies == [b"lions "]


async def test_a_fork_may_answer_otherwise(stage: Stage, web: Counting) -> None:
    run = await cut(stage, web, WRITE, SAY, MORE, *END, at=after_say)
    await approved(stage, run)
    (request,) = {one.request.id for one in stage.events(run, ApprovalAsked)}
    for given, told, sent in (("no", "denied", 1), ("once", "", 2)):
        async with stage.host() as host:
            forked = said(await host.fork(run, None, Changes(answers={request: given})))
        assert error_of(forked[-1]) == told if told else forked[-1] == 200
        assert web.bodies == [b"lions eat"] * sent

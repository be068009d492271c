"""What a run that goes on held, and is not granted any more: today's policy says no. What had been
answered stays answered; whatever comes from then on is refused as in any run.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from lion.domain.events import (
    AgentPartialOutput,
    AgentSpawned,
    ApprovalAsked,
    CallWaits,
    EffectSettled,
)
from lion.errors import OperatorError
from lion.log.sqlite_desk import SqliteDesk
from lion.resuming import ResumedClock
from lion.system import Heard, PluginHost, SystemPlugin
from lion.testing import FrozenClock
from tests.endurance.kit import manifest
from tests.resume.rig import Stage, error_of, said, stepper, steps
from tests.resume.test_handles import PARTED, REST, SAY, after_say
from tests.resume.test_others import ASK, HEAR, models
from tests.resume.test_unknown import WRITES, web_grant
from tests.resume.test_workflows import ASKING, NOTEBOOK, streamed
from tests.resume.web import Counting, serving

KV = 'allow.kv = { bytes = "64 KiB" }'
LONG = 3_600_000_000_000
"""An hour, in nanoseconds."""


@pytest.fixture
def web() -> Iterator[Counting]:
    with serving() as counting:
        yield counting


def deny(stage: Stage, rule: str) -> None:
    """The operator's policy from now on."""
    policy = stage.settings.state.parent / "policy.toml"
    policy.write_text(f'deny = ["{rule}"]\n')
    stage.settings = msgspec.structs.replace(stage.settings, policy=policy)


async def test_kv(stage: Stage) -> None:
    program = steps(["count", "a"], SAY, ["count", "a"])
    run = await stage.cut(stepper(KV), program, at=after_say)
    deny(stage, "kv")
    first, _, second = said(await stage.resume(run))
    assert first == 1
    assert error_of(second) == "denied"


async def test_clocks(stage: Stage) -> None:
    run = await stage.cut(stepper(KV), steps(["now"], ["count", "a"], SAY, ["now"]), at=after_say)
    deny(stage, "clock")
    first, _, slept, second = said(await stage.resume(run))
    assert isinstance(first, int)
    assert error_of(slept) == error_of(second) == "denied"


def test_now_is_now() -> None:
    """And `monotonic` is what it was, until the run goes on."""
    clock = FrozenClock(now_ns=1_000)
    goes_on = ResumedClock(clock, 70)
    clock.advance(300)
    assert goes_on.monotonic_ns() == 70
    goes_on.start()
    clock.advance(5)
    assert (goes_on.now_ns(), goes_on.monotonic_ns()) == (1_305, 75)


async def test_a_wait(stage: Stage) -> None:
    """It does not wait for the rest."""
    run = await stage.cut(stepper(), steps(["sleep", LONG]), at=lambda d: d.come_with(CallWaits))
    deny(stage, "clock sleep")
    assert error_of(said(await stage.resume(run))[0]) == "denied"


@pytest.mark.parametrize(("method", "rule"), [("GET", "policy"), ("POST", "connection")])
async def test_the_rest_of_an_answer(stage: Stage, web: Counting, method: str, rule: str) -> None:
    program = [["http-start", "e", method, f"{web.url}/parts"], *PARTED, REST]
    run = await stage.cut(stepper(web_grant(web)), steps(*program), at=after_say)
    deny(stage, "http **")
    web.release.set()
    *_, rest = said(await stage.resume(run))
    assert error_of(rest) == "unavailable"
    assert web.count(method) == 1
    (settled,) = stage.events(run, EffectSettled)
    assert (settled.decided, settled.rule) == ("lost", rule)


async def test_an_answer_of_which_nothing_was_heard(stage: Stage, web: Counting) -> None:
    start = ["http-start", "e", "GET", f"{web.url}/parts"]
    program = steps(start, SAY, ["http-head", "e"])
    run = await stage.cut(stepper(web_grant(web)), program, at=after_say)
    asked = web.count("GET")
    deny(stage, "http **")
    web.release.set()
    *_, head = said(await stage.resume(run))
    assert error_of(head) == "cancelled"
    (settled,) = stage.events(run, EffectSettled)
    assert (settled.decided, settled.rule) == ("unknown", "policy")
    assert web.count("GET") <= max(asked, 1)


async def test_a_models_answer(stage: Stage) -> None:
    home = stage.settings.state.parent
    program = steps(ASK, HEAR, SAY, HEAR)
    path = home / "manifest.toml"
    parts = models(home, "one two three"), stepper('allow.llm = ["fast"]'), program
    path.write_text(manifest(*parts))
    run = await stage.cut(at=after_say, path=path)
    deny(stage, "llm **")
    *_, rest = said(await stage.resume(run))
    assert error_of(rest) == "unavailable"
    (settled,) = stage.events(run, EffectSettled)
    assert (settled.decided, settled.rule) == ("lost", "policy")


async def test_a_tool(stage: Stage) -> None:
    """One that is under way goes on by its own rights; the next call is denied."""
    inner = [["count", "b"], ["sleep", 30_000_000], ["count", "b"]]
    program = steps(
        ["tool-start", "t", "inner.go", inner], ["tool-take", "t"],
        ["tool-call", "inner.go", [["count", "b"]]],
    )  # fmt: skip
    run = await stage.cut(
        stepper(KV, 'allow.tools = ["inner.go"]'), stepper(KV, name="inner"), program,
        at=after_say,
    )  # fmt: skip
    deny(stage, "tool inner.**")
    _, taken, called = said(await stage.resume(run))
    assert taken == json.dumps("[1,null,2]")
    assert error_of(called) == "denied"


async def test_what_a_tool_does(stage: Stage) -> None:
    """Its own rights are today's too."""
    inner = [["count", "b"], ["sleep", 30_000_000], ["count", "b"]]
    program = steps(["tool-start", "t", "inner.go", inner], ["tool-take", "t"])
    run = await stage.cut(
        stepper('allow.tools = ["inner.go"]'), stepper(KV, name="inner"), program, at=after_say
    )
    deny(stage, "kv set **")
    _, taken = said(await stage.resume(run))
    assert "denied" in json.loads(json.loads(taken))[2]["error"]


EAR = """
[system.app]
use = "app"
"""


def ear(heard: list[str]) -> type[SystemPlugin]:
    class Ear(SystemPlugin):
        """Hears what guests say."""

        contract = 1
        hears = ("AgentPartialOutput",)

        async def hear(self, event: Heard, host: PluginHost) -> None:
            """Note it."""
            heard.append(event.fields["args"][0])

    return Ear


async def _said_and_cut(stage: Stage, heard: list[str]) -> str:
    path = stage.settings.state.parent / "manifest.toml"
    path.write_text(manifest(stepper(), EAR, steps(["say", "one"], SAY, ["say", "two"])))
    return await stage.cut(at=after_say, path=path, lent=ear(heard))


async def test_one_that_is_denied_today(stage: Stage) -> None:
    """The run does not go on without it."""
    heard: list[str] = []
    run = await _said_and_cut(stage, heard)
    before = list(heard)
    deny(stage, "system app")
    async with stage.host() as host:
        host.lend("app", ear(heard))
        with pytest.raises(OperatorError, match="system app"):
            await host.resume(run)
    assert heard == before
    assert len(stage.events(run, AgentPartialOutput)) == 1


async def test_a_workflows_agent(stage: Stage, tmp_path: Path) -> None:
    """It goes on by its own rights, as a tool does; its next question to a model is denied."""
    run = await stage.cut(NOTEBOOK, streamed(tmp_path), at=lambda d: d.come_with(AgentSpawned))
    deny(stage, "llm **")
    report = await stage.resume(run)
    assert not report.endings[0].ok
    assert len(stage.events(run, AgentSpawned)) == 1
    assert not stage.events(run, AgentPartialOutput)


async def test_a_workflows_question(stage: Stage) -> None:
    """Nobody is there to ask today."""
    desk = SqliteDesk(stage.settings.state)
    run = await stage.cut(NOTEBOOK, ASKING, at=lambda d: d.come_with(ApprovalAsked), desk=desk)
    report = await stage.resume(run)
    assert "there is nobody to ask" in report.endings[0].error


@pytest.mark.parametrize("after", [False, True])
async def test_files(stage: Stage, after: bool) -> None:
    """What may not be done today is not looked up either."""
    folder = stage.settings.state.parent / "d"
    folder.mkdir()
    stage.die_at("fs", "write", after=after)
    run = await stage.cut(stepper(WRITES.format("")), steps(["fs-write", "/d/new", "new"]))
    deny(stage, "fs write **")
    (value,) = said(await stage.resume(run))
    assert error_of(value) == "cancelled"
    (settled,) = stage.events(run, EffectSettled)
    assert (settled.decided, settled.rule) == ("unknown", "policy")
    assert (folder / "new").exists() is after


@pytest.mark.parametrize(
    "more", [', on-unknown = "retry"', ', on-unknown = "ask"', ", idempotency-key = true"]
)
async def test_what_the_grant_would_have_done_again(
    stage: Stage, web: Counting, more: str
) -> None:
    """Today's rules come before it; nobody is asked."""
    stage.die_at("http", "send", after=True)
    send = steps(["http-send", "POST", f"{web.url}/x"])
    run = await stage.cut(stepper(web_grant(web, more)), send)
    deny(stage, "http POST **")
    desk = SqliteDesk(stage.settings.state)
    async with stage.host(desk=desk) as host:
        (value,) = said(await host.resume(run))
    assert error_of(value) == "cancelled"
    (settled,) = stage.events(run, EffectSettled)
    assert (settled.decided, settled.rule) == ("unknown", "policy")
    assert web.count("POST") == 1
    assert not stage.events(run, ApprovalAsked)

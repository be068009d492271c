"""Look here if you want to know that everybody who asks what is allowed gets the same answer, and
that clocks stand still only for those who wait for a person.
"""

import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing

from lion.capabilities.http.contract import OutgoingRequest
from lion.capabilities.http.functions import OPERATIONS as HTTP
from lion.capabilities.llm.functions import OPERATIONS as LLM
from lion.capabilities.models.provider import Served
from lion.capabilities.opened import Opened
from lion.domain.call import CallError, Decision, HostCall, Opinion, Verdict
from lion.domain.events import CallRequested
from lion.domain.plan import SECOND, Grant, Holder, Limits, Model, Plan
from lion.domain.question import Question
from lion.kernel.broker import Broker
from lion.kernel.invocation import Invocation
from lion.kernel.judge import Judge, Nobody
from lion.kernel.run_state import LiveHolder, LiveRun
from lion.kernel.tool_calls import build_invocation, build_root
from lion.log.memory import MemoryLog
from lion.policy.decide import Processor
from lion.policy.policy_file import parse_policy
from lion.policy.rights import build_rights
from lion.ports import Component, Export, Operation
from lion.scopes import http_url
from lion.scopes.http_grant import build_http_grant
from lion.testing.clock import FrozenClock, RunClock
from lion.values.wit import Function

MODELS = Grant("llm", 'agents.ann.allow.llm = ["*"]', patterns=("*",))
WIDE = build_http_grant("agents.ann.allow", "GET https://api.example.com/**")
NARROW = build_http_grant("agents.ann.allow", "GET https://api.example.com/v1/**")


class NoComponent:
    """Stands for a component that was loaded; nothing of it is called."""

    digest = "0" * 64
    imports: Sequence[Any] = ()

    def __init__(self, *tools: str) -> None:
        self.exports = [Export(interface="", name=t, type=Function((), None)) for t in tools]


async def world(
    *grants: Grant,
    policy: str = "",
    operations: Sequence[Operation] = (),
    processors: Mapping[str, Sequence[Processor]] = {},
    others: Mapping[str, Component] = {},
    limits: Limits = Limits(),  # noqa: B008 - frozen
) -> Invocation:
    """An invocation of `ann` in a run of its own; `others` are plugins beside it."""
    ann = Holder(name="ann", kind="agent", component=Path("a.wasm"), grants=grants, limits=limits)
    held = {"ann": ann} | {
        name: Holder(name=name, kind="plugin", component=Path("p.wasm")) for name in others
    }
    plan = Plan(name="p", path=None, text="", holders=held, runs=(), resolved={})
    log = MemoryLog()
    await log.start_run("r", "p")
    live = LiveRun("r", plan, log, RunClock(FrozenClock()))
    live.judge.processors = processors
    everything = ["http", "llm", "tools", "kv", "secrets"]
    rules = parse_policy(policy)
    live.holders = {
        name: LiveHolder(
            one, others.get(name, NoComponent()), build_rights(one, everything, rules), operations
        )
        for name, one in held.items()
    }
    return build_root(live, live.holders["ann"], "0")


def index(operations: Sequence[Operation], name: str) -> int:
    return [one.name for one in operations].index(name)


def deny(target: str, name: str = "system.guard") -> Processor:
    def judge(call: HostCall) -> Opinion | None:
        return Opinion(name, Verdict.DENY, "not today") if str(call.target) == target else None

    return judge


@pytest.mark.parametrize(
    ("policy", "processors", "offered"),
    [
        ("", {}, ["dear", "fast"]),
        ('deny = ["llm ask fast"]', {}, ["dear", "fast"]),
        ('deny = ["llm ask fast", "llm start fast"]', {}, ["dear"]),
        ('deny = ["llm * fast"]', {}, ["dear"]),
        ('ask = ["llm * fast"]', {}, ["dear"]),
        ("", {"llm": [deny("dear")]}, ["fast"]),
    ],
)
async def test_models_are_listed_that_could_be_asked(
    policy: str, processors: Mapping[str, Sequence[Processor]], offered: list[str]
) -> None:
    ann = await world(MODELS, policy=policy, operations=LLM, processors=processors)
    models = {
        name: Served(Model(name=name, provider="scripted"), None)  # type: ignore[arg-type]
        for name in ("fast", "dear")
    }
    ann.live.services = ann.services = Opened(models=models)
    assert await Broker(ann).handle(index(LLM, "models"), []) == ("ok", offered)
    for name in models:
        ways = [ann.foresee("llm", way, name).allowed for way in ("ask", "start")]
        assert any(ways) is (name in offered)


@pytest.mark.parametrize(
    ("policy", "processors", "listed"),
    [
        ("", {}, ["db.drop", "db.query"]),
        ('deny = ["tools call db.drop"]', {}, ["db.drop", "db.query"]),
        ('deny = ["tool db.drop"]', {}, ["db.query"]),
        ("", {"tools": [deny("db.drop")]}, ["db.query"]),
    ],
)
async def test_tools_are_listed_that_could_be_called(
    policy: str, processors: Mapping[str, Sequence[Processor]], listed: list[str]
) -> None:
    tools: Any = NoComponent("drop", "query")
    ann = await world(
        Grant("tools", "x", patterns=("db.*",)), policy=policy, processors=processors,
        others={"db": tools},
    )  # fmt: skip
    assert [one["name"] for one in await ann.tools.list_tools()] == listed


async def test_what_a_tool_takes_is_described_once_however_often_it_is_listed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tools: Any = NoComponent("drop", "query")
    ann = await world(Grant("tools", "x", patterns=("db.*",)), others={"db": tools})
    described = []
    monkeypatch.setattr(
        "lion.kernel.tool_calls.input_schema", lambda export: described.append(export.name) or {}
    )
    assert await ann.tools.list_tools() == await ann.tools.list_tools()
    assert sorted(described) == ["drop", "query"]
    again = await world(Grant("tools", "x", patterns=("db.*",)), others={"db": tools})
    assert await again.tools.list_tools() == await ann.tools.list_tools()
    assert sorted(described) == ["drop", "query"], "nor in the next run of the same component"


async def test_many_tools_are_described_beside_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"t{number:03}" for number in range(200)]
    tools: Any = NoComponent(*names)
    ann = await world(Grant("tools", "x", patterns=("db.*",)), others={"db": tools})
    threads = set()
    monkeypatch.setattr(
        "lion.kernel.tool_calls.input_schema",
        lambda export: threads.add(threading.current_thread()) or {},
    )
    assert [one["name"] for one in await ann.tools.list_tools()] == [f"db.{n}" for n in names]
    assert threading.current_thread() not in threads
    assert threads


async def test_a_processor_is_asked_of_every_call_of_its_capability() -> None:
    ann = await world(MODELS, operations=LLM, processors={"llm": [deny("fast")]})
    ann.live.services = ann.services = Opened()
    for name, refused in (("fast", True), ("dear", False)):
        question = Question("ann", "llm", "ask", name)
        assert ann.live.judge.at_once(ann, *question[1:]) is None, (
            "its answer is never a known one"
        )
        asked = {"model": name, "messages": "", "tools": "", "schema": None}
        answer = await Broker(ann).handle(index(LLM, "ask"), [asked])
        assert (answer == ("err", ("denied", "a rule forbids it"))) is refused
        assert (await ann.live.judge.decide(ann, question, 1, [])).allowed is not refused


class Door:
    """A door that never answers."""

    @asynccontextmanager
    async def open(self, request: OutgoingRequest) -> AsyncIterator[Any]:
        await trio.sleep_forever()
        yield


ASKED = {
    "method": "get", "url": "https://API.example.com/v1/../v1/x", "headers": "", "body": None,
    "timeout": None,
}  # fmt: skip


@pytest.mark.parametrize("grants", [(WIDE, NARROW), (NARROW, WIDE)])
async def test_a_request_is_read_once_and_held_to_the_grant_that_allowed_it(
    grants: tuple[Grant, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = await world(*grants, operations=HTTP, policy='deny = ["http * **.internal/**"]')
    ann.live.services = ann.services = Opened(door=Door())  # type: ignore[arg-type]
    read: list[str] = []
    monkeypatch.setattr(http_url, "_SPLIT", Counting(http_url._SPLIT, read))
    async with trio.open_nursery() as ann.nursery:
        answer = await Broker(ann).handle(index(HTTP, "start"), [ASKED, False])
        assert answer[0] == "ok"
        ann.nursery.cancel_scope.cancel()
    assert read == [ASKED["url"]]
    assert ann.grant is grants[0]
    log: Any = ann.live.log
    (intent,) = [
        event for record in log.reader().records("r")
        if isinstance(event := record.event(), CallRequested)
    ]  # fmt: skip
    assert intent.target == "GET https://api.example.com/v1/x"


class Counting:
    """A pattern that remembers what it was asked."""

    def __init__(self, pattern: Any, read: list[str]) -> None:
        self._pattern, self._read = pattern, read

    def fullmatch(self, text: str) -> Any:
        self._read.append(text)
        return self._pattern.fullmatch(text)


@pytest.mark.parametrize("rule", ["secrets", "secrets exists api", "secrets * api"])
async def test_where_a_rule_denies_a_secret_nothing_is_sent_without_it(rule: str) -> None:
    from lion.capabilities.http.functions import outgoing

    secret = Grant("secrets", "x", patterns=("api", "other"))
    for policy in ("", f'deny = ["{rule}"]'):
        ann = await world(WIDE, secret, operations=HTTP, policy=policy)
        question = Question("ann", "http", "send", HTTP[0].target([ASKED]))  # type: ignore[misc]
        decision = await ann.live.judge.decide(ann, question, 1, [])
        ann.target, ann.grant = question.target, decision.grant
        if not policy:
            assert outgoing(ann, "send", ASKED).terms.secrets == ("api", "other")
            continue
        with pytest.raises(CallError, match="'api', which would go along: a rule forbids it"):
            outgoing(ann, "send", ASKED)


class Person:
    """Answers after a while."""

    is_there = True

    def __init__(self, seconds: float, verdict: Verdict = Verdict.ALLOW) -> None:
        self.seconds, self.verdict = seconds, verdict
        self.asked: list[str] = []

    async def ask(
        self, caller: Any, call: HostCall, decision: Decision, note: str = "", body: Any = None
    ) -> Decision:
        self.asked.append(str(call.target))
        await trio.sleep(self.seconds)
        return Decision(self.verdict, "somebody said so", "person", grant=decision.grant)


ASK = 'ask = ["llm ask fast"]'
FAST = Question("ann", "llm", "ask", "fast")


async def _ask(ann: Invocation, person: Person) -> Decision:
    ann.live.judge = Judge(person)
    decision = ann.live.judge.at_once(ann, *FAST[1:])
    return decision or await ann.live.judge.decide(ann, FAST, 1, [])


async def test_who_answers_decides_and_the_grant_stays(autojump_clock: Any) -> None:
    for verdict in (Verdict.ALLOW, Verdict.DENY):
        ann = await world(MODELS, policy=ASK)
        decision = await _ask(ann, person := Person(3, verdict))
        assert (decision.verdict, decision.grant, person.asked) == (verdict, MODELS, ["fast"])


async def test_nobody_is_asked_what_is_denied_or_not_granted() -> None:
    for grants, policy in (((), ASK), ((MODELS,), ASK + '\ndeny = ["llm"]')):
        ann = await world(*grants, policy=policy)
        decision = await _ask(ann, person := Person(0))
        assert (decision.verdict, person.asked) == (Verdict.DENY, [])


async def test_where_nobody_can_be_asked_it_is_a_no() -> None:
    ann = await world(MODELS, policy=ASK)
    decision = await ann.live.judge.decide(ann, FAST, 1, [])
    assert (decision.verdict, decision.decided_by) == (Verdict.DENY, "approval nobody")


@pytest.mark.parametrize(("asker", "is_listed"), [(Person(0), True), (Nobody(), False)])
async def test_what_may_be_approved_is_listed_where_somebody_can(
    asker: Any, is_listed: bool
) -> None:
    ann = await world(MODELS, policy=ASK)
    ann.live.judge = Judge(asker)
    assert ann.foresee("llm", "ask", "fast").allowed is is_listed
    assert not getattr(asker, "asked", ())


async def test_a_judge_who_objects_meanwhile_is_heard(autojump_clock: Any) -> None:
    said = [Opinion("system.guard", Verdict.ASK, "look at it")]
    ann = await world(MODELS)
    person = Person(1)
    ann.live.judge = Judge(person)
    ann.live.judge.processors = {"llm": [lambda call: said[-1]]}
    async with trio.open_nursery() as nursery:

        async def object_later() -> None:
            await trio.sleep(0.5)
            said.append(Opinion("system.guard", Verdict.DENY, "too late"))

        nursery.start_soon(object_later)
        decision = await ann.live.judge.decide(ann, FAST, 1, [])
    assert (decision.verdict, decision.reason, person.asked) == (
        Verdict.DENY,
        "too late",
        ["fast"],
    )


async def test_another_reason_is_asked_about_too_but_not_for_ever(autojump_clock: Any) -> None:
    ann = await world(MODELS)
    person = Person(0)
    ann.live.judge = Judge(person)
    numbers = iter(range(100))
    ann.live.judge.processors = {
        "llm": [lambda call: Opinion("system.guard", Verdict.ASK, f"reason {next(numbers)}")]
    }
    decision = await ann.live.judge.decide(ann, FAST, 1, [])
    assert decision.verdict is Verdict.DENY and len(person.asked) == 3


async def test_who_leaves_before_the_answer_leaves_a_record(autojump_clock: Any) -> None:
    ann = await world(MODELS, policy=ASK, operations=LLM)
    ann.live.services = ann.services = Opened()
    ann.live.judge = Judge(Person(100))
    with trio.move_on_after(1):
        await Broker(ann).handle(index(LLM, "ask"), [{"model": "fast"}])
    log: Any = ann.live.log
    (event,) = [record.event() for record in log.reader().records("r")]
    assert (event.target, event.status, event.verdict) == ("fast", "cancelled", "deny")


@pytest.mark.parametrize(("is_awaited", "cut"), [(True, False), (False, True)])
async def test_clocks_stand_still_for_those_who_wait_for_nothing_else(
    autojump_clock: trio.testing.MockClock, is_awaited: bool, cut: bool
) -> None:
    ann = await world(MODELS, policy=ASK, limits=Limits(deadline_ns=2 * SECOND))
    child = build_invocation(ann, ann.owner, "0#1")
    child.is_awaited = is_awaited
    with ann.deadline.running() as above:
        with child.deadline.running() as own:
            assert (await _ask(child, Person(100))).allowed
            await trio.sleep(1)
        assert not own.cancelled_caught, "its own clock stood still"
    assert above.cancelled_caught is cut


async def test_who_goes_on_beside_a_question_has_no_free_time(
    autojump_clock: trio.testing.MockClock,
) -> None:
    """A redirect of a request that was started is asked about while its guest works."""
    ann = await world(MODELS, policy=ASK, limits=Limits(deadline_ns=2 * SECOND))
    ann.live.judge = Judge(Person(100))
    for is_beside in (True, False):
        with ann.deadline.running():
            decision = await ann.may(1, "llm", "ask", "fast", is_beside=is_beside)
            assert decision.allowed
        assert ann.deadline.has_passed is is_beside


async def test_what_was_left_is_left_when_the_answer_comes(
    autojump_clock: trio.testing.MockClock,
) -> None:
    ann = await world(MODELS, policy=ASK, limits=Limits(deadline_ns=2 * SECOND))
    with ann.deadline.running() as scope:
        await trio.sleep(1.5)
        assert (await _ask(ann, Person(100))).allowed
        began = trio.current_time()
        await trio.sleep(10)
    assert scope.cancelled_caught and ann.deadline.has_passed
    assert trio.current_time() - began == pytest.approx(0.5)

"""Whatever programs of host calls are run, their log verifies and their replay is identical."""

import json
from typing import Any

import msgspec
import trio
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from lion.domain.plan import Limits, Plan, Rate, RunAgent, RunCall
from lion.history import open_history
from lion.opening import open_host
from lion.settings import Settings
from tests.endurance.kit import agent, call, plan, plugin, replayed, verified
from tests.examples import examples

TABLES = plan(
    plugin("calculator"),
    plugin("hello"),
    plugin(
        "probe",
        'allow.kv = { bytes = "300 B" }',
        'allow.tools = ["calculator.add", "calculator.divide", "probe.*"]',
        'config = { key = "value", list = [1, "two"] }',
    ),
    agent("guide", 'allow.tools = ["calculator.add", "hello.greet"]'),
    call("hello.greet", '{ name = "World" }'),
)

U64 = st.integers(0, 2**64 - 1)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
KEYS = st.sampled_from(["a", "b", "key", "", "page/1"])
VALUES = st.builds(str.__add__, TEXTS, st.sampled_from(["u", "b", "", "x"]))
JSON = st.one_of(
    TEXTS,
    st.builds(lambda a, b: json.dumps({"a": a, "b": b}), st.integers(-9, 9), st.integers(0, 2)),
)
NAMES = st.sampled_from(
    ["calculator.add", "calculator.divide", "hello.greet", "probe.clock-now", "nothing.at-all", ""]
)
SHORT = st.integers(0, 2_000_000)


def calls(tool: str, **arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[RunCall]:
    """Calls of one of the probe's tools with such arguments."""
    return st.builds(RunCall, st.just(f"probe.{tool}"), st.fixed_dictionaries(dict(arguments)))


PROBES = st.one_of(
    calls("log-write", level=st.sampled_from(["debug", "info", "warn", "error"]), message=TEXTS),
    calls("clock-now"),
    calls("clock-monotonic"),
    calls("clock-sleep", duration=SHORT),
    calls("random-number"),
    calls("random-bytes", length=st.integers(0, 2**17)),
    calls("config-get", key=KEYS),
    calls("config-keys"),
    calls("kv-get", key=KEYS),
    calls("kv-set", key=KEYS, value=VALUES),
    calls("kv-delete", key=KEYS),
    calls("kv-list", prefix=KEYS, after=st.none() | KEYS, limit=st.integers(0, 2**32 - 1)),
    calls("kv-compare-and-set", key=KEYS, expected=st.none() | VALUES, value=st.none() | VALUES),
    calls("output-text", piece=TEXTS),
    calls("output-partial", json=JSON),
    calls("output-progress", done=U64, total=st.none() | U64, message=TEXTS),
    calls("tools-list"),
    calls("tools-call", name=NAMES, arguments=JSON),
    calls("tools-start", name=NAMES, arguments=JSON),
    calls("tools-take-twice", name=NAMES, arguments=JSON),
    calls("tools-drop", name=NAMES, arguments=JSON),
    calls("poll-wait", handles=st.sampled_from(["", "1", "1 2", "x", "01"]), until=SHORT),
    calls("poll-started", names=st.lists(NAMES, max_size=4), arguments=JSON, nanos=SHORT),
)
GUIDES = st.builds(RunAgent, st.just("guide"), TEXTS)
PROGRAMS = st.lists(PROBES | GUIDES, min_size=1, max_size=8)
LIMITS = st.sampled_from(
    [
        Limits(),
        Limits(calls=2),
        Limits(calls=0),
        Limits(output=10),
        Limits(handles=1, concurrent=1),
        Limits(rate=Rate(3, 1_000_000_000)),
    ]
)


def limited(limits: Limits) -> dict[str, Any]:
    """The holders, each under these limits."""
    return {n: msgspec.structs.replace(h, limits=limits) for n, h in TABLES.holders.items()}


@examples(20, suppressed=[HealthCheck.function_scoped_fixture])
@given(program=PROGRAMS, limits=LIMITS)
def test_run_verify_replay(
    settings: Settings, program: list[RunCall | RunAgent], limits: Limits
) -> None:
    what = msgspec.structs.replace(TABLES, runs=tuple(program), holders=limited(limits))
    trio.run(check_program, settings, what)


@given(program=PROGRAMS, seconds=st.floats(0, 0.03))
@examples(20, suppressed=[HealthCheck.function_scoped_fixture])
def test_run_cut_verify_replay(
    settings: Settings, program: list[RunCall | RunAgent], seconds: float
) -> None:
    what = msgspec.structs.replace(TABLES, runs=tuple(program))
    trio.run(check_program, settings, what, seconds)


async def check_program(settings: Settings, what: Plan, seconds: float = float("inf")) -> None:
    """Run it (cut after `seconds`), verify its log, replay it."""
    async with open_host(settings) as host:
        with trio.move_on_after(seconds) as scope:
            report = await host.run(what)
        if not scope.cancelled_caught:
            assert all(ending.ending not in ("trap", "failed") for ending in report.endings)
    with open_history(settings) as reader:
        runs = reader.runs()
    if not runs:  # cut before the first of all runs had begun
        assert scope.cancelled_caught
        return
    run = runs[-1].run
    records = verified(settings, run)
    assert records[-1].type == "RunFinished"
    replay = await replayed(settings, run)
    if not scope.cancelled_caught:
        assert replay.invocations >= len(what.runs)

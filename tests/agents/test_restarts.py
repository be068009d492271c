"""Look here if you want to know when an agent that failed begins its task anew."""

from typing import Any

import pytest

from lion.domain.events import (
    AgentCompleted,
    AgentRestarted,
    AgentSpawned,
    CallFinished,
    RunFinished,
)
from tests.agents.rig import named, spawn, task
from tests.endurance.kit import manifest
from tests.resume.rig import Death, Stage

KV = 'allow.kv = { bytes = "1 KiB" }'
TWICE = 'restart = { when = "failure", times = 2, within = "10 min" }'
COUNT = ["count", "x"]


async def run(stage: Stage, *parts: str) -> Any:
    async with stage.host() as host:
        report = await host.run(manifest(*parts), folder=stage.settings.state.parent)
    assert (await stage.resume(report.run)).exit_code == report.exit_code
    return report


def restarts(stage: Stage, run: str) -> list[tuple[int, bool, str]]:
    events = stage.events(run, AgentRestarted)
    return [(e.number, e.again, e.ending) for e in events]


@pytest.mark.parametrize(
    ("last", "ending", "code"),
    [(["trap", "oh"], "trap", 3), (["no-such-step"], "error", 1)],
    ids=["trap", "own error"],
)
async def test_it_begins_anew_so_often_and_then_has_failed(
    stage: Stage, last: list[str], ending: str, code: int
) -> None:
    report = await run(stage, named("ann", KV, TWICE), task(COUNT, last))
    assert report.exit_code == code and report.endings[0].ending == ending
    assert len(stage.events(report.run, AgentSpawned)) == 3
    assert restarts(stage, report.run) == [
        (1, True, ending),
        (2, True, ending),
        (2, False, ending),
    ]
    paths = [r.invocation for r in stage.records(report.run) if r.type == "AgentSpawned"]
    assert paths == ["0", "0+1", "0+2"]


async def test_one_that_gets_through_in_the_end_has_not_failed(stage: Stage) -> None:
    """What it had kept is there when it begins anew, and lets it go another way."""
    folder = stage.settings.state.parent / "d"
    folder.mkdir()
    fs = 'allow.fs = [{ path = "/d", at = "d", write = true }]'
    # The first time there is no directory for the file, and so no file to write.
    program = (["fs-open", "f", "/d/a/b", "write create"], ["fs-mkdir", "/d/a"],
               ["file-append", "f", "x"])  # fmt: skip
    report = await run(stage, named("ann", fs, TWICE), task(*program))
    assert report.endings[0].ok and (folder / "a" / "b").read_text() == "x"
    assert restarts(stage, report.run) == [(1, True, "error")]


async def test_without_the_key_it_fails_at_once(stage: Stage) -> None:
    report = await run(stage, named("ann", KV), task(["trap", "oh"]))
    assert len(stage.events(report.run, AgentSpawned)) == 1
    assert not restarts(stage, report.run)


async def test_only_so_many_in_such_a_time(stage: Stage) -> None:
    """Those that are longer ago do not count; so it goes on until somebody stops it."""
    often = 'restart = { when = "failure", times = 1, within = "1 ms" }'
    text = manifest(named("ann", KV, often), task(["sleep", 3_000_000], ["trap", "oh"]))
    async with stage.host() as host:
        started = await host.start(text, folder=stage.settings.state.parent)
        async for record in started:
            if record.type == "AgentRestarted" and record.event().number == 3:
                started.cancel()
        await started.wait()
    found = restarts(stage, started.id)
    assert [again for _, again, _ in found[:3]] == [True] * 3


async def test_what_is_stopped_stays_so(stage: Stage) -> None:
    text = manifest(named("ann", TWICE), task(["say", "here"], ["sleep", 10**15]))
    async with stage.host() as host:
        started = await host.start(text, folder=stage.settings.state.parent)
        async for record in started:
            if record.type == "AgentPartialOutput":
                started.cancel()
        report = await started.wait()
    assert report.interrupted and not restarts(stage, started.id)
    assert len(stage.events(started.id, AgentSpawned)) == 1


async def test_who_is_spawned_is_not_begun_anew_by_itself(stage: Stage) -> None:
    ann = named("ann", 'allow.agents = ["bob"]')
    child = spawn("b", "bob", ["trap", "oh"])
    report = await run(stage, ann, named("bob", TWICE), task(child, ["agent-wait", "b"]))
    assert report.endings[0].ok and not restarts(stage, report.run)


def after(kind: Any, number: int) -> Any:
    def at(death: Death) -> None:
        death.come_with(kind, number)

    return at


@pytest.mark.parametrize(
    ("kind", "number"), [(AgentRestarted, 1), (AgentSpawned, 2), (CallFinished, 3),
                         (AgentRestarted, 3)],
)  # fmt: skip
async def test_a_run_that_goes_on_counts_those_of_before(
    stage: Stage, kind: Any, number: int
) -> None:
    """Wherever the process ends: three tries in all, each once."""
    text = named("ann", KV, TWICE), task(COUNT, ["trap", "oh"])
    cut = await stage.cut(*text, at=after(kind, number))
    report = await stage.resume(cut)
    assert report.endings[0].ending == "trap"
    assert [again for _, again, _ in restarts(stage, cut)] == [True, True, False]
    assert len(stage.events(cut, AgentSpawned)) == 3
    assert not stage.events(cut, AgentCompleted)
    assert len(stage.events(cut, RunFinished)) == 1


async def test_an_answer_that_is_not_of_its_form_is_a_failure_too(stage: Stage) -> None:
    asked = f'{task(["say", "x"])}output = {{ format = "xml", again = 1 }}\n'
    report = await run(stage, named("ann", TWICE), asked)
    paths = [r.invocation for r in stage.records(report.run) if r.type == "AgentSpawned"]
    assert paths[0] == "0" and len(paths) == len(set(paths))
    assert [ending for *_, ending in restarts(stage, report.run)][-1] in ("answer", "error")

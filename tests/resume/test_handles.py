"""What a guest held when the process of its run ended, and what it finds there afterwards."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lion.domain.events import CallFinished, CallWaits, EffectSettled, PluginResult
from lion.history import open_history
from lion.values.packed import pack
from tests.resume.rig import Death, Stage, Step, error_of, said, stepper, steps
from tests.resume.test_unknown import WRITES, web_grant
from tests.resume.web import PARTS, Counting, serving

OPEN: Step = ["fs-open", "f", "/d/old", "read write create truncate"]
FILL: Step = ["file-write", "f", 0, "mine"]
SAY: Step = ["sleep", 25_000_000]
"""Where the process ends."""
FIRST, SECOND = pack(PARTS[0]), pack(PARTS[1])


def after_say(death: Death, number: int = 1) -> None:
    """The process ends while the guest sleeps, so that nothing else is on its way to the log."""
    death.come_with(CallWaits, number)


def after_two(death: Death) -> None:
    """The same at its second sleep."""
    after_say(death, 2)


@pytest.fixture
def web() -> Iterator[Counting]:
    with serving() as counting:
        yield counting


@pytest.fixture
def folder(stage: Stage) -> Path:
    path = stage.settings.state.parent / "d"
    path.mkdir()
    (path / "old").write_text("old")
    return path


async def test_a_file_is_opened_again_and_not_cut_off(stage: Stage, folder: Path) -> None:
    program = steps(OPEN, FILL, SAY, ["file-append", "f", "!"], ["file-read", "f", 0])
    run = await stage.cut(stepper(WRITES.format("")), program, at=after_say)
    assert said(await stage.resume(run))[-2:] == [4, pack(b"mine!")]
    assert (folder / "old").read_text() == "mine!"


async def _conflict(stage: Stage, edit: Any) -> None:
    run = await stage.cut(stepper(WRITES.format("")), steps(OPEN, FILL, SAY, FILL), at=after_say)
    edit()
    assert error_of(said(await stage.resume(run))[-1]) == "conflict"


async def test_another_file_in_its_place_is_a_conflict(stage: Stage, folder: Path) -> None:
    def edit() -> None:
        (folder / "new").write_text("operator's")
        os.rename(folder / "new", folder / "old")

    await _conflict(stage, edit)
    assert (folder / "old").read_text() == "operator's"


async def test_so_is_none(stage: Stage, folder: Path) -> None:
    await _conflict(stage, (folder / "old").unlink)
    assert not (folder / "old").exists()


async def test_one_that_was_edited_in_place_is_the_same(stage: Stage, folder: Path) -> None:
    program = steps(OPEN, FILL, SAY, ["file-read", "f", 0])
    run = await stage.cut(stepper(WRITES.format("")), program, at=after_say)
    (folder / "old").write_text("operator's")
    assert said(await stage.resume(run))[-1] == pack(b"operator's")


async def test_a_file_that_may_not_be_opened_today_is_not(
    stage: Stage, folder: Path, tmp_path: Path
) -> None:
    run = await stage.cut(stepper(WRITES.format("")), steps(OPEN, FILL, SAY, FILL), at=after_say)
    policy = tmp_path / "policy.toml"
    policy.write_text('deny = ["fs * **"]\n')
    stage.settings = msgspec.structs.replace(stage.settings, policy=policy)
    assert error_of(said(await stage.resume(run))[-1]) == "denied"


PARTED: list[Step] = [["http-head", "e"], ["http-read", "e", 100], SAY]


async def _parted(stage: Stage, web: Counting, *more: Step, method: str = "GET") -> list[Any]:
    """Hear the first part of an answer, be cut, go on."""
    program = [["http-start", "e", method, f"{web.url}/parts"], *PARTED, *more]
    run = await stage.cut(stepper(web_grant(web)), steps(*program), at=after_say)
    web.release.set()
    found = said(await stage.resume(run))
    assert found[1:3] == [200, FIRST]
    return found[4:]


REST: Step = ["http-read", "e", 100]


async def test_an_answer_is_asked_again_and_what_was_heard_is_passed_over(
    stage: Stage, web: Counting
) -> None:
    assert await _parted(stage, web, REST, REST) == [SECOND, None]
    assert web.count("GET") == 2


async def test_another_answer_is_unavailable_from_the_first_difference_on(
    stage: Stage, web: Counting
) -> None:
    program = [["http-start", "e", "GET", f"{web.url}/parts"], *PARTED, REST, REST]
    run = await stage.cut(stepper(web_grant(web)), steps(*program), at=after_say)
    web.words = b"something else"
    web.release.set()
    found = said(await stage.resume(run))[4:]
    assert [error_of(one) for one in found] == ["unavailable", "unavailable"]


async def test_an_answer_that_was_heard_to_its_end_is_not_asked_again(
    stage: Stage, web: Counting
) -> None:
    start = ["http-start", "e", "GET", f"{web.url}/x"]
    program = [start, ["http-head", "e"], REST, REST, SAY, REST, ["http-head", "e"]]
    run = await stage.cut(stepper(web_grant(web)), steps(*program), at=after_say)
    assert said(await stage.resume(run))[5:] == [None, 200]
    assert web.count("GET") == 1


async def test_of_a_post_the_head_is_there_and_the_rest_is_lost(
    stage: Stage, web: Counting
) -> None:
    (lost,) = await _parted(stage, web, REST, method="POST")
    assert error_of(lost) == "unavailable"
    assert web.count("POST") == 1


async def _started(stage: Stage, web: Counting, more: str = "") -> tuple[Any, EffectSettled]:
    """Start a POST, hear nothing of it, be cut, go on."""
    start = ["http-start", "e", "POST", f"{web.url}/parts"]
    program = steps(start, ["sleep", 50_000_000], SAY, ["http-head", "e"])
    run = await stage.cut(stepper(web_grant(web, more)), program, at=after_two)
    web.release.set()
    value = said(await stage.resume(run))[-1]
    (settled,) = stage.events(run, EffectSettled)
    return value, settled


async def test_a_post_that_was_not_heard_of_is_not_known(stage: Stage, web: Counting) -> None:
    value, settled = await _started(stage, web)
    assert error_of(value) == "cancelled"
    assert settled.decided == "unknown"
    assert web.count("POST") == 1


async def test_with_a_key_it_is_sent_again(stage: Stage, web: Counting) -> None:
    value, settled = await _started(stage, web, ", idempotency-key = true")
    assert value == 200
    assert (settled.decided, settled.rule) == ("again", "key")
    assert len({key for _, _, key in web.asked}) == 1
    assert web.count("POST") == 2


async def test_one_that_was_dropped_is_not_asked_again(stage: Stage, web: Counting) -> None:
    program = steps(["http-start", "e", "GET", f"{web.url}/parts"], ["sleep", 50_000_000], SAY,
                    ["drop", "e"], ["sleep", 1])  # fmt: skip
    run = await stage.cut(
        stepper(web_grant(web)), program, at=lambda d: d.come_with(CallFinished, 3)
    )
    web.release.set()
    said(await stage.resume(run))
    assert web.count("GET") == 1
    assert not stage.events(run, EffectSettled)


async def test_what_poll_has_told_stays_so(stage: Stage, web: Counting) -> None:
    start = ["http-start", "e", "GET", f"{web.url}/x"]
    program = steps(start, ["wait", None, "e"], SAY, ["wait", 0, "e"], ["http-head", "e"])
    run = await stage.cut(stepper(web_grant(web)), program, at=after_say)
    assert said(await stage.resume(run))[1:] == [[0], None, [0], 200]


async def test_the_clock_goes_on_and_never_back(stage: Stage) -> None:
    program = steps(["now"], ["sleep", 20_000_000], ["now"], SAY, ["now"])
    run = await stage.cut(stepper(), program, at=after_two)
    first, _, second, _, third = said(await stage.resume(run))
    assert first + 20_000_000 <= second <= third < second + 5_000_000_000


async def test_a_wait_waits_for_what_is_left(stage: Stage) -> None:
    long = 1_200_000_000
    run = await stage.cut(
        stepper(), steps(["sleep", long], ["now"]), at=lambda d: d.come_with(CallWaits)
    )
    (waits,) = stage.events(run, CallWaits)
    report = await stage.resume(run)
    now = said(report)[1]
    assert waits.until_ns <= now < waits.until_ns + 5_000_000_000
    assert len(stage.events(run, CallWaits)) == 1


async def test_deadlines_count_what_was_used_before(stage: Stage) -> None:
    limits = 'limits = { deadline = "400 ms" }'
    run = await stage.cut(
        stepper(limits), steps(["sleep", 300_000_000], SAY, ["sleep", 300_000_000]), at=after_two
    )
    report = await stage.resume(run)
    assert report.endings[0].ending == "deadline"


async def test_budgets_go_on_and_settling_costs_nothing_more(stage: Stage, web: Counting) -> None:
    grant = web_grant(web, ", calls = 2")
    stage.die_at("http", "send", after=True)
    url = f"{web.url}/x"
    program = steps(*([["http-send", "GET", url]] * 3))
    run = await stage.cut(stepper(grant, "limits = { calls = 3 }"), program)
    report = await stage.resume(run)
    first, second, third = said(report)
    assert first[0] == second[0] == 200
    assert error_of(third) == "exhausted"
    assert report.calls == 3
    with open_history(stage.settings) as reader:
        used = {one.budget: one.used for one in reader.budgets(run)}
    assert used["calls"] == 3
    assert used[f"http calls GET,HEAD,POST,PUT {web.url}/**"] == 2


async def test_an_unknown_effect_stays_paid(stage: Stage, web: Counting) -> None:
    stage.die_at("http", "send", after=True)
    program = steps(["http-send", "POST", f"{web.url}/x"], ["http-send", "GET", f"{web.url}/x"])
    run = await stage.cut(stepper(web_grant(web, ", calls = 1")), program)
    first, second = said(await stage.resume(run))
    assert error_of(first) == "cancelled"
    assert error_of(second) == "exhausted"


async def test_an_ended_tool_is_answered_from_its_records(stage: Stage) -> None:
    kv = 'allow.kv = { bytes = "1 KiB" }'
    run = await stage.cut(
        stepper('allow.tools = ["inner.go"]'), stepper(kv, name="inner"),
        steps(["tool-call", "inner.go", [["count", "a"]]]),
        at=lambda d: d.come_with(PluginResult),
    )  # fmt: skip
    assert said(await stage.resume(run)) == ['"[1]"']
    assert len([e for e in stage.events(run, CallFinished) if e.capability == "kv"]) == 2

"""An agent's answer is what the run says of it, or none; it is asked again so often and no more;
and all of it is in the log.
"""

from typing import Any

from lion.domain.events import AgentSpawned, AnswerJudged
from lion.domain.plan import Output, RunAgent
from lion.kernel.supervisor import supervise
from lion.review.report import Ending
from tests.kernel.rig import TASK, FakeComponent, Guest, Part, World

SCHEMA = {"type": "array", "items": {"properties": {"n": {"maximum": 9}}, "required": ["n"]}}
GOOD = '[{"n": 1}, {"n": 9}]'
BAD = '[{"n": 1}, {"n": 12}]'


def saying(*answers: str, json: str | None = None) -> tuple[Guest, list[str]]:
    """An agent that gives one answer after the other, and the tasks it was given."""
    tasks: list[str] = []

    async def guest(ask: Any, task: str) -> Any:
        tasks.append(task)
        return ("ok", {"text": answers[min(len(tasks), len(answers)) - 1], "json": json})

    return guest, tasks


async def held(guest: Guest, **output: Any) -> tuple[Ending, World]:
    world = World(Part(name="ann", component=FakeComponent({TASK: guest}), kind="agent"))
    await world.begin()
    endings: dict[int, Ending] = {}
    run = RunAgent("ann", "Count.", Output(**{"format": "json", "schema": SCHEMA, **output}))
    await supervise(world.live, [run], endings)
    return endings[0], world


def judged(world: World) -> list[AnswerJudged]:
    events = [record.event() for record in world.records()]
    return [event for event in events if isinstance(event, AnswerJudged)]


async def test_what_follows_is_taken() -> None:
    guest, tasks = saying(f"Here:\n```json\n{GOOD}\n```")
    ending, world = await held(guest)
    assert (ending.ok, ending.answer, ending.repaired, ending.asked) == (
        True, [{"n": 1}, {"n": 9}], False, 1,
    )  # fmt: skip
    assert tasks[0].startswith("Count.\n\nAnswer with JSON alone")
    assert judged(world) == [AnswerJudged(format="json", taken=True)]


async def test_what_does_not_follow_is_never_given_on() -> None:
    guest, _ = saying(BAD)
    ending, world = await held(guest)
    assert (ending.ok, ending.exit_code, ending.ending, ending.answer) == (
        False,
        3,
        "answer",
        None,
    )
    assert "$[1].n: it is greater than the maximum of 9" in ending.error
    assert "again = 2" in ending.hint
    assert [one.fault for one in judged(world)] == ["schema"]


async def test_it_is_asked_again_with_the_fault() -> None:
    guest, tasks = saying(BAD, "no JSON", GOOD)
    ending, world = await held(guest, again=2)
    assert (ending.ok, ending.asked, ending.answer) == (True, 3, [{"n": 1}, {"n": 9}])
    assert "$[1].n: it is greater than" in tasks[1]
    assert BAD in tasks[1]
    assert "there is no JSON in it" in tasks[2]
    assert [one.asked_again for one in judged(world)] == [True, True, False]
    spawned = [r.invocation for r in world.records() if isinstance(r.event(), AgentSpawned)]
    assert spawned == ["0", "0+1", "0+2"]


async def test_it_is_asked_so_often_and_no_more() -> None:
    guest, tasks = saying(BAD)
    ending, _ = await held(guest, again=2)
    assert (ending.ok, len(tasks)) == (False, 3)
    assert "(3 times)" in ending.error
    assert ending.hint == ""


async def test_what_is_mended_says_so() -> None:
    guest, _ = saying("[{'n': 1,}")
    ending, world = await held(guest, repair=True)
    assert (ending.answer, ending.repaired) == ([{"n": 1}], True)
    assert judged(world) == [AnswerJudged(format="json", taken=True, repaired=True)]
    assert not (await held(guest))[0].ok


async def test_json_beside_the_words_is_what_counts() -> None:
    guest, _ = saying("two animals", json=GOOD)
    ending, _ = await held(guest)
    assert ending.answer == [{"n": 1}, {"n": 9}]


async def test_a_long_answer_is_judged_as_well() -> None:
    many = "[" + ", ".join(['{"n": 1}'] * 2_000) + "]"
    guest, _ = saying(many)
    assert (await held(guest))[0].ok


async def test_an_agents_own_error_is_not_asked_again() -> None:
    async def guest(ask: Any, task: str) -> Any:
        return ("err", ("denied", "no"))

    ending, world = await held(guest, again=3)
    assert (ending.ok, ending.error) == (False, "denied: no")
    assert judged(world) == []

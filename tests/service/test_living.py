"""A service with real parts: what becomes of tasks, who may what, what reaches running work."""

import inspect
import json
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
import trio

from lion.domain.approval import Reach
from lion.domain.events import CallFinished, TaskScheduled, TaskStarted
from lion.domain.record import Record
from lion.domain.task import Order, Retry, Role, TaskState, Terms
from lion.errors import OperatorError
from lion.history import open_history
from lion.service import state as state_module
from lion.service.elements import elements_of
from lion.service.roles import COMMANDS
from lion.service.status import status_of
from lion.service.tasks import Task
from tests.service.rig import (
    ANN,
    MANIFEST,
    OLA,
    VIC,
    WASM,
    add,
    living_in,
    plan_of,
    settings_of,
    wait,
    works,
)


async def test_a_task_is_one_run_by_who_asked(tmp_path: Path) -> None:
    async with living_in(tmp_path) as living:
        task = await living.service.wait_over(ANN, (await add(living)).id)
        assert task.end is not None
        assert (task.state, task.end.value) == (TaskState.COMPLETED, 2)
    with open_history(settings_of(tmp_path)) as reader:
        started = next(iter(reader.records(task.run))).event()
        assert started.by == "user ann"  # type: ignore[attr-defined]
        assert reader.verify(task.run).finished
        (chain,) = reader.chains()
        assert not reader.verify(chain).finished
        assert [one.run for one in reader.runs()] == [task.run]
        assert reader.find("last") == task.run
        assert reader.find(chain) == chain


async def test_the_same_key_is_the_same_task(tmp_path: Path) -> None:
    order = Order(call="calculator.add", arguments={"a": 1, "b": 1})
    async with living_in(tmp_path) as living:
        first = await living.service.submit(ANN, order, key="k")
        again = await living.service.submit(ANN, order, key="k")
        other = await living.service.submit(OLA, order, key="k")
        assert first.id == again.id != other.id
    async with living_in(tmp_path) as living:
        later = await living.service.submit(ANN, order, key="k")
        assert later.id == first.id


async def test_as_many_work_as_there_are_slots_and_tokens(tmp_path: Path) -> None:
    async with living_in(tmp_path, slots=3, resources={"gold": 2}) as living:
        tasks = [await wait(living, resources={"gold": 1}) for _ in range(3)]
        for task in tasks[:2]:
            await works(living, task)
        status = status_of(living.service, VIC)
        assert (len(status["working"]), status["waiting"], status["free"]) == (2, 1, {"gold": 0})
        other = await wait(living)
        await works(living, other)
        await living.service.cancel(ANN, tasks[0].id)
        await works(living, tasks[2])
        scheduled = living.service.task(ANN, tasks[2].id).scheduled
        assert scheduled is not None
        assert scheduled.waiting == 1
        for task in (tasks[1], tasks[2], other):
            await living.service.cancel(ANN, task.id)
            await living.service.wait_over(ANN, task.id)
        assert status_of(living.service, VIC)["free"] == {"gold": 2}


async def test_what_is_over_late_is_stopped_and_what_waits_too_long_never_begins(
    tmp_path: Path,
) -> None:
    async with living_in(tmp_path, slots=1) as living:
        late = await wait(living, deadline_ns=50_000_000)
        unheard = await wait(living, deadline_ns=1_000_000)
        over = await living.service.wait_over(ANN, unheard.id)
        assert over.end is not None
        assert (over.state, over.end.ending, over.runs) == (TaskState.SKIPPED, "deadline", ())
        over = await living.service.wait_over(ANN, late.id)
        assert over.end is not None
        assert (over.state, over.end.ending) == (TaskState.FAILED, "deadline")
        assert "deadline" in over.end.error


async def test_what_fails_is_tried_again_as_its_terms_say(tmp_path: Path) -> None:
    divide = Order(call="calculator.divide", arguments={"a": 1, "b": 0})
    async with living_in(tmp_path) as living:
        terms = Terms(retry=Retry(times=2, wait_ns=1_000_000))
        task = await living.service.submit(ANN, divide, terms)
        states = [one.state async for one in living.service.follow(ANN, task.id) if is_task(one)]
        task = living.service.task(ANN, task.id)
        assert (task.attempts, task.retries, len(set(task.runs))) == (3, 2, 3)
        assert states[-1] is TaskState.FAILED
        only = Terms(retry=Retry(times=2, wait_ns=0, on=("trap",)))
        task = await living.service.submit(ANN, divide, only)
        assert (await living.service.wait_over(ANN, task.id)).attempts == 1


def is_task(one: Any) -> bool:
    return isinstance(one, Task)


async def test_a_tree_of_more_than_are_listed_is_cancelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state_module, "KEPT", 3)
    async with living_in(tmp_path, slots=1) as living:
        await works(living, await wait(living))
        root = await add(living)
        for _ in range(5):
            await add(living, parent=root.id)
        found = await living.service.cancel(ANN, root.id)
        assert len(found) == 6 and {one.state for one in found} == {TaskState.CANCELLED}
        assert found[0].id == root.id and not living.service.chain.state.children(root.id)[3:]


async def test_a_tree_is_cancelled_with_its_root(tmp_path: Path) -> None:
    async with living_in(tmp_path, slots=2) as living:
        root = await wait(living)
        child = await wait(living, parent=root.id)
        waits = await wait(living, parent=child.id)
        alone = await wait(living)
        await works(living, child)
        found = await living.service.cancel(ANN, root.id, "enough")
        assert [one.id for one in found] == [root.id, child.id, waits.id]
        for one in found:
            over = await living.service.wait_over(ANN, one.id)
            assert over.state is TaskState.CANCELLED
            assert over.end is not None
            assert over.end.error == "user ann cancelled it: enough"
        assert not living.service.task(ANN, alone.id).state.is_over
        with pytest.raises(OperatorError, match="is cancelled already"):
            await living.service.cancel(ANN, root.id)
        with pytest.raises(OperatorError, match="gets no more children"):
            await wait(living, parent=root.id)


@pytest.mark.parametrize("how", ["disable", "remove"])
async def test_what_is_taken_away_while_it_works_is_refused_its_next_call(
    tmp_path: Path, how: str
) -> None:
    async with living_in(tmp_path) as living:
        task = await wait(living)
        await works(living, task)
        name = "waiter" if how == "disable" else "rig"
        await getattr(living.plugins, how)(ANN, name)
        records = [one async for one in living.service.follow(ANN, task.id)]
        events = [one.event() for one in records if isinstance(one, Record)]
        calls = [event for event in events if isinstance(event, CallFinished)]
        assert (calls[-1].status, calls[-1].decided_by) == ("denied", "revoked")
        assert f"user ann {how}d it" in calls[-1].reason
        assert living.service.task(ANN, task.id).state is TaskState.FAILED
        with pytest.raises(OperatorError, match=r"gets no work|nothing is installed"):
            await wait(living)


async def test_others_are_refused_the_tools_of_what_was_taken_away(tmp_path: Path) -> None:
    text = MANIFEST.replace(
        'allow.tools = ["**"]',
        'allow.tools = ["**"]\nconfig = { patience = 1, tools = ['
        '{ name = "hostile.sleep", with = { nanos = 200_000_000 } },'
        '{ name = "calculator.add", with = { a = 1, b = 2 } } ] }',
    )
    async with living_in(tmp_path, text) as living:
        task = await living.service.submit(ANN, Order(agent="guide", task="x"))
        await living.plugins.disable(ANN, "calculator")
        over = await living.service.wait_over(ANN, task.id)
        assert over.runs
    with open_history(settings_of(tmp_path)) as reader:
        events = [record.event() for record in reader.records(over.run)]
    asked = [e for e in events if isinstance(e, CallFinished) and e.target == "calculator.add"]
    assert {e.decided_by for e in asked} == {"revoked"}


async def test_one_who_only_waits_for_a_person_holds_no_slot(tmp_path: Path) -> None:
    asks = MANIFEST.replace(
        f'component = "{WASM}/hostile.wasm"',
        f'component = "{WASM}/hostile.wasm"\nask = ["clock *", "kv *", "tools *"]',
    ).replace('allow.tools = ["**"]', 'allow.tools = ["**"]\nask = ["tools *"]')
    async with living_in(tmp_path, asks, slots=1) as living:
        held = await living.service.submit(ANN, Order(agent="guide", task="x"))
        over = await living.service.wait_over(ANN, (await add(living)).id)
        assert over.state is TaskState.COMPLETED
        assert not living.service.task(ANN, held.id).state.is_over


async def test_a_killed_service_loses_no_task_and_begins_none_twice(tmp_path: Path) -> None:
    """Tasks as the log has them when a process is gone at three moments."""
    async with living_in(tmp_path, slots=1) as living:
        done = await living.service.wait_over(ANN, (await add(living)).id)
        chain = living.service.chain
        unbegun, ended, queued = [await submitted(living) for _ in range(3)]
        living.service.conductor.is_stopping = True
        for id, run in ((unbegun, "no-such-run"), (ended, done.run)):
            chain.tell(TaskScheduled(id, 9, "fifo", 1, "test"))
            chain.tell(TaskStarted(id, run, 1))
        await chain.commit()
    async with living_in(tmp_path, slots=1) as living:
        again = await living.service.wait_over(ANN, unbegun)
        assert (again.state, again.attempts, again.retries) == (TaskState.COMPLETED, 2, 0)
        found = living.service.task(ANN, ended)
        assert (found.state, found.attempts) == (TaskState.COMPLETED, 1)
        assert (await living.service.wait_over(ANN, queued)).attempts == 1


async def submitted(living: Any) -> str:
    """A task that waits and does not begin."""
    living.service.conductor.is_stopping = True
    return (await add(living)).id


async def test_somebody_writes_to_an_agent_at_work(tmp_path: Path) -> None:
    agent = f'''
name = "post"
[agents.bob]
component = "{WASM}/probe-bus.wasm"
allow.bus = {{}}
[agents.deaf]
component = "{WASM}/waiter.wasm"
config = {{ times = 1000000, pieces = 1000000, nanos = 1000000 }}
'''
    async with living_in(tmp_path, agent) as living:
        service = living.service
        order = Order(agent="bob", task="log\ninbox\nnext 0")
        task = await service.submit(ANN, order)
        await works(living, task)
        for payload, words in (("no", "is JSON"), (f'"{"x" * 70_000}"', "at most 65,536")):
            with pytest.raises(OperatorError, match=words):
                service.send(ANN, task.id, payload)
        with pytest.raises(OperatorError, match="'nobody' reads no messages"):
            service.send(ANN, task.id, "1", "nobody")
        service.send(ANN, task.id, '{"stop":true}')
        over = await service.wait_over(ANN, task.id)
        message = json.loads(over.end.value.split("\n")[2])
        assert (message["sender"], message["payload"]) == ("@user ann", '{"stop":true}')
        with pytest.raises(OperatorError, match="not at work"):
            service.send(ANN, task.id, "1")
        deaf = await service.submit(ANN, Order(agent="deaf", task="x"))
        await works(living, deaf)
        with pytest.raises(OperatorError, match="reads no messages") as raised:
            service.send(ANN, deaf.id, "1")
        assert "allow.bus = {}" in raised.value.hint
        await service.cancel(ANN, deaf.id)


def commands(living: Any) -> dict[str, Any]:
    """Every command, with arguments that make no sense: who may gets another error."""
    service, plugins = living.service, living.plugins
    access, answers = living.access, living.answers
    return {
        "status": lambda by: status_of(service, by),
        "task list": service.tasks,
        "task show": lambda by: service.task(by, "x"),
        "task submit": lambda by: service.submit(by, Order(call="x.y")),
        "task cancel": lambda by: service.cancel(by, "x"),
        "task retry": lambda by: service.retry(by, "x"),
        "element list": lambda by: elements_of(service, by),
        "agent send": lambda by: service.send(by, "x", "1"),
        "plugin list": plugins.listed,
        "plugin show": lambda by: plugins.show(by, "x"),
        "plugin install": lambda by: plugins.install(by, "/nothing"),
        "plugin update": lambda by: plugins.update(by, "x"),
        "plugin enable": lambda by: plugins.enable(by, "x"),
        "plugin disable": lambda by: plugins.disable(by, "x"),
        "plugin remove": lambda by: plugins.remove(by, "x"),
        "approvals": answers.waiting,
        "answer": lambda by: answers.answer(by, "x", allowed=True, reach=Reach.RUN),
        "answer always": lambda by: answers.answer(by, "x", allowed=False, reach=Reach.ALWAYS),
        "token create": lambda by: access.create(by, "", Role.VIEWER),
        "token list": access.tokens,
        "token revoke": lambda by: access.revoke(by, "x"),
        "token url": living.sign_in_url,
        "stop": living.ask_stop,
    }


async def test_every_command_has_a_role_and_asks_for_it(tmp_path: Path) -> None:
    async with living_in(tmp_path) as living:
        table = commands(living)
        assert table.keys() == COMMANDS.keys()
        for name, command in table.items():
            for by in (VIC, OLA, ANN):
                status = None
                try:
                    found = command(by)
                    if inspect.isawaitable(found):
                        await found
                except OperatorError as exc:
                    status = exc.facts.get("status")
                assert (status == 403) is not by.role.includes(COMMANDS[name]), (name, by)


async def test_a_queue_has_an_end(tmp_path: Path) -> None:
    async with living_in(tmp_path, slots=1, queue=2) as living:
        for _ in range(2):
            await submitted(living)
        with pytest.raises(OperatorError, match="the queue is full: 2 tasks wait") as full:
            await add(living)
        assert full.value.facts["status"] == 429


async def test_a_month_that_is_over_begins_a_new_chain(tmp_path: Path) -> None:
    async with living_in(tmp_path) as living:
        task = await living.service.wait_over(ANN, (await add(living)).id)
        chain = living.service.chain
        clock = chain._clock
        chain._clock = Later(clock, 40 * 86_400 * 10**9)
        first = chain.run
        await chain.keep()
        await chain.commit()
        assert chain.run > first
    with open_history(settings_of(tmp_path)) as reader:
        assert len(reader.chains()) == 2
    async with living_in(tmp_path) as living:
        assert living.service.task(ANN, task.id).state is TaskState.COMPLETED
        assert living.service.chain.state.workspace.find("waiter").name == "rig"


class Later:
    """A clock that is ahead."""

    def __init__(self, clock: Any, ahead: int) -> None:
        self._clock, self._ahead = clock, ahead

    def now_ns(self) -> int:
        return self._clock.now_ns() + self._ahead


async def test_two_services_are_one_too_many(tmp_path: Path) -> None:
    async with living_in(tmp_path):
        with pytest.raises(OperatorError, match="a service works on"):
            async with living_in(tmp_path):
                raise AssertionError


async def test_more_slots_than_there_are_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match=r"10,000,000 slots need up to .* ulimit -n"):
        async with living_in(tmp_path, slots=10_000_000):
            raise AssertionError


async def test_where_no_file_can_be_opened_one_task_fails_and_the_service_lives(
    tmp_path: Path,
) -> None:
    async with living_in(tmp_path) as living:
        await living.service.wait_over(ANN, (await add(living)).id)
        runs = settings_of(tmp_path).state / "runs"
        runs.rename(runs.with_name("gone"))
        over = await living.service.wait_over(ANN, (await add(living)).id)
        assert over.end is not None
        assert (over.state, over.end.exit_code) == (TaskState.FAILED, 4)
        runs.with_name("gone").rename(runs)
        over = await living.service.wait_over(ANN, (await add(living)).id)
        assert over.state is TaskState.COMPLETED


async def test_readers_that_leave_hold_up_nobody(tmp_path: Path) -> None:
    async with living_in(tmp_path) as living:
        task = await wait(living)
        for _ in range(3):
            with trio.CancelScope() as scope:
                async with aclosing(living.service.follow(ANN, task.id)) as followed:
                    async for one in followed:
                        if isinstance(one, Record):
                            scope.cancel()
        await living.service.cancel(ANN, task.id)
        assert (await living.service.wait_over(ANN, task.id)).state is TaskState.CANCELLED


def test_a_plan_of_the_rig_is_one() -> None:
    assert set(plan_of().holders) == {"calculator", "hostile", "waiter", "guide"}

"""What a service holds is the fold of its events: workspace, tasks, and what cannot follow."""

from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lion.domain.events import (
    Event,
    PluginDisabled,
    PluginEnabled,
    PluginInstalled,
    PluginRemoved,
    PluginUpdated,
    ServiceSnapshot,
    TaskCancelled,
    TaskEnded,
    TaskRetried,
    TaskScheduled,
    TaskStarted,
    TaskSubmitted,
)
from lion.domain.task import Order, Retry, TaskEnd, TaskState, Terms
from lion.errors import AuditError, OperatorError
from lion.service import state as state_module
from lion.service.state import State
from lion.service.tasks import MOVES, wait_before


def installed(name: str, *holders: str, kind: type = PluginInstalled) -> Any:
    manifest = {"name": name, "plugins": {h: {"component": f"/x/{h}.wasm"} for h in holders}}
    return kind(
        by="user ann", name=name, manifest=manifest, text="", path="", folder="/x",
        digests=dict.fromkeys(holders, "ab" * 32),
    )  # fmt: skip


def folded(*events: Event) -> State:
    state = State()
    for number, event in enumerate(events):
        state.apply(event, number + 1)
    return state


def submitted(id: str = "t1", **terms: Any) -> TaskSubmitted:
    return TaskSubmitted("user ann", id, Order(call="a.b"), Terms(**terms), key=f"key-{id}")


def ended(state: TaskState, id: str = "t1") -> TaskEnded:
    return TaskEnded(id, "r1", TaskEnd(state=state))


def test_a_task_goes_through_its_states() -> None:
    begin = TaskStarted("t1", "r1", 1)
    state = folded(submitted(), begin, ended(TaskState.FAILED))
    assert state.tasks["t1"].state is TaskState.FAILED
    state.apply(TaskRetried("user ann", "t1", 70, "again"), 4)
    task = state.tasks["t1"]
    assert (task.state, task.not_before_ns, task.retries, task.end) == ("pending", 70, 1, None)
    state.apply(TaskStarted("t1", "r2", 2), 5)
    state.apply(ended(TaskState.COMPLETED), 6)
    assert state.tasks["t1"].runs == ("r1", "r2")
    assert state.unfinished() == []


STEPS: dict[type[Event], Event] = {
    TaskScheduled: TaskScheduled("t1", 1, "fifo", 1, "it was there first"),
    TaskStarted: TaskStarted("t1", "r1", 1),
    TaskRetried: TaskRetried("user ann", "t1", 0, "again"),
    TaskCancelled: TaskCancelled("user ann", "t1"),
    TaskEnded: ended(TaskState.COMPLETED),
}


@pytest.mark.parametrize("kind", STEPS)
@pytest.mark.parametrize("before", TaskState)
def test_only_what_can_follow_follows(kind: type[Event], before: TaskState) -> None:
    state = folded(submitted())
    state.tasks["t1"] = msgspec.structs.replace(state.tasks["t1"], state=before)
    if before in MOVES[kind]:
        state.apply(STEPS[kind], 9)
    else:
        with pytest.raises(AuditError, match="t1"):
            state.apply(STEPS[kind], 9)


def test_every_state_but_pending_is_reached_by_an_end_or_a_start() -> None:
    assert {s for s in TaskState if not s.is_over} == {TaskState.PENDING, TaskState.PROCESSING}


EVENTS = st.lists(
    st.one_of(
        st.sampled_from(["t1", "t2", "t3"]).map(submitted),
        st.sampled_from(list(STEPS.values())),
        st.just(installed("m", "a", "b")),
        st.just(installed("m", "a", kind=PluginUpdated)),
        st.sampled_from([PluginDisabled("u", "a", "why"), PluginEnabled("u", "a")]),
        st.sampled_from([PluginDisabled("u", "m", "why"), PluginRemoved("u", "m")]),
    ),
    max_size=30,
)


@given(EVENTS, st.integers(0, 30))
def test_a_snapshot_in_between_changes_nothing(events: list[Event], at: int) -> None:
    whole, parts = State(), State()
    for number, event in enumerate(events):
        if number == at:
            body = msgspec.msgpack.encode(ServiceSnapshot(parts.snapshot()))
            parts = State()
            parts.apply(msgspec.msgpack.decode(body, type=ServiceSnapshot), number)
        for one in (whole, parts):
            with suppress(AuditError):
                one.apply(event, number)
    assert parts.snapshot() == whole.snapshot()
    assert parts.keys == whole.keys


def test_the_latest_that_are_over_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_module, "KEPT", 3)
    state = State()
    for i in range(9):
        state.apply(submitted(f"t{i}"), i)
        state.apply(ended(TaskState.CANCELLED, f"t{i}"), i)
    assert list(state.tasks) == ["t6", "t7", "t8"]
    assert list(state.keys.values()) == ["t6", "t7", "t8"]


def test_what_is_disabled_is_so_with_a_reason_and_enabled_again() -> None:
    state = folded(installed("m", "a", "b"), PluginDisabled("u", "a", "it spies"))
    found = state.workspace.find("m")
    assert (found.why_not("a"), found.why_not("b")) == ("it spies", None)
    state.apply(PluginDisabled("u", "m", "all of it"), 5)
    assert state.workspace.find("b").why_not("b") == "all of it"
    state.apply(PluginEnabled("u", "m"), 6)
    assert state.workspace.find("a").why_not("a") == "it spies"
    state.apply(PluginEnabled("u", "a"), 7)
    assert state.workspace.find("a").why_not("a") is None


def test_names_are_unique_in_the_workspace() -> None:
    workspace = folded(installed("m", "a", "b")).workspace
    with pytest.raises(OperatorError, match="installed already"):
        workspace.check_new("m", {"z": 1})
    with pytest.raises(OperatorError, match="'b' is taken: the manifest 'm' has a plugin"):
        workspace.check_new("n", {"b": 1, "z": 1})
    workspace.check_new("m", {"b": 1}, instead="m")
    with pytest.raises(OperatorError, match="nothing is installed as 'aa'"):
        workspace.find("aa")
    with pytest.raises(OperatorError, match="one of 2 holders"):
        workspace.whole("a", "remove")
    assert workspace.whole("m", "remove").name == "m"


def test_waits_grow_and_end() -> None:
    terms = Retry(times=5, wait_ns=100, factor=2.0)
    assert [wait_before(terms, i) for i in range(3)] == [100, 200, 400]
    assert wait_before(Retry(times=9, wait_ns=10**9, factor=1e300), 5) == 24 * 3_600 * 10**9

"""Strategies of others are found by entry point; lion's own cannot be taken."""

from importlib.metadata import EntryPoint
from typing import Any

import pytest

from lion.domain.workflow import Workflow
from lion.workflows import registry
from lion.workflows.check import Mistake, check_workflow
from lion.workflows.engine import Do, Done, End, Failed, Fault
from tests.workflows.world import World, flow, step


class OneByOne:
    """A strategy of a package: its steps one after the other, as they stand."""

    notes: tuple[Any, ...] = ()

    def __init__(self, workflow: Workflow, names: Any) -> None:
        self._steps = list(workflow.steps)
        self._most = workflow.options["most"]
        self.end: End | None = None
        self._given: list[Any] = []

    def start(self, given: Any) -> list[Do]:
        return self._next()

    def on(self, outcome: Any) -> list[Do]:
        match outcome:
            case Done(value=value):
                self._given.append(value)
                return self._next()
            case Failed(case=case, text=text):
                self.end = End(fault=Fault(step="", case=case, text=text))
        return []

    def _next(self) -> list[Do]:
        if not self._steps or len(self._given) >= self._most:
            self.end = End(value=self._given)
            return []
        one = self._steps.pop(0)
        assert one.job is not None
        return [Do(key=one.name, kind="call", target=one.job.target, given={})]


@pytest.fixture
def points(monkeypatch: pytest.MonkeyPatch) -> list[EntryPoint]:
    """Entry points of packages that are installed."""
    found: list[EntryPoint] = []

    def entry_points(*, group: str, name: str | None = None) -> list[EntryPoint]:
        return [p for p in found if p.group == group and name in (None, p.name)]

    monkeypatch.setattr(registry, "entry_points", entry_points)
    return found


def point(name: str, value: str = f"{__name__}:OneByOne") -> EntryPoint:
    return EntryPoint(name, value, registry.GROUP)


def test_a_strategy_of_a_package_works_and_is_checked(points: list[EntryPoint]) -> None:
    points.append(point("one-by-one"))
    workflow = flow(step("b"), step("a"), strategy="one-by-one", options={"most": 5})
    check_workflow(workflow)
    assert World(workflow, lambda do: do.target).run().value == ["t.b", "t.a"]
    assert registry.strategies() == ("dag", "states", "events", "one-by-one")


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("mine", [], "there is no strategy 'mine'"),
        ("mine", [point("mine"), point("mine")], "claimed by 2 packages"),
        ("mine", [point("mine", "lion.nowhere:X")], "cannot be imported: ModuleNotFoundError"),
        ("mine", [point("mine", "lion.version:VERSION")], "is a str, and no class"),
    ],
)
def test_what_is_no_strategy_is_refused(
    points: list[EntryPoint], name: str, given: list[EntryPoint], words: str
) -> None:
    points += given
    with pytest.raises(Mistake, match=words):
        check_workflow(flow(step("a"), strategy=name))


def test_lions_own_names_are_its_own(points: list[EntryPoint]) -> None:
    points.append(point("dag"))
    assert World(flow(step("a"))).run().value == {"a": "a.1 t.a"}
    assert registry.strategies().count("dag") == 1

"""Look here if you want to know which workflows cannot work, and what is said of them.

Rule: the first mistake is told, with its place in the workflow's table: names, then shapes, then
expressions, then ways.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from lion.domain.names import MOST_STARS, did_you_mean, is_topic_scope
from lion.domain.workflow import MOST_TOPICS, MOVES_ON, Job, Step, Workflow, topic_of
from lion.values.answer_schema import BadSchema, check_schema
from lion.workflows.dag import needs_of, order_of
from lion.workflows.events import START
from lion.workflows.expressions import BadExpression, Names
from lion.workflows.ready import LOCAL, Place, Ready, names_of, places_of
from lion.workflows.registry import OWN, NoStrategy, find_strategy
from lion.workflows.values import expressions_in

Path = tuple[str | int, ...]
_ONLY: Final[Mapping[str, tuple[str, ...]]] = {
    "after": ("dag",), "join": ("dag",), "next": ("states",), "timeout": ("states",),
    "on": ("events",), "every": ("events",), "end": ("states", "events"),
    "set": ("states", "events"),
}  # fmt: skip
"""Keys of a step that only some of lion's own strategies know."""
_BLANK: Final = Step(name="x")
_FIELDS: Final = {"timeout": "timeout_ns", "every": "every_ns"}


_VARIABLE: Final = re.compile(r"\bvars\s*\.\s*([a-z][a-z0-9_]*)")


class Mistake(ValueError):
    """Something that cannot work: where in the workflow's table, what, and what to write."""

    def __init__(self, path: Path, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.path = path
        self.what = what
        self.hint = hint


def check_workflow(workflow: Workflow) -> Names:
    """Look at all of a workflow; the names that its expressions may have. Raises Mistake."""
    try:
        find_strategy(workflow.strategy)
    except NoStrategy as exc:
        raise Mistake(("strategy",), str(exc)) from None
    _check_schema(("input",), {"type": "object", **workflow.input})
    for step in workflow.steps:
        _check_step(workflow, step)
    names = names_of(workflow)
    for step in workflow.steps:
        for place in places_of(step):
            _check_expression(names, step, place)
    for path, text in expressions_in(workflow.output if workflow.output_is_set else None):
        place = Place(path=("output", *path), text=text)
        _check_expression(names, None, place)
    _check_variables(workflow)
    match workflow.strategy:
        case "dag":
            _check_dag(workflow, names)
        case "states":
            _check_states(workflow)
        case "events":
            _check_events(workflow)
    return names


def _at(step: Step, *path: str | int) -> Path:
    return ("steps", step.name, *path)


def _check_step(workflow: Workflow, step: Step) -> None:
    strategy = workflow.strategy
    if strategy in OWN:
        for key, able in _ONLY.items():
            field = _FIELDS.get(key, key)
            if getattr(step, field) != getattr(_BLANK, field) and strategy not in able:
                what = f"the strategy {strategy!r} has no {key!r}"
                raise Mistake(_at(step, key), what, f"{key!r} is for: {', '.join(able)}")
        if strategy == "dag" and step.job is None:
            what = "it does nothing"
            raise Mistake(_at(step), what, "write one of: call, agent, workflow, ask, value, wait")
    for path, schema in _schemas(step):
        _check_schema(_at(step, *path), schema)


def _schemas(step: Step) -> Iterator[tuple[Path, Any]]:
    if step.before is not None and step.before.check is not None:
        yield ("before", "check"), step.before.check
    if step.then is not None and step.then.check is not None:
        yield ("then", "check"), step.then.check
    if step.job is not None and step.job.form is not None:
        yield ("form",), step.job.form


def _check_schema(path: Path, schema: Any) -> None:
    try:
        check_schema(schema)
    except BadSchema as exc:
        raise Mistake(path, str(exc), "see JSON Schema, 2020-12") from None


def _check_expression(names: Names, step: Step | None, place: Place) -> None:
    path = place.path if step is None else _at(step, *place.path)
    try:
        expression = names.read(place.text)
    except BadExpression as exc:
        raise Mistake(path, str(exc)) from None
    for name in sorted(expression.names):
        if name in LOCAL and name not in place.local:
            hint = "it is there in steps with each = ..." if name in ("item", "index") else ""
            raise Mistake(path, f"there is no {name!r} here", hint)
    if place.type and expression.type not in (place.type, "dyn"):
        what = f"it gives {_a(expression.type)}, and should give {_a(place.type)}"
        raise Mistake(path, what, "string(...) makes a text" if place.type == "string" else "")


def _a(kind: str) -> str:
    words = {"string": "a text", "boolean": "true or false", "array": "a list"}
    return words.get(kind, f"a value of type {kind}")


def _check_variables(workflow: Workflow) -> None:
    """Refuse a variable that is set, was not there and is never read: a misspelled one."""
    if workflow.strategy not in OWN or not workflow.vars:
        return
    read = {name for text in _expressions(workflow) for name in _VARIABLE.findall(text)}
    for step in workflow.steps:
        for name in step.set:
            if name not in workflow.vars and name not in read:
                what = f"nothing reads the variable {name!r}, and 'vars' does not have it"
                raise Mistake(_at(step, "set", name), what, did_you_mean(name, workflow.vars))


def _expressions(workflow: Workflow) -> Iterator[str]:
    for step in workflow.steps:
        yield from (place.text for place in places_of(step))
    yield from (text for _, text in expressions_in(
        workflow.output if workflow.output_is_set else None))  # fmt: skip


def _check_dag(workflow: Workflow, names: Names) -> None:
    known = [step.name for step in workflow.steps]
    needs: dict[str, tuple[str, ...]] = {}
    for step in workflow.steps:
        for name in step.after:
            if name not in known:
                hint = did_you_mean(name, known)
                raise Mistake(_at(step, "after"), f"there is no step {name!r}", hint)
            if name == step.name:
                raise Mistake(_at(step, "after"), "it would wait for itself", "remove it")
        needs[step.name] = needs_of(Ready(step, names), names)
    _, cycle = order_of(needs)
    if cycle:
        around = " needs ".join((*cycle, cycle[0]))
        raise Mistake(("steps", cycle[0]), f"a cycle: {around}", "let one of them go first")


def _check_states(workflow: Workflow) -> None:
    known = [step.name for step in workflow.steps]
    first = workflow.first or known[0]
    if first not in known:
        raise Mistake(("first",), f"there is no state {first!r}", did_you_mean(first, known))
    ways = {step.name: [move.to for move in step.next] for step in workflow.steps}
    for step in workflow.steps:
        for index, move in enumerate(step.next):
            if move.to not in known:
                hint = did_you_mean(move.to, known)
                raise Mistake(
                    _at(step, "next", index, "to"), f"there is no state {move.to!r}", hint
                )
            if move.on not in MOVES_ON:
                hint = did_you_mean(move.on, MOVES_ON)
                raise Mistake(_at(step, "next", index, "on"), f"{move.on!r} is no ending", hint)
        if not step.next and not step.ends:
            raise Mistake(_at(step), "it leads nowhere", "write next = [...], or end = ...")
    reached = _reached([first], ways)
    for step in workflow.steps:
        if step.name not in reached:
            what = f"no way leads from {first!r} to it"
            raise Mistake(_at(step), what, f'write {{ to = "{step.name}" }} into another\'s next')
    if not any(step.ends for step in workflow.steps):
        raise Mistake(("steps",), "no state is an end", 'write end = "=..." into the last one')


def _check_events(workflow: Workflow) -> None:
    emitted = {s.then.emit for s in workflow.steps if s.then is not None and s.then.emit}
    ends = {name for s in workflow.steps for name in (s.name, f"{s.name}.failed")}
    known = {START, *emitted, *ends}
    ways: dict[str, list[str]] = {}
    for step in workflow.steps:
        for name in step.on:
            if topic_of(name):
                _check_topic(step, name)
            elif name not in known:
                hint = did_you_mean(name, {*known, "bus TOPIC"})
                raise Mistake(_at(step, "on"), f"there is no event {name!r}", hint)
            ways.setdefault(name, []).append(step.name)
        if not step.on and step.every_ns is None:
            raise Mistake(
                _at(step), "nothing begins it", 'write on = ["start"], or every = "1 min"'
            )
    if len(workflow.topics) > MOST_TOPICS:
        what = f"it hears {len(workflow.topics)} patterns of topics, and at most {MOST_TOPICS}"
        raise Mistake(("steps",), what, "let one pattern stand for several: news.*")
    begun = [
        s.name for s in workflow.steps
        if s.every_ns is not None or START in s.on or any(map(topic_of, s.on))
    ]  # fmt: skip
    follow = {
        s.name: [
            one for event in _events_of(s) for one in ways.get(event, ())
        ] for s in workflow.steps
    }  # fmt: skip
    reached = _reached(begun, follow)
    for step in workflow.steps:
        if step.name not in reached:
            what = "no event that can happen begins it"
            raise Mistake(_at(step, "on"), what, 'something has to begin on "start" or "every"')


def _check_topic(step: Step, event: str) -> None:
    if not is_topic_scope(topic_of(event)):
        what = f"{topic_of(event)!r} is no pattern of topics"
        hint = f'write "bus news.*": words, dots, and at most {MOST_STARS} * or ** for others'
        raise Mistake(_at(step, "on"), what, hint)


def _events_of(step: Step) -> Sequence[str]:
    emitted = () if step.then is None or not step.then.emit else (step.then.emit,)
    return (step.name, f"{step.name}.failed", *emitted)


def _reached(begin: Sequence[str], ways: Mapping[str, Sequence[str]]) -> set[str]:
    reached, waiting = set(begin), list(begin)
    while waiting:
        for name in ways.get(waiting.pop(), ()):
            if name not in reached:
                reached.add(name)
                waiting.append(name)
    return reached


def check_nesting(workflows: Mapping[str, Workflow]) -> None:
    """Refuse workflows that lead back to themselves. Raises Mistake; its path begins with the
    workflow's name.
    """
    needs = {name: tuple(dict.fromkeys(_below(one))) for name, one in workflows.items()}
    known = {name: tuple(n for n in below if n in needs) for name, below in needs.items()}
    _, cycle = order_of(known)
    if cycle:
        around = " begins ".join((*cycle, cycle[0]))
        raise Mistake((cycle[0],), f"a cycle: {around}", "let one of them end")


def _below(workflow: Workflow) -> Iterator[str]:
    for _, job in all_jobs(workflow):
        if job.kind == "workflow":
            yield job.target
        elif job.kind == "call":
            yield job.target.partition(".")[0]


def all_jobs(workflow: Workflow) -> Iterator[tuple[Path, Job]]:
    """Every job of a workflow, and where it stands."""
    for step in workflow.steps:
        if step.job is not None:
            yield _at(step), step.job
        if step.then is not None and step.then.clean is not None:
            yield _at(step, "then", "clean"), step.then.clean
        if step.undo is not None:
            yield _at(step, "undo"), step.undo

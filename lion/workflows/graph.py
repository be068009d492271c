"""Look here if you want to know what a picture of a workflow shows: its steps, and which leads to
which.
"""

from collections.abc import Iterator

import msgspec

from lion.domain.workflow import Job, Step, Workflow, topic_of
from lion.workflows.dag import needs_of
from lion.workflows.expressions import Names
from lion.workflows.ready import Ready

START = "start"


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """A step: what it does, and what else is to be known of it, each in some words."""

    name: str
    does: str
    facts: tuple[str, ...] = ()
    is_end: bool = False


class Edge(msgspec.Struct, frozen=True, kw_only=True):
    """A step leads to another; `label` says when."""

    begin: str
    end: str
    label: str = ""


class Graph(msgspec.Struct, frozen=True, kw_only=True):
    """A picture's content, in the manifest's order."""

    name: str
    strategy: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def graph_of(workflow: Workflow, names: Names) -> Graph:
    """What a workflow that was checked looks like."""
    nodes = tuple(_node(step) for step in workflow.steps)
    match workflow.strategy:
        case "states":
            edges = _moves(workflow)
        case "events":
            edges = _follows(workflow)
        case _:
            edges = _needs(workflow, names)
    return Graph(
        name=workflow.name, strategy=workflow.strategy, nodes=nodes,
        edges=tuple(dict.fromkeys(edges)),
    )  # fmt: skip


def _node(step: Step) -> Node:
    return Node(name=step.name, does=_does(step.job), facts=tuple(_facts(step)), is_end=step.ends)


def _does(job: Job | None) -> str:
    if job is None:
        return ""
    if job.kind == "ask":
        return "asks a person"
    if job.kind == "wait":
        return f"waits {job.given / 1e9:g} s"
    return job.kind if job.kind == "value" else f"{job.kind} {job.target}"


def _facts(step: Step) -> Iterator[str]:
    if step.each:
        most = f", {step.at_once} at once" if step.at_once else ""
        yield f"for each of {step.each}{most}"
    if step.when:
        yield f"when {step.when}"
    if step.join != "all":
        yield f"join {step.join}"
    if topics := [topic for topic in map(topic_of, step.on) if topic]:
        yield f"on messages of {', '.join(topics)}"
    if step.every_ns is not None:
        yield f"every {step.every_ns / 1e9:g} s"
    if step.retry is not None:
        yield f"{step.retry.times} more tries"
    if step.deadline_ns is not None:
        yield f"deadline {step.deadline_ns / 1e9:g} s"
    if step.timeout_ns is not None:
        yield f"timeout {step.timeout_ns / 1e9:g} s"
    if step.then is not None and step.then.emit:
        yield f"emits {step.then.emit}"
    if step.then is not None and step.then.clean is not None:
        yield f"cleans up: {_does(step.then.clean)}"
    if step.undo is not None:
        yield f"undone by {_does(step.undo)}"
    if step.goes_on:
        yield "goes on if it fails"


def _needs(workflow: Workflow, names: Names) -> Iterator[Edge]:
    for step in workflow.steps:
        for name in needs_of(Ready(step, names), names):
            yield Edge(begin=name, end=step.name)


def _moves(workflow: Workflow) -> Iterator[Edge]:
    for step in workflow.steps:
        for move in step.next:
            words = [] if move.on == "completed" else [move.on]
            words += [move.when] if move.when else []
            yield Edge(begin=step.name, end=move.to, label=", ".join(words))


def _follows(workflow: Workflow) -> Iterator[Edge]:
    sources: dict[str, list[tuple[str, str]]] = {START: [(START, "")]}
    for step in workflow.steps:
        sources.setdefault(step.name, []).append((step.name, ""))
        sources.setdefault(f"{step.name}.failed", []).append((step.name, "failed"))
        if step.then is not None and step.then.emit:
            sources.setdefault(step.then.emit, []).append((step.name, step.then.emit))
    for step in workflow.steps:
        for event in step.on:
            for begin, label in sources.get(event, ()):
                yield Edge(begin=begin, end=step.name, label=label)

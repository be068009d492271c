"""Look here if you want to know what `lion explain` prints."""

from collections.abc import Iterator
from functools import partial

import click
import msgspec

from lion.cli.logs import open_log
from lion.cli.options import Common, common_options
from lion.cli.screen import Screen, open_screen
from lion.domain.text import show_line
from lion.plans import read_policy
from lion.review.explain import explain
from lion.review.explained import Asked, Cause, Change, Decided, Explained, Line, Proof, Seen
from lion.telling.amounts import render_spent
from lion.telling.events import describe, render_time

_LONGEST = 1_000
"""Characters of arguments and results that a person sees; --json has more."""
_LABEL = 12


@click.command("explain")
@click.argument("run")
@click.argument("number", type=click.IntRange(min=1))
@common_options
def command(common: Common, run: str, number: int) -> int:
    """Say why record NUMBER of RUN is there: the call and its arguments, who decided it and by
    which line of the manifest or the policy, how far budgets were used, what led to it from the
    run's beginning on, what came of it, and what would have been decided otherwise.

    NUMBER is the first column of `lion log`. The run is verified; what lies behind the first fault
    is marked.
    """
    policy = read_policy(common.settings().policy)
    with open_log(common) as reader:
        name = reader.find(run)
        read, budgets = partial(reader.records, name), partial(reader.budgets_at, name)
        proved, before = reader.verified(name), partial(reader.before, name)
        found = explain(name, number, proved, read, budgets, policy, before)
        event = None
        if found.asked is None:
            record = next(one for one in reader.records(name, number - 1) if one.seq == number)
            event = describe(record.event())
    screen = open_screen("stdout")
    if common.as_json:
        screen.line(msgspec.json.encode(found).decode())
        return 0
    for line in render(found, event or "", screen):
        screen.line(line)
    return 0


def render(found: Explained, event: str, screen: Screen) -> Iterator[str]:
    """The explanation for people; guest text in it is escaped and cut."""
    what = f"record {found.record.seq} of run {found.run[:8]} of {found.manifest_name}"
    yield f"{show_line(what)}: {found.record.type}, {render_time(found.record.time_ns)}"
    yield _row("proof", _proof(found.record, found.proof, screen))
    if found.asked is None:
        who = f"{found.principal}: " if found.principal else ""
        yield _row("says", f"{who}{show_line(event, longest=_LONGEST)}")
    else:
        yield from _asked(found.asked, screen)
    for index, cause in enumerate(found.causes):
        yield _row("" if index else "because", _cause(cause, found.by_whom))
    for index, change in enumerate(found.changes):
        yield _row("" if index else "otherwise", _change(change))


def _proof(record: Seen, proof: Proof, screen: Screen) -> str:
    if record.is_proved and not proof.fault:
        end = "" if proof.is_finished else ", which has not ended"
        return f"{screen.paint('proved', 'green')}: the run verifies{end}, {proof.until} records"
    if record.is_proved:
        said = show_line(proof.fault, longest=_LONGEST)
        return f"{screen.paint('proved', 'green')} up to record {proof.until}; then {said}"
    said = show_line(proof.fault, longest=_LONGEST)
    return f"{screen.paint('NOT PROVED', 'red')}: {said}"


def _asked(asked: Asked, screen: Screen) -> Iterator[str]:
    call = f"{asked.capability} {asked.operation} {asked.target}".rstrip()
    yield _row("call", f"{asked.holder}: {show_line(call, longest=_LONGEST)}")
    args = "not recorded: they held what may not be" if asked.args is None else asked.args
    yield _row("arguments", show_line(args, longest=_LONGEST))
    yield from _decided("decided", asked.decided, screen)
    for sent in asked.sent_on:
        where = show_line(sent.target, longest=_LONGEST)
        yield _row("sent on", f"to {where}{_mark(sent.record)}")
        yield from _decided("", sent.decided, screen)
    for index, one in enumerate(asked.budgets):
        limit = "" if one.limit is None else f" of {render_spent(one.budget, one.limit)}"
        used = f"{one.holder}: {one.budget} {render_spent(one.budget, one.used)}{limit}"
        yield _row("" if index else "budgets then", show_line(used, longest=200))
    result = asked.result
    if result is None:
        yield _row("came of it", "not known: the log ends before its outcome")
    else:
        value = show_line(result.value, longest=_LONGEST)
        took = f"after {result.took_ns / 1e6:,.3f} ms" if result.took_ns else ""
        cost = [f"{name} {render_spent(name, n)}" for name, n in result.charged.items()]
        more = ", ".join(filter(None, (took, *cost)))
        done = f"{result.status} {more}".rstrip()
        yield _row("came of it", f"{done}{_mark(result.record)}: {value}")


def _decided(label: str, decided: Decided, screen: Screen) -> Iterator[str]:
    colour = {"allow": "green", "deny": "red"}.get(decided.verdict, "yellow")
    word = screen.paint(decided.verdict, colour)
    yield _row(label, f"{word} by {show_line(decided.by)}: {show_line(decided.reason)}")
    if decided.allowed_by is not None:
        yield _row("", f"{_line(decided.allowed_by)}")
    if decided.rule is not None and decided.rule.text:
        yield _row("", f"{_line(decided.rule)}")
    if decided.is_stood_in:
        yield _row("", "answered all the same by what cannot act: the run was dry")
    for one in decided.opinions:
        if one.by != decided.by or one.reason != decided.reason:
            yield _row("", f"{show_line(one.by)} said {one.verdict}: {show_line(one.reason)}")


def _cause(cause: Cause, by_whom: str) -> str:
    began = show_line(f"{cause.holder}: {cause.what}", longest=200)
    whose = f"the run of {show_line(by_whom, longest=40)}" if by_whom else "the run"
    by = f", for {show_line(cause.by, longest=200)}" if cause.by else f", started by {whose}"
    at = "" if cause.line is None else f", {_line(cause.line)}"
    return f"{began}{_mark(cause.record)}{by}{at}; it {_ended(cause.ending)}"


def _ended(ending: str) -> str:
    match ending:
        case "returned":
            return "returned"
        case "error":
            return "returned its own error"
        case "cut":
            return "has no ending in the log"
        case _:
            return f"ended by {show_line(ending)}"


def _change(change: Change) -> str:
    where = f", {show_line(change.where, longest=400)}" if change.where else ""
    line = f": {show_line(change.line, longest=_LONGEST)}" if change.line else ""
    return f"{change.then}: {show_line(change.how, longest=400)}{where}{line}"


def _line(line: Line) -> str:
    number = "" if line.line is None else f":{line.line}"
    text = f"  {show_line(line.text, longest=200)}" if line.text else ""
    return f"{show_line(line.file, longest=400)}{number}{text}"


def _mark(record: Seen) -> str:
    whose = f" of run {show_line(record.run[:8])}" if record.run else ""
    return f" (record {record.seq}{whose}{'' if record.is_proved else ', NOT PROVED'})"


def _row(label: str, text: str) -> str:
    return f"  {label:<{_LABEL}}  {text}".rstrip()

"""Look here if you want to know how a run is forked: a new run, whose past is the first records of
another one, goes on from there with something changed.

Rule: the past is a reference and no copy; its parent's head is in the fork's log, so a parent that
is changed is found out, and one that is forgotten is missed: it cannot be.
Rule: times, what guests keep and files are as they are now: nothing is taken back.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import msgspec

from lion.domain.approval import Answer
from lion.domain.events import ApprovalAsked, RunForked
from lion.domain.names import did_you_mean
from lion.domain.plan import Plan
from lion.errors import OperatorError
from lion.kernel.past import Past
from lion.kernel.presets import Presets
from lion.kernel.rehearsal import rehearse
from lion.kernel.run_state import LiveRun
from lion.loading import Loader
from lion.log.quota import RECORD_BYTES
from lion.log.sqlite_reader import SqliteReader, open_sqlite_reader
from lion.log.standing import Standing
from lion.manifest.parse import parse_manifest
from lion.reading import beside
from lion.resuming import Grounds, Interrupted, Ready, make_ready, restore


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What is changed: variables of the manifest, models (by the name of another one), answers to
    requests (`once` or `no`, by their ids).
    """

    sets: Mapping[str, str] = {}
    models: Mapping[str, str] = {}
    answers: Mapping[str, str] = {}

    def told(self) -> dict[str, str]:
        """As RunForked has it."""
        kinds = {"set": self.sets, "model": self.models, "answer": self.answers}
        return {f"{kind} {k}": v for kind, found in kinds.items() for k, v in found.items()}


class Fork(msgspec.Struct, frozen=True):
    """A run that is about to be: what it goes on from, and what it says of that."""

    found: Ready
    event: RunForked


async def begin_fork(grounds: Grounds, word: str, at: int | None, changes: Changes) -> Fork:
    """A new run that goes on from another one's record `at` (None: from just before the first
    question whose answer is given), with what is changed. Raises LionError.
    """
    by = grounds.fittings.name_user()
    read = partial(read_fork, grounds.directory, word, at, changes, by)
    found, event, answers = await beside(read)
    run = grounds.fittings.name_run()
    ready = make_ready(grounds, found, _plan(found, changes), run)
    digest = grounds.policy.digest
    ready.live.judge.ask_first(lambda others: Presets(answers, others, digest))
    return Fork(ready, event)


def read_fork(
    directory: Path, word: str, at: int | None, changes: Changes, by: str
) -> tuple[Interrupted, RunForked, dict[str, Answer]]:
    """What a run had come to, what is said of that, and answers by the digests of their calls."""
    with open_sqlite_reader(directory) as reader:
        run = reader.find(word)
        report = reader.verify(run)
        answers, asked = _answers(reader, run, changes.answers, by)
        at = at if at is not None else asked
        if at is None or not 1 <= at <= report.records:
            raise OperatorError(
                f"run {run} has the records 1 to {report.records}"
                + ("" if at is None else f", and no {at}"),
                hint="say from which one on: --at N (lion log shows them)",
            )
        past = _past(reader, run, at)
        started = past.started
        assert started is not None
        components = {name: reader.blob(digest) for name, digest in started.components.items()}
        budgets = [(b.holder, b.budget, b.limit, b.used) for b in reader.budgets_at(run, at)]
    standing = Standing(tuple(budgets), {}, (), past.clock_ns)
    found = Interrupted(run, past, standing, components)
    event = RunForked(
        parent=run, at=at, head=report.head, head_seq=report.records, changed=changes.told()
    )
    return found, event, answers


def _past(reader: SqliteReader, run: str, at: int) -> Past:
    past = Past(RECORD_BYTES)
    for record in reader.before(run):
        past.add(record)
    for record in reader.records(run):
        if record.seq > at:
            break
        past.add(record)
    if past.started is None or past.started.is_dry:
        raise OperatorError(f"run {run} was a dry one, in which nothing counts")
    if past.finished is not None:
        raise OperatorError(
            f"run {run} had ended at record {at}: nothing would go on",
            hint="choose an earlier record; lion log shows them",
        )
    past.seq = 0
    return past


def _plan(found: Interrupted, changes: Changes) -> Plan:
    plan, started = found.plan(), found.past.started
    assert started is not None
    if changes.sets:
        if not started.manifest_text:
            raise OperatorError("this run has no manifest's text, so it has no variables")
        known = started.manifest.get("vars", {})
        sets = {**known, **changes.sets}
        fresh = parse_manifest(started.manifest_text, path=plan.path, sets=sets)
        plan = found.at_home(fresh)
    models, resolved = dict(plan.models), dict(plan.resolved)
    tables = dict(resolved.get("models", {}))
    for name, other in changes.models.items():
        for one in (name, other):
            if one not in plan.models:
                hint = did_you_mean(one, plan.models)
                raise OperatorError(f"the manifest has no model {one!r}", hint=hint)
        models[name] = msgspec.structs.replace(plan.models[other], name=name)
        tables[name] = tables[other]
    resolved.update({"models": tables} if tables else {})
    return msgspec.structs.replace(plan, models=models, resolved=resolved)


def _answers(
    reader: SqliteReader, run: str, given: Mapping[str, str], by: str
) -> tuple[dict[str, Answer], int | None]:
    """Answers by the digests of their calls, and the record before the first question."""
    found: dict[str, Answer] = {}
    first: int | None = None
    left = dict(given)
    for record in reader.records(run, types=frozenset((ApprovalAsked.__name__,))) if given else ():
        event = record.event()
        if not isinstance(event, ApprovalAsked):
            continue
        word = next((one for one in left if event.request.id.startswith(one)), None)
        if word is not None:
            is_yes = left.pop(word) == "once"
            answer = Answer(allowed=is_yes, by=by, via="command")
            found[event.request.call_digest] = answer
            first = record.seq - 1 if first is None else first
    if left:
        raise OperatorError(
            f"run {run} asked nothing of the id {next(iter(left))!r}",
            hint="see what it asked with: lion log --type ApprovalAsked",
        )
    return found, first


async def load_fork(
    loader: Loader, fork: Fork, begins: Callable[[], None], live: LiveRun, plan: Plan
) -> None:
    """Load what the parent had loaded, bring all to where it was, and begin the new run, once
    `begins` was called. Raises LionError, and then there is none.
    """
    found = fork.found.past
    await loader.load(live, plan, lambda holder: found.components[holder.name])
    await rehearse(live, found.past)
    begins()
    fork.found.clock.start()
    await live.log.start_run(live.id, live.name, live.clock.monotonic_ns)
    loader.record(live, plan)
    live.record(fork.event)
    await live.log.commit()
    restore(live, found.past, found.standing)

"""Look here if you want to know where the time of a policed and recorded call goes, part by part.

Each part is timed by itself, in a loop, with what a real call gives it; parts need not add up to
the whole, which also pays for two threads that share one interpreter.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from time import process_time_ns, time_ns

from lion.domain.call import Decision, Status, Verdict
from lion.domain.events import CallFinished, encode_body
from lion.domain.question import Question
from lion.domain.record import Draft, Scope
from lion.log.group import Group, Opening
from lion.log.quota import RunQuota
from lion.log.segment import CHAIN_START, Builder, digest_of
from lion.log.sqlite_store import SqliteStore

_RUN = "0b9c5a3e-7d0f-4f5e-8f5e-0b9c5a3e7d0f"
SCOPE = Scope(
    run=_RUN, invocation="0", principal="bench", component_digest="a" * 64, correlation="0"
)
_ALLOWED = Decision(Verdict.ALLOW, "granted by default", "default")
EVENT = CallFinished(
    Status.COMPLETED, ("ok", "hello world"), ["greeting"], 5_000, {}, None,
    "config", "get", "greeting",
    _ALLOWED.verdict, _ALLOWED.reason, _ALLOWED.decided_by,
)  # fmt: skip
_GROUP = 512


def _best(part: Callable[[], object], count: int, rounds: int = 5) -> float:
    """CPU microseconds per record, the best of five."""
    best = 0
    for _ in range(rounds):
        began = process_time_ns()
        part()
        took = process_time_ns() - began
        best = min(best or took, took)
    return best / count / 1_000


def _decide(count: int) -> None:
    known = {Question("bench", "config", "get", "greeting"): _ALLOWED}
    for _ in range(count):
        known[Question("bench", "config", "get", "greeting")]


def _draft(call: int) -> tuple[Draft, bytes]:
    return Draft(SCOPE, call, time_ns(), EVENT), encode_body(EVENT)


def _seal(count: int) -> None:
    """As segments: encoded, checked, and digested."""
    body = encode_body(EVENT)
    for _ in range(count // _GROUP):
        builder = Builder(_RUN, 1, 0)
        for at in range(_GROUP):
            builder.add(SCOPE, at, at, ("CallFinished", 1), body)
        digest_of(CHAIN_START, builder.build(1, 0, None))


def _write(store: SqliteStore, entries: list[tuple[Draft, bytes]]) -> None:
    for at in range(0, len(entries), _GROUP):
        group = Group()
        group.entries = list(entries[at : at + _GROUP])
        store.write(group, frozenset())


def measure_parts(count: int) -> dict[str, float]:
    """CPU microseconds per record: decision (cached), record (made and encoded), seal, write."""
    entries = [_draft(at) for at in range(count)]
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder), "normal", {_RUN: RunQuota(_RUN, 1 << 40)})
        opening = Group()
        opening.entries.append(Opening(_RUN, "bench"))
        store.write(opening, frozenset())
        written = _best(lambda: _write(store, entries), count)
        store.close()
    sealed = _best(lambda: _seal(count), count)
    return {
        "decision": _best(lambda: _decide(count), count),
        "record": _best(lambda: [_draft(at) for at in range(count)], count),
        "seal": sealed,
        "write": written - sealed,
    }

"""Look here if you want to know what a long log costs: its bytes, reading, verifying,
auditing, and effects that wait until they are durable.

Rule: records are those of host calls, as a run writes them; times are of the wall, as somebody
waits for them.
"""

import resource
import tempfile
import time
import tomllib
from collections.abc import Callable
from pathlib import Path

import trio

from benchmarks.breakdown import EVENT, SCOPE
from lion.domain.events import (
    CallFinished,
    CallRequested,
    PluginInvoked,
    PluginLoaded,
    RunFinished,
    RunStarted,
    encode_body,
)
from lion.domain.record import Draft, Scope
from lion.log.sqlite import SqliteLog, SqliteReader, open_sqlite_log, open_sqlite_reader
from lion.policy.policy_file import parse_policy
from lion.review.run import audit_run

_RUN = SCOPE.run
_MANIFEST = (
    'name = "bench"\n[plugins.bench]\ncomponent = "bench.wasm"\nconfig = { greeting = "hi" }\n'
)
_STARTED = RunStarted(
    manifest_name="bench", manifest=tomllib.loads(_MANIFEST), manifest_text=_MANIFEST,
    components={}, limits={}, policy_digest="", engine_digest="", lion_version="",
    wasmtime_version="",
)  # fmt: skip
_LOADED = PluginLoaded("bench", SCOPE.component_digest, ("lion:host/config@0.1.0#get",), ("loop",))
_INVOKED = PluginInvoked("loop", [])
_INTENT = CallRequested(
    args=["/note"], capability="fs", operation="unlink", target="/note",
    verdict=EVENT.verdict or "allow", reason=EVENT.reason, decided_by=EVENT.decided_by,
)  # fmt: skip
_GUESTS = 1_000
_PAYLOAD = len(encode_body(EVENT.args)) + len(encode_body(EVENT.value))
"""Bytes of a call's own: what it was asked and what it gave."""


async def write_run(log: SqliteLog, count: int) -> None:
    """A run of so many calls, from its first record to its last."""
    await log.start_run(_RUN, "bench")
    for event in (_STARTED, _LOADED):
        log.append(Draft(Scope(run=_RUN), 0, time.time_ns(), event))
    log.append(Draft(SCOPE, 0, time.time_ns(), _INVOKED))
    for call in range(count):
        log.append(Draft(SCOPE, call + 1, time.time_ns(), EVENT))
        if log.is_full:
            await log.wait_room()
    log.append(Draft(Scope(run=_RUN), 0, time.time_ns(), RunFinished(0, calls=count)))


async def _effects(log: SqliteLog, count: int) -> None:
    """So many effects of a thousand guests, each durable before it would happen."""
    await log.start_run(_RUN, "bench")

    async def guest() -> None:
        for call in range(count // _GUESTS):
            log.append(Draft(SCOPE, call + 1, time.time_ns(), _INTENT))
            await log.commit()
            done = CallFinished(EVENT.status, ("ok", None))
            log.append(Draft(SCOPE, call + 1, time.time_ns(), done))

    async with trio.open_nursery() as nursery:
        for _ in range(_GUESTS):
            nursery.start_soon(guest)


async def _open(folder: Path, work: Callable[[SqliteLog], object], count: int) -> float:
    began = time.perf_counter()
    async with open_sqlite_log(folder, quota=1 << 40) as log:
        await work(log, count)  # type: ignore[misc, call-arg]
    return time.perf_counter() - began


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _first(reader: SqliteReader) -> None:
    next(reader.records(reader.find("last")))


def _audit(reader: SqliteReader) -> None:
    audit_run(_RUN, reader.verified(_RUN), reader.budgets(_RUN), parse_policy(""), ())


def _peak() -> float:
    """MiB of this process at its largest."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure_log(count: int) -> dict[str, float]:
    """Figures of a log of so many calls, by name; their units are in the names."""
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder)
        written = trio.run(_open, state, write_run, count)
        size = sum(path.stat().st_size for path in state.glob("log.sqlite*"))
        with open_sqlite_reader(state) as reader:
            before = _peak()
            found = {
                "bytes a record": size / count,
                "overhead, bytes": size / count - _PAYLOAD,
                "written, us each": written / count * 1e6,
                "runs, s": _timed(reader.runs),
                "first record, s": _timed(lambda: _first(reader)),
                "verify, s": _timed(lambda: reader.verify(_RUN)),
                "audit, s": _timed(lambda: _audit(reader)),
                "more memory, MiB": _peak() - before,
            }
    effects = max(_GUESTS, count // 20)
    with tempfile.TemporaryDirectory() as folder:
        taken = trio.run(_open, Path(folder), _effects, effects)
    return {**found, "effects a second": effects // _GUESTS * _GUESTS / taken}

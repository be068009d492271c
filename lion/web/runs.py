"""Look here if you want to know how what runs recorded is read over HTTP.

Rule: nothing is asked of a run that works: its records are read from the log, beside the loop.
Rule: an answer is a page of what there is, and says where the next one begins.
"""

import tempfile
from collections.abc import AsyncGenerator, Callable
from functools import partial
from itertools import islice
from typing import Any, Final, TypeVar

import msgspec
import trio

from lion.domain.record import Record
from lion.domain.task import Principal, Role
from lion.errors import AuditError, OperatorError
from lion.history import open_history, replay_run
from lion.places import homes_of
from lion.plans import read_policy
from lion.ports import LogReader, RunSummary
from lion.proof import export_run, verify_run
from lion.reading import beside
from lion.review.explain import explain
from lion.review.run import audit_recorded
from lion.service.living import Living
from lion.settings import Settings
from lion.telling.told import told
from lion.web.asked import LIMIT, POSITION, limit_of, number_of
from lion.web.connection import LINES, Answer, Request
from lion.web.routes import ANY, Endpoint, Routes

T = TypeVar("T")
MOST_LOOKED: Final = 20_000
"""Records that are looked at for one page, however few are found."""
MOST_BYTES: Final = 4 * 1024 * 1024
"""Bytes of bodies after which a page ends."""
_PIECE: Final = 256 * 1024


async def read(living: Living, look: Callable[[LogReader], T]) -> T:
    """What a look into the log finds, beside the loop. Raises OperatorError for a run that is not
    there, AuditError.
    """

    def looked() -> T:
        with open_history(living.settings) as reader:
            return look(reader)

    return await beside(looked)


def found_run(reader: LogReader, word: str) -> str:
    """The run's id. Raises OperatorError."""
    try:
        return reader.find(word)
    except OperatorError as exc:
        exc.facts["status"] = 404
        raise


async def _runs(living: Living, request: Request, by: Principal) -> Answer:
    limit, before = limit_of(request), request.query.get("before", "")

    def look(reader: LogReader) -> dict[str, Any]:
        runs = reader.runs()[::-1]
        if before:
            at = [one.run for one in runs].index(found_run(reader, before))
            runs = runs[at + 1 :]
        page = [_summary(one) for one in runs[:limit]]
        return {"runs": page, "next": page[-1]["run"] if len(runs) > limit else None}

    return Answer(value=await read(living, look))


async def _run(living: Living, request: Request, by: Principal) -> Answer:
    def look(reader: LogReader) -> dict[str, Any]:
        run = found_run(reader, request.path[2])
        found = next((_summary(one) for one in reader.runs() if one.run == run), {"run": run})
        return {**found, "budgets": msgspec.to_builtins(reader.budgets(run))}

    return Answer(value=await read(living, look))


async def _records(living: Living, request: Request, by: Principal) -> Answer:
    after, limit = number_of(request, "after", 0), limit_of(request)
    holder = request.query.get("holder", "")
    types = frozenset(filter(None, request.query.get("type", "").split(",")))

    def look(reader: LogReader) -> dict[str, Any]:
        run, last, size = found_run(reader, request.path[2]), after, 0
        page: list[dict[str, Any]] = []
        for record in islice(reader.records(run, after, types=types), MOST_LOOKED):
            last = record.seq
            if (holder and record.principal != holder) or (types and record.type not in types):
                continue
            one, count = _told(record)
            size += count
            page.append(one)
            if len(page) == limit or size > MOST_BYTES:
                break
        is_more = last > after and next(iter(reader.records(run, last, types=types)), None)
        return {"records": page, "next": last if is_more else None}

    return Answer(value=await read(living, look))


async def _verify(living: Living, request: Request, by: Principal) -> Answer:
    def look(reader: LogReader) -> dict[str, Any]:
        run = found_run(reader, request.path[2])
        try:
            report = verify_run(living.settings, run)
        except AuditError as exc:
            facts = {name: exc.facts.get(name) for name in ("fault", "seq")}
            return {"run": run, "is_verified": False, "what": exc.what, **facts}
        found: dict[str, Any] = msgspec.to_builtins(report)
        return {**found, "is_verified": True}

    return Answer(value=await read(living, look))


async def _replay(living: Living, request: Request, by: Principal) -> Answer:
    run = await read(living, lambda reader: found_run(reader, request.path[2]))
    with living.one_at_a_time("replay"):
        report = await replay_run(living.settings, run)
    return Answer(value=msgspec.to_builtins(report, enc_hook=str))


async def _audit(living: Living, request: Request, by: Principal) -> Answer:
    def look(reader: LogReader) -> Any:
        settings = living.settings
        policy = read_policy(settings.policy)
        run = found_run(reader, request.path[2])
        return audit_recorded(reader, run, policy, homes_of(settings.lookups))

    return Answer(value=await read(living, look))


async def _explain(living: Living, request: Request, by: Principal) -> Answer:
    seq = number_of(request, "", 1, request.path[4])

    def look(reader: LogReader) -> Any:
        run = found_run(reader, request.path[2])
        records, budgets = partial(reader.records, run), partial(reader.budgets_at, run)
        policy = read_policy(living.settings.policy)
        try:
            return explain(run, seq, reader.verified(run), records, budgets, policy)
        except OperatorError as exc:
            exc.facts.setdefault("status", 404)
            raise

    return Answer(value=await read(living, look))


async def _export(living: Living, request: Request, by: Principal) -> Answer:
    run = await read(living, lambda reader: found_run(reader, request.path[2]))
    await beside(partial(verify_run, living.settings, run))  # before anything is answered
    name = f'attachment; filename="{run}.jsonl"'
    pieces = _lines(living.settings, run)
    return Answer(pieces=pieces, kind=LINES, headers={"content-disposition": name})


async def _lines(settings: Settings, run: str) -> AsyncGenerator[bytes, None]:
    with tempfile.TemporaryFile() as file:
        write = partial(export_run, settings, run, file.write, with_components=True)
        await trio.to_thread.run_sync(write)
        file.seek(0)
        while piece := await trio.to_thread.run_sync(file.read, _PIECE):
            yield piece


def _summary(one: RunSummary) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(one)
    return {**found, "state": str(one.state)}


def _told(record: Record) -> tuple[dict[str, Any], int]:
    found = told(record)
    return found, len(msgspec.json.encode(found))


_PAGE: Final = {"limit": "how many at most, 1,000 or fewer"}
_FORMS: Final = {"limit": LIMIT, "after": POSITION}
_V, _O = Role.VIEWER, Role.OPERATOR
ROUTES: Final[Routes] = {
    ("GET", "api", "runs"): Endpoint(
        run=_runs, role=_V, query={**_PAGE, "before": "older than this run"}, forms=_FORMS,
        summary="List the recorded runs, the latest first.",
    ),
    ("GET", "api", "runs", ANY): Endpoint(run=_run, role=_V, summary="Show a run."),
    ("GET", "api", "runs", ANY, "records"): Endpoint(
        run=_records, role=_V,
        query={
            **_PAGE, "after": "after this record", "holder": "of this plugin or agent",
            "type": "of these types, with commas",
        },
        forms=_FORMS, summary="Read the records of a run.",
    ),
    ("GET", "api", "runs", ANY, "verify"): Endpoint(
        run=_verify, role=_V, summary="Prove that the records of a run are unchanged."
    ),
    ("GET", "api", "runs", ANY, "replay"): Endpoint(
        run=_replay, role=_O, summary="Execute a run again, offline, and compare."
    ),
    ("GET", "api", "runs", ANY, "audit"): Endpoint(
        run=_audit, role=_V, summary="Say who could do what in a run, and did."
    ),
    ("GET", "api", "runs", ANY, "explain", ANY): Endpoint(
        run=_explain, role=_V, summary="Say why a record of a run is there, and who decided it."
    ),
    ("GET", "api", "runs", ANY, "export"): Endpoint(
        run=_export, role=_V, gives=LINES, summary="A run as lines of JSON that prove it."
    ),
}  # fmt: skip
"""What is read of runs."""

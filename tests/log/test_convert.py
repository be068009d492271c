"""A log of schema 2, as a lion of then wrote it (schema-2.sqlite), is one of today's: nothing in
it is lost, and it proves what it proved then.

The file holds three runs: of components (one call denied), one with every type of event there
was, and one that was cut short.
"""

import os
import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from lion.domain.events import (
    EVENTS,
    OF_SERVICES,
    AgentRestarted,
    AnswerJudged,
    ApprovalAsked,
    ApprovalConsumed,
    ApprovalDecided,
    ApprovalExpired,
    BudgetReturned,
    CallWaits,
    EffectSettled,
    HeadSigned,
    MessageArrived,
    RunForgotten,
    RunForked,
    RunParked,
    RunResumed,
    StateCheckpointed,
)
from lion.errors import AuditError, OperatorError
from lion.history import replay
from lion.log.ownership import take_lock
from lion.log.schema_2 import old_digest
from lion.log.segment import CHAIN_START
from lion.log.sqlite import open_sqlite_log, open_sqlite_reader
from lion.log.sqlite_schema import LOG_NAME
from lion.policy.policy_file import parse_policy
from lion.ports import BudgetUse
from lion.review.run import audit_run
from lion.wasm.runtime import open_runtime
from tests.log.rig import draft, finished, line

GUESTS = "3d0c46ca-c99a-4e10-bf2f-de626aabd17d"
EVERY = "0190a1b2-every-type"
CUT = "0190a1b2-cut-short"
HEADS = {
    EVERY: "cc8708a0eaa7cc94bb6137f17460aa2c29dc37bf4931e024cef029cf20b29a9f",
    CUT: "3f2c1b43d07a2d89f8446a4fa6e6ff33c0a1d22c992a1769a4a33e423c898603",
}
"""What `lion verify` showed then."""
OLD = Path(__file__).parent / "schema-2.sqlite"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    shutil.copy(OLD, tmp_path / LOG_NAME)
    (tmp_path / LOG_NAME).chmod(0o600)
    (tmp_path / "runs").mkdir()
    return tmp_path


def version(directory: Path) -> int:
    with closing(sqlite3.connect(directory / LOG_NAME)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def execute(directory: Path, statement: str) -> int:
    with closing(sqlite3.connect(directory / LOG_NAME)) as connection, connection:
        return connection.execute(statement).rowcount


def test_every_run_is_there_and_verifies(old: Path) -> None:
    with open_sqlite_reader(old) as reader:
        runs = [(run.run, run.manifest_name, run.records, run.exit_code) for run in reader.runs()]
        reports = [reader.verify(run) for run, *_ in runs]
        budgets = reader.budgets(GUESTS)
    assert runs == [
        (GUESTS, "old-times", 38, 1), (EVERY, "every-type", 24, 0), (CUT, "cut-short", 8, None)
    ]  # fmt: skip
    assert [(one.records, one.finished) for one in reports] == [(38, True), (24, True), (8, False)]
    assert BudgetUse("files", "calls", 100, 1) in budgets
    assert version(old) == 3


@pytest.mark.parametrize("run", HEADS)
def test_what_was_shown_then_is_still_proved(old: Path, run: str) -> None:
    """The digest of then covers every field of every record, their positions too."""
    head = CHAIN_START
    with open_sqlite_reader(old) as reader:
        for record in reader.records(run):
            head = old_digest(record, head)
    assert head.hex() == HEADS[run]


def test_every_event_of_then_can_be_read(old: Path) -> None:
    with open_sqlite_reader(old) as reader:
        types = {type(record.event()) for record in reader.records(EVERY)}
    later = {
        StateCheckpointed, CallWaits, HeadSigned, RunForgotten, AnswerJudged, ApprovalAsked,
        ApprovalConsumed, ApprovalDecided, ApprovalExpired, RunResumed, EffectSettled, RunForked,
        RunParked, BudgetReturned, AgentRestarted, MessageArrived,
        *(EVENTS[name] for name in OF_SERVICES),
    }  # fmt: skip
    assert types == {*EVENTS.values()} - later


async def test_a_run_of_then_replays(old: Path) -> None:
    with open_sqlite_reader(old) as reader:
        async with open_runtime(old / "cache") as runtime:
            report = await replay(reader, GUESTS, runtime)
    assert (report.identical, report.invocations, report.calls) == (True, 6, 18)


def test_a_run_of_then_is_audited(old: Path) -> None:
    with open_sqlite_reader(old) as reader:
        budgets, policy = reader.budgets(GUESTS), parse_policy("")
        audit = audit_run(GUESTS, reader.records(GUESTS), budgets, policy, ())
    assert (audit.calls, audit.denied, audit.records) == (18, 1, 38)


def test_what_was_kept_is_there_and_covered(old: Path) -> None:
    with open_sqlite_reader(old) as reader:
        reader.verify(GUESTS)
        (event,) = [record.event() for record in reader.records("log")]
    assert event == StateCheckpointed("converted", ("/srv/old-times/m.toml/notebook",))
    assert execute(old, "UPDATE kv SET value = 'x'") == 2
    with open_sqlite_reader(old) as reader, pytest.raises(AuditError, match="notebook"):
        reader.verify(GUESTS)


async def test_a_run_that_was_cut_short_can_go_on(old: Path) -> None:
    async with open_sqlite_log(old) as log:
        await log.start_run(CUT, "cut-short")
        log.append(draft(run=CUT, event=line("later")))
        log.append(finished(run=CUT))
    with open_sqlite_reader(old) as reader:
        report = reader.verify(CUT)
        times = [record.time_ns for record in reader.records(CUT)]
    assert (report.records, report.finished) == (10, True)
    assert times == sorted(times)


OURS = f"run = (SELECT id FROM runs WHERE run = '{EVERY}')"
SEVENTH = f"{OURS} AND seq = 7"
DAMAGES = {
    "a time": (f"UPDATE events SET time_ns = time_ns + 1 WHERE {SEVENTH}", (7, "changed")),
    "a record lost": (f"DELETE FROM events WHERE {SEVENTH}", (7, "missing")),
    "the end lost": (f"DELETE FROM events WHERE {OURS} AND seq = 24", (24, "note")),
    "a scope": ("UPDATE scopes SET principal = 'x' WHERE principal = 'guide'", (7, "changed")),
    "scopes lost": ("DELETE FROM scopes", (1, "note")),
    "a type": (f"UPDATE events SET type = 'x' WHERE {SEVENTH}", (7, "changed")),
    "no number": (f"UPDATE events SET call = 'x' WHERE {SEVENTH}", (7, "changed")),
    "no time": (f"UPDATE events SET time_ns = -(1 << 62) WHERE {SEVENTH}", (7, "changed")),
    "a body": (f"UPDATE events SET body = x'80' WHERE {SEVENTH}", (7, "changed")),
    "a large body": ("UPDATE blobs SET data = x'80' WHERE length(data) < 6000", (12, "changed")),
    "a head": (f"UPDATE runs SET head = zeroblob(32) WHERE run = '{EVERY}'", (25, "note")),
    "an exit code": (f"UPDATE runs SET exit_code = 9 WHERE run = '{EVERY}'", (24, "note")),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_was_damaged_is_not_made_whole(old: Path, damage: str) -> None:
    statement, expected = DAMAGES[damage]
    assert execute(old, statement) > 0
    with open_sqlite_reader(old) as reader, pytest.raises(AuditError) as caught:
        reader.verify(EVERY)
    assert (caught.value.facts["seq"], caught.value.facts["fault"]) == expected
    with open_sqlite_reader(old) as reader:  # The others' records are there, but for the scopes.
        assert len(list(reader.records(GUESTS))) == (0 if damage == "scopes lost" else 38)


def test_a_conversion_that_stops_has_changed_nothing(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (old / LOG_NAME).read_bytes()

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("lion.log.sqlite_convert.note_stores", stop)
        with pytest.raises(KeyboardInterrupt), open_sqlite_reader(old):
            pass
    with closing(sqlite3.connect(old / LOG_NAME)) as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
    assert {"events", "scopes"} < names and version(old) == 2
    assert len(before) == (old / LOG_NAME).stat().st_size
    with open_sqlite_reader(old) as reader:
        assert reader.verify(GUESTS).finished


async def test_a_run_that_an_older_lion_writes_is_not_cut_off(old: Path) -> None:
    lock = take_lock(old, CUT)
    try:
        with pytest.raises(OperatorError, match="older lion"):
            async with open_sqlite_log(old):
                pass
        with open_sqlite_reader(old) as reader:  # It is read all the same, from a copy.
            assert reader.verify(CUT).records == 8
        assert version(old) == 2
    finally:
        os.close(lock)
    async with open_sqlite_log(old):
        assert version(old) == 3


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_log_that_can_only_be_read_is_read(old: Path) -> None:
    (old / LOG_NAME).chmod(0o400)
    os.chmod(old, 0o500)
    try:
        with open_sqlite_reader(old) as reader:
            assert reader.verify(GUESTS).finished
        assert version(old) == 2
    finally:
        os.chmod(old, stat.S_IRWXU)

"""Look here if you want to know how a run is proved: verified with what was signed of it, exported
for whoever has no log, and what was found last.
"""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Literal

import msgspec

from lion.errors import AuditError, OperatorError
from lion.log.checked import report_of
from lion.log.export import export_lines, verify_export
from lion.log.heads import cose_sign1, dsse_envelope
from lion.log.keys import PUBLIC_NAME, read_public
from lion.log.ownership import OWN
from lion.log.signed import check_heads, heads_of, require
from lion.log.spliced import check_past
from lion.log.sqlite_reader import SqliteReader, open_sqlite_reader
from lion.log.verdicts import note_verdict, read_verdicts
from lion.ports import Progress, Verdict, VerifyReport
from lion.settings import Settings


def verify_run(
    settings: Settings,
    word: str,
    *,
    key: str = "",
    is_signed: bool = False,
    progress: Progress | None = None,
) -> VerifyReport:
    """Check a run (an id, a beginning of one, `last`) as LogReader.verify does, and its signed
    heads; keep what was found, and when, for `lion runs`. Heads of `key` (hex) alone count, if it
    is given; with `is_signed` all of the run has to be signed.
    """
    with open_sqlite_reader(settings.state) as reader:
        run = reader.find(word)
        now = time.time_ns()
        try:
            report = _verified(reader, run, key, progress)
        except AuditError as exc:
            fault, seq = str(exc.facts.get("fault", "unreadable")), int(exc.facts.get("seq", 0))
            found = Verdict(run=run, time_ns=now, fault=fault, seq=seq, what=exc.what)
            note_verdict(settings.state, found)
            raise
    found = Verdict(run=run, time_ns=now, records=report.records, head=report.head)
    note_verdict(settings.state, found)
    if is_signed:
        require(report, key)
    return report


def _verified(
    reader: SqliteReader, run: str, key: str, progress: Progress | None = None
) -> VerifyReport:
    report = reader.verify(run, progress)
    heads = heads_of(reader, run)
    if heads and run != OWN:  # They lie in the log's own run; the log as a whole was looked at.
        report_of(reader.verified_alone(OWN))
        check_heads(OWN, heads_of(reader, OWN), partial(reader.digest_at, OWN), "")
    found = check_heads(run, heads, partial(reader.digest_at, run), key)
    parent = check_past(reader, run)
    return msgspec.structs.replace(report, signed=found.signed, key=found.key, parent=parent)


def verify_file(path: Path, *, key: str = "", is_signed: bool = False) -> VerifyReport:
    """Check an export (`lion export`), without any log. Raises OperatorError if it cannot be
    read, AuditError if it does not verify."""
    try:
        with open(path, "rb") as file:
            report, found = verify_export(file, str(path), key)
    except OSError as exc:
        what = f"{str(path)!r} cannot be read: {exc.strerror}"
        raise OperatorError(what, hint="check the path") from exc
    report = msgspec.structs.replace(report, signed=found.signed, key=found.key)
    if is_signed:
        require(report, key)
    return report


def export_run(
    settings: Settings, word: str, write: Callable[[bytes], object], *, with_components: bool
) -> VerifyReport:
    """Verify a run, and write it as lines of JSON for somebody without this log. Raises
    OperatorError, AuditError."""
    with open_sqlite_reader(settings.state) as reader:
        report = _verified(reader, reader.find(word), "")
        for line in export_lines(reader, report.run, with_components=with_components):
            write(line)
    return report


def export_head(settings: Settings, word: str, form: Literal["dsse", "cose"]) -> bytes:
    """The last signed head of a run, as a verifier of that form takes it. Raises OperatorError if
    there is none, AuditError."""
    with open_sqlite_reader(settings.state) as reader:
        run = reader.find(word)
        _verified(reader, run, "")
        heads = heads_of(reader, run)
    if not heads:
        raise OperatorError(
            f"run {run} has no signed head", hint="make a key for the runs to come: lion keygen"
        )
    last = max(heads, key=lambda head: head.seq)
    return cose_sign1(last) if form == "cose" else msgspec.json.encode(dsse_envelope(last))


def read_public_key(path: Path) -> str:
    """A public key in hex, from a PEM file. Raises OperatorError."""
    return read_public(path).hex()


def own_key(settings: Settings) -> str:
    """The operator's public key in hex, if there is one."""
    path = settings.config / PUBLIC_NAME if settings.config is not None else None
    return read_public_key(path) if path is not None and path.exists() else ""


def last_verdicts(settings: Settings) -> dict[str, Verdict]:
    """What `verify` last found, by run."""
    return read_verdicts(settings.state)

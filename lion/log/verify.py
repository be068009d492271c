"""Look here if you want to know when a whole run verifies: its chain, its components, and the
log's own note of it.

Rule: the note (how many records, the last digest, the exit code) is written with every record, so
a tail that is cut off is found although each remaining record is whole.
"""

from collections.abc import Callable, Iterable, Iterator

import msgspec

from lion.domain.events import RunFinished, RunStarted
from lion.domain.events.upcast import event_of
from lion.domain.record import Record
from lion.errors import AuditError
from lion.log.chain import fault, verify_records
from lion.ports import VerifyReport


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """What the log says of a run besides its records. `exit_code` is None while it has not
    ended."""

    records: int
    head: bytes
    exit_code: int | None


def verify_run(
    run: str, records: Iterable[Record], note: Note, blob: Callable[[str], bytes]
) -> VerifyReport:
    """Check a run's records against each other and the note, and the components it names.

    Raises AuditError with facts run, seq and fault: those of `verify_records`, note, component.
    """
    exit_codes: list[int] = []

    def watched() -> Iterator[Record]:
        for record in records:
            yield record
            # Here verify_records has found it good and asks for the next.
            if record.type == RunStarted.__name__:
                _check_components(record, blob)
            elif record.type == RunFinished.__name__:
                exit_codes.extend(_exit_code(record))

    report = verify_records(run, watched())
    if report.records != note.records or report.head != note.head.hex():
        what = f"the log counts {note.records} records, here are {report.records}"
        raise fault(run, min(report.records, note.records) + 1, "note", what)
    if exit_codes != ([] if note.exit_code is None else [note.exit_code]):
        raise fault(run, report.records, "note", "the list of runs gives another exit code")
    return report


def _exit_code(record: Record) -> Iterator[int]:
    event = event_of(record)
    if isinstance(event, RunFinished):
        yield event.exit_code


def _check_components(record: Record, blob: Callable[[str], bytes]) -> None:
    event = event_of(record)
    components = event.components if isinstance(event, RunStarted) else {}
    for holder, digest in components.items():
        try:
            blob(digest)
        except AuditError as exc:
            what = f"the component of {holder!r}: {exc.what}"
            raise fault(record.run, record.seq, "component", what) from exc

"""Look here if you want to know when a whole run verifies: its chain, its components, and the
log's own note of it.

Rule: whether the chain is whole comes first, then whether this lion can read every record: what
verifies, every other command can tell.
Rule: the note (how many records, the last digest, the exit code) is written with every record, so
a tail that is cut off is found although each remaining record is whole.
"""

from collections.abc import Callable, Iterable, Iterator

import msgspec

from lion.domain.events import RunFinished, RunStarted
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

    Raises AuditError with facts run, seq and fault: those of `verify_records`, note, component;
    and that of the first record that this lion cannot read, if all else is well.
    """
    read = _Read(blob)
    report = verify_records(run, read.watch(records))
    if report.records != note.records or report.head != note.head.hex():
        what = f"the log counts {note.records} records, here are {report.records}"
        raise fault(run, min(report.records, note.records) + 1, "note", what)
    if read.failure is not None:
        cause = read.failure
        what = f"the chain of digests is whole, but {cause.what}"
        raise AuditError(what, hint=cause.hint, **cause.facts) from cause
    if read.exit_codes != ([] if note.exit_code is None else [note.exit_code]):
        raise fault(run, report.records, "note", "the list of runs gives another exit code")
    return report


class _Read:
    """What the records say, read as far as they have been found good."""

    def __init__(self, blob: Callable[[str], bytes]) -> None:
        self.exit_codes: list[int] = []
        self.failure: AuditError | None = None
        """Why the first record that cannot be read cannot."""
        self._blob = blob

    def watch(self, records: Iterable[Record]) -> Iterator[Record]:
        for record in records:
            yield record
            # Here verify_records has found it good and asks for the next.
            try:
                event = record.event()
            except AuditError as exc:
                self.failure = self.failure or exc
                continue
            if isinstance(event, RunStarted):
                _check_components(record, event, self._blob)
            elif isinstance(event, RunFinished):
                self.exit_codes.append(event.exit_code)


def _check_components(record: Record, started: RunStarted, blob: Callable[[str], bytes]) -> None:
    for holder, digest in started.components.items():
        try:
            blob(digest)
        except AuditError as exc:
            what = f"the component of {holder!r}: {exc.what}"
            raise fault(record.run, record.seq, "component", what) from exc

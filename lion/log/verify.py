"""Look here if you want to know when a whole run verifies: its chain of segments, its components,
and what the log's tables say of it.

Rule: whether the chain is whole comes first, then whether this lion can read every record: what
verifies, every other command can tell.
Rule: the note (how many records, the last digest, the exit code) is written with every segment, so
a tail that is cut off is found although each remaining segment is whole.
Rule: a run that stops before RunFinished is unfinished, not corrupt; whoever knows its head can
tell more.
Rule: what segments say of budgets is folded and compared with the table.
"""

from collections.abc import Callable, Iterator, Sequence

import msgspec

from lion.domain.events import Event, RunFinished, RunStarted
from lion.domain.record import Record
from lion.errors import AuditError
from lion.log.beside import Beside, Folded
from lion.log.checked import Part, parts_of
from lion.log.quota import RECORD_BYTES
from lion.log.row import Row, describes, is_denied, unpack
from lion.log.schema_2 import old_digest
from lion.log.segment import (
    CHAIN_START,
    Damaged,
    Segment,
    check_entries,
    decode_segment,
    digest_of,
)
from lion.log.sqlite_layout import MENDS
from lion.ports import VerifyReport

_FINISHED = RunFinished.__name__


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """What the log says of a run besides its records. `exit_code` is None while it has not
    ended; `size` is bytes as they are counted (log/quota.py), `beside` the tables beside the
    records; None where that is not known."""

    records: int
    head: bytes
    exit_code: int | None
    manifest_name: str | None = None
    started_ns: int | None = None
    size: int | None = None
    beside: Beside | None = {}


def fault(run: str, seq: int, kind: str, what: str) -> AuditError:
    """Build the error for a run that does not verify: `kind` is one word for programs, `what` for
    people."""
    return AuditError(
        f"run {run} does not verify at record {seq}: {what}",
        hint=f"the log was damaged or changed; {MENDS}",
        run=run,
        seq=seq,
        fault=kind,
    )


class _Link(msgspec.Struct, frozen=True):
    """A segment of the chain, its digest, and how many bytes it has."""

    segment: Segment
    digest: bytes
    size: int


class Verification:
    """Takes the rows of a run in the order of seq, and gives their records, up to those of the
    note (a live run may have grown since). `blob` gives bytes by digest, or raises AuditError.

    Raises AuditError whose facts name `run`, `seq` and `fault`: changed (a record, or a column, is
    not what was written), foreign, missing, repeated, broken (does not continue what is before),
    order, after-end, component, note, and the
    tables budgets, rates, reservations.
    """

    def __init__(self, run: str, note: Note, blob: Callable[[str], bytes]) -> None:
        self.seq = 0
        self._run = run
        self._note = note
        self._blob = blob
        self._head = self._old_head = self._noted = CHAIN_START
        self._size = self._denied = 0
        self._started_ns = 0
        self._manifest_name: str | None = None
        self._position = 0
        self._finished = self._is_dry = False
        self._exit_codes: list[int] = []
        self._failure: AuditError | None = None
        """Why the first record that cannot be read cannot."""
        self._folded = Folded()

    def read(self, row: Row) -> Iterator[Part]:
        """The records of the next row; all of it is checked when the last part was given."""
        if self._finished:
            raise self._fault(row.first_seq, "after-end", "it comes after RunFinished")
        if row.first_seq > self.seq + 1:
            what = f"it is missing, record {row.first_seq} comes next"
            raise self._fault(self.seq + 1, "missing", what)
        known = self.seq if self._is_regrouped(row) else 0
        if known < row.first_seq <= self.seq:
            raise self._fault(row.first_seq, "repeated", "it comes twice or out of order")
        links = self._proved(row, known)
        denied = self._denied
        self._started_ns = self._started_ns or links[0].segment.time_ns
        for link in links:
            is_noted = link.segment.last_seq <= self._note.records
            for part in self._parts(link.segment):
                self._look_at(part, is_noted)
                if is_noted:
                    yield part
            self._fold(link.segment, link.digest)
        segments = [link.segment for link in links]
        denied = self._denied - denied
        if not known and not describes(row, segments, denied, sum(link.size for link in links)):
            raise self._fault(row.first_seq, "changed", "the index of its row was changed")

    def _is_regrouped(self, row: Row) -> bool:
        """Whether a live run's segments were put together since the last row was read: what was
        read already comes again then, before what is new."""
        is_live = self._note.exit_code is None
        return is_live and row.parts > 1 and row.first_seq <= self.seq < row.last_seq

    def _proved(self, row: Row, known: int) -> list["_Link"]:
        """A row's segments after seq `known`, which continue the chain."""
        links: list[_Link] = []
        seq, head = row.first_seq, self._head
        try:
            for part in unpack(row):
                segment = decode_segment(part)
                seq = segment.last_seq + 1
                if segment.last_seq > known:
                    head = digest_of(head, part)
                    links.append(_Link(segment, head, len(part)))
        except Damaged as exc:
            raise self._fault(seq, "changed", exc.what) from exc
        if head != row.digest:
            raise self._changed(row.first_seq, [link.segment for link in links])
        self._head = head
        for link in links:
            self._check_place(link.segment)
        return links

    def _changed(self, seq: int, segments: Sequence[Segment]) -> AuditError:
        """Name what was changed in segments whose digest does not match."""
        for segment in segments:
            try:
                check_entries(segment)
            except Damaged as exc:
                return self._fault(segment.first_seq + exc.at, "changed", exc.what)
        what = f"it does not continue record {self.seq}, or what it shares with others was changed"
        return self._fault(seq, "broken", what)

    def _check_place(self, segment: Segment) -> None:
        first = segment.first_seq
        if segment.run != self._run:
            raise self._fault(first, "foreign", f"it belongs to run {segment.run}")
        if first != self.seq + 1 and first > self.seq:
            raise self._fault(self.seq + 1, "missing", f"it is missing, record {first} comes next")
        if first <= self.seq:
            raise self._fault(first, "repeated", "it comes twice or out of order")
        self.seq = segment.last_seq

    def _parts(self, segment: Segment) -> Iterator[Part]:
        try:
            yield from parts_of(segment, self._load)
        except Damaged as exc:
            raise self._fault(segment.first_seq + exc.at, "changed", exc.what) from exc

    def _load(self, seq: int, digest: bytes) -> bytes:
        try:
            return self._blob(digest.hex())
        except AuditError as exc:
            raise self._fault(seq, "changed", f"its body: {exc.what}") from exc

    def _look_at(self, part: Part, is_noted: bool) -> None:
        """Check records whose events could be read, or could not."""
        self._check_order(part)
        if is_noted:
            self._size += sum(map(len, part.bodies)) + len(part.bodies) * RECORD_BYTES
        for at in part.others:
            (record,) = part.records(at, 1)
            event = part.events[at]
            if event is None:
                self._note_unreadable(record)
            else:
                self._denied += is_denied(event)
                self._note_run(record, event, is_noted)
            if record.type == _FINISHED:
                self._finished = True
                if at + 1 < len(part.bodies):
                    raise self._fault(record.seq + 1, "after-end", "it comes after RunFinished")

    def _check_order(self, part: Part) -> None:
        segment = part.segment
        if self._finished:
            first = segment.first_seq + part.at
            raise self._fault(first, "after-end", "it comes after RunFinished")
        end = part.at + len(part.bodies)
        for at in range(part.at, end) if segment.places else (part.at,):
            position = segment.position + (segment.places[at] if segment.places else at)
            if position <= self._position:
                seq = segment.first_seq + at
                raise self._fault(seq, "order", "its position is not after the one before")
            self._position = position
        if not segment.places:
            self._position = segment.position + end - 1

    def _note_unreadable(self, record: Record) -> None:
        try:
            record.event()
        except AuditError as exc:
            self._failure = self._failure or exc

    def _note_run(self, record: Record, event: Event, is_noted: bool) -> None:
        """Look at what is said of the run itself."""
        if isinstance(event, RunStarted):
            self._manifest_name, self._is_dry = event.manifest_name, event.is_dry
            self._check_components(record, event)
        elif isinstance(event, RunFinished) and is_noted:
            self._exit_codes.append(event.exit_code)

    def _check_components(self, record: Record, started: RunStarted) -> None:
        for holder, digest in started.components.items():
            try:
                self._blob(digest)
            except AuditError as exc:
                what = f"the component of {holder!r}: {exc.what}"
                raise self._fault(record.seq, "component", what) from exc

    def _fold(self, segment: Segment, head: bytes) -> None:
        if segment.last_seq == self._note.records:
            self._noted = head
        if segment.state is not None and segment.last_seq <= self._note.records:
            self._folded.add(segment.state)
        if segment.origin is not None:
            self._check_origin(segment)

    def _check_origin(self, segment: Segment) -> None:
        """What was converted is proved by the digests of then, too."""
        origin = segment.origin
        assert origin is not None
        if origin.fault is not None:
            raise self._fault(*origin.fault)
        for part in self._parts(segment):
            for record in part.records():
                self._old_head = old_digest(record, self._old_head)
        if self._old_head != origin.digest:
            what = "what was converted is not what it was then"
            raise self._fault(segment.first_seq, "changed", what)

    def finish(self, note: Note | None = None) -> VerifyReport:
        """Compare with the note, when all rows were read; `note` is one that was not known
        before."""
        if note is not None:
            self._note = note
            self._noted = self._head if self.seq == note.records else CHAIN_START
        note, count = self._note, min(self.seq, self._note.records)
        if self.seq < note.records or self._noted != note.head:
            what = f"the log counts {note.records} records, here are {self.seq}"
            raise self._fault(count + 1, "note", what)
        if self._failure is not None:
            cause = self._failure
            what = f"the chain of digests is whole, but {cause.what}"
            raise AuditError(what, hint=cause.hint, **cause.facts) from cause
        if self._exit_codes != ([] if note.exit_code is None else [note.exit_code]):
            raise self._fault(count, "note", "the list of runs gives another exit code")
        self._check_list(count)
        if note.beside is not None and (table := self._folded.differs(note.beside)):
            raise self._fault(count, table, f"the table of {table} says otherwise")
        return VerifyReport(
            run=self._run, records=count, finished=bool(self._exit_codes), head=note.head.hex(),
            is_dry=self._is_dry,
        )  # fmt: skip

    def _check_list(self, count: int) -> None:
        """The list of runs says what the records do."""
        note = self._note
        name = self._manifest_name
        if note.manifest_name is not None and name not in (None, note.manifest_name):
            raise self._fault(1, "note", "the list of runs gives another name")
        if note.started_ns is not None and count and note.started_ns != self._started_ns:
            raise self._fault(1, "note", "the list of runs gives another beginning")
        if note.size is not None and note.size != self._size:
            raise self._fault(count, "note", "the list of runs gives another size")

    def _fault(self, seq: int, kind: str, what: str) -> AuditError:
        return fault(self._run, seq, kind, what)

"""A run that was changed in any way is found out, and says where."""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import astuple

from lion.domain.events import Event, LineLogged, RunFinished, encode_body
from lion.domain.record import Decoded, Record, Scope
from lion.errors import AuditError
from lion.log.checked import PART_BYTES, parts_of, report_of
from lion.log.row import MOST_UNPACKED, Row, is_denied, pack, row_of, segments_of, unpack
from lion.log.segment import (
    BLOB_THRESHOLD,
    CHAIN_START,
    Builder,
    Damaged,
    State,
    check_entries,
    decode_segment,
    digest_of,
    records_of,
)
from lion.log.verify import Note, Verification
from lion.ports import VerifyReport
from tests.log.rig import RUN, draft, line

BODIES: dict[str, bytes] = {}


def build(
    events: Sequence[Event], *, run: str = RUN, first_seq: int = 1, position: int = 1,
    state: State | None = None,
) -> bytes:  # fmt: skip
    """A segment's bytes."""
    builder = Builder(run, first_seq, 1_000)
    for at, event in enumerate(events):
        body: Any = encode_body(event)
        if len(body) > BLOB_THRESHOLD:
            BODIES[sha256(body).hexdigest()] = body
            body = (sha256(body).digest(),)
        scope = msgspec.structs.replace(draft().scope, run=run)
        builder.add(scope, at, 1_000 + at, (type(event).__name__, 1), body)
    return builder.build(position, 5, state)


def chain(*segments: bytes, run: str = RUN) -> list[Row]:
    """Rows that continue each other."""
    rows: list[Row] = []
    for data in segments:
        head = digest_of(rows[-1].digest if rows else CHAIN_START, data)
        rows.append(described(data, head, run))
    return rows


def described(data: bytes, digest: bytes, run: str = RUN) -> Row:
    """The row of one segment, whose columns say what is in it."""
    one = decode_segment(data)
    builder = Builder(run, one.first_seq, one.time_ns)
    for scope, kind, call, passed, body, _ in one.entries:
        name = one.types[kind]
        builder.add(Scope(run, *one.scopes[scope]), call, one.time_ns + passed, name, body)
    kept = one.state is not None and bool(one.state.kv)
    return row_of(builder, one.position, kept, digest, data)


def load(digest: str) -> bytes:
    if digest not in BODIES:
        raise AuditError(f"the bytes {digest!r} are not in the log")
    return BODIES[digest]


LENGTHS = (5, 0, BLOB_THRESHOLD + 1, 7, 9)
SEGMENTS = [
    build([line("x" * n) for n in LENGTHS]),
    build([line("y")], first_seq=6, position=20),
    build([line("z"), line("zz")], first_seq=7, position=30),
]
WHOLE = chain(*SEGMENTS)
RECORDS = 8


def verify(rows: Sequence[Row], note: Note | None = None) -> tuple[VerifyReport, list[Record]]:
    last = rows[-1] if rows else None
    note = note or Note(
        records=last.last_seq if last else 0,
        head=last.digest if last else CHAIN_START,
        exit_code=None,
    )
    verification, records = Verification(RUN, note, load), []
    for row in rows:
        records += [r for part in verification.read(row) for r in part.records()]
    return verification.finish(), records


def fault_of(rows: Sequence[Row], note: Note | None = None) -> tuple[object, object]:
    with pytest.raises(AuditError, match=RUN) as caught:
        verify(rows, note)
    assert caught.value.facts["run"] == RUN
    return caught.value.facts["seq"], caught.value.facts["fault"]


def test_a_whole_run_verifies_and_gives_its_records() -> None:
    report, records = verify(WHOLE)
    assert (report.records, report.finished, report.head) == (8, False, WHOLE[-1].digest.hex())
    assert [r.seq for r in records] == list(range(1, 9))
    assert [r.position for r in records] == [1, 2, 3, 4, 5, 20, 30, 31]
    lengths = [len(event.message) for r in records if isinstance(event := r.event(), LineLogged)]
    assert lengths == [*LENGTHS, 1, 1, 2]


def test_an_empty_run_is_unfinished() -> None:
    report, records = verify([])
    assert (report.records, report.finished, report.head) == (0, False, CHAIN_START.hex())
    assert not records


def test_digests_are_for_ever() -> None:
    """If this fails, the logs that people have would not verify any more."""
    assert SEGMENTS[1].hex().startswith("9aac30313930613162322d72756e0614cd03e805")
    assert WHOLE[1].digest.hex() == DIGEST


DIGEST = "9839582675b7733d30368900ab2e059fc329a4384a67516d31f95ee3e2e28d88"


@given(st.integers(0), st.integers(1, 255))
def test_any_change_of_any_byte_is_found(at: int, change: int) -> None:
    data = bytearray(SEGMENTS[0])
    data[at % len(data)] ^= change
    rows = [msgspec.structs.replace(WHOLE[0], data=bytes(data)), *WHOLE[1:]]
    seq, _ = fault_of(rows)
    assert isinstance(seq, int) and 1 <= seq <= 5


@pytest.mark.parametrize("at", range(5))
def test_the_changed_record_is_named(at: int) -> None:
    body = encode_body(line("x" * LENGTHS[at])) if at != 2 else sha256(BODIES_OF_2).digest()
    where = SEGMENTS[0].index(body) + len(body) - 1
    changed = bytearray(SEGMENTS[0])
    changed[where] ^= 1
    rows = [msgspec.structs.replace(WHOLE[0], data=bytes(changed)), *WHOLE[1:]]
    assert fault_of(rows) == (at + 1, "changed")


BODIES_OF_2 = encode_body(line("x" * LENGTHS[2]))


@pytest.mark.parametrize("column", [c for c in Row.__struct_fields__ if c not in ("run", "data")])
def test_any_change_of_any_column_is_found(column: str) -> None:
    value = getattr(WHOLE[1], column)
    other: Any = {int: lambda: value + 1, str: lambda: value + "x", bytes: lambda: value[::-1]}
    rows = [*WHOLE]
    rows[1] = msgspec.structs.replace(WHOLE[1], **{column: other[type(value)]()})
    seq, _ = fault_of(rows)
    assert seq in (6, 7)


@pytest.mark.parametrize("at", range(2))
def test_a_removed_segment_is_missed(at: int) -> None:
    assert fault_of(WHOLE[:at] + WHOLE[at + 1 :]) == (WHOLE[at].first_seq, "missing")


def test_a_cut_tail_is_how_far_it_got_unless_the_note_knows_more() -> None:
    assert verify(WHOLE[:2])[0].records == 6
    note = Note(records=8, head=WHOLE[-1].digest, exit_code=None)
    assert fault_of(WHOLE[:2], note) == (7, "note")


def test_what_came_after_the_note_is_not_given() -> None:
    note = Note(records=6, head=WHOLE[1].digest, exit_code=None)
    together = packed(WHOLE)
    for rows in (WHOLE[:2], [together]):
        report, records = verify(rows, note)
        assert (report.records, len(records)) == (6, 6)


def test_swapped_segments_are_found() -> None:
    one = build([line("a")], first_seq=1)
    two = build([line("b")], first_seq=2, position=2)
    assert fault_of(chain(two, one)) == (1, "missing")
    swapped = [
        build([line("b")], first_seq=1, position=1), build([line("a")], first_seq=2, position=2)
    ]  # fmt: skip
    heads = [row.digest for row in chain(one, two)]
    rows = [
        msgspec.structs.replace(row, digest=head)
        for row, head in zip(chain(*swapped), heads, strict=True)
    ]
    assert fault_of(rows) == (1, "broken")


def last_finished(code: int = 0) -> bytes:
    return build([RunFinished(exit_code=code)], first_seq=9, position=40)


FORGERIES: list[tuple[Callable[[], list[Row]], tuple[int, str]]] = [
    (lambda: [*WHOLE[:2], WHOLE[1], *WHOLE[2:]], (6, "repeated")),
    (lambda: [*WHOLE[:1], chain(SEGMENTS[1])[0], *WHOLE[2:]], (6, "broken")),
    (lambda: chain(SEGMENTS[0], build([line("y")], run="other", first_seq=6, position=20)),
     (6, "foreign")),
    (lambda: chain(SEGMENTS[0], build([line("y")], first_seq=7, position=20)), (6, "missing")),
    (lambda: chain(SEGMENTS[0], build([line("y")], first_seq=6, position=5)), (6, "order")),
    (lambda: chain(*SEGMENTS, last_finished(), build([line("y")], first_seq=10, position=50)),
     (10, "after-end")),
    (lambda: chain(build([RunFinished(exit_code=0), line("late")])), (2, "after-end")),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(FORGERIES)))
def test_a_forger_with_the_digest_is_found_by_the_chain(number: int) -> None:
    make, expected = FORGERIES[number]
    assert fault_of(make()) == expected


def packed(rows: Sequence[Row]) -> Row:
    """Rows put together."""
    parts = [part for row in rows for part in unpack(row)]
    return msgspec.structs.replace(
        rows[0], last_seq=rows[-1].last_seq, last_position=rows[-1].last_position,
        last_ns=max(row.last_ns for row in rows), size=sum(map(len, parts)), parts=len(parts),
        digest=rows[-1].digest, data=pack(parts),
    )  # fmt: skip


def test_segments_put_together_are_what_they_were() -> None:
    together = packed(WHOLE)
    assert len(segments_of(together)) == 3
    assert verify([together]) == verify(WHOLE)
    assert unpack(together) == SEGMENTS


def test_segments_of_a_live_run_may_be_put_together_while_it_is_read() -> None:
    later = build([line("later")], first_seq=9, position=40)
    rows = chain(*SEGMENTS, later)
    note = Note(records=9, head=rows[-1].digest, exit_code=None)
    assert len(verify([*rows[:2], packed(rows)], note)[1]) == 9
    ended = chain(*SEGMENTS, last_finished())
    note = Note(records=9, head=ended[-1].digest, exit_code=0)
    assert fault_of([*ended[:2], packed(ended)], note) == (1, "repeated")


def test_a_row_that_unpacks_to_more_than_a_lion_writes_is_refused() -> None:
    bomb = msgspec.structs.replace(packed(WHOLE), data=pack([bytes(MOST_UNPACKED)] * 3))
    with pytest.raises(Damaged):
        unpack(bomb)


def test_budgets_are_what_the_segments_say() -> None:
    state = State(budgets=(("guide", "calls", 10, 3),))
    rows = chain(build([line("a")], state=state))
    note = Note(
        records=1, head=rows[-1].digest, exit_code=None,
        beside={"budgets": frozenset([("guide", "calls", 10, 3)])},
    )  # fmt: skip
    assert verify(rows, note)[0].records == 1
    for other in ([], [("guide", "calls", 10, 2)]):
        lied = msgspec.structs.replace(note, beside={"budgets": frozenset(other)})
        assert fault_of(rows, lied) == (1, "budgets")


def test_another_exit_code_is_found() -> None:
    rows = chain(*SEGMENTS, last_finished(3))
    note = Note(records=9, head=rows[-1].digest, exit_code=3)
    assert verify(rows, note)[0].finished
    for code in (None, 0):
        assert fault_of(rows, msgspec.structs.replace(note, exit_code=code)) == (9, "note")


@given(st.binary(max_size=60))
def test_any_bytes_are_a_segment_or_damaged(data: bytes) -> None:
    try:
        segment = decode_segment(data)
        check_entries(segment)
        list(records_of(segment, lambda seq, digest: b""))
    except Damaged:
        pass


def test_who_reads_all_gets_the_report() -> None:
    def records() -> Any:
        yield from ()
        return VerifyReport(run=RUN, records=0, finished=False, head="")

    assert report_of(records()).run == RUN
    assert not is_denied(line("x"))


def test_large_bodies_are_read_a_few_at_a_time() -> None:
    """A segment is small whatever it refers to; who checks it holds a part of that at a time."""
    large = [line(str(n) + "x" * (PART_BYTES * 2 // 5)) for n in range(10)]
    segment = decode_segment(build([line("y"), *large, line("z")]))
    parts = list(parts_of(segment, lambda seq, digest: load(digest.hex())))
    assert max(sum(map(len, part.bodies)) for part in parts) < PART_BYTES * 3 // 2
    records = [record for part in parts for record in part.records()]
    assert [record.seq for record in records] == list(range(1, 13))
    plain = records_of(segment, lambda seq, digest: load(digest.hex()))
    assert records == [Decoded(*astuple(one), one.event()) for one in plain]

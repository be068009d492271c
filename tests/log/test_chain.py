"""A log that was changed in any way is found out, and says where."""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lion.domain.events import RunFinished, encode_body
from lion.domain.record import Draft, Record
from lion.errors import AuditError
from lion.log.chain import (
    BLOB_THRESHOLD,
    CHAIN_START,
    Fields,
    canonical_bytes,
    digest_of,
    fields_of,
    verify_records,
)
from tests.log.rig import RUN, draft

COLUMNS = Record.__struct_fields__


def seal(drafts: Sequence[Draft], run: str = RUN) -> list[Record]:
    """Make a whole chain of drafts, as a log does."""
    records: list[Record] = []
    for seq, one in enumerate(drafts, 1):
        scope, previous = one.scope, records[-1].digest if records else CHAIN_START
        fields: Fields = (
            2 * seq, run, seq, scope.invocation, one.call, scope.principal, scope.component_digest,
            scope.cause, scope.correlation, one.time_ns, type(one.event).__name__, 1,
            encode_body(one.event), previous,
        )  # fmt: skip
        records.append(Record(*fields, digest_of(fields)))
    return records


LENGTHS = (5, 0, BLOB_THRESHOLD + 1, 7, 9)
WHOLE = seal([draft("x" * n, call=i) for i, n in enumerate(LENGTHS)])

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
integers = st.integers(-(2**63), 2**63 - 1)
bodies = st.binary(max_size=6) | st.binary(
    min_size=BLOB_THRESHOLD - 1, max_size=BLOB_THRESHOLD + 2
)
by_type: dict[type, st.SearchStrategy[Any]] = {str: texts, int: integers, bytes: bodies}
kinds = [type(value) for value in fields_of(WHOLE[0])]
any_fields = st.tuples(*(by_type[kind] for kind in kinds))


def fault_of(records: Sequence[Record]) -> tuple[object, object]:
    with pytest.raises(AuditError, match=RUN) as caught:
        verify_records(RUN, records)
    assert caught.value.facts["run"] == RUN
    return caught.value.facts["seq"], caught.value.facts["fault"]


def test_a_whole_run_verifies_and_says_whether_it_ended() -> None:
    report = verify_records(RUN, WHOLE)
    assert (report.records, report.finished) == (5, False)
    assert report.head == WHOLE[-1].digest.hex()
    ended = seal([draft(), draft(event=RunFinished(exit_code=0))])
    assert verify_records(RUN, ended).finished


def test_an_empty_run_is_unfinished() -> None:
    report = verify_records(RUN, [])
    assert (report.records, report.finished, report.head) == (0, False, CHAIN_START.hex())


def test_digests_are_for_ever() -> None:
    """If this fails, the logs that people have would not verify any more."""
    one = seal([draft()])[0]
    assert canonical_bytes(fields_of(one)).startswith(
        b"lion.record.1\n\x9e\x02\xac0190a1b2-run\x01"
    )
    assert one.digest.hex() == "3065b998c7570cde9efb1be471c72e612f558178f76fe0b1856a9cd176973c4b"
    assert (
        seal([draft("x" * 5000)])[0].digest.hex()
        == "2c39785fb4c6976d8c89dca724a3daedfdf8b8b9ed64086f482e1754ca9a8f4e"
    )


@given(any_fields, any_fields)
def test_different_records_have_different_bytes(one: Fields, other: Fields) -> None:
    assert (canonical_bytes(one) == canonical_bytes(other)) == (one == other)


def test_no_text_slips_from_one_field_into_the_next() -> None:
    one = draft()
    left = msgspec.structs.replace(one.scope, cause="ab", correlation="c")
    right = msgspec.structs.replace(one.scope, cause="a", correlation="bc")
    digests = [seal([msgspec.structs.replace(one, scope=s)])[0].digest for s in (left, right)]
    assert digests[0] != digests[1]


def test_a_body_is_not_the_digest_of_a_body() -> None:
    large = WHOLE[2]
    assert len(large.body) > BLOB_THRESHOLD
    short = msgspec.structs.replace(large, body=sha256(large.body).digest())
    assert canonical_bytes(fields_of(large)) != canonical_bytes(fields_of(short))


@given(st.integers(0, len(WHOLE) - 1), st.sampled_from(COLUMNS), st.data())
def test_any_change_of_any_column_is_found(at: int, column: str, data: st.DataObject) -> None:
    value = getattr(WHOLE[at], column)
    other = data.draw(by_type[type(value)].filter(lambda v: v != value))
    changed = [*WHOLE]
    changed[at] = msgspec.structs.replace(WHOLE[at], **{column: other})
    with pytest.raises(AuditError):
        verify_records(RUN, changed)


@given(st.integers(0, len(WHOLE) - 1), st.integers(0), st.integers(0, 7))
def test_any_bit_of_any_body_is_covered(at: int, byte: int, bit: int) -> None:
    body = bytearray(WHOLE[at].body)
    body[byte % len(body)] ^= 1 << bit
    changed = [*WHOLE]
    changed[at] = msgspec.structs.replace(WHOLE[at], body=bytes(body))
    assert fault_of(changed) == (at + 1, "changed")


@pytest.mark.parametrize("at", range(4))
def test_a_removed_record_is_missed(at: int) -> None:
    assert fault_of(WHOLE[:at] + WHOLE[at + 1 :]) == (at + 1, "missing")


@pytest.mark.parametrize("at", range(5))
def test_a_cut_tail_is_how_far_it_got(at: int) -> None:
    report = verify_records(RUN, WHOLE[:at])
    assert (report.records, report.finished) == (at, False)


@given(st.permutations(WHOLE))
def test_swapped_records_are_found(records: list[Record]) -> None:
    if records == WHOLE:
        assert verify_records(RUN, records).records == len(WHOLE)
    else:
        with pytest.raises(AuditError):
            verify_records(RUN, records)


def rechained(record: Record, **changes: Any) -> Record:
    """A record changed by somebody who knows how to take its digest."""
    changed = msgspec.structs.replace(record, **changes)
    return msgspec.structs.replace(changed, digest=digest_of(fields_of(changed)))


FORGERIES: list[tuple[Callable[[], list[Record]], tuple[int, str]]] = [
    (lambda: [*WHOLE[:2], WHOLE[1], *WHOLE[2:]], (2, "repeated")),
    (lambda: [*WHOLE[:2], rechained(WHOLE[2], body=b"other"), *WHOLE[3:]], (4, "broken")),
    (lambda: [rechained(WHOLE[0], previous_digest=b"\1" * 32), *WHOLE[1:]], (1, "broken")),
    (lambda: [WHOLE[0], rechained(WHOLE[1], run="other"), *WHOLE[2:]], (2, "foreign")),
    (lambda: [WHOLE[0], rechained(WHOLE[1], seq=5)], (2, "missing")),
    (lambda: [WHOLE[0], rechained(WHOLE[1], position=2)], (2, "order")),
    (lambda: seal([draft(), draft(event=RunFinished(exit_code=0)), draft()]), (3, "after-end")),
]


@pytest.mark.parametrize("number", range(len(FORGERIES)))
def test_a_forger_with_the_digest_is_found_by_the_chain(number: int) -> None:
    make, expected = FORGERIES[number]
    assert fault_of(make()) == expected


def test_two_runs_do_not_mix() -> None:
    other = seal([draft("other")] * 5, run="other")
    assert fault_of([*WHOLE[:2], other[2], *WHOLE[3:]]) == (3, "foreign")

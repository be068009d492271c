"""Look here if you want to know what signed heads say of a run, and how that is compared with it.

Rule: a head is looked for at the end of a segment, where the chain has a digest, also in segments
that were put together since.
Rule: who has the key can sign anything; who has only the log cannot. Heads that were left out are
not found missing: who expects one asks for it.
"""

from collections.abc import Callable, Iterable

import msgspec

from lion.domain.events import HeadSigned
from lion.errors import AuditError
from lion.log.heads import is_genuine
from lion.log.ownership import OWN
from lion.log.sqlite_reader import SqliteReader
from lion.log.verify import fault
from lion.ports import VerifyReport

_SIGNED = HeadSigned.__name__


class Signatures(msgspec.Struct, frozen=True, kw_only=True):
    """What is signed of a run: up to which record, by which key (hex), how many heads in all."""

    signed: int = 0
    key: str = ""
    heads: int = 0


def heads_of(reader: SqliteReader, run: str) -> list[HeadSigned]:
    """The signed heads of a run, as the log's own run has them. Raises AuditError."""
    if not reader.has_own():
        return []
    found: list[HeadSigned] = []
    for record in reader.records(OWN):
        if record.type == _SIGNED:
            event = record.event()
            if isinstance(event, HeadSigned) and event.run == run:
                found.append(event)
    return found


def check_heads(
    run: str, heads: Iterable[HeadSigned], digest_at: Callable[[int], str | None], key: str = ""
) -> Signatures:
    """Compare heads with a run that verifies; `digest_at` gives its chain's digest after a record.
    Of `key` (hex) alone, if that is given. Raises AuditError with the fact `fault`: head.
    """
    found = Signatures()
    for head in heads:
        if key and head.key != key:
            continue
        if head.run != run or not is_genuine(head):
            raise fault(run, head.seq, "head", "the signature of its head is not genuine")
        there = digest_at(head.seq)
        if there is None:
            raise fault(run, head.seq, "head", "it was signed, and is not there as it was")
        if there != head.digest:
            raise fault(run, head.seq, "head", "what was signed up to here is not what is here")
        is_more = head.seq > found.signed
        found = Signatures(
            signed=max(head.seq, found.signed), key=head.key if is_more else found.key,
            heads=found.heads + 1,
        )  # fmt: skip
    return found


def require(report: VerifyReport, key: str) -> None:
    """Raise AuditError unless all of a run is signed."""
    if report.signed < report.records:
        whose = " by the key named" if key else ""
        raise AuditError(
            f"run {report.run} is signed{whose} up to record {report.signed} of "
            f"{report.records} only",
            hint="heads are signed when a run ends, if there is a key then (lion keygen)",
            run=report.run,
            seq=report.signed + 1,
            fault="unsigned",
        )

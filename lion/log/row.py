"""Look here if you want to know how segments are rows of the log: one, or several small ones put
together, and what of them can be searched without reading them.

Rule: segments put together stay what they were, byte for byte, so that each digest ever shown can
still be proved.
Rule: a row is unpacked within a bound: what its columns promise is no reason to believe it.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Final

import msgspec

from lion.domain.call import Status, Verdict
from lion.domain.events import CallFinished, CallRedirected, CallRequested, Event
from lion.log.segment import (
    BLOB_THRESHOLD,
    CHAIN_START,
    MOST_BYTES,
    Builder,
    Damaged,
    Segment,
    decode_segment,
    digest_of,
)
from lion.ports import BudgetUse

MOST_UNPACKED: Final = 8 * MOST_BYTES
"""Bytes of a row's segments; no lion writes so many."""

_DENIED, _DENY = Status.DENIED, Verdict.DENY
_ANSWERED: Final = (Status.COMPLETED, Status.FAILED)
_encode = msgspec.msgpack.Encoder().encode
_parts = msgspec.msgpack.Decoder(list[bytes]).decode


class Row(msgspec.Struct, frozen=True, gc=False):
    """`parts` segments of one run, `data`: one as it is, several packed. `digest` is the last
    one's. The rest is found in the segments too, and is here to be searched: `types` and
    `principals` are names between spaces, `denied` counts refused calls, `kept` says whether any
    changed a store of kv. Times are nanoseconds since 1970, `size` is the bytes of the segments.
    """

    position: int
    run: str
    first_seq: int
    last_seq: int
    last_position: int
    first_ns: int
    last_ns: int
    size: int
    parts: int
    types: str
    principals: str
    denied: int
    kept: int
    digest: bytes
    data: bytes


def row_of(builder: Builder, position: int, kept: bool, digest: bytes, data: bytes) -> Row:
    """The row of a segment that was just built."""
    count = len(builder)
    return Row(
        position, builder.run, builder.first_seq, builder.first_seq + count - 1,
        position + count - 1, builder.first_ns, builder.last_ns, len(data), 1,
        between(builder.types), between(builder.principals), builder.denied, int(kept), digest,
        data,
    )  # fmt: skip


def is_denied(event: Event) -> bool:
    """Whether it tells of a call, or of where one led, that was refused: also if a dry run
    answered it all the same.
    """
    if isinstance(event, CallFinished):
        status = event.status
        return status is _DENIED or (event.verdict is _DENY and status in _ANSWERED)
    return isinstance(event, (CallRedirected, CallRequested)) and event.verdict is _DENY


def body_of(body: bytes) -> bytes | tuple[bytes]:
    """How a body lies in a segment: as it is, or by its digest."""
    return body if len(body) <= BLOB_THRESHOLD else (sha256(body).digest(),)


def pack(parts: Sequence[bytes]) -> bytes:
    """The bytes of a row of several segments."""
    return zlib.compress(_encode(parts), 1)


def unpack(row: Row) -> list[bytes]:
    """The bytes of each segment. Raises Damaged."""
    if row.parts == 1:
        return [row.data]
    unpacker = zlib.decompressobj()
    try:
        parts = _parts(unpacker.decompress(row.data, MOST_UNPACKED))
    except (zlib.error, msgspec.MsgspecError) as exc:
        raise Damaged(f"its segment cannot be unpacked ({exc})") from exc
    if len(parts) != row.parts:
        raise Damaged("its row has not as many segments as it says")
    return parts


def segments_of(row: Row) -> list[Segment]:
    """Its segments. Raises Damaged."""
    return [decode_segment(part) for part in unpack(row)]


def describes(row: Row, segments: Sequence[Segment], denied: int, size: int) -> bool:
    """Whether the columns say of the segments what is in them."""
    times = [s.time_ns + entry[3] for s in segments for entry in s.entries]
    names = {name for s in segments for name, _ in s.types}
    principals = {scope[1] for s in segments for scope in s.scopes}
    return (
        row.position == segments[0].position
        and row.first_seq == segments[0].first_seq
        and row.last_seq == segments[-1].last_seq
        and row.last_position == segments[-1].last_position
        and (row.first_ns, row.last_ns) == (min(times), max(times))
        and row.size == size
        and (row.types, row.principals) == (between(names), between(principals))
        and row.denied == denied
        and row.kept == any(s.state is not None and s.state.kv for s in segments)
    )


def between(names: Iterable[str]) -> str:
    """Names with a space before and after each, sorted: ` a b ` is searched for ` b `."""
    return f" {' '.join(sorted(names))} "


def budgets_at(rows: Iterable[Row], seq: int) -> list[BudgetUse]:
    """How far a run's budgets were used by the segment that has record `seq`. Raises Damaged."""
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for row in rows:
        if row.first_seq > seq:
            break
        for segment in segments_of(row):
            if segment.first_seq <= seq and segment.state is not None:
                for holder, budget, limit, used in segment.state.budgets:
                    found[holder, budget] = limit, used
    return [BudgetUse(*key, *value) for key, value in sorted(found.items())]


def digest_at(rows: Callable[[int], Iterator[Row]], seq: int) -> bytes | None:
    """The chain's digest after a record, if a segment ends there. `rows` gives those of a run from
    the record after some seq on. Raises Damaged."""
    row = next(rows(seq - 1), None)
    if row is None or row.parts == 1:
        return row.digest if row is not None and row.last_seq == seq else None
    before = next(rows(row.first_seq - 2), None) if row.first_seq > 1 else None
    head = before.digest if before is not None else CHAIN_START
    for part in unpack(row):
        head = digest_of(head, part)
        if decode_segment(part).last_seq == seq:
            return head
    return None

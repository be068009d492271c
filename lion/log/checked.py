"""Look here if you want to know how the records of a segment are read when every one of them is
checked: in one loop, a part at a time.

Rule: a part holds PART_BYTES of bodies at most, and one more: memory does not grow with what a
segment refers to.
Rule: what this lion cannot read is passed on as it is; whoever verifies says so at the end.
"""

from collections.abc import Callable, Generator, Iterator
from typing import Any, Final, TypeVar

import msgspec

from lion.domain.call import Status, Verdict
from lion.domain.events import AgentPartialOutput, CallFinished, Event
from lion.domain.events.upcast import check_call, plain_decoder
from lion.domain.record import Decoded, Record
from lion.log.segment import Damaged, Segment

T = TypeVar("T")

PART_BYTES: Final = 1024 * 1024

_CALLS: Final = (CallFinished.__name__, AgentPartialOutput.__name__)
_COMPLETED, _DENY = Status.COMPLETED, Verdict.DENY


class Part(msgspec.Struct, gc=False):
    """Records of a segment that follow each other from its place `at` on: their bodies, their
    events (None: this lion cannot read it), and the places of those that are anything but a call
    that was allowed and completed.
    """

    segment: Segment
    at: int
    bodies: list[bytes]
    events: list[Event | None]
    others: list[int]

    def records(self, first: int = 0, count: int = 1 << 62) -> Iterator[Record]:
        """`count` of them, from the `first` of the part on."""
        segment, at = self.segment, self.at + first
        scopes, types, places = segment.scopes, segment.types, segment.places
        run, seq, position, base = (
            segment.run, segment.first_seq, segment.position, segment.time_ns,
        )  # fmt: skip
        end = min(self.at + len(self.bodies), at + count)
        for entry, body, event in zip(
            segment.entries[at:end], self.bodies[first:], self.events[first:], strict=False
        ):
            invocation, principal, component, cause, correlation = scopes[entry[0]]
            name, version = types[entry[1]]
            where = position + (places[at] if places else at)
            if event is None:
                yield Record(
                    where, run, seq + at, invocation, entry[2], principal, component, cause,
                    correlation, base + entry[3], name, version, body,
                )  # fmt: skip
            else:
                yield Decoded(
                    where, run, seq + at, invocation, entry[2], principal, component, cause,
                    correlation, base + entry[3], name, version, body, event,
                )  # fmt: skip
            at += 1


def parts_of(segment: Segment, load: Callable[[int, bytes], bytes]) -> Iterator[Part]:
    """Read a segment. `load` gives the body of (seq, digest). Raises Damaged."""
    decoders = [_decoder(name, version) for name, version in segment.types]
    scopes, endings = segment.scopes, segment.endings
    part, size = Part(segment, 0, [], [], []), 0
    for place, (scope, kind, _, _, body, ending) in enumerate(segment.entries):  # This is hot.
        event: Any = None
        try:
            scopes[scope]
            decode, is_call = decoders[kind]
            if type(body) is bytes:
                whole = body + endings[ending] if ending else body
            else:
                whole = load(segment.first_seq + place, bytes(body[0]))
                size += len(whole)
        except IndexError as exc:
            raise Damaged("it is of nobody, of no type, or has no end", place) from exc
        try:
            event = decode(whole)
            if is_call:
                value = event.value
                is_ok = type(value) is list and len(value) == 2 and value[0] == "ok"
                if not is_ok or type(event) is not CallFinished:
                    check_call(event)
        except (ValueError, RecursionError):  # msgspec's own are ValueErrors
            event = None
        part.bodies.append(whole)
        part.events.append(event)
        if not is_call or not event or event.status is not _COMPLETED or event.verdict is _DENY:
            part.others.append(place - part.at)
        if size > PART_BYTES:
            yield part
            part, size = Part(segment, place + 1, [], [], []), 0
    if part.bodies:
        yield part


def _decoder(name: str, version: int) -> tuple[Callable[[bytes], Any], bool]:
    """How bodies of a type are decoded, and whether it is a call's outcome."""
    found = plain_decoder(name, version)
    return (_refuse, False) if found is None else (found, name in _CALLS)


def _refuse(body: bytes) -> Any:
    raise ValueError("it is of another version")


def report_of(parts: Generator[object, None, T]) -> T:
    """Read all that is checked, and give what came of it."""
    while True:
        try:
            next(parts)
        except StopIteration as done:
            report: T = done.value
            return report


def records_in(parts: Generator[Part, None, T]) -> Generator[Record, None, T]:
    """Record by record, and what came of it."""
    while True:
        try:
            part = next(parts)
        except StopIteration as done:
            report: T = done.value
            return report
        yield from part.records()

"""Look here if you want to know how records lie in the log: a segment is what one run recorded in
one group, and one link of the run's chain.

Rule: a segment is one MessagePack array of its fields in the order of `Segment`; its digest is
SHA-256 over PREFIX, the previous digest of the run, and its bytes as they lie.
Rule: what records share (who, which type) is in the segment once; each record has a check of
CHECK_BYTES (BLAKE2b), so that of a changed segment the first changed record can be named.
Rule: a body over BLOB_THRESHOLD bytes enters as an array of one, its SHA-256, and lies elsewhere:
a segment is small, whatever its records hold.
Rule: nothing read is trusted: what does not fit raises Damaged.
"""

from collections.abc import Callable, Iterator
from hashlib import blake2b, sha256
from typing import Any, Final, TypeAlias

import msgspec

from lion.domain.record import Record, Scope

PREFIX: Final = b"lion.segment.1\n"
CHAIN_START: Final = bytes(32)
"""The previous digest of a run's first segment."""
CHECK_BYTES: Final = 8
BLOB_THRESHOLD: Final = 4096
"""Bodies of more bytes than this are stored once, by their digest."""
MOST_RECORDS: Final = 512
"""Records of one segment; a larger group of one run is several."""
MOST_BYTES: Final = 256 * 1024
"""Bytes after which a segment takes no more records."""

Names: TypeAlias = tuple[str, str, str, str, str]
"""A scope without its run: invocation, principal, component digest, cause, correlation."""
Entry: TypeAlias = tuple[int, int, int, int, bytes | tuple[bytes], int]
"""A record: which scope, which type, call, nanoseconds after the segment's time, body (or its
digest), and which of the segment's endings follows it (the first is none)."""
SHARED: Final = b"\xaacapability"
"""Where the part of a body begins that calls of one kind have in common. Any place would do: it
only saves room."""


class Damaged(Exception):
    """What was read is no segment. `at`: the first changed record's place in it, if that is
    known."""

    def __init__(self, what: str, at: int = 0) -> None:
        super().__init__(what)
        self.what = what
        self.at = at


class State(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The last word on what this segment's group changed in tables beside the records."""

    budgets: tuple[tuple[str, str, int, int], ...] = ()
    """(holder, budget, limit, used)."""
    kv: tuple[tuple[str, int, bytes], ...] = ()
    """(namespace, bytes, digest of all its keys and values: log/sqlite_tables.py)."""
    rates: tuple[tuple[str, int, int], ...] = ()
    """(holder, level, monotonic time of that), as in domain/rate.py."""
    reserved: tuple[tuple[str, int, str, str, int], ...] = ()
    """(invocation, call, holder, budget, amount): taken for a call under way; 0 when it ended."""


class Origin(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a segment was before its log was converted: `digest` is that of its last record in the
    chain of then. `fault` says what did not verify already then: seq, kind, words."""

    schema: int
    digest: bytes
    fault: tuple[int, str, str] | None = None


class Segment(
    msgspec.Struct, frozen=True, array_like=True, omit_defaults=True, forbid_unknown_fields=True
):
    """Records of one run, in order of seq. `position` is the first one's within the log; those
    that follow are consecutive, unless `places` has their distances from it. `time_ns` is what
    the records' times are counted from, `monotonic_ns` the run's own clock when it was written.
    """

    run: str
    first_seq: int
    position: int
    time_ns: int
    monotonic_ns: int
    scopes: list[Names]
    types: list[tuple[str, int]]
    entries: list[Entry]
    checks: bytes
    endings: list[bytes]
    state: State | None = None
    places: list[int] = []
    origin: Origin | None = None

    @property
    def last_seq(self) -> int:
        """The last record's."""
        return self.first_seq + len(self.entries) - 1

    @property
    def last_position(self) -> int:
        """The last record's."""
        return self.position + (self.places[-1] if self.places else len(self.entries) - 1)


_encoder = msgspec.msgpack.Encoder()
_encode = _encoder.encode
_checker = blake2b(digest_size=CHECK_BYTES)
"""Of nothing yet: to copy it is cheaper than to make one."""
_decode = msgspec.msgpack.Decoder(Segment).decode


class Builder:
    """Takes the records of one run in one group, and makes the segment of them."""

    __slots__ = (
        "_checks", "_ended", "_ending_at", "_endings", "_entries", "_last", "_places",
        "_scope_at", "_scopes", "_types", "denied", "first_ns", "first_seq", "is_full", "last_ns",
        "run", "size", "time_ns",
    )  # fmt: skip

    def __init__(self, run: str, first_seq: int, time_ns: int) -> None:
        self.run = run
        self.first_seq = first_seq
        self.time_ns = time_ns
        self.first_ns = time_ns
        self.last_ns = time_ns
        self.size = 0
        self.is_full = False
        """It takes no more."""
        self.denied = 0
        self._scopes: dict[Scope, int] = {}
        self._types: dict[tuple[str, int], int] = {}
        self._entries: list[bytes] = []
        self._endings: dict[bytes, int] = {b"": 0}
        self._ended, self._ending_at = b"", 0
        self._checks: list[bytes] = []
        self._places: list[int] = []
        self._last: Scope | None = None
        self._scope_at = 0

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def types(self) -> list[str]:
        """Of its records, each once, sorted."""
        return sorted({name for name, _ in self._types})

    @property
    def principals(self) -> list[str]:
        """Of its records, each once, sorted."""
        return sorted({scope.principal for scope in self._scopes})

    def add(
        self, scope: Scope, call: int, time_ns: int, kind: tuple[str, int],
        body: bytes | tuple[bytes],
    ) -> None:  # fmt: skip
        """Take the next record; `body` is a tuple of its digest if it lies elsewhere."""
        if scope is not self._last:
            self._last = scope
            self._scope_at = self._scopes.setdefault(scope, len(self._scopes))
        types = self._types
        at = types.get(kind)
        if at is None:
            at = types[kind] = len(types)
        ending = 0
        if type(body) is bytes:
            if self._ended and body.endswith(self._ended):  # As the record before: this is hot.
                ending, body = self._ending_at, body[: -len(self._ended)]
            elif (cut := body.rfind(SHARED)) > 0:
                ending, body = self._ending(body[cut:]), body[:cut]
        raw = _encode((self._scope_at, at, call, time_ns - self.time_ns, body, ending))
        checker = _checker.copy()
        checker.update(raw)
        self._checks.append(checker.digest())
        self._entries.append(raw)
        self.size += len(raw)
        self.is_full = self.size >= MOST_BYTES or len(self._entries) >= MOST_RECORDS
        if not self.first_ns <= time_ns <= self.last_ns:
            self.first_ns = min(time_ns, self.first_ns)
            self.last_ns = max(time_ns, self.last_ns)

    def _ending(self, ending: bytes) -> int:
        found = self._endings.get(ending)
        if found is None:
            found = self._endings[ending] = len(self._endings)
            self.size += len(ending)
        self._ended, self._ending_at = ending, found
        return found

    def place(self, distance: int) -> None:
        """Say where the record just taken is, in positions after the segment's first."""
        self._places.append(distance)

    def build(
        self, position: int, monotonic_ns: int, state: State | None, origin: Origin | None = None
    ) -> bytes:
        """The segment's bytes."""
        scopes = [
            (s.invocation, s.principal, s.component_digest, s.cause, s.correlation)
            for s in self._scopes
        ]
        fields: list[Any] = [
            self.run, self.first_seq, position, self.time_ns, monotonic_ns, scopes,
            list(self._types), _array(self._entries), b"".join(self._checks),
            list(self._endings),
        ]  # fmt: skip
        if origin is not None:
            fields += (state, self._places, origin)
        elif state is not None:
            fields.append(state)
        return _encode(fields)


def _array(encoded: list[bytes]) -> msgspec.Raw:
    """An array of values that are encoded already; as MessagePack has it, of up to 65,535."""
    count = len(encoded)
    head = bytes((0x90 | count,)) if count < 16 else b"\xdc" + count.to_bytes(2)
    return msgspec.Raw(head + b"".join(encoded))


def digest_of(previous: bytes, data: bytes) -> bytes:
    """A segment's digest, 32 bytes, in the chain after `previous`."""
    found = sha256(PREFIX)
    found.update(previous)
    found.update(data)
    return found.digest()


def decode_segment(data: bytes) -> Segment:
    """Raises Damaged."""
    try:
        segment = _decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError) as exc:
        raise Damaged(f"its segment cannot be read ({exc})") from exc
    count = len(segment.entries)
    if not count or len(segment.checks) != CHECK_BYTES * count:
        raise Damaged("its segment has not as many checks as records")
    if segment.places and len(segment.places) != count:
        raise Damaged("its segment has not as many places as records")
    return segment


def check_entries(segment: Segment) -> None:
    """Raises Damaged for the first record that is not what its check says."""
    for at, entry in enumerate(segment.entries):
        check = segment.checks[at * CHECK_BYTES : (at + 1) * CHECK_BYTES]
        if blake2b(_encode(entry), digest_size=CHECK_BYTES).digest() != check:
            raise Damaged("it was changed (its check does not match)", at)


def records_of(
    segment: Segment, load: Callable[[int, bytes], bytes], after: int = 0
) -> Iterator[Record]:
    """Its records after seq `after`. `load` gives the body of (seq, digest). Raises Damaged."""
    scopes, types, places = segment.scopes, segment.types, segment.places
    endings = segment.endings
    run, first, position, base = (
        segment.run, segment.first_seq, segment.position, segment.time_ns,
    )  # fmt: skip
    for at, (scope, kind, call, passed, body, ending) in enumerate(segment.entries):
        seq = first + at
        if seq <= after:
            continue
        try:
            invocation, principal, component, cause, correlation = scopes[scope]
            name, version = types[kind]
            if isinstance(body, tuple):
                whole = load(seq, body[0])
            else:
                whole = body + endings[ending] if ending else body
        except IndexError as exc:
            raise Damaged("it is of nobody, of no type, or has no end", at) from exc
        yield Record(
            position + (places[at] if places else at), run, seq, invocation, call, principal,
            component, cause, correlation, base + passed, name, version,
            whole,
        )  # fmt: skip

"""Look here if you want to know how a run leaves the log for somebody who has no lion, and how it
is verified from there (docs/exports.md has the format).

Rule: the segments' bytes leave as they lie, so that what was signed is what is shown.
Rule: an export is hostile: lines and what they hold are bounded, and its last line says that it is
whole.
"""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any, BinaryIO, Final

import msgspec

from lion.domain.events import HeadSigned, RunStarted
from lion.errors import AuditError
from lion.log.heads import cose_sign1, dsse_envelope
from lion.log.ownership import CHAINS, OWN
from lion.log.row import Row, between, is_denied, unpack
from lion.log.segment import (
    CHAIN_START,
    Damaged,
    Segment,
    decode_segment,
    digest_of,
    records_of,
)
from lion.log.signed import Signatures, check_heads, heads_of
from lion.log.sqlite_reader import SqliteReader
from lion.log.verify import Note, Verification, fault
from lion.ports import VerifyReport

VERSION: Final = 1
MOST_LINE: Final = 256 * 1024 * 1024
"""Bytes of a line; a component is the longest there is."""
_MOST_KEPT: Final = 512 * 1024 * 1024
"""Bytes of blobs that wait for the segment that they are of."""

_encode = msgspec.json.Encoder().encode


class Begin(msgspec.Struct, frozen=True, kw_only=True, tag="lion.export", tag_field="type"):
    """The first line."""

    version: int
    run: str
    manifest_name: str
    components: dict[str, str] = {}


class Blob(msgspec.Struct, frozen=True, kw_only=True, tag="blob", tag_field="type"):
    """Bytes that a segment after it names by their digest, or a component's."""

    sha256: str
    data: bytes


class Part(msgspec.Struct, frozen=True, kw_only=True, tag="segment", tag_field="type"):
    """A segment, byte for byte."""

    digest: str
    data: bytes


class Signed(msgspec.Struct, frozen=True, kw_only=True, tag="head", tag_field="type"):
    """A signed head, and the same for verifiers of DSSE and COSE."""

    head: HeadSigned
    dsse: dict[str, Any]
    cose: bytes


class End(msgspec.Struct, frozen=True, kw_only=True, tag="end", tag_field="type"):
    """The last line."""

    records: int
    head: str
    exit_code: int | None


_decode = msgspec.json.Decoder(Begin | Blob | Part | Signed | End).decode


def export_lines(reader: SqliteReader, run: str, *, with_components: bool) -> Iterator[bytes]:
    """The lines of an export. The run has to verify first. Raises AuditError."""
    summary = next((one for one in reader.runs() if one.run == run), None)
    started = next(iter(reader.records(run))).event()
    components = started.components if isinstance(started, RunStarted) else {}
    # A chain that nothing lists is a service's, or the log's own.
    name = summary.manifest_name if summary else "" if run == OWN else CHAINS.rstrip("-")
    yield _line(Begin(version=VERSION, run=run, manifest_name=name, components=components))
    for digest in sorted(set(components.values())) if with_components else ():
        yield _line(Blob(sha256=digest, data=reader.blob(digest)))
    head, records = CHAIN_START, 0
    for row in reader.rows(run):
        for part in unpack(row):
            segment = decode_segment(part)
            head, records = digest_of(head, part), segment.last_seq
            for digest in _bodies(segment):
                yield _line(Blob(sha256=digest, data=reader.blob(digest)))
            yield _line(Part(digest=head.hex(), data=part))
    for signed in heads_of(reader, run):
        if signed.seq <= records:
            shown = Signed(head=signed, dsse=dsse_envelope(signed), cose=cose_sign1(signed))
            yield _line(shown)
    yield _line(
        End(
            records=records,
            head=head.hex(),
            exit_code=None if summary is None else summary.exit_code,
        )
    )


def _line(line: msgspec.Struct) -> bytes:
    return _encode(line) + b"\n"


def _bodies(segment: Segment) -> list[str]:
    found = [entry[4][0].hex() for entry in segment.entries if isinstance(entry[4], tuple)]
    return list(dict.fromkeys(found))


def verify_export(file: BinaryIO, name: str, key: str = "") -> tuple[VerifyReport, Signatures]:
    """Verify an export; `name` is the file's, `key` the only one (hex) whose heads count. Raises
    AuditError as LogReader.verify does, or with the fact `fault` "export" for what is none."""
    return _Reading(name).read(_lines(file, name), key)


def _lines(file: BinaryIO, name: str) -> Iterator[Any]:
    number = 0
    while text := file.readline(MOST_LINE):
        number += 1
        try:
            if not text.endswith(b"\n"):
                raise ValueError("it is cut off, or too long")
            yield _decode(text)
        except (ValueError, RecursionError) as exc:
            raise _no_export(name, f"line {number}: {exc}") from exc


class _Reading:
    """What an export has said so far."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._digests: dict[int, str] = {}
        self._kept: dict[str, bytes] = {}
        self._size = 0
        self._heads: list[HeadSigned] = []

    def read(self, lines: Iterable[Any], key: str) -> tuple[VerifyReport, Signatures]:
        it = iter(lines)
        begin = next(it, None)
        if not isinstance(begin, Begin) or begin.version != VERSION:
            raise _no_export(self._name, "it does not begin as one")
        self._components = set(begin.components.values())
        # How many records there are is only known at its end.
        verification = Verification(begin.run, _unknown(), self._blob)
        end = None
        for line in it:
            if end is not None:
                raise _no_export(self._name, "something comes after its end")
            match line:
                case Blob():
                    self._keep(line)
                case Part():
                    self._segment(begin.run, line, verification)
                case Signed():
                    self._heads.append(line.head)
                case End():
                    end = line
                case _:
                    raise _no_export(self._name, "it begins twice")
        if end is None:
            raise _no_export(self._name, "its end is missing")
        report = verification.finish(_note(begin, end))
        return report, check_heads(begin.run, self._heads, self._digests.get, key)

    def _segment(self, run: str, line: Part, verification: Verification) -> None:
        seq = verification.seq + 1
        try:
            segment = decode_segment(line.data)
            row = self._row(segment, line)
        except (Damaged, ValueError) as exc:
            raise fault(run, seq, "changed", f"its segment cannot be read ({exc})") from exc
        for _ in verification.read(row):
            pass
        self._digests[segment.last_seq] = line.digest
        self._kept.clear()
        self._size = 0

    def _row(self, segment: Segment, line: Part) -> Row:
        """The row that the log would have of a segment: Verification compares them."""
        times = [segment.time_ns + entry[3] for entry in segment.entries]
        return Row(
            segment.position, segment.run, segment.first_seq, segment.last_seq,
            segment.last_position, min(times), max(times), len(line.data), 1,
            between({name for name, _ in segment.types}),
            between({scope[1] for scope in segment.scopes}), self._denied(segment),
            int(segment.state is not None and bool(segment.state.kv)),
            bytes.fromhex(line.digest), line.data,
        )  # fmt: skip

    def _denied(self, segment: Segment) -> int:
        count = 0
        for record in records_of(segment, lambda seq, digest: self._blob(digest.hex())):
            try:
                count += is_denied(record.event())
            except AuditError:  # Verification tells of it.
                continue
        return count

    def _keep(self, line: Blob) -> None:
        if sha256(line.data).hexdigest() != line.sha256:
            raise _no_export(self._name, f"the bytes {line.sha256!r} were changed")
        if line.sha256 in self._components:
            return
        self._size += len(line.data)
        if self._size > _MOST_KEPT:
            raise _no_export(self._name, "it has more bytes than belong to one segment")
        self._kept[line.sha256] = line.data

    def _blob(self, digest: str) -> bytes:
        if digest in self._components:
            return b""  # Known by its digest, which is in the records.
        if digest not in self._kept:
            raise AuditError(f"the bytes {digest!r} are not in the export", digest=digest)
        return self._kept[digest]


def _unknown() -> Note:
    return Note(records=2**63 - 1, head=CHAIN_START, exit_code=None)


def _note(begin: Begin, end: End) -> Note:
    try:
        head = bytes.fromhex(end.head)
    except ValueError:
        head = b""
    return Note(
        records=end.records, head=head, exit_code=end.exit_code,
        manifest_name=begin.manifest_name, beside=None,
    )  # fmt: skip


def _no_export(name: str, what: str) -> AuditError:
    return AuditError(
        f"{name!r} is no whole export of a run: {what}",
        hint="make one with: lion export RUN --output FILE",
        path=name,
        fault="export",
    )

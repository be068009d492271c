"""Look here if you want to know how elements and their orders lie in a store: keys and values.

    e/<id>          revision, kind and content, with a blank between
    k/<kind>/<id>   nothing: which there are of a kind
    p/<name>        ids, without their dashes, one after another
    n               how many elements there are, and the id of the youngest

Rule: an id is a UUID of version 7 (RFC 9562): its first 48 bits are the time in milliseconds, and
a younger element has a greater id, whatever the clock does. So ids in order are oldest first.
Rule: values are packed texts, as those of kv, so that whoever reads a store reads both.
Rule: a progression with nothing in it is not there.
Rule: what is no such value was not written by lion: AuditError.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from uuid import UUID

import msgspec

from lion.capabilities.bounds import utf8_size
from lion.errors import AuditError
from lion.ports import Tables

_COUNT: Final = "n"
_PACKED: Final = "u"
_HEX: Final = 32
_ALL: Final = 2**31 - 1
_LOW: Final = (1 << 62) - 1
"""Below the variant of a UUID 62 bits are free, above it 12 more."""
_ANY: Final = "0" * 36
"""As long as an id."""


class Kept(msgspec.Struct, frozen=True):
    """An element as it is kept under its id."""

    revision: int
    kind: str
    content: str

    @property
    def size(self) -> int:
        """Bytes of its value."""
        return utf8_size(_written(self))

    def changed(self, content: str) -> "Kept":
        """Its next revision."""
        return msgspec.structs.replace(self, revision=self.revision + 1, content=content)


class ElementStore:
    """The elements of one namespace, inside the transaction under way."""

    def __init__(self, tables: Tables, namespace: str) -> None:
        self._tables = tables
        self._namespace = namespace

    @property
    def bytes(self) -> int:
        """Of all keys and values."""
        return self._tables.kv_bytes(self._namespace)

    @property
    def count(self) -> int:
        """How many elements there are."""
        return self._known()[0]

    def create(self, kind: str, content: str, now_ms: int) -> str:
        """Put a new one; its id."""
        count, last = self._known()
        id = str(_next_id(now_ms, last))
        self.put(id, Kept(1, kind, content))
        self._set(_of_kind(kind, id), "")
        self._know(count + 1, id)
        return id

    def find(self, id: str) -> Kept | None:
        """The one under an id, if there is one."""
        found = self._get(f"e/{id}")
        if found is None:
            return None
        with self._as_written():
            revision, kind, content = found.split(" ", 2)
            return Kept(int(revision), kind, content)

    def put(self, id: str, one: Kept) -> None:
        """Keep it under its id."""
        self._set(f"e/{id}", _written(one)[:-1])

    def remove(self, id: str, one: Kept) -> None:
        """Keep it no longer."""
        self._tables.kv_delete(self._namespace, f"e/{id}")
        self._tables.kv_delete(self._namespace, _of_kind(one.kind, id))
        count, last = self._known()
        self._know(count - 1, str(last))

    def ids(self, kind: str, after: str | None, limit: int) -> list[str]:
        """Of a kind, oldest first."""
        prefix = _of_kind(kind, "")
        last = None if after is None else prefix + after
        found = self._tables.kv_list(self._namespace, prefix, last, limit)
        return [key[len(prefix) :] for key in found]

    def all_ids(self) -> list[str]:
        """Of every kind, oldest first."""
        return [key[2:] for key in self._tables.kv_list(self._namespace, "e/", None, _ALL)]

    def progressions(self) -> list[str]:
        """Their names, sorted."""
        return [key[2:] for key in self._tables.kv_list(self._namespace, "p/", None, _ALL)]

    def is_in(self, id: str, name: str) -> bool:
        """Whether a progression has an element; that is known before its order is read."""
        text = self._get(f"p/{name}") or ""
        return id.replace("-", "") in text and id in self.order(name)

    def order(self, name: str) -> list[str]:
        """The ids of a progression; none if it is not there."""
        text = self._get(f"p/{name}") or ""
        return [_dashed(text[at : at + _HEX]) for at in range(0, len(text), _HEX)]

    def put_order(self, name: str, ids: list[str]) -> None:
        """Let a progression be these ids."""
        if ids:
            self._set(f"p/{name}", "".join(ids).replace("-", ""))
        else:
            self._tables.kv_delete(self._namespace, f"p/{name}")

    def growth_of_new(self, kind: str, content: str) -> int:
        """Bytes that a new element takes."""
        count, last = self._known()
        grown = len(f"e/{_ANY}") + Kept(1, kind, content).size
        grown += len(_of_kind(kind, _ANY)) + len(_PACKED)
        grown += len(_counted(count + 1, _ANY))
        return grown + len(_COUNT) if last is None else grown - len(_counted(count, _ANY))

    def growth_of_place(self, name: str, order: list[str]) -> int:
        """Bytes that one more place in a progression takes."""
        return _HEX if order else _HEX + len(f"p/{name}") + len(_PACKED)

    def _known(self) -> tuple[int, UUID | None]:
        """How many there are, and the id of the youngest that ever was."""
        found = self._get(_COUNT)
        if found is None:
            return 0, None
        with self._as_written():
            count, _, last = found.partition(" ")
            return int(count), UUID(last)

    def _know(self, count: int, last: str) -> None:
        self._set(_COUNT, _counted(count, last)[:-1])

    @contextmanager
    def _as_written(self) -> Iterator[None]:
        try:
            yield
        except ValueError as exc:
            raise AuditError(
                f"the elements of {self._namespace!r} were changed by something else than lion",
                hint="see what else was: lion verify",
            ) from exc

    def _get(self, key: str) -> str | None:
        found = self._tables.kv_get(self._namespace, key)
        return None if found is None else found[:-1]

    def _set(self, key: str, value: str) -> None:
        self._tables.kv_set(self._namespace, key, value + _PACKED)


def _written(one: Kept) -> str:
    return f"{one.revision} {one.kind} {one.content}{_PACKED}"


def _counted(count: int, last: str) -> str:
    return f"{count} {last}{_PACKED}"


def _of_kind(kind: str, id: str) -> str:
    return f"k/{kind}/{id}"


def created_ms(id: str) -> int:
    """When an element was created, in milliseconds since 1970, as its id says."""
    return UUID(id).int >> 80


def _next_id(now_ms: int, last: UUID | None) -> UUID:
    """Of now and by chance; the one after the last, where that would not be greater."""
    ms, chance = now_ms & 0xFFFF_FFFF_FFFF, int.from_bytes(os.urandom(9), "big")
    if last is not None and ms <= last.int >> 80:
        ms = last.int >> 80
        # Two bits above what is drawn by chance are free: it never runs over.
        chance = ((last.int >> 64 & 0xFFF) << 62 | last.int & _LOW) + 1
    return UUID(int=ms << 80 | 7 << 76 | (chance >> 62) << 64 | 2 << 62 | chance & _LOW)


def _dashed(text: str) -> str:
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

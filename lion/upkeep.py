"""Look here if you want to know what an operator does to the state by hand: see, move and clear
what guests keep, and answer for calls that wait for a person.
"""

from pathlib import Path

from lion.domain.approval import Answer, Request, Standing, Waiting
from lion.log import sqlite_desk, sqlite_kv
from lion.ports import KeptStore
from lion.settings import Settings
from lion.values.packed import unpack


def list_stores(settings: Settings) -> list[KeptStore]:
    """Every store, by owner and holder. Raises OperatorError, AuditError."""
    return sqlite_kv.list_stores(settings.state)


def list_keys(settings: Settings, owner: str, holder: str) -> list[str]:
    """The keys of one store, in byte order. Raises OperatorError, AuditError."""
    return sqlite_kv.list_keys(settings.state, owner, holder)


def get_value(settings: Settings, owner: str, holder: str, key: str) -> bytes | None:
    """The bytes under a key; None if there is no such key. Raises OperatorError, AuditError."""
    packed = sqlite_kv.get_value(settings.state, owner, holder, key)
    return None if packed is None else unpack(packed)


def adopt_stores(settings: Settings, owner: str, manifest: Path) -> list[KeptStore]:
    """Give what an owner keeps to a manifest, which was moved or renamed; what was moved.

    Raises OperatorError, AuditError.
    """
    return sqlite_kv.adopt_stores(settings.state, owner, str(manifest.resolve()))


def clear_store(settings: Settings, owner: str, holder: str) -> int:
    """Forget one store; how many keys it had. Raises OperatorError, AuditError."""
    return sqlite_kv.clear_store(settings.state, owner, holder)


def list_waiting(settings: Settings) -> list[Waiting]:
    """The calls that wait for a person, oldest first. Raises AuditError."""
    return sqlite_desk.list_waiting(settings.state)


def answer_request(settings: Settings, word: str, answer: Answer) -> Request:
    """Answer the call that waits whose request's id begins with `word`. Raises OperatorError,
    AuditError.
    """
    return sqlite_desk.answer_request(settings.state, word, answer)


def list_standing(settings: Settings) -> list[Standing]:
    """The answers that go on. Raises AuditError."""
    return sqlite_desk.list_standing(settings.state)


def forget_standing(settings: Settings, word: str) -> list[Standing]:
    """Take back answers that go on. Raises OperatorError, AuditError."""
    return sqlite_desk.forget_standing(settings.state, word)

"""Look here if you want to know what an operator does to the state by hand: see what there is,
copy it, sign it; see, move and clear what guests keep; answer for calls that wait for a person.
"""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from lion.capabilities.elements_store import ElementStore, created_ms
from lion.domain.approval import Answer, Standing, Waiting
from lion.errors import OperatorError
from lion.log import sqlite_desk, sqlite_kv
from lion.log.forget import Forgotten, forget
from lion.log.keys import KEY_NAME, PUBLIC_NAME, make_key, read_key
from lion.log.repair import Repaired, look, repair
from lion.log.sqlite_backup import backup
from lion.log.survey import survey
from lion.ports import ELEMENTS_STORE, KeptElement, KeptStore, StateEntry
from lion.settings import Settings
from lion.values.packed import unpack

__all__ = [
    "Forgotten", "Repaired", "adopt_stores", "backup_log", "clear_store", "forget_runs",
    "get_value", "list_element_stores", "list_elements", "list_keys", "list_stores", "look_at_log",
    "make_signing_key", "repair_log", "survey_state",
]  # fmt: skip


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


def list_element_stores(settings: Settings) -> list[KeptStore]:
    """Every store of elements, by owner and holder. Raises OperatorError, AuditError."""
    return [
        msgspec.structs.replace(one, holder=one.holder.removesuffix(ELEMENTS_STORE))
        for one in sqlite_kv.list_stores(settings.state)
        if one.holder.endswith(ELEMENTS_STORE)
    ]


def list_elements(settings: Settings, owner: str, holder: str) -> list[KeptElement]:
    """What a holder of an owner keeps, oldest first. Raises OperatorError, AuditError."""
    with sqlite_kv.reading_tables(settings.state) as tables:
        store = ElementStore(tables, f"{owner}/{holder}{ELEMENTS_STORE}")
        places: dict[str, dict[str, int]] = {}
        for name in store.progressions():
            for at, id in enumerate(store.order(name)):
                places.setdefault(id, {})[name] = at
        return [
            KeptElement(
                id=id, kind=one.kind, created_ms=created_ms(id), revision=one.revision,
                content=one.content, places=places.get(id, {}),
            )
            for id in store.all_ids()
            if (one := store.find(id)) is not None
        ]  # fmt: skip


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


def answer_request(settings: Settings, word: str, answer: Answer) -> Waiting:
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


def survey_state(settings: Settings) -> list[StateEntry]:
    """What lion keeps, where, and how large it is."""
    return survey(settings)


def backup_log(settings: Settings, to: Path) -> int:
    """Copy the log, also while runs write it, into a new file; its bytes. Raises OperatorError,
    AuditError, OutsideError."""
    return backup(settings.state, to)


def make_signing_key(settings: Settings) -> tuple[Path, Path, str]:
    """Make the operator's key: where it is, where its public half is, and that in hex. Raises
    OperatorError."""
    if settings.config is None:
        raise OperatorError(
            "HOME names no directory, so there is no place for a key",
            hint="set HOME or XDG_CONFIG_HOME",
        )
    key = make_key(settings.config)
    return settings.config / KEY_NAME, settings.config / PUBLIC_NAME, key.public.hex()


def forget_runs(settings: Settings, runs: Sequence[str]) -> Forgotten:
    """Remove the records of runs (ids in full); what is left is in the log's own run. Raises
    OperatorError for one that a process owns, AuditError."""
    return forget(settings.state, runs, read_key(settings.config))


def look_at_log(settings: Settings) -> Repaired:
    """What of the log verifies, run by run. Raises OperatorError, AuditError."""
    return look(settings.state)


def repair_log(settings: Settings) -> Repaired:
    """Copy what verifies into a new log, and move the old one aside. Raises OperatorError while a
    process owns a run, AuditError if nothing of it can be read."""
    return repair(settings.state, read_key(settings.config))

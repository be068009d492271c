"""Look here if you want to know what a log has beside records: the last words on budgets, rates
and reservations, what changes of stores in memory, and which runs are its own.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import trio

from lion.domain.record import Draft
from lion.log.beside import Noted
from lion.log.group import Group
from lion.log.owned import OwnedRuns
from lion.log.quota import RunQuota, not_started
from lion.log.sqlite_schema import LOG_NAME
from lion.log.stores import Stores
from lion.ports import Tables

T = TypeVar("T")


class BesideRecords(ABC):
    """That part of a log; the other one appends and writes (sqlite.py)."""

    def __init__(self, directory: Path) -> None:
        self._owned = OwnedRuns(directory)
        self._accounts: dict[str, RunQuota] = {}
        self._stores = Stores(directory / LOG_NAME)
        self._group = Group()
        self._filled = trio.Event()
        self._left: set[str] = set()
        """Runs of which nothing more is taken, since they wait."""

    @abstractmethod
    def append(self, draft: Draft) -> int: ...

    @abstractmethod
    async def commit(self) -> None: ...

    @abstractmethod
    def _check_open(self) -> None: ...

    async def wait_store(self, namespace: str) -> None:
        self._check_open()
        if self._stores.join(namespace, self._group):
            return
        here = object()
        store = await self._stores.open(namespace, here)
        try:
            if store.has_outgrown:
                await self.commit()
                self._stores.drop(store)
            self._check_open()
            self._stores.hand_over(store, here, self._group)
            self._filled.set()
        finally:
            store.lease.leave(here)

    def transact_at_once(
        self, operate: Callable[[Tables], T], draft: Callable[[T], Draft], namespace: str
    ) -> tuple[T, int] | None:
        self._check_open()
        store = self._stores.in_memory(namespace, self._group)
        if store is None:
            return None
        size_before = store.size
        try:
            value = operate(store)
            made = draft(value)
            size = self.append(made)
            if made.scope.run in self._left:
                raise not_started(made.scope.run)
        except BaseException:
            store.take_back()
            self._filled.set()  # The group has the lease, though it may have nothing else.
            raise
        if store.changes:
            self._group.keep(store.namespace, store.changes)
            self._noted(made.scope.run).stores.add(store.namespace)
            store.changes = {}
            self._stores.note_growth(store, store.size - size_before)
        return value, size

    def note_budget(self, run: str, holder: str, budget: str, limit: int, used: int) -> None:
        self._noted(run).budgets[holder, budget] = (limit, used)

    def note_rate(self, run: str, holder: str, level: int, monotonic_ns: int) -> None:
        self._noted(run).rates[holder] = (level, monotonic_ns)

    def note_reserved(
        self, run: str, invocation: str, call: int, holder: str, budget: str, amount: int
    ) -> None:
        self._noted(run).reserved[invocation, call, holder, budget] = amount

    def note_heard(self, run: str, heard: Mapping[str, int]) -> None:
        self._owned.note_heard(run, heard)

    def _noted(self, run: str) -> Noted:
        self._check_open()
        if run in self._left:
            return Noted()
        if run not in self._accounts:
            raise not_started(run)
        self._filled.set()
        return self._group.noted.setdefault(run, Noted())

"""Look here if you want to know how a test calls functions of `fs` as a guest would."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from lion.capabilities.fs.functions import OPERATIONS
from lion.capabilities.fs.guard import Guard
from lion.capabilities.fs.roots import open_files
from lion.capabilities.opened import Opened
from lion.domain.call import CallError
from lion.domain.plan import Grant, Holder, Plan
from lion.scopes.fs_grant import build_fs_grant
from lion.testing.caller import FakeCaller

CALLS = {operation.name: operation for operation in OPERATIONS}
NOBODY = Guard()


def grant(
    path: str, at: Path, *, write: bool = False, size: int | None = None, files: int | None = None
) -> Grant:
    return build_fs_grant(
        "plugins.guide.allow", Path("/"), path=path, at=str(at), write=write, size=size,
        files=files,
    )  # fmt: skip


def plan_of(*grants: Grant, holder: str = "guide", **others: Grant) -> Plan:
    holders = {
        name: Holder(name=name, kind="plugin", component=Path("/nowhere.wasm"), grants=tuple(held))
        for name, held in {holder: grants, **{n: (g,) for n, g in others.items()}}.items()
    }
    return Plan(name="test", path=None, text="", holders=holders, runs=(), resolved={})


class Guest:
    """Calls of one instance; a failure is answered as its case."""

    def __init__(self, caller: FakeCaller) -> None:
        self.caller = caller
        self.words = ""

    async def __call__(self, operation: str, *args: Any) -> Any:
        try:
            return await self.caller.call(CALLS[operation], *args)
        except CallError as exc:
            self.words = exc.text
            return exc.case

    async def opened(self, path: str, *mode: str) -> int:
        rep = await self("open", path, mode)
        assert isinstance(rep, int), (rep, self.words)
        return rep


@asynccontextmanager
async def open_guest(*grants: Grant, guard: Guard = NOBODY) -> AsyncIterator[Guest]:
    """A guest with these grants."""
    async with open_guests([grants], guard=guard) as (guest,):
        yield guest


@asynccontextmanager
async def open_guests(
    holders: Sequence[Sequence[Grant]], *, guard: Guard = NOBODY
) -> AsyncIterator[list[Guest]]:
    """Guests of one run: one instance of each holder with these grants."""
    names = ["guide", *(f"guide-{n}" for n in range(1, len(holders)))]
    plan = Plan(
        name="test", path=None, text="", runs=(), resolved={},
        holders={
            name: Holder(
                name=name, kind="plugin", component=Path("/nowhere.wasm"), grants=tuple(grants)
            )
            for name, grants in zip(names, holders, strict=True)
        },
    )  # fmt: skip
    async with open_files(plan, guard) as files:
        guests = []
        for name, grants in zip(names, holders, strict=True):
            caller = FakeCaller(grants=grants, services=Opened(files=files))
            caller.holder = name
            guests.append(Guest(caller))
        try:
            yield guests
        finally:
            for guest in guests:
                guest.caller.handles.close()

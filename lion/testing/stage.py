"""Look here if you want to know what a kit is made of: the real host in a world of its own.

Rule: broker, policy, budgets, executors' checks, record and engine are the ones of every run; what
lies outside of the process (servers, models, clock, chance, the disk) is the test's.
Rule: nothing of the machine's shows: neither its policy nor secrets nor state; only the cache of
compiled components is shared.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any

import trio

from lion.capabilities.opened import Opened
from lion.capabilities.services import open_services
from lion.capabilities.table import build_operations
from lion.domain.hidden import Hidden
from lion.domain.names import did_you_mean
from lion.domain.plan import Plan
from lion.errors import OperatorError
from lion.fittings import Fittings
from lion.host import Host
from lion.kernel.inspect import describe
from lion.kernel.system_clock import SystemClock
from lion.log.memory import MemoryLog
from lion.log.memory_desk import MemoryDesk
from lion.opening import open_assembled
from lion.plans import owner_of
from lion.policy.policy_file import parse_policy
from lion.ports import Clock
from lion.settings import Settings, settings_from
from lion.testing.approvals import person_of
from lion.testing.clock import FrozenClock, RunClock, let_time_pass
from lion.testing.errors import is_told
from lion.testing.fakes import Failures, fake_operations, seed_random
from lion.testing.options import Options, check_options
from lion.testing.plan import MAGIC, build_plan, places_of, read_source
from lion.testing.tools import fake_tools
from lion.testing.web import Web
from lion.values.packed import pack
from lion.wasm.runtime import WasmRuntime, open_runtime

__tracebackhide__ = is_told


class Stage:
    """What lasts as long as a kit does, from run to run."""

    def __init__(self, plan: Plan, options: Options, folder: Path) -> None:
        self.plan = plan
        self.log = MemoryLog()
        self.failures = Failures()
        self.settings = Settings(
            state=folder / "state",
            cache=compile_cache(),
            variables={
                f"LION_SECRET_{name.upper().replace('-', '_')}": Hidden(value)
                for name, value in options.get("secrets", {}).items()
            },
        )
        self.policy = parse_policy(options.get("policy", ""))
        self._operations = build_operations()
        seed_random(self._operations, options.get("seed", 0))
        fake_tools(self._operations, options.get("tools", {}), self.failures)
        self._operations = fake_operations(
            self._operations, options.get("fakes", {}), self.failures
        )
        self._web = Web(options.get("http", {}), self.failures)
        person = options.get("approvals")
        self._desk = None if person is None else MemoryDesk(person_of(person))
        self._fill(options)

    def fittings(self, clock: Callable[[], Clock]) -> Fittings:
        """What the runs are fitted with, by this clock."""
        return Fittings(
            operations=self._operations,
            clock=clock,
            services=self._open_services,
            desk=self._desk,
            name_run=lambda: f"test-{len(self.log.reader().runs()) + 1}",
        )

    @asynccontextmanager
    async def _open_services(self, *asked: Any) -> AsyncIterator[Opened]:
        async with open_services(*asked, answer=self._web.answer) as services:
            if services.files is not None:
                services.files.directories = {}  # what is recorded names no path of the machine
            yield services

    def files(self) -> dict[str, bytes]:
        """The files of all granted directories, by the guest's paths."""
        found: dict[str, bytes] = {}
        for holder in self.plan.holders.values():
            for mount in (grant.mount for grant in holder.grants if grant.mount is not None):
                for path in sorted(mount.at.rglob("*")):
                    if path.is_file():
                        inner = path.relative_to(mount.at).as_posix()
                        found[f"{mount.path.rstrip('/')}/{inner}"] = path.read_bytes()
        return found

    def _fill(self, options: Options) -> None:
        for guest_path, content in options.get("files", {}).items():
            for place in places_of(self.plan, guest_path):
                _put(place, content)
        for holder, values in options.get("kv", {}).items():
            if holder not in self.plan.holders:
                raise OperatorError(
                    f"kv={{{holder!r}: ...}}: there is no plugin {holder!r}",
                    hint=did_you_mean(holder, self.plan.holders),
                )
            for key, value in values.items():
                data = value.encode() if isinstance(value, str) else value
                self.log.tables.kv_set(f"{owner_of(self.plan)}/{holder}", key, pack(data))


def _put(place: Path, content: str | bytes | Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    match content:
        case Path() if content.is_dir():
            shutil.copytree(content, place, dirs_exist_ok=True)
        case Path():
            shutil.copyfile(content, place)
        case str():
            place.write_text(content, "utf-8")
        case _:
            place.write_bytes(content)


async def build_stage(source: str | os.PathLike[str], options: Options, folder: Path) -> Stage:
    """Read and check everything. Raises OperatorError, GuestError for a component of another
    world.
    """
    path, data = read_source(source)
    is_component = data.startswith(MAGIC)
    check_options(options, is_component=is_component)
    kind = "plugins"
    if is_component:
        async with open_runtime(compile_cache() / "components") as runtime:
            info = describe(await runtime.load(data, str(path), None), len(data))
            kind = "agents" if info.is_agent else "plugins"
    return Stage(build_plan(path, data, kind, options, folder), options, folder)


@asynccontextmanager
async def open_stage(
    stage: Stage, *, auto_advance: bool = True
) -> AsyncIterator[tuple[Host, WasmRuntime]]:
    """A host on this stage. Time is the loop's; if that is frozen, it passes where all wait."""
    current = trio.lowlevel.current_clock()
    frozen = current if isinstance(current, FrozenClock) else None
    fittings = stage.fittings(SystemClock if frozen is None else partial(RunClock, frozen))
    # Not `async with`: a nursery would wrap what the test raises in a group.
    manager = trio.open_nursery()
    nursery = await manager.__aenter__()
    try:
        if frozen is not None and auto_advance:
            nursery.start_soon(let_time_pass, frozen)
        async with open_runtime(stage.settings.cache / "components") as runtime:
            parts = stage.settings, runtime, stage.log, stage.policy
            async with open_assembled(*parts, fittings=fittings) as host:
                yield host, runtime
    finally:
        nursery.cancel_scope.cancel()
        await manager.__aexit__(None, None, None)


@cache
def compile_cache() -> Path:
    """The machine's cache of compiled components, or one of this process if there is none."""
    try:
        return settings_from(os.environ).cache
    except OperatorError:
        folder = tempfile.mkdtemp(prefix="lion-kit-cache-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        return Path(folder)

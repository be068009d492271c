"""Look here if you want to know what is open in a dry run: doors that lead nowhere.

Rule: what a real run would refuse (a directory, a script, a secret's file) is refused here, too.
Rule: requests end at the samples, before any name is resolved; models are scripts; directories are
copies; system plugins are loaded for what they offer, and not opened: their Python answers
nothing, judges nothing and hears nothing.
"""

import shutil
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import trio

from lion.capabilities.opened import Opened
from lion.capabilities.services import check_services, open_services
from lion.domain.call import HostCall, Opinion
from lion.domain.plan import Holder, Limits, Plan
from lion.domain.record import Record
from lion.dry.samples import Samples, check_samples
from lion.dry.scratch import with_scratch
from lion.policy.policy_file import Policy
from lion.ports import CallStats, Clock, Export, HandleCall, Handles, Services
from lion.reading import beside
from lion.settings import Settings
from lion.system.entry import AllLent, load_system
from lion.values.empty import empty_json, empty_value
from lion.values.wit import ResultOf

if TYPE_CHECKING:
    from lion.system.loaded import LoadedPlugin

SILENT = '[[answer]]\ntext = ""\n'
"""The script of a model that is not asked and has no sample."""


@asynccontextmanager
async def open_dry_services(
    samples: Samples,
    plan: Plan,
    settings: Settings,
    code: Sequence[Path],
    policy: Policy,
) -> AsyncIterator[Opened]:
    """The services of one dry run. Raises OperatorError."""
    await beside(partial(check_services, plan, settings, code, policy))
    check_samples(samples, plan.holders, plan.models)
    folder = Path(await beside(partial(tempfile.mkdtemp, prefix="lion-dry-")))
    try:
        dry = _with_scripts(plan, samples, folder)
        dry = await beside(partial(with_scratch, dry, folder, samples.files))
        opened = open_services(dry, settings, code, policy, answer=samples.answer, with_door=True)
        async with opened as services:
            if services.files is not None:
                services.files.directories = {}  # of copies that are gone when it is read
            yield services
    finally:
        with trio.CancelScope(shield=True):
            await trio.to_thread.run_sync(partial(shutil.rmtree, folder, ignore_errors=True))


def _with_scripts(plan: Plan, samples: Samples, folder: Path) -> Plan:
    """The plan whose models are all scripts: a sample, its own, or one that says nothing."""
    silent = folder / "silent.toml"
    silent.write_text(SILENT, "utf-8")
    models = {
        name: msgspec.structs.replace(
            model, provider="scripted", base_url="", key="",
            script=samples.scripts.get(name) or model.script or silent,
        )
        for name, model in plan.models.items()
    }  # fmt: skip
    for name, model in models.items():
        if model.script == silent:
            samples.note(f"model {name}")
    return msgspec.structs.replace(plan, models=models)


class Unopened:
    """A system plugin that is not opened; implements ports.SystemComponent.

    It has the tools and functions of the real one, and answers them with the emptiest there is.
    """

    digest = ""

    def __init__(self, loaded: "LoadedPlugin", holder: str, samples: Samples) -> None:
        self.info = msgspec.structs.replace(loaded.info, judges=(), hears=())
        self.imports = loaded.imports
        self.exports = loaded.exports
        self.functions = loaded.functions
        self._holder = holder
        self._samples = samples

    async def call(
        self,
        export: Export,
        args: Sequence[Any],
        handle: HandleCall,
        handles: Handles,
        limits: Limits,
        stats: CallStats,
    ) -> Any:
        """The emptiest value of its type."""
        await trio.lowlevel.checkpoint()
        self._samples.note(f"system plugin {self._holder}.{export.name}")
        if export.json is not None:
            return "ok", empty_json(export.json.output_schema)
        result = export.type.result
        return "ok", empty_value(result.ok if isinstance(result, ResultOf) else result)

    def judge(self, call: HostCall, name: str, time_ns: int) -> Opinion | None:
        """Nothing."""
        return None

    async def hear(self, record: Record, behind: int, handle: HandleCall, limits: Limits) -> None:
        """Nothing is heard."""

    async def close(self) -> None:
        """Nothing was opened."""


async def load_unopened(
    samples: Samples,
    plan: Plan,
    holder: Holder,
    clock: Clock,
    services: Services,
    lent: AllLent,
) -> Unopened:
    """A holder's system plugin, found and checked. Raises OperatorError."""
    loaded = load_system(plan, holder, clock, services, lent)
    for does, what in (("judges", loaded.info.judges), ("hears", loaded.info.hears)):
        if what:
            samples.note(f"system plugin {holder.name} {does} nothing in a dry run")
    return Unopened(loaded, holder.name, samples)

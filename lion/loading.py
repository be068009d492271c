"""Look here if you want to know how a plan's holders become live: system plugins first, then the
components, which may import what those offer; and what a run is fitted with.

Rule: a component's bytes are durable before RunStarted names them: a log cut in between verifies.
Rule: whatever stops it, RunStarted and what was loaded are recorded; then the first failure is
raised.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import cast

import msgspec

from lion.domain.capability import (
    Capability,
    capability_of,
    extensions_of,
    is_extension,
    name_call,
)
from lion.domain.events import LineLogged
from lion.domain.plan import SERVER, Holder, Plan
from lion.errors import GuestError, LionError, OperatorError
from lion.foreign import ReadHolder, read_holder
from lion.kernel.beginning import Ground, started_event
from lion.kernel.exports import tool_exports
from lion.kernel.extension_calls import build_extensions, extension_operations
from lion.kernel.inspect import (
    ComponentInfo,
    check_digest,
    check_runs,
    describe,
    failed_event,
    loaded_event,
)
from lion.kernel.run_state import LiveHolder, LiveRun, NoServices
from lion.plans import owner_of
from lion.policy.extension_rules import check_extensions
from lion.policy.policy_file import Policy
from lion.policy.rights import build_rights
from lion.policy.use import check_use
from lion.ports import (
    Clock,
    Component,
    EventLog,
    Extensions,
    Offered,
    Operation,
    Services,
    SystemComponent,
)
from lion.reading import beside
from lion.system.entry import AllLent, load_system, open_system, with_pins
from lion.wasm.runtime import WasmRuntime

Operations = Mapping[tuple[str, str], Operation]
OpenSystem = Callable[[Plan, Holder, Clock, Services, AllLent], Awaitable[Component]]


def offered_wit(use: str) -> tuple[str, str]:
    """The interface that a system plugin offers guests, and its WIT; this imports the plugin.

    Raises OperatorError.
    """
    from lion.system.opening import interface_of

    return interface_of(use)


class _Found(msgspec.Struct):
    """What loading has come to."""

    operations: Operations
    read: "ReadHolder"
    components: dict[str, Component] = {}
    failures: dict[str, LionError] = {}
    refusal: LionError | None = None
    """Why the plan as a whole cannot run, though each of its system plugins can."""


class Loader:
    """Loads plans into one engine, by one policy. `operations` are the host functions, `lent`
    the system plugins that the program lends, `open_system` opens them.
    """

    def __init__(
        self,
        runtime: WasmRuntime,
        log: EventLog,
        policy: Policy,
        operations: Operations,
        lent: AllLent,
        open_system: OpenSystem = open_system,
        state: Path | None = None,
    ) -> None:
        """`state` is where it is kept what the operator agreed to of servers."""
        self._state = state
        self._lent = lent
        self._open_system = open_system
        self._runtime = runtime
        self._log = log
        self._policy = policy
        self._operations = operations

    async def check(self, plan: Plan, clock: Clock) -> dict[str, ComponentInfo]:
        """Load every component of a plan, and system plugins, which are not opened: what each
        holder's is. Raises the first error, also of what [[run]] starts.
        """
        found: dict[str, Component] = {}
        for name, holder in _first(plan, is_trusted=True):
            check_use(holder, self._policy)
            holder = await self._agreed(plan, holder)
            found[name] = load_system(plan, holder, clock, NoServices(), self._lent)
        extensions = self._extensions(plan, found)[0]
        sizes: dict[str, int] = {}
        for name, holder in _first(plan, is_trusted=False):
            found[name], sizes[name] = await self._code(holder, extensions)
            check_digest(found[name], holder)
        check_runs(plan, found)
        return {name: describe(found[name], sizes.get(name, 0)) for name in plan.holders}

    @property
    def ground(self) -> Ground:
        """What runs stand on that are loaded here."""
        runtime = self._runtime
        return Ground(self._policy, runtime.engine_digest, runtime.wasmtime_version)

    async def load(self, live: LiveRun, plan: Plan, read: ReadHolder = read_holder) -> None:
        """Load all of a plan for a run, and record it, unless it goes on. `read` gives the bytes
        of a holder's component. Raises LionError.
        """
        found = _Found(self._operations, read)
        try:
            await self._load(live, plan, found)
        except LionError as exc:
            found.refusal = exc
            raise
        finally:
            live.join(
                {
                    name: self._live(holder, found.components[name], found.operations)
                    for name, holder in plan.holders.items()
                    if name in found.components
                }
            )
            if live.past is None:
                self._record(live, plan, found)
        if found.failures:
            raise next(iter(found.failures.values()))

    async def _load(self, live: LiveRun, plan: Plan, found: _Found) -> None:
        for name, holder in _first(plan, is_trusted=True):
            try:
                check_use(holder, self._policy)
                agreed = await self._agreed(plan, holder)
                loaded = await self._open_system(
                    plan, agreed, live.clock, live.services, self._lent
                )
                found.components[name] = loaded
            except LionError as exc:
                found.failures[name] = exc
        if found.failures:
            # What they offer is not known, so no component could be judged.
            return
        extensions, live.extensions = self._extensions(plan, found.components)
        found.operations = self._with_extensions(found.components)
        for name, holder in _first(plan, is_trusted=False):
            try:
                component, _ = await self._code(holder, extensions, found)
                found.components[name] = component
            except LionError as exc:
                found.failures[name] = exc

    async def _agreed(self, plan: Plan, holder: Holder) -> Holder:
        if holder.use != SERVER or self._state is None:
            return holder
        return await beside(partial(with_pins, self._state, owner_of(plan), holder))

    async def _code(
        self, holder: Holder, extensions: Extensions, found: _Found | None = None
    ) -> tuple[Component, int]:
        """A holder's component, and its size; for a run, which is `found`, it is kept."""
        read = read_holder if found is None else found.read
        data = await beside(partial(read, holder))
        check_use(holder, self._policy)
        if not holder.has_file:
            from lion.conductor.code import load_code

            loaded: Component = load_code(data)
        else:
            loaded = await self._runtime.load(data, holder.origin, extensions)
        if found is not None:
            _check(loaded, holder, found.operations)
            # Durable: those bytes, or what was made of them and the adapter's.
            made = getattr(loaded, "adapted", None)
            for blob in (data,) if made is None else (made.data, made.adapter):
                await self._log.put_blob(blob)
        return loaded, len(data)

    def _extensions(
        self, plan: Plan, loaded: Mapping[str, Component]
    ) -> tuple[Extensions, dict[str, Capability]]:
        """What may be imported of system plugins, and their capabilities. Raises OperatorError."""
        offers = _offers(loaded)
        texts = [one.text for functions in offers.values() for one in functions]
        own, faked = extensions_of(texts), self._faked()
        capabilities = {**faked, **own}
        any_type: Extensions = {name: {} for name in faked.keys() - own.keys()}
        extensions = {**any_type, **build_extensions(offers)}
        check_extensions(plan, self._policy, capabilities)
        return extensions, capabilities

    def _faked(self) -> dict[str, Capability]:
        """Extensions that a test answers for, whether or not anybody offers them."""
        found: dict[str, Capability] = {}
        for capability, _ in self._operations:
            if is_extension(capability):
                found[capability] = Capability(name=capability, operations=())
        return found

    def _with_extensions(self, loaded: Mapping[str, Component]) -> Operations:
        own = extension_operations(_offers(loaded))
        for key in own.keys() & self._operations.keys():
            # A test's: what it is about, and what it costs, stays as it is.
            own[key] = msgspec.structs.replace(own[key], execute=self._operations[key].execute)
        return {**self._operations, **own} if own else self._operations

    def _live(self, holder: Holder, component: Component, operations: Operations) -> LiveHolder:
        calls = [name_call(i.interface, i.name) for i in component.imports]
        found = [
            operations[capability, item.name]
            for (capability, _), item in zip(calls, component.imports, strict=True)
        ]
        rights = build_rights(holder, sorted({c for c, _ in calls}), self._policy)
        return LiveHolder(holder, component, rights, found)

    def record(self, live: LiveRun, plan: Plan) -> None:
        """Record what a run stands on and what was loaded for it."""
        live.record(started_event(live, plan, self.ground))
        for live_holder in live.holders.values():
            live.record(loaded_event(live_holder))

    def _record(self, live: LiveRun, plan: Plan, found: _Found) -> None:
        self.record(live, plan)
        for name, failure in found.failures.items():
            live.record(failed_event(plan.holders[name], failure))
        if found.refusal is not None:
            live.record(LineLogged("error", found.refusal.what))


def _check(component: Component, holder: Holder, operations: Operations) -> None:
    """Raise GuestError for tools that hide each other, OperatorError for an import that a test's
    fakes leave open, or what check_digest does.
    """
    check_digest(component, holder)
    try:
        tool_exports(component)
    except GuestError as exc:
        what = f"{holder.origin!r}: {exc.what}"
        raise GuestError(what, ending=exc.ending, hint=exc.hint) from exc
    for item in component.imports:
        capability = capability_of(item.interface)
        if (capability, item.name) not in operations:
            name = f"{capability}.{item.name}"
            raise OperatorError(
                f"nobody answers {name}", hint=f'answer it in the test: fakes={{"{name}": ...}}'
            )


def _first(plan: Plan, *, is_trusted: bool) -> Sequence[tuple[str, Holder]]:
    return [item for item in plan.holders.items() if item[1].is_trusted is is_trusted]


def _offers(loaded: Mapping[str, Component]) -> dict[str, Sequence[Offered]]:
    return {
        name: functions
        for name, component in loaded.items()
        if (functions := cast(SystemComponent, component).functions)
    }

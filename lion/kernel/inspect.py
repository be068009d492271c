"""Look here if you want to know what can be said of a component without running it."""

import hashlib
from collections.abc import Mapping, Sequence

from lion.domain.events import (
    Event,
    PluginFailed,
    PluginLoaded,
    SystemPluginFailed,
    SystemPluginLoaded,
)
from lion.domain.plan import Holder, Plan, RunCall
from lion.errors import GuestError, LionError, OperatorError
from lion.kernel.exports import find_agent, is_agent_export, tool_exports
from lion.kernel.run_state import LiveHolder
from lion.kernel.step_check import check_steps
from lion.kernel.tool_types import bind_call, input_schema, output_schema, render_type
from lion.ports import Adapted, Component, ImportSeen, Runtime
from lion.review.loaded import ComponentInfo as ComponentInfo
from lion.review.loaded import GuestInfo
from lion.review.loaded import ToolInfo as ToolInfo


async def inspect_component(runtime: Runtime, data: bytes, origin: str) -> ComponentInfo:
    """What a component imports and offers. Raises as Runtime.load."""
    return describe(await runtime.load(data, origin, None), len(data))


async def survey_component(runtime: Runtime, data: bytes, origin: str) -> ComponentInfo:
    """The same of any component, a refused one too. Raises OperatorError for what is none."""
    try:
        return await inspect_component(runtime, data, origin)
    except OperatorError:
        await runtime.survey(data, origin)  # raises the same, with what it imports
        raise
    except GuestError as exc:
        return describe_refused(data, origin, await runtime.survey(data, origin), exc)


def describe(component: Component, size: int) -> ComponentInfo:
    """What a component imports and offers."""
    imports: dict[str, list[str]] = {}
    for item in component.imports:
        imports.setdefault(item.interface, []).append(item.name)
    tools = tuple(
        ToolInfo(
            name=name,
            description=export.docs,
            type=render_type(export),
            input_schema=input_schema(export),
            output_schema=output_schema(export),
        )
        for name, export in sorted(tool_exports(component).items())
    )
    is_agent = any(map(is_agent_export, component.exports))
    system = getattr(component, "info", None)
    return ComponentInfo(
        component.digest, size, dict(imports), tools, is_agent, system, guest=_guest(component)
    )


def check_digest(component: Component, holder: Holder) -> None:
    """Raise OperatorError for a component other than was agreed to."""
    if holder.digest and component.digest != holder.digest:
        raise OperatorError(
            f"{holder.name!r} has drifted: {holder.origin!r} is not the component that was agreed "
            f"to (sha256:{component.digest[:12]} instead of sha256:{holder.digest[:12]})",
            hint=f"look at what changed and take it: lion plugin update {holder.name}",
        )


def _guest(component: Component) -> GuestInfo | None:
    """What a component was made of, if it was."""
    adapted: Adapted | None = getattr(component, "adapted", None)
    if adapted is None:
        return None
    adapter = hashlib.sha256(adapted.adapter).hexdigest()
    return GuestInfo(adapted.kind, adapted.original, adapter, dict(adapted.imports))


def _guest_fields(component: Component) -> tuple[str, ...]:
    guest = _guest(component)
    return () if guest is None else (guest.kind, guest.digest, guest.adapter)


def check_runs(plan: Plan, components: Mapping[str, Component]) -> None:
    """Raise what the run would for an entry of [[run]]: GuestError for an agent that is none,
    OperatorError for a tool that is not there or arguments that it does not take.
    """
    for name, holder in plan.holders.items():
        if holder.kind == "agent":
            find_agent(name, components[name])
    check_steps(plan, components)
    for entry in plan.runs:
        if isinstance(entry, RunCall):
            bind_call(tool_exports(components[entry.call.partition(".")[0]]), entry)


def describe_refused(
    data: bytes, origin: str, seen: Sequence[ImportSeen], failure: GuestError
) -> ComponentInfo:
    """The same of one that lion does not load: what it imports, and what is not offered of it."""
    imports: dict[str, list[str]] = {}
    lacking: dict[str, list[str]] = {}
    for item in seen:
        names = imports.setdefault(item.interface, [])
        if item.kind == "interface":
            continue
        shown = item.name if item.kind == "function" else f"{item.name} ({item.kind})"
        names.append(shown)
        if not item.is_offered:
            lacking.setdefault(item.interface, []).append(shown)
    return ComponentInfo(
        digest=hashlib.sha256(data).hexdigest(), size=len(data), imports=dict(imports), tools=(),
        is_agent=False, refused=failure.what.removeprefix(f"{origin!r}: "), lacking=dict(lacking),
    )  # fmt: skip


def loaded_event(holder: LiveHolder) -> Event:
    """What the log says of a holder that was loaded."""
    component, tools = holder.component, tuple(holder.tools)
    imports = tuple(f"{i.interface}#{i.name}" for i in component.imports)
    if holder.system is None:
        return PluginLoaded(
            holder.name, component.digest, imports, tools, *_guest_fields(component)
        )
    info = holder.system.info
    return SystemPluginLoaded(
        holder=holder.name, use=info.use, distribution=info.distribution, version=info.version,
        contract=info.contract, imports=imports, tools=tools, judges=info.judges, hears=info.hears,
        offers=info.offers,
    )  # fmt: skip


def failed_event(holder: Holder, failure: LionError) -> Event:
    """What the log says of a holder that was refused."""
    if holder.is_trusted:
        return SystemPluginFailed(holder.name, "load", failure.what)
    return PluginFailed(holder.name, failure.what, getattr(failure, "ending", "refused"))

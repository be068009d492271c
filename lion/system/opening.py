"""Look here if you want to know how a holder of a manifest becomes a loaded system plugin.

Rule: every refusal is one sentence that says which plugin, whose, and why.
"""

import inspect
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import trio
from pydantic import ValidationError

from lion.domain.capability import KNOWN, is_extension
from lion.domain.events import EVENTS, RunEnding, RunFinished
from lion.domain.names import did_you_mean
from lion.domain.plan import Holder, Plan
from lion.domain.text import show_line
from lion.domain.units import seconds_of
from lion.errors import LionError, OperatorError
from lion.manifest.document import Document
from lion.ports import Clock, SystemInfo
from lion.system.contract import (
    EVERYTHING,
    TOOL_MARK,
    USABLE,
    PluginSettings,
    SettingsError,
    SystemPlugin,
)
from lion.system.discovery import Installed, Lent, docs_of, find_claim, load_class
from lion.system.faults import Scrub, told
from lion.system.functions import OfferedFunction, functions_of
from lion.system.loaded import LoadedPlugin
from lion.system.shape import Shapes
from lion.system.signature import BadSignature, Signature
from lion.system.wit_text import render_interface

_KNOWN: WeakKeyDictionary[type[SystemPlugin[Any]], dict[str, tuple[str, Signature]]] = (
    WeakKeyDictionary()
)
"""By a class that is still used somewhere: what its tools take and give."""
_is_tool = re.compile("[A-Za-z0-9][A-Za-z0-9-]{0,63}").fullmatch


def load_plugin(
    plan: Plan, holder: Holder, clock: Clock, scrub: Scrub, lent: Lent | None = None
) -> LoadedPlugin:
    """Find, import and check a system plugin; not yet opened. Raises OperatorError."""
    document = Document(plan.text, kind="manifest", path=plan.path, folder=plan.folder)
    if lent is not None:
        return build_plugin(lent.kind, lent.claim, document, holder, clock, scrub)
    try:
        claim = find_claim(holder.use)
    except OperatorError as exc:
        raise document.error((holder.table, holder.name, "use"), exc.what, exc.hint) from exc
    return build_plugin(load_class(claim), claim, document, holder, clock, scrub)


def build_plugin(
    kind: type[SystemPlugin[Any]],
    claim: Installed,
    document: Document,
    holder: Holder,
    clock: Clock,
    scrub: Scrub,
) -> LoadedPlugin:
    """The plugin of a class, its settings checked. Raises OperatorError."""
    try:
        return _built(kind, claim, document, holder, clock, scrub)
    except LionError:
        raise
    except (Exception, SystemExit) as exc:
        raise _refused(holder, claim, f"it cannot be made: {scrub(told(exc))}") from exc


def _built(
    kind: type[SystemPlugin[Any]],
    claim: Installed,
    document: Document,
    holder: Holder,
    clock: Clock,
    scrub: Scrub,
) -> LoadedPlugin:
    settings = _settings(kind.settings_model, document, holder)
    signatures = _signatures(kind, claim)
    functions, _ = _functions(kind, claim)
    plugin = kind(settings)
    hears = _names(plugin.heard()) if kind.hear is not SystemPlugin.hear else ()
    judges = _names(plugin.judged()) if kind.judge is not SystemPlugin.judge else ()
    info = SystemInfo(
        use=claim.name,
        distribution=claim.distribution,
        version=claim.version,
        contract=kind.contract,
        summary=docs_of(kind).partition("\n")[0],
        uses=_names(kind.uses),
        judges=judges,
        hears=hears,
        offers=tuple(one.offered.text for one in functions.values()),
    )
    _check_known(holder, claim, "uses", info.uses, USABLE)
    own = filter(is_extension, info.judges)
    _check_known(holder, claim, "judges", info.judges, (*KNOWN, *EVERYTHING, *own))
    _check_known(holder, claim, "hears", info.hears, (*_heard(), *EVERYTHING))
    if inspect.iscoroutinefunction(kind.judge):
        raise _refused(holder, claim, "judge is `async def`, and a judgement waits for nothing")
    return LoadedPlugin(holder.name, info, plugin, signatures, functions, clock, scrub)


def interface_of(use: str) -> tuple[str, str]:
    """The interface that an entry point's plugin offers, and its WIT. Raises OperatorError."""
    claim = find_claim(use)
    kind = load_class(claim)
    functions, shapes = _functions(kind, claim)
    if not functions:
        raise _refused(None, claim, "it offers guests no interface of its own")
    return kind.offers, render_interface(kind.offers, docs_of(kind), functions, shapes)


def check_offers(kind: type[SystemPlugin[Any]], claim: Installed) -> None:
    """Raise OperatorError unless all that a class offers can be described."""
    _signatures(kind, claim)
    _functions(kind, claim)


async def open_plugin(loaded: LoadedPlugin, holder: Holder, scrub: Scrub) -> None:
    """Call its `open` under the holder's deadline. Raises OperatorError."""
    seconds = seconds_of(holder.limits.deadline_ns)
    who = f"the system plugin {holder.name!r} ({holder.use})"
    try:
        with trio.move_on_after(seconds) as scope:
            await loaded.open()
    except LionError:
        raise
    except SettingsError as exc:
        raise OperatorError(f"{who}: {scrub(show_line(exc.what))}", hint=exc.hint) from exc
    except (Exception, SystemExit) as exc:
        raise OperatorError(f"{who} cannot be opened: {scrub(told(exc))}") from exc
    if scope.cancelled_caught:
        raise OperatorError(f"{who} cannot be opened: it took longer than {seconds:g} s")


def _settings(model: type[PluginSettings], document: Document, holder: Holder) -> PluginSettings:
    context = {"folder": document.folder}
    try:
        return model.model_validate_json(json.dumps(holder.settings), context=context)
    except ValidationError as exc:
        errors = exc.errors(include_url=False, include_input=False)
    first = min(errors, key=lambda error: error["type"] != "extra_forbidden")
    place = (holder.table, holder.name, "settings", *first["loc"])
    match first["type"]:
        case "extra_forbidden":
            known = [field.alias or name for name, field in model.model_fields.items()]
            key = str(first["loc"][-1])
            raise document.error(place, f"unknown key {key!r}", did_you_mean(key, known))
        case "missing":
            raise document.error(place[:-1], f"{place[-1]!r} is missing", f"add {place[-1]} = ...")
        case "value_error":
            raise document.error(place, str(first["ctx"]["error"]))
        case _:
            raise document.error(place, first["msg"])


def _signatures(
    kind: type[SystemPlugin[Any]], claim: Installed
) -> dict[str, tuple[str, Signature]]:
    """Attribute and signature of each tool, by the tool's name; made once for a class."""
    known = _KNOWN.get(kind)
    if known is None:
        known = _KNOWN[kind] = _read_signatures(kind, claim)
    return known


def _read_signatures(
    kind: type[SystemPlugin[Any]], claim: Installed
) -> dict[str, tuple[str, Signature]]:
    found: dict[str, tuple[str, Signature]] = {}
    for name, function in inspect.getmembers_static(kind):
        mark = getattr(function, TOOL_MARK, False)
        if not mark:
            continue
        tool = mark if isinstance(mark, str) else name.replace("_", "-")
        if not _is_tool(tool):
            raise _refused(None, claim, f"{tool!r} is no name of a tool")
        if tool in found:
            raise _refused(None, claim, f"it has two tools of the name {tool!r}")
        try:
            found[tool] = name, Signature(function)
        except BadSignature as exc:
            raise _refused(None, claim, f"the tool {tool!r}: {exc}") from exc
    return found


def _functions(
    kind: type[SystemPlugin[Any]], claim: Installed
) -> tuple[Mapping[str, OfferedFunction], Shapes]:
    """What it offers guests of its own, by WIT names, and the types that needs."""
    try:
        return functions_of(kind, kind.offers)
    except BadSignature as exc:
        raise _refused(None, claim, str(exc)) from exc


def _names(written: object) -> tuple[str, ...]:
    return (written,) if isinstance(written, str) else tuple(written)  # type: ignore[arg-type]


def _heard() -> tuple[str, ...]:
    """Nothing can be recorded after RunFinished, so nobody hears it."""
    return tuple(name for name in EVENTS if name != RunFinished.__name__)


def _check_known(
    holder: Holder, claim: Installed, what: str, names: Sequence[str], known: Sequence[str]
) -> None:
    for name in names:
        if name == RunFinished.__name__:
            why = f"nothing can be said after RunFinished; hear {RunEnding.__name__}"
            raise _refused(holder, claim, why)
        if name not in known:
            why = f"it {what} {show_line(str(name))!r}, which there is not"
            raise _refused(holder, claim, why, did_you_mean(str(name), known))


def _refused(holder: Holder | None, claim: Installed, why: str, hint: str = "") -> OperatorError:
    named = "" if holder is None else f"{holder.name!r}, "
    return OperatorError(
        f"the system plugin {named}{claim.name!r} of {claim.owner}: {why}", hint=hint
    )

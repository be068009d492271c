"""Look here if you want to know which manifest line would allow a call that was denied.

Rule: the line names the exact call only; whatever a guest calls, no wildcard is suggested.
Rule: nothing is suggested where the manifest cannot help: an operator's rule, a missing import.
Rule: the line replaces the one the holder has, so it repeats what is granted already.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from lion.domain.call import Decision, HostCall, Verdict
from lion.domain.capability import OFFERED, Capability
from lion.domain.names import is_name, is_tool_name
from lion.domain.plan import Grant, Holder, Plan
from lion.domain.question import Question
from lion.domain.units import parse_size, render_money, render_size
from lion.policy.written import as_written
from lion.scopes.extension_grant import extension_line
from lion.scopes.extension_grant import is_suggestible as is_suggestible_target
from lion.scopes.fs_grant import suggested_entries
from lion.scopes.http_grant import is_suggestible, written_entry

KV_QUOTA = parse_size("64 KiB")
"""What is suggested for a holder without a store."""


def suggest_line(
    call: HostCall | Question,
    decision: Decision,
    plan: Plan,
    extensions: Mapping[str, Capability] = {},
) -> str | None:
    """A pasteable line, as `agents.ann.allow.tools = ["notes.*", "db.query"]`, or None.

    `extensions` are those of the run.
    """
    holder = plan.holders.get(call.holder)
    denials = {one.processor for one in decision.opinions if one.verdict is Verdict.DENY}
    if holder is None or decision.verdict is not Verdict.DENY:
        return None
    place = f"{holder.table}.{holder.name}"
    if denials == {"manifest"}:
        return _line(f"{place}.deny", [name for name in holder.denied if name != call.capability])
    if denials == {"grants"} and call.capability in extensions:
        return _extension_line(place, holder, call.target, extensions[call.capability])
    if denials != {"grants"} or call.capability not in OFFERED:
        return None
    match call.capability:
        case "kv":
            return _line(f"{place}.allow.kv", {"bytes": render_size(KV_QUOTA)})
        case "fs":
            granted = [grant for grant in holder.grants if grant.capability == "fs"]
            entries = suggested_entries(call.operation, call.target, granted)
            return None if entries is None else _line(f"{place}.allow.fs", entries)
        case "http":
            return _http_line(place, holder, call.target, plan)
        case "llm" if call.target in plan.models:
            granted = [_model_entry(grant) for grant in holder.grants if grant.capability == "llm"]
            return _line(f"{place}.allow.llm", [*granted, call.target])
        case "secrets" if is_name(call.target):
            return _line(f"{place}.allow.secrets", [*_granted(holder, "secrets"), call.target])
        case "tools" if is_tool_name(call.target) and call.target.split(".")[0] in plan.holders:
            return _line(f"{place}.allow.tools", [*_granted(holder, "tools"), call.target])
        case _:
            return None


def _model_entry(grant: Grant) -> Any:
    """How a grant of a model is written: its name, or a table with its numbers."""
    numbers: dict[str, Any] = dict(grant.quota)
    if "money" in numbers:
        numbers["money"] = render_money(numbers["money"])
    return {"model": grant.patterns[0], **numbers} if numbers else grant.patterns[0]


def _http_line(place: str, holder: Holder, target: str, plan: Plan) -> str | None:
    """The line that allows exactly this request; none for a private address that is new."""
    granted = [grant for grant in holder.grants if grant.capability == "http"]
    if not is_suggestible(target, granted):
        return None
    scopes, target = as_written([grant.patterns[0] for grant in granted], target, plan)
    entries = [
        {**entry, "url": scope} if isinstance(entry := written_entry(grant), dict) else scope
        for grant, scope in zip(granted, scopes, strict=True)
    ]
    return _line(f"{place}.allow.http", [*entries, target])


def _extension_line(place: str, holder: Holder, target: str, extension: Capability) -> str | None:
    """All of what has no targets; else this target, if it has one that can be written."""
    patterns: list[str] = []
    if extension.is_scoped:
        if not is_suggestible_target(target):
            return None
        patterns = [*_granted(holder, extension.name), target]
    return extension_line(f"{place}.allow", extension.name, patterns)


def _granted(holder: Holder, capability: str) -> list[str]:
    return [
        pattern
        for grant in holder.grants
        if grant.capability == capability
        for pattern in grant.patterns
    ]


def _line(place: str, value: Sequence[Any] | dict[str, str]) -> str:
    """One line of TOML: an array or an inline table whose members a TOML writer has written."""
    return f"{place} = {inline(value)}"


def inline(value: Any) -> str:
    """A value on one line of TOML."""
    match value:
        case dict():
            return f"{{ {', '.join(f'{key} = {inline(one)}' for key, one in value.items())} }}"
        case list():
            return f"[{', '.join(map(inline, value))}]"
        case _:
            return _written(value)


def _written(value: Any) -> str:
    import tomli_w

    return tomli_w.dumps({"x": value}).removeprefix("x = ").rstrip("\n")

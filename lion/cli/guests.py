"""Look here if you want to know what is shown of a guest that lion made a component of."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from lion.cli.options import Common
from lion.domain.plan import Plan
from lion.domain.text import show_line
from lion.errors import OperatorError
from lion.foreign import is_extism_manifest
from lion.plans import with_call
from lion.review.loaded import GuestInfo

MAIN: Final = "main"
"""The tool that a program is."""
PREVIEW1: Final = "wasi-preview1"
GUESTS: Final = {
    "extism": "an Extism plug-in",
    "wasi": "a component for WASI 0.2",
    PREVIEW1: "a program for WASI preview 1",
}
"""Kinds of such guests, for people."""


def with_only_function(common: Common, plan: Plan, word: str) -> Plan:
    """The plan of an Extism manifest, with a call of its one function. Raises OperatorError if it
    has several, and what loading it raises.
    """
    from lion.cli.looking import look_at

    (name,) = [one.name for one in plan.holders.values() if one.has_file]
    tools = [tool.name for tool in look_at(common, plan, is_strict=True)[1][name].tools]
    if len(tools) != 1:
        raise OperatorError(
            f"{word!r} has {len(tools)} functions: {', '.join(map(show_line, tools)) or 'none'}",
            hint=f"call one of them with: lion call {word} FUNCTION INPUT",
        )
    return with_call(plan, tools[0], {"input": ""})


def is_program_call(common: Common, plan: Plan, target: str, tool: str) -> bool:
    """Whether a call is of a program for WASI preview 1: a core module, as Extism's plug-ins are,
    but its `main` takes arguments by name. Raises what loading it raises.
    """
    if tool.rpartition(".")[2] != MAIN or is_extism_manifest(Path(target)):
        return False
    from lion.cli.looking import look_at

    guests = [info.guest for info in look_at(common, plan, is_strict=True)[1].values()]
    return any(guest is not None and guest.kind == PREVIEW1 for guest in guests)


def render_guest(guest: GuestInfo, component: str) -> Iterator[str]:
    """Its own imports, and what lion lends for each."""
    name = GUESTS[guest.kind]
    yield f"  guest    {name}, as component sha256:{component}"
    yield f"           with the adapter sha256:{guest.adapter}"
    yield "  its own imports, and which of lion's functions stand behind them"
    for module, functions in _by_module(guest.imports).items():
        silent = [name for name, behind in functions.items() if not behind]
        yield f"    {show_line(module)}"
        for function, behind in functions.items():
            if behind:
                yield f"      {show_line(function)}: {', '.join(map(show_line, behind))}"
        if silent:
            yield f"      nothing beyond itself: {', '.join(map(show_line, silent))}"


def _by_module(imports: Mapping[str, tuple[str, ...]]) -> dict[str, dict[str, tuple[str, ...]]]:
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for name, behind in imports.items():
        module, _, function = name.partition("#") if "#" in name else name.rpartition(".")
        found.setdefault(module, {})[function] = behind
    return found

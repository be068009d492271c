"""Look here if you want to know whether the extensions a component imports are those that system
plugins offer it.

Rule: versions are compared as the component model does (semver.org): a compatible one serves, and
each function has the very type that was imported.
"""

from collections.abc import Iterable

from lion.domain.names import nearest
from lion.errors import GuestError
from lion.ports import Extensions, Import
from lion.values.wit import render_function
from lion.wasm.offers import Offers


def check_extensions(offers: Offers, imports: Iterable[Import], extensions: Extensions) -> None:
    """Raise GuestError(ending="world") for an import that neither `offers` nor `extensions` have,
    or have with another type.
    """
    for item in imports:
        name = item.interface.partition("@")[0]
        if offers.leaves_to_plugins(item.interface) and name not in extensions:
            _check(item, _serving(item.interface, extensions), extensions)


def _check(item: Import, serving: str | None, extensions: Extensions) -> None:
    full = f"{item.interface}.{item.name}"
    if serving is None:
        raise GuestError(
            f"it imports {item.interface}, which no system plugin of this manifest offers",
            ending="world",
            hint=_instead(item.interface, extensions),
        )
    known = extensions[serving].get(item.name)
    if known is None:
        raise GuestError(
            f"it imports {full}, a function that {serving} has not",
            ending="world",
            hint="build it against what is offered: lion wit PLUGIN",
        )
    kind = render_function(item.type)
    if known != kind:
        raise GuestError(
            f"it imports {full} as {kind}, but here it is {known}",
            ending="world",
            hint="build it against what is offered: lion wit PLUGIN",
        )


def _serving(interface: str, extensions: Extensions) -> str | None:
    """The offered interface that serves an imported one."""
    name, _, version = interface.partition("@")
    for one in extensions:
        own, _, offered = one.partition("@")
        if own == name and _is_compatible(version, offered):
            return one
    return None


def _is_compatible(asked: str, offered: str) -> bool:
    """The same up to the first number that is not 0, and offered is not older."""
    if asked == offered:
        return True
    try:
        wanted, given = _numbers(asked), _numbers(offered)
    except ValueError:
        return False
    if wanted[:2] == (0, 0) or given[:2] == (0, 0):
        return False
    fixed = 1 if wanted[0] else 2
    return wanted[:fixed] == given[:fixed] and wanted <= given


def _numbers(version: str) -> tuple[int, ...]:
    first, second, third = version.split(".")
    return int(first), int(second), int(third)


def _instead(interface: str, extensions: Extensions) -> str:
    name = interface.partition("@")[0]
    for one in extensions:
        if one.partition("@")[0] == name:
            return f"here it is {one}; build the component against that: lion wit PLUGIN"
    guess = nearest(interface, extensions)
    if guess is not None:
        return f"did you mean {guess}?"
    return "add the one that does: [system.NAME] with use = ..."

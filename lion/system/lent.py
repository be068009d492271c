"""Look here if you want to know how what a program lends becomes a system plugin, without an entry
point.

Rule: it is trusted Python like any other: listed as such, granted, judged, recorded. Its program
and the digest of its file say whose it is.
Rule: what cannot be described is refused when it is lent, not when it is called.
"""

import functools
import hashlib
import inspect
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lion.domain.names import NAME_FORMS, is_name
from lion.errors import OperatorError
from lion.system.contract import CONTRACT, TOOL_MARK, SystemPlugin
from lion.system.discovery import Installed, Lent, check_class, claims
from lion.system.opening import check_offers

Lendable = Mapping[str, Callable[..., Any]] | type[SystemPlugin[Any]]
"""Tools by their names, or a system plugin's class."""


def lent(name: str, what: Lendable) -> Lent:
    """What is lent under a name, checked. Raises OperatorError."""
    if not (isinstance(name, str) and is_name(name)):
        raise OperatorError(f"{name!r:.80} is no name to lend under", hint=f"write {NAME_FORMS}")
    for claim in claims():
        if claim.name == name:
            raise OperatorError(
                f"{name!r} is the name of a system plugin of {claim.owner}",
                hint="lend it under another name",
            )
    kind, makers = _class_of(name, what)
    files = tuple(dict.fromkeys(file for one in makers if (file := _file(one)) is not None))
    claim = Installed(
        name=name, value="", distribution=f"the program {_program(files)}", version=_digest(files)
    )
    check_class(claim, kind)
    check_offers(kind, claim)
    return Lent(kind, claim, tuple(dict.fromkeys(file.parent for file in files)))


def _class_of(name: str, what: Any) -> tuple[type[SystemPlugin[Any]], list[Any]]:
    """The class, and what it is made of."""
    if inspect.isclass(what) and issubclass(what, SystemPlugin):
        return what, [what]
    if not isinstance(what, Mapping) or not what:
        raise OperatorError(
            f"{name!r}: nothing can be lent of {what!r:.60}",
            hint='lend functions by name, {"look-up": look_up}, or a SystemPlugin\'s class',
        )
    members: dict[str, Any] = {"contract": CONTRACT, "__doc__": f"Lent as {name}."}
    for index, (tool, function) in enumerate(what.items()):
        members[f"_{index}_tool"] = _method(name, tool, function)
    return type(f"Lent_{name}", (SystemPlugin,), members), list(what.values())


def _method(name: str, tool: Any, function: Any) -> Any:
    """A function as a method that is a tool of this name."""
    if (
        not isinstance(tool, str)
        or not tool
        or not callable(function)
        or inspect.isclass(function)
    ):
        raise OperatorError(
            f"{name}: {tool!r:.60} with {function!r:.60} is no function by its name",
            hint='lend functions by their tools\' names, {"look-up": look_up}',
        )
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def method(self: Any, **arguments: Any) -> Any:
            return await function(**arguments)
    else:

        @functools.wraps(function)
        def method(self: Any, **arguments: Any) -> Any:
            return function(**arguments)

    with_self = [inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)]
    try:
        own = inspect.signature(function)
    except (TypeError, ValueError) as exc:
        raise OperatorError(f"{name}.{tool} has no signature: {exc}") from exc
    method.__signature__ = own.replace(  # type: ignore[attr-defined]
        parameters=[*with_self, *own.parameters.values()]
    )
    setattr(method, TOOL_MARK, tool.replace("_", "-"))
    return method


def _file(maker: Any) -> Path | None:
    """Where it is written; None for what was typed."""
    try:
        path = Path(inspect.getfile(inspect.unwrap(getattr(maker, "__func__", maker))))
    except (TypeError, OSError):
        return None
    return path.absolute() if path.exists() else None


def _program(files: tuple[Path, ...]) -> str:
    main = getattr(sys.modules.get("__main__"), "__file__", None)
    return files[0].name if files else Path(main).name if main else "that was typed"


def _digest(files: tuple[Path, ...]) -> str:
    """The beginning of a digest of the files: another one is another program."""
    found = hashlib.sha256()
    for file in sorted(files):
        found.update(file.read_bytes())
    return found.hexdigest()[:12] if files else "unknown"

"""Look here if you want to know how a plugin's `@function`s become the interface that it offers:
types, docs, and how one call crosses.

Rule: a function that cannot be described is refused when the plugin is loaded.
Rule: what a guest gives that no Python value stands for is its mistake (`invalid`); what Python
gives that its annotation does not say is the plugin's failure.
"""

import inspect
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from lion.domain.call import ERROR_CASES, CallError
from lion.domain.capability import EXTENSION_PATTERN, VERSION_PATTERN
from lion.ports import Export, Offered
from lion.system.contract import PluginHost
from lion.system.extension import FUNCTION_MARK, Caller, FunctionMark
from lion.system.scalars import NoFit
from lion.system.shape import BadShape, Shape, Shapes, check_different, escaped, kebab
from lion.system.signature import BadSignature, hints_of, parameters_of
from lion.values.wit import Function, Prim, ResultOf, VariantOf

ERROR: Final = VariantOf(tuple((case, Prim("string")) for case in ERROR_CASES))
"""`types.error` (wit/types.wit)."""


class OfferedFunction:
    """One `@function`: `offered` is how the host knows it, `attribute` the method's name."""

    def __init__(self, interface: str, attribute: str, method: Any, shapes: Shapes) -> None:
        self.attribute = attribute
        hints = hints_of(method)
        mark: FunctionMark = getattr(method, FUNCTION_MARK)
        self._given = {n: hint for n, hint in hints.items() if hint in (PluginHost, Caller)}
        parameters = parameters_of(method, hints, given=(PluginHost, Caller))
        for one in parameters:
            if one.default is not one.empty:
                raise BadSignature(f"{one.name!r} has a default, and WIT knows none")
        try:
            self._params = {p.name: shapes.of(hints[p.name]) for p in parameters}
            returned = hints["return"]
            self._result = None if returned is type(None) else shapes.of(returned)
            names = [kebab(name) for name in self._params]
            name = kebab(attribute)
            check_different(names)
        except BadShape as exc:
            raise BadSignature(str(exc)) from exc
        target = None if mark.target is None else self._target(mark.target)
        ok = None if self._result is None else self._result.type
        params = tuple(zip(names, (s.type for s in self._params.values()), strict=True))
        export = Export(
            interface, name, Function(params, ResultOf(ok, ERROR)), inspect.getdoc(method) or ""
        )
        self.offered = Offered(export=export, target=target, is_outside=mark.outside)

    def _target(self, name: str) -> int:
        if name not in self._params:
            raise BadSignature(f"it has no parameter {name!r}, which should be its target")
        if self._params[name].type != Prim("string") or self._params[name].text == "packed":
            raise BadSignature(f"its target {name!r} is no str")
        return list(self._params).index(name)

    @property
    def text(self) -> str:
        """The function as WIT writes it."""
        params = ", ".join(f"{escaped(kebab(n))}: {s.text}" for n, s in self._params.items())
        ok = "_" if self._result is None else self._result.text
        return f"{escaped(self.offered.export.name)}: func({params}) -> result<{ok}, error>;"

    def bind(self, values: Sequence[Any], host: Any, caller: Caller) -> dict[str, Any]:
        """The method's keyword arguments. Raises CallError("invalid")."""
        given = {
            name: _read(kebab(name), shape, value)
            for (name, shape), value in zip(self._params.items(), values, strict=True)
        }
        own = {PluginHost: host, Caller: caller}
        return given | {name: own[hint] for name, hint in self._given.items()}

    def write(self, value: Any) -> Any:
        """The WIT value of a result. Raises NoFit."""
        if self._result is None:
            if value is not None:
                raise NoFit("", f"{value!r:.60} is not None")
            return None
        return self._result.write(value)

    def ask(self, arguments: Mapping[str, Any]) -> list[Any]:
        """What a guest would give: WIT values of Python's, by the method's names. Raises NoFit."""
        if arguments.keys() != self._params.keys():
            wanted, given = ", ".join(self._params) or "nothing", ", ".join(arguments) or "nothing"
            raise NoFit(self.attribute, f"it takes {wanted}, not {given}")
        return [shape.write(arguments[name]) for name, shape in self._params.items()]

    def answer(self, value: Any) -> Any:
        """What a guest would get: Python's value of a result's WIT value."""
        return None if self._result is None else self._result.read(value)


def _read(name: str, shape: Shape, value: Any) -> Any:
    try:
        return shape.read(value)
    except CallError as exc:
        raise CallError("invalid", f"{name}: {exc.text}") from exc


def functions_of(kind: type[Any], interface: str) -> tuple[Mapping[str, OfferedFunction], Shapes]:
    """The functions of a class by their WIT names, and the types they need.

    Raises BadSignature that says which, and why.
    """
    shapes = Shapes()
    found: dict[str, OfferedFunction] = {}
    for attribute, method in _members(kind).items():
        if getattr(method, FUNCTION_MARK, None) is None:
            continue
        try:
            one = OfferedFunction(interface, attribute, method, shapes)
        except BadSignature as exc:
            raise BadSignature(f"the function {attribute!r}: {exc}") from exc
        name = one.offered.export.name
        if name in found:
            raise BadSignature(f"{found[name].attribute!r} and {attribute!r} are both {name!r}")
        found[name] = one
    _check_interface(interface, found)
    return found, shapes


def _members(kind: type[Any]) -> dict[str, Any]:
    """What a class has, in the order in which it is written, that of its bases first."""
    return {name: value for base in reversed(kind.__mro__) for name, value in vars(base).items()}


def _check_interface(interface: str, found: Mapping[str, OfferedFunction]) -> None:
    if found and not interface:
        raise BadSignature("it has functions and offers no interface; write offers = ...")
    if interface and not found:
        raise BadSignature(f"it offers {interface!r} and has no @function in it")
    if interface and not re.fullmatch(f"{EXTENSION_PATTERN}@{VERSION_PATTERN}", interface):
        raise BadSignature(
            f"it offers {interface!r:.100}, which is no interface of its own; write one as "
            "'acme:shelf/books@1.0.0' (lion: and wasi: are taken)"
        )

"""How the functions of `app.py` become the world's. `lion build` begins a component with it."""

import re

import wit_world
from componentize_py_types import Err

from .errors import Error, ToolError
from .outputs import Output

_RAISES = re.compile(r"Raises: `componentize_py_types\.Err\((.+)\)`")


def world(app):
    """What the component's first module has: all that `app` has, and the world's class. Raises
    ImportError for what the world exports and `app` does not have.
    """
    if hasattr(app, "WitWorld"):
        return vars(app)
    base = wit_world.WitWorld
    wanted = sorted(getattr(base, "__abstractmethods__", ()))
    missing = [name for name in wanted if not callable(getattr(app, name, None))]
    if missing:
        raise ImportError(f"app.py has no function {missing[0]!r}, which wit/world.wit exports")
    functions = {name: _exported(getattr(app, name), getattr(base, name)) for name in wanted}
    return {**vars(app), "WitWorld": type("WitWorld", (base,), functions)}


def _exported(function, declared):
    """A method that calls the author's function, and says errors as its type has them."""
    found = _RAISES.search(declared.__doc__ or "")
    of = found.group(1).removeprefix("wit_world.imports.") if found else ""

    def method(self, *args):
        try:
            return _given(function(*args), declared)
        except (ToolError, Error) as exc:
            if of == "str":
                raise Err(str(exc)) from exc
            if of == "types.Error":
                raise Err(_case(exc)) from exc
            raise

    return method


def _given(value, declared):
    """The value as the bindings have it: an agent's answer may be a text or an Output."""
    if declared.__name__ == "run" and isinstance(value, str):
        value = Output(value)
    if isinstance(value, Output):
        from wit_world.imports import types

        return value.record(types.Output)
    return value


def _case(error):
    """A case of `types.error`."""
    from wit_world.imports import types

    if isinstance(error, ToolError):
        return types.Error_Other(str(error))
    name = "".join(part.capitalize() for part in error.code.split("-"))
    kind = getattr(types, f"Error_{name}", None)
    return types.Error_Other(str(error)) if kind is None else kind(error.text)

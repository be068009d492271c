"""Lion's interfaces, as the world imports them."""

from importlib import import_module

from .errors import raised


def interface(name):
    """An interface's functions, which raise `Error`; what else it has is as it is.

    Raises ImportError if the world does not import it.
    """
    try:
        module = import_module(f"wit_world.imports.{name}")
    except ModuleNotFoundError:
        raise ImportError(
            f"lion_guest.{name} needs lion:host/{name}, which the world does not import: write "
            f"`import lion:host/{name}@0.1.0;` in wit/world.wit"
        ) from None
    return Interface(module)


class Interface:
    """A module of the bindings."""

    def __init__(self, module):
        self._module = module

    def __getattr__(self, name):
        found = getattr(self._module, name)
        if isinstance(found, type) or not callable(found):
            return found

        def call(*args):
            with raised():
                return found(*args)

        setattr(self, name, call)
        return call

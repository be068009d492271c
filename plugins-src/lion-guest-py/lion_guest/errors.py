"""Why a call gave nothing."""

import re
from contextlib import contextmanager

from componentize_py_types import Err

__all__ = ["Denied", "Err", "Error", "ToolError", "code_of", "raised"]


class ToolError(Exception):
    """A tool's own error, in words for its caller."""


class Error(Exception):
    """A call of the host's gave nothing. `code` is the case as WIT has it (`denied`, `invalid`,
    `not-found`, `exists`, `conflict`, `exhausted`, `timeout`, `cancelled`, `unavailable`, `other`,
    and those of files and requests); `text` is for people.
    """

    def __init__(self, code, text):
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


class Denied(Error):
    """No grant covers it, or a rule forbids it."""


def code_of(case):
    """The case of a variant as WIT writes it: `Failure_NotFound` is `not-found`."""
    name = type(case).__name__.rpartition("_")[2]
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


@contextmanager
def raised():
    """Within it, an error of the bindings becomes an `Error`."""
    try:
        yield
    except Err as exc:
        code = code_of(exc.value)
        kind = Denied if code == "denied" else Error
        raise kind(code, exc.value.value) from None

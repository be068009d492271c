"""Look here if you want to know which Pythons lion refuses, and why.

Rule: pyproject.toml, Makefile and .ci/run say the same; a test reads them all.
"""

from lion.errors import OperatorError

OLDEST = (3, 11)
REFUSED = ((3, 14, 0), (3, 14, 1))
"""They take the stack of a guest's fiber for an overflow and may abort the process."""


def check_python(version: tuple[int, ...]) -> None:
    """Raises OperatorError for a Python (major, minor, micro) that lion does not run on."""
    shown = ".".join(map(str, version[:3]))
    if version[:2] < OLDEST:
        raise OperatorError(
            f"Python {shown} is too old for lion", hint="use Python 3.11 or newer", python=shown
        )
    if version[:3] in REFUSED:
        raise OperatorError(
            f"Python {shown} may abort while a guest runs, so lion refuses it",
            hint="use 3.14.2 or newer, or 3.11 to 3.13",
            python=shown,
        )

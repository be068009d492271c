"""Look here if you want to know how somebody who waits for a task gets its whole value, which the
service's own record has only if it is short.

Rule: a value is kept for who said so before the task was taken, until he has it or lets go of it.
"""

from typing import Any, Final

_NONE: Final = object()


class Values:
    """Values of tasks that somebody waits for."""

    def __init__(self) -> None:
        self._kept: dict[str, Any] = {}

    def expect(self, id: str, keeps: bool) -> None:
        """Somebody waits for the value of this task, or nobody does."""
        if keeps:
            self._kept[id] = _NONE

    def note(self, id: str, value: Any) -> None:
        """A task's run gave this."""
        if id in self._kept:
            self._kept[id] = value

    def take(self, id: str) -> Any:
        """What it gave, once; None if nothing."""
        value = self._kept.pop(id, None)
        return None if value is _NONE else value

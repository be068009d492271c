"""Look here if you want to know how a thread waits for another and can be interrupted anywhere.

Rule: whoever waits holds nothing that the other thread needs. `concurrent.futures.Future` waits
inside of a condition, whose lock an interrupt (KeyboardInterrupt) may leave taken between its
being acquired and the block that gives it back; then the other thread would wait for ever.
"""

import threading
from typing import Final, Generic, TypeVar

T = TypeVar("T")

LOOK_SECONDS: Final = 1.0
"""Where several wait and one of them was interrupted as it woke, the others look by themselves."""


class Promise(Generic[T]):
    """A value, or an exception, that another thread gives once."""

    def __init__(self) -> None:
        self.is_given = False
        self._gate = threading.Lock()
        self._gate.acquire()
        self._value: T
        self._exception: BaseException | None = None

    def give(self, value: T) -> None:
        """This is it."""
        self._value = value
        self._open()

    def fail(self, exception: BaseException) -> None:
        """This is raised by whoever takes it."""
        self._exception = exception
        self._open()

    def _open(self) -> None:
        self.is_given = True
        self._gate.release()

    def exception(self) -> BaseException | None:
        """Wait for it; what it failed with."""
        while not self.is_given:
            if self._gate.acquire(timeout=LOOK_SECONDS):
                self._gate.release()  # for who waits besides
        return self._exception

    def take(self) -> T:
        """Wait for the value. Raises what it failed with."""
        exception = self.exception()
        if exception is not None:
            raise exception
        return self._value

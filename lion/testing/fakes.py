"""Look here if you want to know how a test answers host calls in place of their executors.

Rule: only `execute` is replaced: what a call is about, what it costs, who decides and what is
recorded stay as they are.
Rule: what a test's own function raises, other than CallError, is the test's failure: it is kept,
ends the run, and is raised when the run is over.
"""

import inspect
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
import trio

from lion.domain.call import CallError, Effect
from lion.domain.capability import is_extension
from lion.domain.names import did_you_mean
from lion.errors import OperatorError
from lion.ports import Kind, Operation
from lion.testing.errors import is_told

__tracebackhide__ = is_told

Operations = Mapping[tuple[str, str], Operation]
Answerer = Callable[..., Awaitable[Any]]


class Failures:
    """What of the test's own went wrong in a run."""

    def __init__(self) -> None:
        self._first: BaseException | None = None
        self.last_given = ""
        """Which fake answered last, and what."""

    def note(self, failure: BaseException) -> None:
        """Keep it; the first counts."""
        self._first = self._first or failure

    def check(self) -> None:
        """Raise what was noted, once."""
        failure, self._first = self._first, None
        if failure is not None:
            raise failure


def answering(
    answer: Any, failures: Failures, errors: tuple[type[Exception], ...] = (CallError,)
) -> Answerer:
    """How a fake answers: a value is given, an exception raised, a function asked.

    A function may be async. What it gives may raise one of `errors`; anything else is noted.
    Raises OperatorError for another exception than those.
    """
    if isinstance(answer, BaseException) and not isinstance(answer, errors):
        raise OperatorError(
            f"a fake raises CallError, not {type(answer).__name__}: no guest could see that",
            hint='write CallError("unavailable", "the disk is gone")',
        )

    async def give(*args: Any) -> Any:
        await trio.lowlevel.checkpoint()
        if isinstance(answer, errors):
            raise answer
        if not callable(answer):
            return answer
        try:
            value = answer(*args)
            return await value if inspect.isawaitable(value) else value
        except errors:
            raise
        except Exception as exc:
            failures.note(exc)
            raise

    return give


def fake_operations(
    operations: Operations, fakes: Mapping[str, Any], failures: Failures
) -> dict[tuple[str, str], Operation]:
    """The operations with those of `fakes` ("kv.get") answered by the test, and beside them
    functions of extensions ("acme:shelf/books.find").

    Raises OperatorError for a name that is none, or that gives the guest a resource.
    """
    faked = dict(operations)
    named = {f"{o.capability}.{o.name}": key for key, o in operations.items()}
    for name, answer in fakes.items():
        capability, _, function = name.rpartition(".")
        if is_extension(capability):
            own = Operation(capability, function, Kind.WAITING, _nothing)
            faked[capability, function] = _replaced(own, answering(answer, failures), failures)
            continue
        if name not in named:
            raise OperatorError(
                f"there is no host function {name!r}", hint=did_you_mean(name, named)
            )
        operation = operations[named[name]]
        if operation.spawns or "." in operation.name or name == "fs.open":
            raise OperatorError(
                f"{name!r} is about a resource, which no fake can make",
                hint="fake what is behind it: http=, llm=, tools= or files=",
            )
        faked[named[name]] = _replaced(operation, answering(answer, failures), failures)
    return faked


def _nothing(caller: Any, *args: Any) -> None:
    """What a fake stands in for where no system plugin is."""


def _replaced(operation: Operation, answer: Answerer, failures: Failures) -> Operation:
    async def execute(caller: Any, *args: Any) -> Any:
        value = await answer(*args)
        failures.last_given = f"{operation.capability}.{operation.name} gave {value!r:.60}"
        return value

    return msgspec.structs.replace(operation, kind=Kind.WAITING, execute=execute)


def seed_random(operations: dict[tuple[str, str], Operation], seed: int) -> None:
    """Let the same numbers come in every run of the test."""
    source = random.Random(seed)

    def number(caller: Any) -> int:
        return source.getrandbits(64)

    def some_bytes(caller: Any, length: int) -> bytes:
        real(caller, length)  # The real one refuses a length out of range.
        return source.randbytes(length)

    real = operations["random", "bytes"].execute
    for name, execute in (("number", number), ("bytes", some_bytes)):
        operation = operations["random", name]
        assert operation.kind is Kind.INSTANT and operation.effect is Effect.NONE
        operations["random", name] = msgspec.structs.replace(operation, execute=execute)

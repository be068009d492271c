"""Look here if you want to know whose fault a failure is, and which exit code follows.

Rule: constructors take facts as keywords and build the sentence here, so wording lives in one file
and every door (terminal, page, MCP) can read the fields.
Rule: a sentence says what failed, which one, why, and what to type next.
"""

from typing import Any, ClassVar

INTERRUPTED = 130
"""Exit code of a run that a signal ended."""

WAITING = 6
"""Exit code of a run that waits for people or a far instant and is to be resumed."""

WORST_FIRST = (70, 5, 3, 4, 2, 1, WAITING, 0)
"""Exit codes from worst to best: a run's exit code is the worst of its parts."""


def worst(codes: "list[int]") -> int:
    """The worst of some exit codes, 0 if there are none."""
    return min(codes, key=WORST_FIRST.index, default=0)


class LionError(Exception):
    """Base of every error a person may see; printed as one line, never with a traceback.

    `what` is the sentence, `hint` what to type next (may be empty), `facts` the keywords it was
    built from.
    """

    exit_code: ClassVar[int] = 70

    def __init__(self, what: str, *, hint: str = "", **facts: Any) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint
        self.facts = facts

    def __str__(self) -> str:
        return f"{self.what}; {self.hint}" if self.hint else self.what


class OperatorError(LionError):
    """A file, a flag or a grant must change."""

    exit_code = 2


class GuestError(LionError):
    """The plugin broke its contract.

    `ending` is one of: trap, deadline, cpu, memory, memory-sum (with others), stack, exhausted,
    log (its share of it), world, result (what it returned cannot be shown), answer (it is not what
    the run asks for). `words` are the guest's own last words (panic text), `frames` the names of
    its functions, innermost first. Not `began`: there was no room for an instance, so nothing of
    it ran.
    """

    exit_code = 3

    def __init__(
        self,
        what: str,
        *,
        ending: str,
        words: str = "",
        frames: tuple[str, ...] = (),
        hint: str = "",
        began: bool = True,
        **facts: Any,
    ) -> None:
        super().__init__(what, hint=hint, **facts)
        self.began = began
        self.ending = ending
        self.words = words
        self.frames = frames


class OwnError(LionError):
    """A tool, or an agent, ended with an error of its own.

    `name` is which ("hello.greet"), `value` the error as JSON: of an agent
    {"tag": case, "value": text}.
    """

    exit_code = 1

    def __init__(self, value: Any, name: str = "") -> None:
        super().__init__(f"{name}: {value}" if name else str(value))
        self.value = value
        self.name = name


class Interrupted(LionError):
    """It was stopped, by a signal or by who started it, before it came to anything."""

    exit_code = INTERRUPTED


class OutsideError(LionError):
    """Network, disk or a model vendor failed; always raised `from` the cause."""

    exit_code = 4


class AuditError(LionError):
    """The log refused, so lion refused; or a log does not verify."""

    exit_code = 5


class InternalError(LionError):
    """A bug in lion."""

    exit_code = 70


class BrokenCall(InternalError):
    """A bug in a host function. It ends the invocation that called it, and nobody else; the run's
    exit code says that it was there.
    """


class LionWarning(UserWarning):
    """Something went on with less than was wanted, and nothing failed."""

"""Look here if you want to know how a system plugin offers guests host functions of its own: what
of the contract is about extensions.

    class Shelf(SystemPlugin):
        contract = 1
        offers = "acme:shelf/books@1.0.0"

        @function(target="title")
        def find(self, title: str, caller: Caller) -> list[Book]: ...

A component imports them like lion's own (`lion wit shelf` prints the interface), a manifest grants
them (`allow.interfaces."acme:shelf/books" = ["fiction/**"]`), and each call passes the one door:
decided, charged, recorded, answered from the log by a replay.

Rule: what the guest may is decided before the function runs, by its target; the function itself
acts under its own plugin's grants.
Rule: every function's result in WIT is `result<_, error>`: a refusal always has a place.
"""

from collections.abc import Callable
from typing import Annotated, Any, Final, TypeVar, overload

import msgspec

from lion.domain.call import ERROR_CASES


class Wit(msgspec.Struct, frozen=True):
    """Which of WIT's numbers an int or a float is."""

    name: str


U8 = Annotated[int, Wit("u8")]
U16 = Annotated[int, Wit("u16")]
U32 = Annotated[int, Wit("u32")]
U64 = Annotated[int, Wit("u64")]
S8 = Annotated[int, Wit("s8")]
S16 = Annotated[int, Wit("s16")]
S32 = Annotated[int, Wit("s32")]
S64 = Annotated[int, Wit("s64")]
F32 = Annotated[float, Wit("f32")]
F64 = Annotated[float, Wit("f64")]


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Whose call it is: the run, the holder and the chain of holders from the run's root to it.

    `namespace` is owner and holder ("/home/me/desk/manifest.toml/ann"): the same in every run, for
    what is kept.
    """

    run: str
    holder: str
    chain: tuple[str, ...]
    namespace: str


class Failure(Exception):
    """Raised by a function: the error its caller gets. `case` is one of `types.error` (FAILURES),
    `text` is for people, guests among them. What else a function raises is its plugin's failure.
    """

    def __init__(self, case: str, text: str) -> None:
        if case not in FAILURES:
            raise ValueError(f"{case!r} is no case of types.error: {', '.join(FAILURES)}")
        super().__init__(f"{case}: {text}")
        self.case = case
        self.text = text


FAILURES: Final = tuple(case for case in ERROR_CASES if case not in ("denied", "cancelled"))
"""The cases that a function may answer: who is denied or cancelled is lion's to say."""


class FunctionMark(msgspec.Struct, frozen=True):
    """What `@function` was told."""

    target: str | None
    outside: bool


FUNCTION_MARK: Final = "__lion_function__"
F = TypeVar("F", bound=Callable[..., Any])


@overload
def function(method: F, /) -> F: ...
@overload
def function(*, target: str | None = None, outside: bool = True) -> Callable[[F], F]: ...
def function(method: Any = None, /, *, target: str | None = None, outside: bool = True) -> Any:
    """Offer a method to guests as a host function of `offers`: `find_all` becomes `find-all`.

    `target` is the parameter (a str, never empty) that says what a call is about: grants and rules
    have patterns for it, and compare it as the guest wrote it. So a function for which two texts
    mean one thing (`a/../b`, upper and lower case) has to refuse all but one of them.

    `outside` is false for what changes and tells nothing outside of this process: its calls are
    recorded once, when they have ended, and not before, too. Parameters of type Host and Caller
    are given by lion.
    """

    def mark(method: F) -> F:
        setattr(method, FUNCTION_MARK, FunctionMark(target, outside))
        return method

    return mark if method is None else mark(method)

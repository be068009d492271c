"""Look here if you want to know how an error looks to a person and to a program.

Rule: one line says what, one what to type; a traceback only with -v, and only for a bug.
"""

import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click
import msgspec

from lion.cli.screen import Screen, open_screen
from lion.domain.text import show_line, show_lines
from lion.errors import (
    GuestError,
    InternalError,
    Interrupted,
    LionError,
    LionWarning,
    OperatorError,
)

_MOST_WORDS = 20
"""Lines of a guest's last words that are shown."""


def report_fault(error: BaseException, words: Sequence[str]) -> int:
    """Tell the person (with --json in `words`, the program) of an error; return its exit code."""
    fault = _no_text(error, words) or as_lion_error(error)
    if "--json" in words:
        open_screen("stdout").line(render_json(fault))
    else:
        screen = open_screen("stderr")
        for line in render_lines(fault, screen):
            screen.line(line)
    if isinstance(fault, InternalError) and _is_verbose(words):
        screen = open_screen("stderr")
        for line in show_lines("".join(traceback.format_exception(error))):
            screen.line(line)
    return fault.exit_code


def _no_text(error: BaseException, words: Sequence[str]) -> LionError | None:
    """The error for a word of bytes that are no UTF-8 and went where only text can."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    if not isinstance(error, UnicodeEncodeError):
        return None
    typed = next((word for word in words if word != word.encode(errors="ignore").decode()), None)
    if typed is None:
        return None
    return OperatorError(f"'{show_line(typed):.80}' is no text", hint="type it in UTF-8")


@contextmanager
def shown_warnings() -> Iterator[None]:
    """While this lasts each warning of lion's is one line on stderr."""
    with warnings.catch_warnings():
        usual = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *where: Any, **how: Any) -> None:
            if issubclass(category, LionWarning):
                screen = open_screen("stderr")
                word = screen.paint("warning", "yellow")
                screen.line(f"{word}  {show_line(str(message))}")
            else:
                usual(message, category, *where, **how)

        warnings.showwarning = show
        warnings.simplefilter("always", LionWarning)
        yield


def as_lion_error(error: BaseException) -> LionError:
    """The error as one of ours: usage errors are the operator's, anything unknown is a bug."""
    if isinstance(error, BaseExceptionGroup):
        from lion.kernel.groups import flatten

        error = flatten(error)
    if isinstance(error, KeyboardInterrupt):
        return Interrupted("interrupted")
    if isinstance(error, click.ClickException):
        return _usage(error)
    if isinstance(error, LionError) and not isinstance(error, InternalError):
        return error
    what = error.what if isinstance(error, InternalError) else f"{type(error).__name__}: {error}"
    return InternalError(
        f"a bug in lion: {what}",
        hint="please report it with the output of the same command and -v",
    )


def render_lines(fault: LionError, screen: Screen) -> list[str]:
    """The error for people."""
    lines = [f"{screen.paint('error:', 'red')} {show_line(fault.what)}"]
    if isinstance(fault, GuestError):
        lines += [f"       its last words: {word}" for word in _last_words(fault.words)]
    if fault.hint:
        lines.append(f"       {show_line(fault.hint)}")
    return lines


def render_json(fault: LionError) -> str:
    """The error for programs on one line: `{"error": {"kind": ..., "message": ..., ...}}`."""
    facts: dict[str, Any] = dict(fault.facts)
    if isinstance(fault, GuestError):
        facts |= {"ending": fault.ending, "words": fault.words, "frames": fault.frames}
    facts |= {
        "kind": type(fault).__name__.lstrip("_"),
        "message": fault.what,
        "hint": fault.hint,
        "exit_code": fault.exit_code,
    }
    return msgspec.json.encode({"error": _scrubbed(facts)}, enc_hook=str).decode()


def _scrubbed(value: Any) -> Any:
    """Half a surrogate pair (from a file name that is no UTF-8) has no place in JSON."""
    match value:
        case str():
            return value.encode("utf-8", "backslashreplace").decode()
        case dict():
            return {_scrubbed(str(k)): _scrubbed(v) for k, v in value.items()}
        case list() | tuple():
            return [_scrubbed(v) for v in value]
        case _:
            return value


def _last_words(words: str) -> list[str]:
    return show_lines(words)[:_MOST_WORDS] if words else []


def _usage(error: click.ClickException) -> OperatorError:
    ctx = getattr(error, "ctx", None)
    path = ctx.command_path if ctx is not None else "lion"
    return OperatorError(error.format_message(), hint=f"see: {path} --help")


def _is_verbose(words: Sequence[str]) -> bool:
    return any(w == "--verbose" or (w.startswith("-v") and set(w[1:]) == {"v"}) for w in words)

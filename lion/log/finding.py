"""Look here if you want to know how a person's word for a run becomes its id."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from lion.domain.events import RunForgotten, RunResumed
from lion.domain.record import Record
from lion.errors import AuditError, OperatorError

_SHOWN = 5


def find_run(runs: Sequence[str], word: str) -> str:
    """The id for an id, a unique prefix of one, or `last`; `runs` are oldest first.

    Raises OperatorError if there is none (naming the nearest, or the most recent) or there are
    several.
    """
    if not runs:
        raise unknown_run(runs, word)
    if word == "last":
        return runs[-1]
    if word in runs:
        return word
    matches = [run for run in runs if word and run.startswith(word)]
    if len(matches) == 1:
        return matches[0]
    raise _several(word, matches) if matches else unknown_run(runs, word)


def tries_of(last: Iterable[Record]) -> int:
    """How often a run was resumed in vain, as far as its last records tell."""
    tries = 0
    try:
        for record in last:
            tries = tries + 1 if record.type == RunResumed.__name__ else 0
    except AuditError:  # a damaged one, as whoever reads it will be told
        return 0
    return tries


def _several(word: str, matches: Sequence[str]) -> OperatorError:
    shown = ", ".join(matches[-_SHOWN:])
    more = f" and {len(matches) - _SHOWN} more" if len(matches) > _SHOWN else ""
    return OperatorError(
        f"run {word!r} may be any of {len(matches)}: {shown}{more}",
        hint="type more of the id",
        run=word,
        matches=list(matches),
    )


def unknown_run(runs: Sequence[str], word: str) -> OperatorError:
    """Build the error for a run that is not there, naming the nearest ids or else the most
    recent."""
    if not runs:
        return OperatorError(
            f"there is no run {word!r}: the log is empty",
            hint="start one with: lion run MANIFEST",
            run=word,
        )
    near = get_close_matches(word, runs, n=3)
    label = "the nearest are" if near else "the most recent are"
    shown = ", ".join(near or reversed(runs[-3:]))
    return OperatorError(
        f"there is no run {word!r}; {label}: {shown}",
        hint="see them all with: lion runs",
        run=word,
    )


def forgotten(run: RunForgotten) -> OperatorError:
    """Build the error for a run whose records were removed, with what is left of it."""
    return OperatorError(
        f"run {run.run} of {run.manifest_name} was forgotten: it had {run.records} records, "
        f"head sha256:{run.head}",
        hint="see what is left of it with: lion log log",
        run=run.run,
        head=run.head,
        records=run.records,
    )

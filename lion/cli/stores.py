"""Look here if you want to know what is said of an owner that keeps nothing."""

from collections.abc import Iterable

from lion.domain.names import nearest
from lion.errors import OperatorError


def no_owner(word: str, known: Iterable[str], what: str, command: str) -> OperatorError:
    """Build the error for an owner, a manifest as it was typed, that keeps nothing of a kind."""
    owners = sorted(set(known))
    like = nearest(word, owners)
    hint = f"see who does: {command}" if owners else "nobody does yet"
    if like is not None:
        hint = f"did you mean {like}? {hint}"
    return OperatorError(f"{word!r} does not keep {what}", hint=hint)

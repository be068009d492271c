"""Look here if you want to know how a suggested line keeps the variables that its manifest has.

A manifest says `"GET ${web}/park/**"`. A line to replace it that has the variable's value in its
place would be right for this run and wrong for the next one, which `--set`s another.

Rule: a variable is written where the manifest itself writes it: for what is granted already the
very text it has, for what is new only as the whole origin that a grant has it for.
"""

from collections.abc import Mapping, Sequence

from lion.domain.plan import Plan


def as_written(granted: Sequence[str], target: str, plan: Plan) -> tuple[list[str], str]:
    """Granted scopes of `http` and a new target (`GET https://...`), as the manifest would have
    them.
    """
    values: Mapping[str, str] = plan.resolved.get("vars", {})
    words = {f"${{{name}}}": value for name, value in values.items() if value}
    kept = [_written(scope, words, plan.text) for scope in granted]
    for word, value in words.items():
        if any(f" {word}/" in text for text in kept):
            target = target.replace(f" {value}/", f" {word}/", 1)
    return kept, target


def _written(scope: str, words: Mapping[str, str], text: str) -> str:
    """The scope with those variables that the manifest's text has in it."""
    singly = [scope.replace(value, word, 1) for word, value in words.items()]
    whole = scope
    for word, value in words.items():
        whole = whole.replace(value, word, 1)
    return next((one for one in (whole, *singly) if one in text), scope)

"""Look here if you want to know which names holders may have, and how a misspelling is met."""

import re
from collections.abc import Iterable

NAME_PATTERN = "[a-z][a-z0-9-]{0,63}"
NAME_FORMS = 'a lower-case letter, then letters, digits and "-", at most 64 in all'

TOOL_PATTERN = rf"{NAME_PATTERN}(?:\.[A-Za-z0-9-]{{1,64}}){{1,2}}"
"""A tool's full name: `plugin.function`."""

SCOPE_PATTERN = r"(?!.*\*\*\*)(?:\*\*|[a-z0-9*-]{1,64}(?:\.[A-Za-z0-9*-]{1,64}){1,2})"
"""Which tools a grant may name: `fetcher.fetch`, `notes.*`, `**`."""

MODEL_SCOPE_PATTERN = r"(?!.*\*\*)[a-z0-9*-]{1,64}"
"""Which models a grant may name: `fast`, `small-*`, `*`."""

TOPIC_PATTERN = r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+){0,15}"
"""What is published on the bus has one, of at most LONGEST_TOPIC characters."""
TOPIC_SCOPE_PATTERN = r"(?!.*\*\*\*)[A-Za-z0-9_*-]+(?:\.[A-Za-z0-9_*-]+){0,15}"
"""Which topics a grant or a subscription may name: `news.*`, `**`."""
LONGEST_TOPIC = 256
OUTSIDE = "@"
"""Whoever is not of a run has a name there that begins so."""
_TASK = "[0-9a-f]{12}"
ADDRESS_PATTERN = rf"@{NAME_PATTERN}/(?:{_TASK}/)?(?:{_TASK}|{NAME_PATTERN})"
"""Somebody in another run: `@SERVICE/TASK`, `@SERVICE/AGENT`, `@SERVICE/TASK/AGENT`."""
ADDRESS_SCOPE_PATTERN = r"(?!.*\*\*)@[a-z0-9*-]{1,64}/[a-z0-9*/-]{1,80}"
"""Whom outside of its run a grant may name: `@east/ann`, `@east/*`."""
LONGEST_ADDRESS = 160
MOST_STARS = 8
"""Stars of one such pattern, `**` counted as one."""

LONGEST_GUESS = 64
"""Characters of a word that may be what a misspelled one meant."""
MOST_GUESSES = 100
"""Words that one is compared with."""
MOST_SHOWN = 50
"""Known words that an error lists."""

is_name = re.compile(NAME_PATTERN).fullmatch
is_tool_name = re.compile(TOOL_PATTERN).fullmatch
is_model_scope = re.compile(MODEL_SCOPE_PATTERN).fullmatch
is_address = re.compile(ADDRESS_PATTERN).fullmatch
is_address_scope = re.compile(ADDRESS_SCOPE_PATTERN).fullmatch
is_tool_scope = re.compile(SCOPE_PATTERN).fullmatch
_is_topic = re.compile(TOPIC_PATTERN).fullmatch
_is_topic_scope = re.compile(TOPIC_SCOPE_PATTERN).fullmatch


def is_topic(text: str) -> bool:
    """Whether something may be published on it."""
    return len(text) <= LONGEST_TOPIC and _is_topic(text) is not None


def is_topic_scope(text: str) -> bool:
    """Whether it may stand for topics."""
    if len(text) > LONGEST_TOPIC or text.replace("**", "*").count("*") > MOST_STARS:
        return False
    return _is_topic_scope(text) is not None


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is most like this one, if any is."""
    import difflib

    # difflib is quadratic; nobody mistypes a word by hundreds of characters, and one of three
    # times another's length is not like it.
    word = word[:LONGEST_GUESS]
    like = [k for k in known if len(word) <= 3 * len(k[: 3 * LONGEST_GUESS]) <= 9 * len(word)]
    nearer = sorted(like, key=lambda k: (k[:1] != word[:1], k))[:MOST_GUESSES]
    found = difflib.get_close_matches(word, sorted(nearer), n=1, cutoff=0.6)
    return found[0] if found else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """What to say of an unknown word: the nearest known one, or all of them."""
    words = sorted(known)
    guess = nearest(word, words)
    if guess is not None:
        return f"did you mean {guess!r}?"
    shown = ", ".join(one[:LONGEST_GUESS] for one in words[:MOST_SHOWN])
    more = f", and {len(words) - MOST_SHOWN:,} more" if len(words) > MOST_SHOWN else ""
    return f"known here: {shown}{more}" if words else "there is none"

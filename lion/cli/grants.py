"""Look here if you want to know how a grant is written for people: what it names, and how much.

Rule: scopes come from manifests and guests: they are escaped.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from lion.cli.screen import Screen
from lion.domain.plan import Rate
from lion.domain.text import show_line
from lion.domain.units import counted, render_duration, render_money, render_rate, render_size
from lion.review.check import ManifestAudit
from lion.review.rights import GrantView

_SIZES: Final = ("bytes", "bytes-in", "bytes-out")
_MOST_RULES: Final = 10
_TIMES: Final = ("timeout",)
VERDICTS: Final = {"deny": "denies", "ask": "has a person asked about", "allow": "approves"}
"""What a rule does, by its verdict."""


def render_grant(grant: GrantView) -> str:
    """`/n is notes -> /home/ann/notes, may be written; 1 MiB`, `GET https://x/**; 9 calls`."""
    parts = [_scope(grant), *_numbers(grant.quota)]
    if grant.ask_at is not None:
        parts.append(f"a person is asked at {grant.ask_at} %")
    return "; ".join(part for part in parts if part) or "all of it"


def render_rules(audit: ManifestAudit, screen: Screen) -> Iterator[str]:
    """The operator's rules that do less than they seem to, a line each."""
    idle = [(r.by, r.rule, f"can match nothing: {r.why}") for r in audit.idle_rules]
    unasked = [
        (r.by, r.rule, f"is about what guests call; [[run]] starts {r.tool} all the same")
        for r in audit.unasked_rules
    ]
    rules = [*idle, *unasked]
    word = screen.paint("warning", "yellow")
    for by, rule, why in rules[:_MOST_RULES]:
        said = f'{by}: "{rule}" {why}'
        yield f"{word}  {show_line(said, longest=240)}"
    if len(rules) > _MOST_RULES:
        yield f"… and {counted(len(rules) - _MOST_RULES, 'more rule')} of that kind"


def _scope(grant: GrantView) -> str:
    text = ", ".join(show_line(one, longest=200) for one in grant.scope)
    if grant.directory:
        how = "may be written" if grant.is_writable else "to read"
        real = show_line(grant.directory, longest=400)
        return f"{text} is {show_line(grant.at, longest=400)} -> {real}, {how}"
    if grant.goes_to:
        return f"{text} goes to {', '.join(map(show_line, grant.goes_to))}"
    return text


def _numbers(quota: Mapping[str, int]) -> Iterator[str]:
    for name, amount in quota.items():
        if name == "rate":
            yield render_rate(Rate(amount, quota["rate-period"]))
        elif name in _SIZES:
            way = name.removeprefix("bytes").replace("-", " ")
            yield f"{render_size(amount)}{way}"
        elif name in _TIMES:
            yield f"{render_duration(amount)} each"
        elif name == "money":
            yield f"money {render_money(amount)}"
        elif name != "rate-period":
            yield f"{amount:,} {name}"

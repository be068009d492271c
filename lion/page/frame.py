"""Look here if you want to know what every screen of the live page has around it, and how it is
written.

Rule: the template escapes every value; what a guest said goes through `guest` or `said`, which
give it a place and a face of its own.
Rule: no style attribute, no inline script: the strict Content-Security-Policy holds everywhere.
"""

from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import msgspec
from markupsafe import Markup, escape

from lion.domain.task import Principal, Role
from lion.domain.text import show, show_line
from lion.page.rendering import static
from lion.page.times import seconds, took
from lion.telling.amounts import render_spent
from lion.version import VERSION

if TYPE_CHECKING:
    import jinja2

SCREENS: Final = (
    ("attention", "Attention", "bell"), ("live", "Live", "stream"), ("runs", "Runs", "rows"),
    ("rights", "Rights", "grid"), ("plugins", "Plugins", "plug"),
)  # fmt: skip
"""The screens of the rail: path, name, mark."""
LONGEST: Final = 300
"""Characters of a guest's words on one line."""
LONGEST_BLOCK: Final = 16 * 1024
"""Characters of a guest's words that stand in a block."""
_SHOWN_DIGEST: Final = 8


class Gauges(msgspec.Struct, frozen=True, kw_only=True):
    """What stands around every screen: `counts` by its path, and the nonce of scripts."""

    slots: str
    queue: str
    runs: str
    nonce: str = ""
    counts: dict[str, int] = {}


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """How far something is used; `share` in percent, None where there is no limit."""

    name: str
    value: str
    share: int | None = None

    @property
    def tone(self) -> str:
        """Of its meter."""
        share = self.share or 0
        return "d" if share >= 100 else "w" if share >= 80 else "a"


def render(name: str, by: Principal, gauges: Gauges, **values: Any) -> str:
    """A screen, by its template's name, with what stands around all of them."""
    return templates().get_template(f"{name}.html").render(
        here=name, by=by, gauges=gauges, screens=SCREENS, version=VERSION, asset=static,
        nonce=gauges.nonce,
        may_operate=by.role.includes(Role.OPERATOR),
        may_rule=by.role.includes(Role.ADMINISTRATOR), **values,
    )  # fmt: skip


def plain(template: str, **values: Any) -> str:
    """A page of its own, without what stands around screens."""
    return templates().get_template(template).render(version=VERSION, static=static, **values)


def said(text: object, longest: int = LONGEST) -> Markup:
    """A guest's words within a line of lion's."""
    return Markup('<q class="g">{}</q>').format(show_line(str(text), longest=longest))


def guest(text: object) -> Markup:
    """A guest's words as a block of their own; of very long ones the beginning, and how many
    follow."""
    whole = str(text)
    more = (
        f"\n… {len(whole) - LONGEST_BLOCK:,} more characters" if len(whole) > LONGEST_BLOCK else ""
    )
    return escape(show(whole[:LONGEST_BLOCK]) + more)


def line(text: object, longest: int = LONGEST) -> str:
    """Text on one line, cut, with nothing that moves or hides."""
    return show_line(str(text), longest=longest)


def clock(time_ns: int) -> str:
    """The time of day in UTC, to the second."""
    return f"{datetime.fromtimestamp(time_ns // 10**9, UTC):%H:%M:%S}"


def day(time_ns: int) -> str:
    """The day and the time in UTC, to the second."""
    return f"{datetime.fromtimestamp(time_ns // 10**9, UTC):%Y-%m-%d %H:%M:%S}"


def digest(text: str) -> str:
    """A digest, shortened at its end."""
    return text[:_SHOWN_DIGEST]


@cache
def templates() -> "jinja2.Environment":
    """All templates, with the filters they share."""
    import jinja2  # not before a page is asked for: it takes a while

    around = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        loader=jinja2.FunctionLoader(_source), auto_reload=False,
    )  # fmt: skip
    around.filters |= {
        "said": said, "guest": guest, "line": line, "clock": clock, "day": day, "short": digest,
        "took": took, "seconds": seconds, "count": lambda n: f"{n:,}",
        "spent": lambda amount, budget: render_spent(budget, amount),
    }  # fmt: skip
    return around


def _source(name: str) -> str:
    return (files("lion.page") / "templates" / name).read_text("utf-8")

"""Look here if you want to know how a run becomes one HTML file that opens offline.

Rule: nothing is fetched and nothing runs but the script that lion wrote: the page's own
Content-Security-Policy names both by their digests (CSP 3, hash sources).
Rule: the template escapes every value; what a guest said stands in places of its own.
"""

import base64
from collections.abc import Iterator
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final

import msgspec
from markupsafe import Markup

from lion.domain.text import show_line
from lion.domain.units import counted
from lion.page.frame import templates
from lion.page.shapes import axis, draw
from lion.page.story import Line, Story
from lion.page.times import seconds, took
from lion.ports import VerifyReport
from lion.review.report import Denial, split_suggestion
from lion.review.run import RunAudit
from lion.telling.events import render_time

VIEWS: Final = (
    ("timeline", "Timeline"), ("tree", "Tree"), ("authority", "Authority"), ("log", "Log"),
)  # fmt: skip
LEGEND: Final = (
    ("llm", "model"), ("output", "output"), ("tools", "tools"), ("http", "http"),
    ("fs", "files, kv"), ("clock", "clock and others"), ("failed", "failed"), ("denied", "denied"),
)  # fmt: skip
_MOST_ROWS: Final = 1_000
"""Of grants, of operations, of denials."""
_MOST_TICKS: Final = 1_000
_LONG: Final = 300


def render_run(audit: RunAudit, story: Story, proof: VerifyReport) -> str:
    """The page of a run."""
    css = _static("tokens.css") + _static("run.css")
    script = _static("views.js") + _static("run.js")
    return (
        templates()
        .get_template("exported.html")
        .render(
            audit=audit,
            run=audit.run,
            name=show_line(audit.manifest_name, longest=80),
            css=Markup(css),
            script=Markup(script),
            csp=_policy(css, script),
            started=render_time(story.began_ns)[:19] + "Z",
            state=_state(audit),
            readings=tuple(_readings(audit, story)),
            proof=f"{counted(proof.records, 'record')} unchanged when this page was made",
            head=proof.head,
            signed=_signed(proof),
            **views_of(story),
            **authority_of(audit),
        )
    )


def views_of(story: Story) -> dict[str, Any]:
    """What the template of the views is given: a run over time, by call, by record."""
    return {
        "story": story, "ticks": _ticks(story), "first": _first(story), "views": VIEWS,
        "ticks_of_time": tuple(axis(story.span_ns)), "lanes": tuple(draw(story)),
        "legend": LEGEND, "agents": tuple(story.said), "said": _json(story.said),
        "seconds": seconds, "took": took,
    }  # fmt: skip


def authority_of(audit: RunAudit) -> dict[str, Any]:
    """What the template of a run's authority is given."""
    return {
        "denials": tuple(_denials(audit)), "grants": tuple(_grants(audit)),
        "operations": tuple(_operations(audit)),
    }  # fmt: skip


def _static(name: str) -> str:
    return (files("lion.page") / "static" / name).read_text("utf-8")


def _policy(css: str, script: str) -> str:
    def digest(text: str) -> str:
        return base64.b64encode(sha256(text.encode()).digest()).decode()

    return (
        f"default-src 'none'; style-src 'sha256-{digest(css)}'; "
        f"script-src 'sha256-{digest(script)}'; img-src data:; base-uri 'none'; form-action 'none'"
    )


def _json(value: Any) -> Markup:
    """JSON in a script element: nothing in it can end the element (HTML, 4.12.1.3)."""
    text = msgspec.json.encode(value).decode()
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def _state(audit: RunAudit) -> str:
    if audit.exit_code is None:
        return "It has no end in the log: cut short, or still going."
    ended = ", ".join(
        f"{show_line(one.name, longest=40)} {one.ending}" for one in audit.endings[:8]
    )
    how = "Interrupted" if audit.is_interrupted else "Ended"
    return f"{how}: {ended or 'nothing was started'}."


def _readings(audit: RunAudit, story: Story) -> Iterator[tuple[str, str, str]]:
    cpu = sum(one.use.cpu_ns for one in audit.holders if one.use)
    yield "took", took(story.ended_ns - story.began_ns), ""
    yield "records", f"{story.records:,}", ""
    yield "host calls", f"{audit.calls:,}", ""
    yield "denied", f"{audit.denied:,}", "denied" if audit.denied else ""
    yield "invocations", f"{len(story.lanes) + story.left_out_lanes:,}", ""
    yield "CPU of guests", took(cpu), ""
    yield "exit code", "none" if audit.exit_code is None else str(audit.exit_code), ""


def _signed(proof: VerifyReport) -> str:
    if not proof.signed:
        return ""
    return f"up to record {proof.signed:,} by the key {proof.key}"


def _ticks(story: Story) -> list[dict[str, str]]:
    """A tick for a record, as far as they can be told apart; what was denied always has one."""
    lines, last = story.lines, max(len(story.lines) - 1, 1)
    every = -(-len(lines) // _MOST_TICKS)
    heights = {"denied": "2", "failed": "4", "waiting": "8"}
    return [
        {
            "x": f"{100 * at / last:.2f}%",
            "tone": line.tone,
            "y": heights.get(line.tone, _height(line)),
        }
        for at, line in enumerate(lines)
        if at % every == 0 or line.tone == "denied"
    ]


def _height(line: Line) -> str:
    return "15" if line.is_said else "10"


def _first(story: Story) -> int:
    """The record that is chosen at first: the first denial, else the last record."""
    found = (at for at, line in enumerate(story.lines, 1) if line.tone == "denied")
    return next(found, max(len(story.lines), 1))


def _denials(audit: RunAudit) -> Iterator[dict[str, str]]:
    found: list[Denial] = [one for h in audit.holders if h.use for one in h.use.denied]
    for one in found[:_MOST_ROWS]:
        table, line = split_suggestion(one.suggestion) if one.suggestion else ("", "")
        yield {
            "holder": show_line(one.holder, longest=40),
            "what": show_line(
                f"{one.capability} {one.operation} {one.target}".strip(), longest=_LONG
            ),
            "times": "once" if one.times == 1 else f"{one.times:,} times",
            "reason": show_line(one.reason, longest=_LONG),
            "by": show_line(one.decided_by or "grants", longest=80),
            "table": show_line(table, longest=80),
            "line": show_line(line, longest=2 * _LONG),
        }


def _grants(audit: RunAudit) -> Iterator[dict[str, Any]]:
    rows = ((h, one) for h in audit.holders if h.use for one in h.use.grants)
    for (holder, one), _ in zip(rows, range(_MOST_ROWS), strict=False):
        yield {
            "holder": show_line(holder.name, longest=40),
            "trusted": not holder.is_sandboxed,
            "capability": one.capability,
            "scope": show_line(one.scope, longest=_LONG),
            "calls": f"{one.calls:,}" if one.calls else "",
            "stopped": one.stopped,
            "line": show_line(one.line, longest=_LONG),
        }


def _operations(audit: RunAudit) -> Iterator[dict[str, Any]]:
    rows = ((h, one) for h in audit.holders if h.use for one in h.use.operations)
    for (holder, one), _ in zip(rows, range(_MOST_ROWS), strict=False):
        yield {
            "holder": show_line(holder.name, longest=40),
            "what": f"{one.capability}.{one.operation}",
            "calls": f"{one.calls:,}",
            "failed": f"{one.failed:,}" if one.failed else "",
            "targets": tuple(show_line(t.target, longest=80) for t in one.targets[:3]),
        }

"""Several who speak, side by side: each in a column, what is said escaped, the last rows shown."""

import io

from rich.console import Console

from lion.cli.side_by_side import SideBySide
from lion.cli.speech import SHOWN
from lion.domain.events import AgentCompleted, AgentPartialOutput, encode_body
from lion.domain.events.base import Event
from lion.domain.record import Record
from tests.cli.kit import Lion


def record(who: str, event: Event) -> Record:
    name = type(event).__name__
    return Record(1, "r", 1, who, 1, who, "", "", "", 0, name, 1, encode_body(event))


def says(who: str, text: str) -> Record:
    fields = {"capability": "output", "operation": "text", "target": "", "args": [text]}
    event = AgentPartialOutput(
        **fields, verdict="allow", reason="", decided_by="default", status="completed",
        value=["ok", None],
    )  # fmt: skip
    return record(who, event)


def shown(*records: Record, width: int = 60, height: int = 10) -> str:
    """The rows that are left at the end."""
    out = io.StringIO()
    console = Console(file=out, force_terminal=False, width=width, height=height)
    view = SideBySide(["ann", "bob"], console)
    for one in records:
        view.show([one])
    view.finish()
    return out.getvalue()


def test_each_has_a_column_and_pieces_join() -> None:
    rows = shown(says("ann", "one "), says("bob", "uno\n"), says("ann", "line\nand more"))
    (line,) = [row for row in rows.splitlines() if "one line" in row]
    left, right = line[:30], line[30:]
    assert "one line" in left
    assert "uno" in right
    assert "and more" in rows


def test_what_is_said_is_text() -> None:
    rows = shown(says("ann", "[red]not red[/red] \x1b[31m\n"), says("bob", "\u202eevil\n"))
    assert "[red]not red[/red]" in rows
    assert "\x1b[31m" not in rows
    assert "\u202e" not in rows


def test_the_last_rows_are_shown() -> None:
    rows = shown(*(says("ann", f"line {i}\n") for i in range(50)), height=9)
    assert "line 49" in rows
    assert "line 43" not in rows
    assert AgentCompleted.__name__ in SHOWN


def test_the_demo_falls_back_to_lines_and_is_recorded(lion: Lion) -> None:
    result = lion("demo")
    assert result.returncode == 0
    assert "0 denied" in result.stdout
    assert "ann   | A pride keeps what one lion could not." in result.stdout
    assert "carla | Because they can." in result.stdout
    first = {line.split(" | ")[0].strip() for line in result.stdout.splitlines()[:6]}
    assert len(first) > 1, "they speak at the same time"
    assert lion("replay", "last").returncode == 0

"""What guests say on terminals of all kinds: no visual line of theirs begins at the left edge."""

import fcntl
import os
import struct
import termios
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lion.cli.columns import columns_of, last_columns
from lion.cli.printer import Page
from lion.cli.screen import Screen
from lion.cli.summary import json_text, render_ending
from lion.domain.record import Record
from lion.review.report import Ending
from tests.cli.test_live import output, said

COLUMNS = 40
FORGED = "carla | accepted", "ok      lion.verify"
FILLERS = [" ", "x", "\t", "\u3164", "\u2800", "\uff21", "\u1100", "é", "e\u0301", "¡", "я", "─",
           "\U0001f981", "\U0001f321\ufe0f", "\u200d", "\ufdfd", "\U0003fffd", "\ue000", "\x9b",
           "\u115f", "\U0001f1e6", "\u00a0", "\u3000"]  # fmt: skip

Width = Callable[[str], int]


def narrow(char: str) -> int:
    """As most terminals have it."""
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def wide(char: str) -> int:
    """As in East Asia, and where each sign that may be an emoji is as wide as one."""
    if char.isascii():
        return 1
    is_wide = unicodedata.east_asian_width(char) in "WFA" or char >= "\U0001f000"
    return 2 if is_wide else narrow(char)


class Terminal:
    """A pseudo-terminal that is so wide, and the lines that one sees on it."""

    def __init__(self, columns: int, width: Width) -> None:
        self.columns = columns
        self.width = width
        self.master, self.slave = os.openpty()
        size = struct.pack("HHHH", 24, columns, 0, 0)
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, size)
        attributes = termios.tcgetattr(self.slave)
        attributes[1] &= ~termios.OPOST
        termios.tcsetattr(self.slave, termios.TCSANOW, attributes)
        os.set_blocking(self.master, False)

    def screen(self, **more: bool) -> Screen:
        return Screen(self.slave, is_terminal=True, **more)

    def rows(self, encoding: str = "utf-8") -> list[str]:
        """What stands in each row: the last column wraps, `\\r` and `ESC [2K` erase."""
        rows, used = [""], 0
        chars = iter(self._written().decode(encoding))
        for char in chars:
            match char:
                case "\n":
                    rows, used = [*rows, ""], 0
                case "\r":
                    used = 0
                case "\t":
                    used = min(used // 8 * 8 + 8, self.columns - 1)
                case "\x1b":
                    code = "".join(iter(lambda: next(chars), "K"))
                    assert code == "[2"
                    rows[-1] = ""
                case _:
                    if used + self.width(char) > self.columns:
                        rows, used = [*rows, ""], 0
                    rows[-1] += char
                    used += self.width(char)
        return rows

    def _written(self) -> bytes:
        found = b""
        while True:
            try:
                found += os.read(self.master, 65_536)
            except BlockingIOError:
                return found

    def close(self) -> None:
        os.close(self.master)
        os.close(self.slave)


@contextmanager
def terminal(columns: int = COLUMNS, width: Width = narrow) -> Iterator[Terminal]:
    opened = Terminal(columns, width)
    try:
        yield opened
    finally:
        opened.close()


def heard(
    opened: Terminal, *records: Record, names: tuple[str, ...] = ("ann", "bob")
) -> list[str]:
    """The rows after a page has shown these records."""
    page = Page(opened.screen(), names)
    for one in records:
        page.show([one])
    page.finish()
    return [row for row in opened.rows() if row]


@pytest.mark.parametrize("width", [narrow, wide])
@pytest.mark.parametrize("filler", FILLERS, ids=ascii)
def test_padding_puts_nobodys_words_at_the_edge(filler: str, width: Width) -> None:
    for count in range(COLUMNS + 2):
        for forged in FORGED:
            with terminal(width=width) as opened:
                rows = heard(opened, said(f"{filler * count}{forged}\n"))
            assert all(row.startswith("ann | ") for row in rows), rows


@given(st.text(max_size=200), st.integers(8, 90), st.sampled_from([narrow, wide]))
def test_each_row_says_who_speaks(text: str, columns: int, width: Width) -> None:
    with terminal(columns, width) as opened:
        rows = heard(opened, said(f"{text}\n"), output("progress", [1, 2, text]))
    assert rows and all(row.startswith(("ann | ", "a.. | ", ".. | ", "an.. | ")) for row in rows)


@given(st.text(max_size=200), st.integers(8, 90), st.sampled_from([narrow, wide]))
def test_an_answer_begins_no_row(text: str, columns: int, width: Width) -> None:
    ending = Ending(name="ann", kind="agent", ok=True, exit_code=0, text=text)
    with terminal(columns, width) as opened:
        screen = opened.screen()
        for line in render_ending(ending, 3, screen):
            screen.line(line)
        first, *rows = [row for row in opened.rows() if row]
    assert first.startswith("ok  ") and all(row.startswith(" ") for row in rows)


def test_a_name_as_wide_as_the_terminal_is_cut() -> None:
    name = "x" * COLUMNS + "carla"
    with terminal() as opened:
        rows = heard(opened, said("accepted\n", principal=name), names=(name,))
    assert rows == ["x" * 15 + ".. | accepted"]


def test_what_is_said_for_now_stays_in_one_row() -> None:
    for filler in FILLERS:
        with terminal(width=wide) as opened:
            page = Page(opened.screen(), ["ann"])
            page.show([said(f"{filler * COLUMNS}{FORGED[0]}")])
            rows = opened.rows()
        assert len(rows) == 1 and rows[0].startswith("ann | ")


def test_what_is_said_for_now_is_gone_before_another_stream_writes() -> None:
    with terminal() as opened:
        page = Page(opened.screen(), ["ann"])
        errors = Screen(os.dup(opened.slave), is_terminal=True)
        page.show([said("a long sentence, and then carla | ")])
        errors.line("error: interrupted")
        page.show([said("not")])
        page.finish()
        assert opened.rows() == [
            "error: interrupted",
            "ann | a long sentence, and then carla | ",
            "ann | not",
            "",
        ]


def test_a_terminal_that_cannot_erase_is_shown_nothing_for_now() -> None:
    with terminal() as opened:
        page = Page(opened.screen(can_erase=False), ["ann"])
        page.show([said("so")])
        assert opened.rows() == [""]
        page.finish()
        assert opened.rows() == ["ann | so", ""]


def test_what_an_encoding_has_not_takes_the_room_of_its_escape() -> None:
    with terminal() as opened:
        page = Page(Screen(opened.slave, encoding="ascii", is_terminal=True), ["ann"])
        page.show([said("\u2801" * 9 + FORGED[0] + "\n")])
        rows = [row for row in opened.rows("ascii") if row]
    assert all(row.startswith("ann | ") for row in rows)


def test_json_on_a_terminal_controls_nothing() -> None:
    value = {"a": "\x9b2J\x7f\u202eevil\u3164\U000e0041"}
    with terminal() as opened:
        opened.screen().line(json_text(value))
        first, *rows = [row for row in opened.rows() if row]
    import json

    assert json.loads(first + "".join(row.removeprefix("  > ") for row in rows)) == value
    assert "".join([first, *rows]).isascii()


def test_a_broken_line_goes_on_behind_its_indentation() -> None:
    with terminal(12) as opened:
        screen = opened.screen()
        screen.line("ok " + "x" * 20)
        screen.line("    abcdefghijkl")
        assert opened.rows() == [
            "ok xxxxxxxxx", "  > xxxxxxxx", "  > xxx", "    abcdefgh", "    > ijkl", "",
        ]  # fmt: skip


def test_a_pipe_gets_lines_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "out"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
    Screen(descriptor).line("x" * 5_000)
    os.close(descriptor)
    assert path.read_text() == "x" * 5_000 + "\n"


@given(st.text(max_size=60), st.integers(0, 60))
def test_an_end_takes_no_more_columns_than_there_are(text: str, room: int) -> None:
    end = last_columns(text, room)
    assert text.endswith(end) and sum(map(columns_of, end)) <= room
    assert sum(map(narrow, end)) <= sum(map(wide, end)) <= sum(map(columns_of, end))

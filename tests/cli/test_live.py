"""Look here if you want to know how several speakers share one screen."""

import os
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lion.cli.printer import Page, open_printer
from lion.cli.screen import Screen
from lion.cli.speech import LONGEST, Live, name_width
from lion.domain.events import (
    AgentPartialOutput,
    BudgetWarned,
    Event,
    PluginResult,
    encode_body,
)
from lion.domain.record import Record
from lion.errors import OutsideError


def record(event: Event, invocation: str = "0", principal: str = "ann") -> Record:
    return Record(
        position=1, run="r", seq=1, invocation=invocation, call=1, principal=principal,
        component_digest="", cause="", correlation="", time_ns=0, type=type(event).__name__,
        version=1, body=encode_body(event),
    )  # fmt: skip


def said(piece: str, invocation: str = "0", principal: str = "ann") -> Record:
    return output("text", [piece], invocation, principal)


def output(
    operation: str,
    args: list[Any],
    invocation: str = "0",
    principal: str = "ann",
    status: str = "completed",
) -> Record:
    about = {"capability": "output", "operation": operation}
    event = AgentPartialOutput(status, ("ok", None), args, **about)
    return record(event, invocation, principal)


def shown(*records: Record, is_terminal: bool = False) -> str:
    """What a screen gets to see."""
    reading, writing = os.pipe()
    page = Page(Screen(writing, is_terminal=is_terminal), ["ann", "bob"])
    for one in records:
        page.show([one])
    page.finish()
    os.close(writing)
    with open(reading, encoding="utf-8", newline="") as stream:
        return stream.read()


def test_lines_carry_the_speaker() -> None:
    assert shown(said("one\ntwo\n")) == "ann | one\nann | two\n"


def test_pieces_of_several_speakers_do_not_mix() -> None:
    text = shown(said("Hel"), said("Good", "1", "bob"), said("lo\n"), said("bye\n", "1", "bob"))
    assert text == "ann | Hello\nbob | Goodbye\n"


def test_two_calls_of_one_tool_do_not_mix() -> None:
    assert shown(said("a", "0.1"), said("b", "0.2"), said("A\n", "0.1"), said("B\n", "0.2")) == (
        "ann | aA\nann | bB\n"
    )


def test_an_unfinished_line_is_shown_when_its_speaker_ends() -> None:
    text = shown(said("so"), record(PluginResult(None)), said("bob\n", "1", "bob"))
    assert text == "ann | so\nbob | bob\n"


def test_an_unfinished_line_is_shown_at_the_end() -> None:
    assert shown(said("so")) == "ann | so\n"


def test_progress_comes_after_what_was_said_before_it() -> None:
    text = shown(
        said("so"), output("progress", [1, 3, "first"]), output("progress", [2, None, ""])
    )
    assert text == "ann | so\nann | [1/3] first\nann | [2] \n"


def test_refused_output_is_not_shown() -> None:
    assert shown(output("text", ["secret\n"], status="denied")) == ""


def test_a_budget_that_runs_out_is_told() -> None:
    assert shown(record(BudgetWarned("ann", "calls", 10, 8))) == (
        "ann | ! 8 of 10 used of the budget 'calls'\n"
    )


def test_a_guest_cannot_speak_for_somebody_else() -> None:
    text = shown(said("x\r\x1b[2Kbob | I agree\n"), output("progress", [1, 2, "\nbob | yes"]))
    assert text == "ann | x\\r\\x1b[2Kbob | I agree\nann | [1/2] \\nbob | yes\n"


def test_structured_output_is_for_terminals_only() -> None:
    partial = output("partial", ['{"a": 1}'])
    assert shown(partial) == ""
    assert '{"a": 1}' in shown(partial, is_terminal=True)


def test_a_terminal_shows_the_line_that_is_being_said_and_erases_it() -> None:
    text = shown(said("Hel"), said("lo\n"), is_terminal=True)
    assert text == "ann | Hel\r\x1b[2Kann | Hello\n"


def test_a_line_that_never_ends_is_broken() -> None:
    live = Live()
    lines = live.feed(said("x" * (2 * LONGEST + 1)))
    assert [len(line.text) for line in lines] == [LONGEST, LONGEST]
    assert [line.text for line in live.finish()] == ["x"]


@given(st.lists(st.tuples(st.sampled_from("ab"), st.text("xy\n", max_size=5)), max_size=30))
def test_however_they_interleave_nobody_loses_a_word(pieces: list[tuple[str, str]]) -> None:
    live = Live()
    lines = [line for who, piece in pieces for line in live.feed(said(piece, who, who))]
    lines += live.finish()
    for who in "ab":
        whole = "".join(piece for speaker, piece in pieces if speaker == who)
        heard = [line.text for line in lines if line.speaker == who]
        assert heard == whole.removesuffix("\n").split("\n") if whole else not heard


def test_names_are_aligned_unless_one_is_very_long() -> None:
    assert name_width(["ann", "calculator", "x" * 40]) == len("calculator")
    assert name_width([]) == 0


def test_a_reader_that_left_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    screen = Screen(writing)
    screen.line("x")
    screen.line("y")
    assert screen.is_closed
    os.close(writing)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_is_told_when_the_run_has_ended() -> None:
    descriptor = os.open("/dev/full", os.O_WRONLY)
    page = Page(Screen(descriptor), ["ann"])
    with pytest.raises(OutsideError, match="No space left"), open_printer([page]) as printer:
        printer.watch(said("x\n"))
    os.close(descriptor)

"""Look here if you want to know what guest text may do to a terminal: nothing."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lion.domain.text import show, show_line, show_lines

BIDIRECTIONAL = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@given(st.text(st.characters()))
def test_nothing_shown_controls_anything(text: str) -> None:
    for char in show(text):
        assert char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp")
        assert char not in BIDIRECTIONAL
    assert len(show_line(text).splitlines()) <= 1
    assert "\t" not in show_line(text)
    show(text).encode()


@given(st.text())
def test_what_is_shown_is_shown_as_it_is(text: str) -> None:
    assert show(show(text)) == show(text)
    assert show_line(show_line(text)) == show_line(text)


@given(st.text("ab\n\r"))
def test_lines_are_split_at_newlines_only(text: str) -> None:
    lines = show_lines(text)
    assert all("\n" not in line for line in lines)
    assert "\n".join(lines) == show(text).removesuffix("\n")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\x9bb", "a\\x9bb"),
        ("a\rb", "a\\rb"),
        ("evil\u202egnp.exe", "evil\\u202egnp.exe"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("half\ud800", "half\\ud800"),
        ("löwe 🦁 שלום", "löwe 🦁 שלום"),
        ("one\r\ntwo\tx", "one\ntwo\tx"),
    ],
)
def test_examples(text: str, shown: str) -> None:
    assert show(text) == shown


def test_a_line_escapes_newlines_and_is_cut() -> None:
    assert show_line("a\nb\tc") == "a\\nb\\tc"
    assert show_line("abcdef", longest=4) == "abc…"
    assert show_line("abcd", longest=4) == "abcd"


def test_the_last_newline_adds_no_line() -> None:
    assert show_lines("") == []
    assert show_lines("a\n") == ["a"]
    assert show_lines("a\n\nb") == ["a", "", "b"]

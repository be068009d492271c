"""Look here if you want to know which laws the one wildcard grammar keeps."""

from functools import lru_cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lion.scopes.pattern import BadPattern, compile_pattern, includes, tokens
from tests.steps import count_steps

TEXTS = st.text("ab./", max_size=10)
PATTERNS = st.lists(st.sampled_from(["a", "b", ".", "*", "**"]), min_size=1, max_size=8).map(
    "".join
)


def is_valid(pattern: str) -> bool:
    return "***" not in pattern


def slowly(pattern: str, text: str, separator: str) -> bool:
    """The grammar word for word: try every length for every star."""
    parts = tokens(pattern)

    @lru_cache(None)
    def at(part: int, place: int) -> bool:
        if part == len(parts):
            return place == len(text)
        token = parts[part]
        if token not in ("*", "**"):
            return place < len(text) and text[place] == token and at(part + 1, place + 1)
        if at(part + 1, place):
            return True
        if place == len(text) or (token == "*" and text[place] == separator):
            return False
        return at(part, place + 1)

    return at(0, 0)


@given(PATTERNS.filter(is_valid), TEXTS, st.sampled_from("./"))
def test_the_fast_matcher_agrees_with_the_slow_one(
    pattern: str, text: str, separator: str
) -> None:
    assert compile_pattern(pattern, separator).matches(text) is slowly(pattern, text, separator)


@given(PATTERNS.filter(is_valid), TEXTS, TEXTS, st.sampled_from("./"))
def test_a_beginning_may_be_followed(pattern: str, text: str, more: str, separator: str) -> None:
    compiled = compile_pattern(pattern, separator)
    if slowly(pattern, text + more, separator):
        assert compiled.may_follow(text)


@given(PATTERNS.filter(is_valid), PATTERNS.filter(is_valid), TEXTS)
def test_inclusion_is_never_claimed_wrongly(wide: str, narrow: str, text: str) -> None:
    if includes(wide, narrow, ".") and slowly(narrow, text, "."):
        assert slowly(wide, text, ".")


@given(PATTERNS.filter(is_valid))
def test_a_pattern_includes_itself_and_is_included_by_all(pattern: str) -> None:
    assert includes(pattern, pattern, ".")
    assert includes("**", pattern, ".")


@pytest.mark.parametrize(
    ("pattern", "separator", "yes", "no"),
    [
        ("notes.add", ".", ["notes.add"], ["notes.adds", "notes_add", "NOTES.add", ""]),
        ("notes.*", ".", ["notes.add", "notes."], ["notes", "notes.a.b", "xnotes.add"]),
        ("notes.**", ".", ["notes.add", "notes.a.b"], ["notes", "note.add"]),
        ("*.add", ".", ["notes.add", ".add"], ["a.b.add", "add"]),
        ("**.add", ".", ["notes.add", "a.b.add"], ["add", "a.adds"]),
        ("**", ".", ["", "a", "a.b"], []),
        ("*", ".", ["", "a"], ["a.b"]),
        ("n*.a*d", ".", ["n.ad", "notes.add"], ["notes.x.add", "notes.adds"]),
        ("a/**/z", "/", ["a/b/z", "a/b/c/z", "a//z"], ["a/z", "b/z"]),
        ("a/*/z", "/", ["a/b/z"], ["a/b/c/z"]),
        ("a.b", "/", ["a.b"], ["axb"]),
        ("a[b]?", "/", ["a[b]?"], ["ab", "abx"]),
        ("key\n", "/", ["key\n"], ["key"]),
    ],
)
def test_examples(pattern: str, separator: str, yes: list[str], no: list[str]) -> None:
    matches = compile_pattern(pattern, separator).matches
    assert [text for text in [*yes, *no] if matches(text)] == yes


@pytest.mark.parametrize("pattern", ["", "***", "a***b", "x" * 1_025])
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(BadPattern):
        compile_pattern(pattern, ".")


@pytest.mark.parametrize("pattern", ["a*" * 300 + "b", "**a" * 300 + "b", "*a**a" * 100 + "b"])
def test_a_hostile_text_takes_time_in_proportion(pattern: str) -> None:
    matches = compile_pattern(pattern, "/").matches
    for size in (16_384, 65_536):
        hostile = "a" * size
        assert not matches(hostile)
        assert count_steps(lambda: matches(hostile)) < 5 * size  # noqa: B023 - called here

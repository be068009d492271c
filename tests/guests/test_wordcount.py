"""Look here if you want to know what wordcount counts, in texts and in files, whatever the
script.
"""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.attack.kit import call, holder, only, open_arena
from tests.examples import examples

from .built import Instance

wordcount = Instance("wordcount")


def count(text: str, most: int = 100) -> dict[str, Any]:
    found = wordcount("count", text, most)
    return {
        "lines": found.lines,
        "words": found.words,
        "characters": found.characters,
        "bytes": found.bytes,
        "frequent": [(one.word, one.times) for one in found.frequent],
    }


def words(text: str) -> list[str]:
    """The words of a text, each as often as it comes, by alphabet."""
    return sorted(word for word, times in count(text)["frequent"] for _ in range(times))


def test_a_text() -> None:
    assert count("The lion,\nthe LION's cub - and the sun.\n", 2) == {
        "lines": 2,
        "words": 8,
        "characters": 40,
        "bytes": 40,
        "frequent": [("the", 3), ("and", 1)],
    }


@pytest.mark.parametrize(
    ("text", "lines"), [("", 0), ("\n", 1), ("a", 1), ("a\n", 1), ("a\nb", 2), ("\n\na", 3)]
)
def test_lines_end_with_a_newline_or_with_the_text(text: str, lines: int) -> None:
    assert count(text)["lines"] == lines


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "don't can’t 'quoted' rock'n'roll dogs'",
            ["can’t", "dogs", "don't", "quoted", "rock'n'roll"],
        ),
        ("Grüße, ÉCOLE! Straße", ["grüße", "straße", "école"]),
        ("cafe\u0301 naïve", ["cafe\u0301", "naïve"]),
        ("Москва и ΑΘΗΝΑ", ["αθηνα", "и", "москва"]),
        ("नमस्ते दुनिया", ["दुनिया", "नमस्ते"]),
        ("שָׁלוֹם مَرحَبا", ["שָׁלוֹם", "مَرحَبا"]),
        ("한국어 단어", ["단어", "한국어"]),
        ("漢字とカタカナ", ["と", "カタカナ", "字", "漢"]),
        ("𝒜 𐐀 😀 𠀀", ["𐐨", "𝒜", "𠀀"]),
        ("24 hours ２４ ٢٤", ["24", "hours", "٢٤", "２４"]),
        ("one-two/three_four", ["four", "one", "three", "two"]),
        ("", []),
        ("''' ’ -- 😀", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == sorted(expected)


@examples(200)
@given(st.text())
def test_characters_and_bytes_are_those_of_unicode(text: str) -> None:
    found = count(text)
    assert (found["characters"], found["bytes"]) == (len(text), len(text.encode()))
    assert found["lines"] == text.count("\n") + (not text.endswith("\n") and text != "")


@examples(100)
@given(
    st.lists(st.sampled_from(["sun", "Moon", "é", "don't", "x1"]), max_size=60), st.integers(0, 9)
)
def test_the_most_frequent_come_first(chosen: list[str], most: int) -> None:
    expected = sorted(Counter(w.lower() for w in chosen).items(), key=lambda x: (-x[1], x[0]))
    assert count("  ".join(chosen), most)["frequent"] == expected[:most]


def test_a_very_long_word_is_counted_and_not_listed() -> None:
    found = count("a" * 101 + " " + "b" * 100)
    assert (found["words"], found["frequent"]) == (2, [("b" * 100, 1)])


def test_more_frequent_words_than_are_listed() -> None:
    assert wordcount("count", "a", 101) == "at most 100 frequent words are listed"


class TestFiles:
    async def _count(self, tmp_path: Path, data: bytes, *lines: str, path: str = "/in/a") -> Any:
        (tmp_path / "in").mkdir()
        (tmp_path / "in/a").write_bytes(data)
        async with open_arena(tmp_path / "host") as arena:
            report = await arena.run(
                holder("words", "wordcount", *lines), call("words.count-file", path=path, most=3)
            )
            assert (await arena.replay(report.run)).identical
            return report, only(report)

    def grant(self, tmp_path: Path) -> str:
        return f'allow.fs = [{{ path = "/in", at = "{tmp_path}/in" }}]'

    async def test_a_file_counts_as_its_text(self, tmp_path: Path) -> None:
        # Longer than what one read gives, and cut within characters and words.
        text = "grüße 😀 don't " * 60_000
        _, ending = await self._count(tmp_path, text.encode(), self.grant(tmp_path))
        assert ending.ok, ending.error
        assert ending.value == {
            "lines": 1,
            "words": 120_000,
            "characters": len(text),
            "bytes": len(text.encode()),
            "frequent": [{"word": "don't", "times": 60_000}, {"word": "grüße", "times": 60_000}],
        }

    @pytest.mark.parametrize(
        ("data", "characters"),
        [
            (b"\xff\xfea", 3),
            (b"\xe2\x82", 2),
            (b"\xe2\x82x", 3),
            (b"\xc0\x80", 2),
            (b"\xed\xa0\x80", 3),
        ],
    )
    async def test_what_is_not_utf8_counts_as_a_character_a_byte(
        self, tmp_path: Path, data: bytes, characters: int
    ) -> None:
        _, ending = await self._count(tmp_path, data, self.grant(tmp_path))
        assert ending.value["characters"] == characters

    async def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        _, ending = await self._count(tmp_path, b"", self.grant(tmp_path), path="/in/b")
        assert not ending.ok and ending.value.startswith("not-found: ")

    async def test_not_granted(self, tmp_path: Path) -> None:
        report, ending = await self._count(tmp_path, b"a")
        assert not ending.ok and ending.value.startswith("denied: ")
        assert report.denied == 1

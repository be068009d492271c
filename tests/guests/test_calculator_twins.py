"""Look here if you want to know that the calculator in AssemblyScript answers what the one in Rust
answers, its errors word for word.
"""

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples

from .built import ENGINE, Instance, component

WHOLE = ("add", "subtract", "multiply", "divide")
EDGES = [0, 1, -1, 2, -2, 3, 10, 2**31, 2**32, 2**62, 2**63 - 1, -(2**63), -(2**63) + 1]
PIECES = [
    *"0123456789.+-*/()",
    " ",
    "  ",
    "1.5",
    ".5",
    "2.",
    "(",
    ")",
    "-",
    "0.1",
    "1e5",
    "x",
    "é",
]
ODD = ["\t", "\n", "\r", "\v", "\0", "\x7f", "\x85", "\xa0", "\xad", '"', "\\", "'", "\u0301"]
ODD += ["\u2003", "\u3000", "\ufeff", "\u200b", "😀", "漢", "9" * 400, "0." + "0" * 330 + "7"]

rust, assemblyscript = Instance("calculator"), Instance("calculator-as")


def both(function: str, *arguments: Any) -> Any:
    """What both answer; repr tells 0.0 from -0.0."""
    one, other = rust(function, *arguments), assemblyscript(function, *arguments)
    assert repr(one) == repr(other), (function, arguments)
    return one


def expression(random: Random, depth: int = 0) -> str:
    """An expression that is right, but for a division by zero here and there."""
    if depth > 5 or random.random() < 0.3:
        digits = str(random.randrange(10 ** random.randrange(1, 25)))
        return random.choice([digits, f"{digits}.{digits}", f".{digits}", f"{digits}.", "0"])
    inner = expression(random, depth + 1)
    if random.random() < 0.4:
        return random.choice([f"({inner})", f"-{inner}", f" {inner}\t"])
    return inner + random.choice("+-*/") + expression(random, depth + 1)


def test_both_are_of_one_world() -> None:
    for name in ("calculator", "calculator-as"):
        assert set(component(name).type.exports(ENGINE)) == {*WHOLE, "evaluate"}


@pytest.mark.parametrize("function", WHOLE)
def test_whole_numbers(function: str) -> None:
    random = Random(7)
    for a in EDGES:
        for b in EDGES:
            both(function, a, b)
    for _ in range(2_000):
        a, b = (
            random.randrange(-(2 ** random.randrange(64)), 2 ** random.randrange(64)) for _ in "ab"
        )
        both(function, a, b)


def test_random_expressions() -> None:
    random = Random(8)
    answers = [both("evaluate", expression(random)) for _ in range(2_000)]
    right = sum(isinstance(x, float) for x in answers)
    assert 1_000 < right < 2_000, "most are computed, and some are divisions by zero"


def test_expressions_with_mistakes() -> None:
    random, words = Random(9), set()
    for _ in range(4_000):
        pieces = random.choices(PIECES, k=random.randrange(12))
        if random.random() < 0.3:
            pieces.insert(random.randrange(len(pieces) + 1), random.choice(ODD))
        answer = both("evaluate", "".join(pieces))
        if isinstance(answer, str):
            words.add(answer.split('"')[0])
    assert words >= {
        "division by zero",
        "the expression ends where a number should be",
        "a ) is missing",
        "unexpected ",
        "a number should be at ",
        "the result does not fit",
    }


@examples(300)
@given(st.text(st.characters(max_codepoint=0x2FF)) | st.text("+-*/() .0123456789"))
def test_any_text(text: str) -> None:
    both("evaluate", text)


@pytest.mark.parametrize("depth", [99, 100, 101, 5_000])
def test_nesting(depth: int) -> None:
    both("evaluate", "(" * depth + "1" + ")" * depth)
    both("evaluate", "-" * depth + "1")

"""Look here if you want to know what the calculator answers, its own errors among it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples

from .built import call

S64 = st.integers(-(2**63), 2**63 - 1)


@examples(20)
@given(S64, S64)
def test_sums_are_right_or_said_not_to_fit(a: int, b: int) -> None:
    fits = -(2**63) <= a + b < 2**63
    assert call("calculator", "add", a, b) == (a + b if fits else "the result does not fit")


@pytest.mark.parametrize(
    ("function", "a", "b", "answer"),
    [
        ("subtract", 1, 2, -1),
        ("multiply", 2**40, 2**40, "the result does not fit"),
        ("divide", -7, 2, -3),
        ("divide", 1, 0, "division by zero"),
        ("divide", -(2**63), -1, "the result does not fit"),
    ],
)
def test_arithmetic_never_traps(function: str, a: int, b: int, answer: object) -> None:
    assert call("calculator", function, a, b) == answer


@pytest.mark.parametrize(
    ("expression", "answer"),
    [
        ("2 * (3 + 4.5)", 15.0),
        (" -2 - -3 ", 1.0),
        ("1/0", "division by zero"),
        ("", "the expression ends where a number should be"),
        ("1 +", "the expression ends where a number should be"),
        ("(1", "a ) is missing"),
        ("1 x", 'unexpected "x"'),
        ("1..2", 'a number should be at "1..2"'),
        ("(" * 200, "nested more than 100 deep"),
        ("9" * 400, "the result does not fit"),
    ],
)
def test_expressions(expression: str, answer: object) -> None:
    assert call("calculator", "evaluate", expression) == answer

"""Look here if you want to know which words of a refusal are told, whatever shape they come in."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lion.capabilities.models.error_words import LONGEST, body_text, error_text

INNER = json.dumps({"error": {"message": "too long by 7"}})


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("plain", "plain"),
        ({"error": "slow down"}, "slow down"),
        ({"error": {"message": "no"}}, "no"),
        ({"message": "no"}, "no"),
        ({"detail": "no"}, "no"),
        ({"errors": [{"message": "one"}, {"message": "two"}]}, "one; two"),
        ([{"error": {"code": 400, "message": "no", "status": "INVALID_ARGUMENT"}}], "no"),
        (
            {"object": "error", "message": {"detail": [{"loc": ["body", "x"], "msg": "extra"}]}},
            "body.x: extra",
        ),
        ({"detail": [{"loc": ["body", 0], "msg": "a"}, {"msg": "b"}]}, "body.0: a; b"),
        ({"errors": {"model": ["is unknown"], "n": ["is odd"]}}, "model: is unknown; n: is odd"),
        ({"message": "", "detail": "no"}, "no"),
        ({"error": {"message": "", "code": "x"}}, '{"error":{"message":"","code":"x"}}'),
        ({"title": "Bad", "detail": "too big", "status": 400}, "too big"),
        ({"base_resp": {"status_code": 1004, "status_msg": "no such key"}}, "no such key"),
        ({"error_msg": "no", "error_code": 336}, "no"),
        ({"error": {"message": INNER}}, "too long by 7"),
        ({"error": {"message": "", "metadata": {"raw": INNER}}}, "too long by 7"),
        ({"error": {"message": "{broken"}}, "{broken"),
        ({"message": "a\nb\tc\x1b[1m"}, "a b c\\x1b[1m"),
        ([], "an error without words"),
        ({}, "an error without words"),
        (None, "an error without words"),
        (7, "an error without words"),
        ("x" * 1_000, "x" * (LONGEST - 1) + "…"),
    ],
)
def test_words_in_every_shape(error: Any, said: str) -> None:
    assert error_text(error) == said
    if isinstance(error, dict | list) and error:
        assert body_text(json.dumps(error).encode()).replace(" ", "") == said.replace(" ", "")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", ""),
        (b"  \r\n", ""),
        (b"who?", "who?"),
        (b'"quoted"', '"quoted"'),
        (b'{"error": "\xff"}', "\ufffd"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"<html><head><title>502 Bad Gateway</title></head><body>x</body>", "502 Bad Gateway"),
        (b"<!doctype html><style>p{}</style><p>Try <b>later</b></p>", "Try later"),
        (b"<Error><Code>NoSuchKey</Code><Message>gone</Message></Error>", "NoSuchKey gone"),
        (b"[" * 60_000, "[" * (LONGEST - 1) + "…"),
        (b'{"error":' * 3_000, ('{"error":' * 100)[: LONGEST - 1] + "…"),
        (b'{"message": "\\ud800 no"}', '{"message": "\\ud800 no"}'),
    ],
)
def test_words_of_a_body(body: bytes, said: str) -> None:
    assert body_text(body) == said


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["error", "message", "detail", "errors", "msg", "loc", "x"]), inner
        )
    ),
)


@given(json_values | st.binary(max_size=200))
def test_anything_comes_to_one_line(error: Any) -> None:
    said = body_text(error) if isinstance(error, bytes) else error_text(error)
    assert len(said) <= 10 * LONGEST, "each character is one, or one that is escaped"
    assert not any(ord(char) < 32 or ord(char) == 127 for char in said)

"""Look here if you want to know that what a system plugin takes and gives is kept unchanged."""

import math
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lion.domain.events import encode_body
from lion.values.json_plain import check_plain
from lion.values.json_scalars import JsonMismatch

scalars = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)  # fmt: skip
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)


@given(values)
def test_what_passes_is_recorded_unchanged(value: Any) -> None:
    check_plain(value)
    assert msgspec.msgpack.decode(encode_body(value)) == value


def nested(levels: int) -> Any:
    value: Any = 0
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (2**64, "value: an integer of more than 64 bits"),
        (-(2**63) - 1, "value: an integer of more than 64 bits"),
        ({"a": [math.nan]}, "value.a[0]: nan is no JSON"),
        (math.inf, "value: inf is no JSON"),
        ({1: 2}, "value: the name 1 is no text"),
        ({"a": "\ud800"}, "value.a: text with half a surrogate pair"),
        ({"\udfff": 1}, "value: text with half a surrogate pair"),
        (b"x", "value: a bytes is no JSON"),
        ({1}, "value: a set is no JSON"),
        (nested(66), "nested too deeply"),
    ],
)
def test_what_the_log_could_not_keep_is_refused(value: Any, said: str) -> None:
    with pytest.raises(JsonMismatch) as caught:
        check_plain(value)
    assert said in str(caught.value)


def test_64_levels_pass() -> None:
    check_plain(nested(64))

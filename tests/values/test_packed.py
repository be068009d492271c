"""Look here if you want to know that bytes survive being packed, and that nothing else unpacks."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lion.domain.call import CallError
from lion.values.packed import check_packed, pack, unpack

BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="


@given(st.binary() | st.text().map(str.encode))
def test_what_is_packed_unpacks_to_the_same_bytes(data: bytes):
    text = pack(data)
    check_packed(text)
    assert unpack(text) == data


@pytest.mark.parametrize(
    ("data", "text"), [(b"hi", "hiu"), (b"", "u"), (b"\xff", "/w==b"), ("é".encode(), "éu")]
)
def test_text_is_packed_as_text(data: bytes, text: str):
    assert pack(data) == text


def test_text_may_be_packed_as_base64_too():
    assert unpack("aGk=b") == b"hi"
    assert unpack("b") == b""


@pytest.mark.parametrize(
    "text", ["", "hi", "hiB", "U", "aGkb", "aGk==b", "====b", "a=GkAb", "aG k=b", "aGk=\nb",
             "é===b", "_-8=b", "aGk=aGk=b", "\x00b",
             "aGkA=b", "aGkA==b", "aGkA===b", "aGkA====b"],
)  # fmt: skip
def test_other_texts_are_invalid(text: str):
    for reject in (unpack, check_packed):
        with pytest.raises(CallError) as raised:
            reject(text)
        assert raised.value.case == "invalid"


@given(st.text(BASE64, max_size=12) | st.from_regex(r"[AZaz09+/]{0,8}={0,8}", fullmatch=True))
def test_base64_is_taken_exactly_if_it_is_whole(text: str):
    """Whole means padded to fours by at most two signs, with nothing after the padding."""
    stem = text.rstrip("=")
    is_whole = len(text) % 4 == 0 and "=" not in stem and len(text) - len(stem) <= 2
    if is_whole:
        assert unpack(text + "b") == base64.b64decode(text)
    else:
        with pytest.raises(CallError):
            unpack(text + "b")

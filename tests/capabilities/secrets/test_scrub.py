"""Look here if you want to know whether a secret's value is found however it is written."""

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lion.capabilities.secrets.scrub import Scrubber
from lion.domain.hidden import Hidden

KEY = 'sk-"t0p" & S3cr3t/+<=>'
PRINTABLE = st.characters(min_codepoint=33, max_codepoint=126)
VALUES = st.text(PRINTABLE, min_size=8, max_size=60)


def scrubber(*values: str) -> Scrubber:
    return Scrubber(Hidden(value) for value in values)


@pytest.mark.parametrize(
    "written",
    [
        KEY, quote(KEY), quote(KEY, safe=""), quote_plus(KEY),
        json.dumps(KEY), html.escape(KEY), KEY.encode().hex(), KEY.encode().hex().upper(),
        "".join(f"%{ord(c):02x}" for c in KEY),
    ],
)  # fmt: skip
def test_a_value_is_found_as_it_is_usually_written(written: str) -> None:
    data = f"before {written} after".encode()
    cleaned = scrubber(KEY).scrub(data)
    assert scrubber(KEY).finds(data)
    assert b"S3cr3t" not in cleaned
    assert len(cleaned) == len(data)
    assert cleaned.startswith(b"before ") and cleaned.endswith(b" after")


@given(VALUES, st.binary(max_size=9), st.binary(max_size=9), st.booleans())
def test_a_value_is_found_in_base64_at_any_offset(
    value: str, before: bytes, after: bytes, url: bool
) -> None:
    encode = base64.urlsafe_b64encode if url else base64.b64encode
    data = encode(before + value.encode() + after)
    assert scrubber(value).finds(data)
    cleaned = scrubber(value).scrub(data)
    assert value.encode() not in base64.urlsafe_b64decode(
        cleaned.replace(b"*", b"A").replace(b"+", b"-").replace(b"/", b"_")
    )


@given(VALUES, st.lists(st.text(PRINTABLE, max_size=5), max_size=4), st.data())
def test_pieces_are_scrubbed_as_the_whole_is(
    value: str, around: list[str], data: st.DataObject
) -> None:
    whole = value.join(around).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=12)))
    stream = scrubber(value).stream()
    ends = [*cuts, len(whole)]
    came = b"".join(stream.feed(whole[a:b]) for a, b in zip([0, *cuts], ends, strict=True))
    came += stream.finish()
    assert value.encode() not in came
    assert len(came) == len(whole)


def test_what_cannot_be_a_value_is_not_held_back() -> None:
    stream = scrubber("secret-value").stream()
    assert stream.feed(b"data: hello\n\n") == b"data: hello\n\n"
    assert stream.feed(b"data: sec") == b"data: "
    assert stream.feed(b"ond\n") == b"second\n"
    assert stream.feed(b"secret-value!") == b"************!"


def test_nothing_shows_a_value() -> None:
    hidden = Hidden("secret-value")
    made = scrubber("secret-value")
    for shown in (repr(hidden), str(hidden), f"{hidden}", repr(made), repr(made.stream())):
        assert "secret-value" not in shown
    with pytest.raises(TypeError):
        import pickle

        pickle.dumps(hidden)

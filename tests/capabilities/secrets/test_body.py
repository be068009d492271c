"""Look here if you want to know how a secret gets into a body that somebody else has written."""

import json

import pytest

from lion.capabilities.secrets.file import parse_audience
from lion.capabilities.secrets.vault import Parts, Secret, Vault
from lion.domain.call import CallError
from lion.domain.hidden import Hidden
from lion.scopes.http_url import parse_url

VALUE = "sk-0123456789-very-secret"
URL = parse_url("https://api.example.com/v1")


def sent(body: bytes, kind: str = "application/json") -> bytes:
    secret = Secret(
        name="api", value=Hidden(VALUE), audience=(parse_audience("api.example.com"),), body="key"
    )
    parts = Parts(resource="/v1", headers=(("content-type", kind),), body=body)
    told = Vault({"api": secret}).inject(URL, parts, ["api"], [])
    assert told.body is not None
    return told.body


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 60_000,
        b'{"a":' + b"[" * 60_000 + b"]" * 60_000 + b"}",
        b'{"a":' * 10_000,
        b"",
        b"[]",
        b"null",
        b"\xff",
        b'{"\xff": 1}',
        b'{"a": 1',
        b'{"a": 1}{"b": 2}',
        b"9" * 60_000,
    ],
)
def test_a_body_that_takes_no_field_is_invalid(body: bytes) -> None:
    with pytest.raises(CallError) as raised:
        sent(body)
    assert raised.value.case == "invalid"
    assert VALUE not in str(raised.value)


def test_what_was_written_is_sent_as_it_was() -> None:
    members = b'{"n": 123456789012345678901234567890, "f": 1.10, "e": 1e999, "t": "\\u00e9"}'
    told = sent(members)
    assert json.loads(told)["key"] == VALUE
    for text in (b"123456789012345678901234567890", b"1.10", b"1e999", b'"\\u00e9"'):
        assert text in told


def test_a_field_of_the_same_name_is_the_hosts() -> None:
    assert json.loads(sent(b'{"key": "mine", "a": 1}')) == {"key": VALUE, "a": 1}


def test_a_form_has_one_field_more() -> None:
    kind = "application/x-www-form-urlencoded"
    assert sent(b"a=1", kind) == f"a=1&key={VALUE}".encode()

"""Look here if you want to know how allow.http and allow.secrets are read and written."""

from pathlib import Path

import pytest

from lion.domain.plan import Grant
from lion.errors import OperatorError
from lion.manifest.parse import parse_manifest
from lion.scopes.http_grant import DEFAULT_QUOTA, named_addresses, written_entry

FULL = """{ url = "GET,POST https://api.example.com/v1/**", bytes-in = "4 MiB", \
bytes-out = "64 KiB", calls = 100, rate = "5/s", timeout = "10 s", \
addresses = ["10.0.0.0/8", "127.0.0.1/32"], encoded-slash = true }"""


def grants(value: str, key: str = "http") -> tuple[Grant, ...]:
    text = 'name = "x"\nvars.web = "http://127.0.0.1:8000"\n[plugins.p]\ncomponent = "p.wasm"\n'
    plan = parse_manifest(f"{text}allow.{key} = {value}\n", path=Path("m.toml"))
    return plan.holders["p"].grants


def test_a_text_is_a_grant_with_defaults() -> None:
    (grant,) = grants('["GET ${web}/**"]')
    assert grant.patterns == ("GET http://127.0.0.1:8000/**",)
    assert grant.quota == DEFAULT_QUOTA
    assert grant.line == 'plugins.p.allow.http = ["GET http://127.0.0.1:8000/**"]'
    assert written_entry(grant) == "GET http://127.0.0.1:8000/**"


def test_a_table_says_more() -> None:
    other, grant = grants(f'["GET https://a.example/", {FULL}]')
    assert other.quota == DEFAULT_QUOTA
    assert grant.quota == {
        "bytes-in": 4 << 20, "bytes-out": 64 << 10, "timeout": 10 * 10**9, "calls": 100, "rate": 5,
        "rate-period": 10**9,
    }  # fmt: skip
    assert grant.addresses == ("10.0.0.0/8", "127.0.0.1")
    assert grant.encoded_slash and not other.encoded_slash
    assert written_entry(grant) == {
        "url": "GET,POST https://api.example.com/v1/**", "bytes-in": "4 MiB",
        "bytes-out": "64 KiB", "calls": 100, "rate": "5/s", "timeout": "10 s",
        "addresses": ["10.0.0.0/8", "127.0.0.1"], "encoded-slash": True,
    }  # fmt: skip


def test_a_host_that_is_an_address_names_itself() -> None:
    def named(url: str) -> tuple[str, ...]:
        return named_addresses(grants(f'["GET {url}"]')[0])

    assert named("http://127.0.0.1:8000/**") == ("127.0.0.1",)
    assert named("http://[::1]/") == ("::1",)
    assert named("http://localhost/") == ("127.0.0.0/8", "::1/128")
    assert named("http://a.localhost/") == ("127.0.0.0/8", "::1/128")
    assert named("https://*/**") == named("https://api.example.com/") == ()


def test_secrets_are_names() -> None:
    (grant,) = grants('["api", "other", "api"]', "secrets")
    assert grant.patterns == ("api", "other")


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("http", '["https://a.example/"]', "allow.http"),
        ("http", '["GET https://a.*.b/"]', "a star stands for whole labels in front"),
        ("http", '[{ url = "GET https://a.example/", call = 3 }]', "did you mean 'calls'?"),
        ("http", "[{ calls = 3 }]", "'url' is missing"),
        (
            "http",
            '[{ url = "GET https://a.example/", addresses = ["intranet"] }]',
            "no address or network",
        ),
        ("http", '[{ url = "GET https://a.example/", timeout = 3 }]', "is no time"),
        ("http", '"GET https://a.example/"', "a list in square brackets"),
        ("secrets", '["API KEY"]', "is no name"),
    ],
)
def test_mistakes_are_told(key: str, value: str, said: str) -> None:
    with pytest.raises(OperatorError) as caught:
        grants(value, key)
    assert said in str(caught.value)

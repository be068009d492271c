"""Look here if you want to know how secrets are bound, and how a mistake there is told."""

from pathlib import Path

import pytest

from lion.capabilities.secrets.file import open_vault, parse_audience, value_files
from lion.capabilities.secrets.vault import Parts, Vault
from lion.domain.call import CallError
from lion.domain.hidden import Hidden
from lion.errors import OperatorError
from lion.scopes.http_url import BadUrl, parse_url
from lion.settings import settings_from

VALUE = "top-secret-value"
HERE = parse_url("https://api.example.com/v1?a=b")
PARTS = Parts(resource="/v1?a=b", headers=(("authorization", "guest"), ("accept", "x")))


def vault(folder: Path, text: str, names: tuple[str, ...] = ("api",), **variables: str) -> Vault:
    path = folder / "secrets.toml"
    path.write_text(text)
    path.chmod(0o600)
    return open_vault(path, {k: Hidden(v) for k, v in variables.items()}, names)


def told(vault: Vault, url: str = HERE.text) -> str | None:
    parts = vault.inject(parse_url(url), PARTS, ["api"], [])
    values = [value for name, value in parts.headers if name == "authorization"]
    return values[0] if values != ["guest"] else None


def test_a_table_binds_value_and_audience(tmp_path: Path) -> None:
    bound = vault(
        tmp_path, f'[api]\nvalue = "{VALUE}"\nhosts = ["api.example.com", "*.b.example:8443"]'
    )
    assert told(bound) == f"Bearer {VALUE}"
    assert told(bound, "https://a.b.example:8443/") == f"Bearer {VALUE}"
    for url in (
        "http://api.example.com/", "https://api.example.com:8443/", "https://b.example:8443/",
        "https://api.example.com.evil.com/", "https://evil.com/api.example.com",
    ):  # fmt: skip
        assert told(bound, url) is None


def test_a_file_or_a_variable_has_the_value(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{VALUE}\n")
    assert (
        told(vault(tmp_path, f'[api]\nfile = "{tmp_path}/key"\nhosts = ["api.example.com"]'))
        == f"Bearer {VALUE}"
    )
    alone = open_vault(
        None, {"LION_SECRET_MY_API": Hidden(f"api.example.com,x.example {VALUE}")}, ["my-api"]
    )
    assert alone.inject(HERE, PARTS, ["my-api"], []).headers[-1] == (
        "authorization",
        f"Bearer {VALUE}",
    )


TWICE = [
    'hosts = ["evil.example"]',
    'hosts = ["evil.example"]\nheader = "x-key"',
    'value = "another-value"\nhosts = ["evil.example"]',
    'file = "/dev/null"\nhosts = ["api.example.com"]',
    'value = "another-value"',
]


@pytest.mark.parametrize("lines", TWICE)
def test_a_table_never_reads_the_variables_value_anew(lines: str, tmp_path: Path) -> None:
    """Who made the file does not say where the value of the environment goes."""
    bound = f"api.example.com {VALUE}"
    with pytest.raises(OperatorError) as caught:
        vault(tmp_path, f"[api]\n{lines}", LION_SECRET_API=bound)
    assert "bound twice" in str(caught.value) and "unset LION_SECRET_API" in caught.value.hint
    assert "secret-value" not in str(caught.value) + repr(caught.value.facts)


def test_a_table_beside_the_variable_says_where_the_value_goes(tmp_path: Path) -> None:
    bound = vault(tmp_path, '[api]\nheader = "x-key"', LION_SECRET_API=f"api.example.com {VALUE}")
    assert bound.inject(HERE, PARTS, ["api"], []).headers[-1] == ("x-key", VALUE)
    elsewhere = parse_url("https://evil.example/")
    assert bound.inject(elsewhere, PARTS, ["api"], []).headers == PARTS.headers
    other = vault(tmp_path, '[other]\nhosts = ["x.example"]', LION_SECRET_API=f"b.example {VALUE}")
    assert told(other, "https://b.example/") == f"Bearer {VALUE}"


def test_a_variable_that_only_has_a_value_is_told_what_to_say(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="says no audience") as caught:
        vault(tmp_path, '[api]\nheader = "x-key"', LION_SECRET_API=VALUE)
    assert "HOST VALUE" in caught.value.hint


def test_files_of_values_are_known_to_the_guard(tmp_path: Path) -> None:
    path = tmp_path / "secrets.toml"
    path.write_text('[a]\nfile = "/run/keys/a"\nhosts = ["a.example"]\n[b]\nvalue = "12345678"\n')
    path.chmod(0o600)
    assert value_files(path) == (Path("/run/keys/a"),)
    assert value_files(None) == ()


def test_what_is_not_bound_is_not_there(tmp_path: Path) -> None:
    bound = vault(tmp_path, '[api]\nhosts = ["api.example.com"]')
    assert not bound.has("api")
    assert told(bound) is None
    with pytest.raises(CallError, match="bound to no value"):
        bound.inject(HERE, PARTS, [], ["api"])


def test_a_required_secret_is_not_taken_elsewhere(tmp_path: Path) -> None:
    bound = vault(tmp_path, f'[api]\nvalue = "{VALUE}"\nhosts = ["api.example.com"]')
    assert bound.inject(HERE, PARTS, [], ["api"]).headers[-1][1] == f"Bearer {VALUE}"
    with pytest.raises(CallError, match=r"the secret 'api' is not for https://evil.example"):
        bound.inject(parse_url("https://evil.example/v1"), PARTS, [], ["api"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f'api = "{VALUE}"', "is no table"),
        (f'[api]\nvalue = "{VALUE}"', "has no audience"),
        (f'[api]\nvalue = "{VALUE}"\nhosts = ["*"]', "every server"),
        (f'[api]\nvalue = "{VALUE}"\nhosts = ["ftp://a.example"]', "redis or rediss"),
        (f'[api]\nvalue = "{VALUE}"\nhosts = ["a.example/path"]', "an audience is a host"),
        (f'[api]\nvalue = "{VALUE}"\nhosts = "a.example"', "a list of texts"),
        (f'[api]\nvalu = "{VALUE}"\nhosts = ["a.example"]', "did you mean 'value'?"),
        (f'[api]\nvalue = "{VALUE}"\nfile = "x"\nhosts = ["a.example"]', "a value and a file"),
        ('[api]\nvalue = "short"\nhosts = ["a.example"]', "fewer than 8"),
        (f'[api]\nvalue = "{VALUE}\\n"\nhosts = ["a.example"]', "no header can carry"),
        (f'[api]\nvalue = "{VALUE}"\nformat = "x"\nhosts = ["a.example"]', 'exactly one "{}"'),
        (
            f'[api]\nvalue = "{VALUE}"\nheader = "a"\nquery = "b"\nhosts = ["a.example"]',
            "choose one",
        ),
        ('[api]\nfile = "/nowhere/at/all"\nhosts = ["a.example"]', "cannot be read"),
        (f'[api]\nvalue = "{VALUE}', "not valid TOML"),
    ],
)
def test_a_mistake_is_told_without_the_value(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(OperatorError) as caught:
        vault(tmp_path, text)
    assert said in str(caught.value)
    assert "secret-value" not in str(caught.value) + repr(caught.value.facts)


def test_a_variable_without_audience_is_a_mistake(tmp_path: Path) -> None:
    for value in (VALUE, f"* {VALUE}"):
        with pytest.raises(OperatorError) as caught:
            open_vault(None, {"LION_SECRET_API": Hidden(value)}, ["api"])
        assert "LION_SECRET_API" in str(caught.value)
        assert "secret-value" not in str(caught.value)


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secrets.toml"
    path.write_text(f'[api]\nvalue = "{VALUE}"\nhosts = ["a.example"]')
    path.chmod(0o644)
    with pytest.raises(OperatorError, match="chmod 600"):
        open_vault(path, {}, ["api"])
    assert not open_vault(path, {}, []).has("api"), "who names none has the file not read"


def test_settings_find_file_and_variables_and_show_neither(tmp_path: Path) -> None:
    (tmp_path / "lion").mkdir()
    (tmp_path / "lion" / "secrets.toml").write_text("")
    environ = {
        "HOME": "/h",
        "XDG_CONFIG_HOME": str(tmp_path),
        "LION_SECRET_API": VALUE,
        "API": "x",
    }
    settings = settings_from(environ)
    assert settings.secrets == tmp_path / "lion" / "secrets.toml"
    assert list(settings.variables) == ["LION_SECRET_API"]
    assert VALUE not in repr(settings)
    assert settings_from({"HOME": "/h"}).secrets is None


@pytest.mark.parametrize(
    "text", ["", "https://", "a b", "u@a.example", "a.example:x", "a.*.example", "a.example?x"]
)
def test_what_is_no_audience(text: str) -> None:
    with pytest.raises(BadUrl):
        parse_audience(text)

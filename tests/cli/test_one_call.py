"""A bare component may do what is granted for one call, and nothing else; the record has it."""

import json

import pytest

from tests.cli.kit import WASM, Lion, assert_one_line

NOTEBOOK = WASM / "notebook.wasm"
HELLO = WASM / "hello.wasm"
KV = 'kv = { bytes = "64 KiB" }'


def test_what_was_denied_is_what_to_type(lion: Lion) -> None:
    denied = lion("call", NOTEBOOK, "count")
    assert (denied.returncode, denied.stdout) == (1, "")
    assert f"allow it:  for this call by  --allow '{KV}'" in denied.stderr
    allowed = lion("call", NOTEBOOK, "count", "--allow", KV)
    assert (allowed.returncode, allowed.stdout, allowed.stderr) == (0, "1\n", "")


def test_a_grant_is_for_one_call(lion: Lion) -> None:
    assert lion("call", NOTEBOOK, "count", "--allow", KV).returncode == 0
    assert lion("call", NOTEBOOK, "count").returncode == 1


def test_what_a_component_keeps_is_its_files(lion: Lion) -> None:
    for expected in ("1\n", "2\n"):
        assert lion("call", NOTEBOOK, "count", "--allow", KV).stdout == expected
    (store,) = lion.json("kv", "list")
    assert store["owner"] == str(NOTEBOOK.resolve())
    other = lion.folder / "notebook.wasm"
    other.write_bytes(NOTEBOOK.read_bytes())
    assert lion("call", other, "count", "--allow", KV).stdout == "1\n"


def test_the_record_has_what_was_granted(lion: Lion) -> None:
    assert lion("call", NOTEBOOK, "count", "--allow", KV).returncode == 0
    first = json.loads(lion("log", "last", "--json").stdout.splitlines()[0])
    assert first["event"]["manifest"]["plugins"]["notebook"]["allow"] == {
        "kv": {"bytes": "64 KiB"}
    }
    assert lion("replay", "last").returncode == 0
    holders = lion.json("audit", "last")["holders"]
    assert [grant["capability"] for grant in holders[0]["grants"]] == ["kv"]


def test_a_policy_narrows_it(lion: Lion) -> None:
    policy = lion.write('deny = ["kv compare-and-set"]', "policy.toml")
    result = lion("call", NOTEBOOK, "count", "--allow", KV, "--policy", policy)
    assert result.returncode == 1
    assert "policy line 1" in result.stderr


def test_directories_begin_where_one_is(lion: Lion) -> None:
    (lion.folder / "notes").mkdir()
    (lion.folder / "notes" / "a.txt").write_text("from here")
    words = ("call", WASM / "files.wasm", "read", '{"path": "/notes/a.txt"}')
    grant = 'fs = [{ path = "/notes", at = "notes" }]'
    assert lion(*words).returncode == 1
    assert json.loads(lion(*words, "--allow", grant).stdout) == "from here"


def test_config_is_the_manifests(lion: Lion) -> None:
    words = ("call", HELLO, "greet", '{"name": "Ann"}', "--config", 'greeting = "Servus"')
    assert lion(*words).stdout == '"Servus, Ann!"\n'


def test_a_secret_is_granted_by_name(lion: Lion) -> None:
    words = ("call", WASM / "probe-http.wasm", "secrets-exists", '{"name": "api"}')
    assert "denied" in lion(*words).stderr
    result = lion(*words, "--secret", "api", LION_SECRET_API="x.org sesame-open-wide")
    assert (result.returncode, result.stderr) == (0, "")
    first = json.loads(lion("log", "last", "--json").stdout.splitlines()[0])
    assert first["event"]["manifest"]["plugins"]["probe-http"]["allow"] == {"secrets": ["api"]}
    assert "sesame" not in lion("log", "last", "--json").stdout


def test_lists_of_one_key_are_joined(lion: Lion) -> None:
    grants = [f'http = ["GET https://{host}.org/**"]' for host in "ab"]
    words = ["--allow", grants[0], "--allow", 'secrets = ["a"]', "--allow", grants[1]]
    result = lion("call", HELLO, "greet", '{"name": "Ann"}', *words, "--secret", "b")
    assert result.returncode == 0
    first = json.loads(lion("log", "last", "--json").stdout.splitlines()[0])
    assert first["event"]["manifest"]["plugins"]["hello"]["allow"] == {
        "secrets": ["a", "b"],
        "http": ["GET https://a.org/**", "GET https://b.org/**"],
    }


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (("--allow", "http=GET https://x.org/**"), ("not valid TOML", "--allow 'http = [")),
        (("--config", "greeting=Hi"), ("not valid TOML", "--config 'greeting =")),
        (("--allow", 'htp = ["GET https://x.org/**"]'), ("'htp'", "did you mean 'http'?")),
        (("--allow", KV, "--allow", KV), ("--allow gives 'kv' twice", "write it once")),
        (("--allow", 'secrets = "a"', "--secret", "b"), ("--secret gives 'secrets' twice",)),
        (("--set", "a=b", "--secret", "b"), ("a bare component has no variables",)),
    ],
)
def test_mistakes(lion: Lion, words: tuple[str, ...], parts: tuple[str, ...]) -> None:
    assert_one_line(lion("call", HELLO, "greet", '{"name": "x"}', *words), 2, *parts)


@pytest.mark.parametrize("words", [("--allow", KV), ("--config", "a = 1"), ("--secret", "a")])
def test_a_manifest_has_its_own_grants(lion: Lion, words: tuple[str, ...]) -> None:
    path = lion.write(f'name = "x"\n[plugins.hello]\ncomponent = "{HELLO}"\n')
    result = lion("call", path, "greet", '{"name": "x"}', *words)
    assert_one_line(result, 2, "is for a bare component", "into the manifest")


@pytest.mark.parametrize(
    "arguments",
    ['{"name": "a", "name": "b"}', '{"name": "a", "x": [{"y": 1, "y": 1}]}'],
)
def test_a_name_that_is_given_twice_is_refused(lion: Lion, arguments: str) -> None:
    """Which of them was meant nobody can say."""
    assert_one_line(lion("call", HELLO, "greet", arguments), 2, "occurs twice")


def test_a_name_that_is_configured_twice_is_refused(lion: Lion) -> None:
    words = ("call", HELLO, "greet", '{"name": "a"}', "--config")
    for config in (
        ['greeting = "a"\ngreeting = "b"'],
        ['greeting = "a"', "--config", 'greeting = "b"'],
    ):
        result = lion(*words, *config)
        assert (result.returncode, result.stdout) == (2, "")
        assert "twice" in result.stderr

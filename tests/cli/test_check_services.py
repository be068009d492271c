"""`lion check` finds what `lion run` would find in directories, scripts and secrets, and makes
nothing.
"""

from pathlib import Path

import pytest

from tests.cli.kit import WASM, Lion, assert_one_line

SCRIPTED = '[models.fast]\nprovider = "scripted"\nscript = "answers.toml"\n'
REMOTE = '[models.fast]\nprovider = "openai"\nbase-url = "https://a.example/v1"\nmodel = "m"\n'


def files(*grants: str) -> str:
    table = f'[plugins.files]\ncomponent = "{WASM}/files.wasm"\n'
    return f'name = "x"\n{table}allow.fs = [{", ".join(grants)}]\n'


def fs(at: str | Path, *, write: bool = False) -> str:
    return f'{{ path = "/n", at = "{at}", write = {str(write).lower()} }}'


def probe(models: str, *lines: str) -> str:
    table = f'[plugins.probe]\ncomponent = "{WASM}/probe-llm.wasm"\nallow.llm = ["fast"]\n'
    return "\n".join(['name = "x"', models, table, *lines, ""])


def both(lion: Lion, text: str, *parts: str) -> None:
    """`check` and `run` say the same."""
    call = '[[run]]\ncall = "files.mounts"\n' if "files.wasm" in text else ""
    call = call or '[[run]]\ncall = "probe.llm-models"\n'
    path = lion.write(text + call)
    assert_one_line(lion("check", path), 2, *parts)
    assert lion("run", path).stderr == lion("check", path).stderr


def test_a_directory_to_read_that_is_not_there(lion: Lion) -> None:
    both(lion, files(fs("missing")), "plugins.files.allow.fs", "missing", "No such file")


def test_a_directory_to_write_whose_folder_is_not_there(lion: Lion) -> None:
    both(lion, files(fs("missing/deep", write=True)), "missing/deep", "No such file")


@pytest.mark.parametrize(
    ("at", "why"), [(".", "it contains"), ("state/new", "it lies in"), ("state", "it contains")]
)
def test_a_directory_to_write_that_holds_what_decides(lion: Lion, at: str, why: str) -> None:
    both(lion, files(fs(at, write=True)), "may not be written by a guest", why)
    assert not (lion.state / "new").exists()


def test_a_new_directory_to_write_is_fine_and_not_made(lion: Lion) -> None:
    result = lion("check", lion.write(files(fs("new", write=True))))
    assert result.returncode == 0, result.stderr
    assert not (lion.folder / "new").exists()


def test_a_script_that_is_not_there(lion: Lion) -> None:
    both(lion, probe(SCRIPTED), "answers.toml", "cannot be read", "models.*.script")


def test_a_mistake_in_a_script_has_its_place(lion: Lion) -> None:
    lion.write('[[answer]]\ntext = "a"\n\n[[answer]]\ntxet = "b"\n', "answers.toml")
    both(lion, probe(SCRIPTED), "answers.toml:5", "unknown key 'txet'", "did you mean 'text'")


def test_a_script_without_mistakes(lion: Lion) -> None:
    lion.write('[[answer]]\ntext = "a"\n', "answers.toml")
    assert lion("check", lion.write(probe(SCRIPTED))).returncode == 0


def test_secrets_that_are_not_bound_are_a_warning_and_bound_ones_none(lion: Lion) -> None:
    path = lion.write(probe(REMOTE + 'key = "hosted"\n', 'allow.secrets = ["other"]'))
    result = lion("check", path)
    assert result.returncode == 0, result.stderr
    assert "model fast has no key: secret hosted is not bound" in result.stdout
    assert "granted but not bound: secret other" in result.stdout
    bound = {f"LION_SECRET_{name}": "a.example sk-0123456789" for name in ("HOSTED", "OTHER")}
    result = lion("check", path, **bound)
    assert "not bound" not in result.stdout and "has no key" not in result.stdout


def test_a_wrong_binding_is_found_too(lion: Lion) -> None:
    path = lion.write(probe(REMOTE + 'key = "hosted"\n'))
    result = lion("check", path, LION_SECRET_HOSTED="sk-0123456789-without-a-host")
    assert_one_line(result, 2, "LION_SECRET_HOSTED", "says no audience")
    assert "sk-0123456789" not in result.stderr


@pytest.mark.parametrize(
    ("call", "given", "parts"),
    [
        ("hello.greet", "{}", ("hello.greet: ", "name")),
        ("hello.greet", "{ name = 3 }", ("hello.greet: ", "name")),
        ("hello.greet", '{ name = "Ann", nmae = "Bob" }', ("hello.greet: ", "nmae")),
        ("hello.gret", '{ name = "Ann" }', ("no tool 'gret'", "did you mean 'greet'")),
    ],
)
def test_a_run_that_calls_what_is_not_there(
    lion: Lion, call: str, given: str, parts: tuple[str, ...]
) -> None:
    """`check` says what `run` would, and `audit` too."""
    text = f'name = "x"\n[plugins.hello]\ncomponent = "{WASM}/hello.wasm"\n'
    path = lion.write(f'{text}[[run]]\ncall = "{call}"\nwith = {given}\n')
    assert_one_line(lion("check", path), 2, *parts)
    assert lion("audit", path).stderr == lion("check", path).stderr
    what = lion("check", path).stderr.splitlines()[0].removeprefix("error: ")
    result = lion("run", path)
    assert result.returncode == 2 and what in result.stdout


def test_directories_are_shown_as_the_host_sees_them(lion: Lion) -> None:
    (lion.folder / "real").mkdir()
    (lion.folder / "link").symlink_to("real")
    result = lion("check", lion.write(files(fs("link"))))
    real = lion.folder / "real"
    assert f"         fs       /n is {real}, to read\n" in result.stdout
    (holder,) = lion.json("check", lion.folder / "manifest.toml")["holders"]
    assert holder["scopes"][0]["directory"] == str(real)
    assert "home directory" not in result.stdout


def test_a_home_that_may_be_written_is_warned_of(lion: Lion) -> None:
    """State, cache and manifest are elsewhere, or it would be refused."""
    home = lion.folder / "person"
    home.mkdir()
    result = lion("check", lion.write(files(fs("person", write=True))), HOME=str(home))
    assert f"warning  fs /n may write all of a home directory: it is {home}\n" in result.stdout


def test_where_secrets_go_is_shown_and_nowhere_is_warned_of(lion: Lion) -> None:
    path = lion.write(
        f'''name = "x"
[plugins.fetcher]
component = "{WASM}/fetcher.wasm"
allow.http = ["GET https://api.example.com/**"]
allow.secrets = ["api"]
'''
    )
    bound = {"LION_SECRET_API": "api.example.com,*.b.example sk-0123456789"}
    result = lion("check", path, **bound)
    assert "secrets  api goes to https://api.example.com, https://*.b.example\n" in result.stdout
    assert "warning" not in result.stdout and "sk-0123456789" not in result.stdout
    elsewhere = lion("check", path, LION_SECRET_API="b.example sk-0123456789")
    told = "warning  secret api is for https://b.example, which no grant of http reaches"
    assert told in elsewhere.stdout
    assert (
        told.partition("  ")[2]
        in lion("audit", path, LION_SECRET_API="b.example sk-0123456789").stdout
    )


def test_a_grant_that_matches_no_tool_is_told_by_both(lion: Lion) -> None:
    text = f'name = "x"\n[plugins.hello]\ncomponent = "{WASM}/hello.wasm"\n'
    path = lion.write(
        f'{text}[agents.ann]\ncomponent = "{WASM}/guide.wasm"\nallow.tools = ["hello.x*"]'
    )
    for command in (("check", path), ("audit", path, "--full")):
        (found,) = [line for line in lion(*command).stdout.splitlines() if "not there" in line]
        assert found.split(None, 1) == ["warning", "granted but not there: tool hello.x*"]

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

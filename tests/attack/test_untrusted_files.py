"""Files that lion is pointed at: pipes, devices, sparse ones, and texts made to take long.

Without its guard each attack here takes for ever or all memory: pytest ends it.
"""

import os
from pathlib import Path
from typing import Final

import pytest

from lion.domain.names import MOST_GUESSES, did_you_mean
from lion.errors import OperatorError
from lion.manifest.document import LONGEST, MOST_PARTS
from lion.manifest.parse import parse_manifest
from lion.manifest.script import parse_script
from lion.manifest.variables import MOST_VALUES
from lion.policy.policy_file import parse_policy
from lion.reading import COMPONENT_SIZE
from tests.cli.kit import WASM, Lion, assert_one_line
from tests.steps import count_steps

ROLES: Final = ("manifest", "component", "script", "policy", "secrets", "value")


@pytest.fixture
def lion(tmp_path: Path) -> Lion:
    return Lion(tmp_path)


def desk(lion: Lion) -> dict[str, Path]:
    """A manifest and all files that it and the operator's settings name, each readable."""
    from shutil import copyfile

    files = {
        "manifest": lion.write(
            'name = "desk"\n'
            '[plugins.fetcher]\ncomponent = "fetcher.wasm"\n'
            'allow.http = ["GET https://api.example.com/**"]\nallow.secrets = ["api"]\n'
            '[agents.ann]\ncomponent = "guide.wasm"\nallow.llm = ["m"]\n'
            '[models.m]\nprovider = "scripted"\nscript = "answers.toml"\n'
            '[[run]]\nagent = "ann"\ntask = "2 + 3"\n'
        ),
        "component": lion.folder / "fetcher.wasm",
        "script": lion.write('[[answer]]\ntext = "yes"\n', "answers.toml"),
        "policy": lion.write("deny = []\n", ".config/lion/policy.toml"),
        "value": lion.write("0123456789abcdef\n", "key"),
    }
    said = f'[api]\nfile = "{files["value"]}"\nhosts = ["api.example.com"]\n'
    files["secrets"] = lion.write(said, ".config/lion/secrets.toml")
    files["secrets"].chmod(0o600)
    copyfile(WASM / "fetcher.wasm", files["component"])
    copyfile(WASM / "guide.wasm", lion.folder / "guide.wasm")
    return files


def test_the_desk_is_in_order(lion: Lion) -> None:
    checked = lion("check", desk(lion)["manifest"])
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize("command", ["check", "run"])
@pytest.mark.parametrize("role", ROLES)
def test_a_pipe_keeps_nobody_waiting(lion: Lion, role: str, command: str) -> None:
    files = desk(lion)
    files[role].unlink()
    os.mkfifo(files[role], 0o600)
    told = lion(command, files["manifest"])
    assert_one_line(told, 2, "is a named pipe, not a file", "name a regular file")


@pytest.mark.parametrize("role", [role for role in ROLES if role != "secrets"])
def test_a_device_is_not_read(lion: Lion, role: str) -> None:
    files = desk(lion)
    files[role].unlink()
    files[role].symlink_to("/dev/zero")
    assert_one_line(lion("check", files["manifest"]), 2, "is a device, not a file")


@pytest.mark.parametrize("role", ROLES)
def test_a_sparse_file_is_too_large(lion: Lion, role: str) -> None:
    files = desk(lion)
    with files[role].open("r+b") as file:
        file.truncate(1 << 42)
    assert_one_line(lion("check", files["manifest"]), 2, "is larger than", "more than lion reads")


def test_a_manifest_may_not_be_as_large_as_a_component(lion: Lion) -> None:
    files = desk(lion)
    with files["manifest"].open("r+b") as file:
        file.truncate(COMPONENT_SIZE)
    assert_one_line(lion("check", files["manifest"]), 2, "is larger than 1 MiB")


@pytest.mark.parametrize("command", [("inspect",), ("call", "x.f")])
def test_what_is_named_on_the_command_line_is_a_file(lion: Lion, command: tuple[str, ...]) -> None:
    os.mkfifo(lion.folder / "pipe")
    first, *more = command
    assert_one_line(lion(first, "pipe", *more), 2, "is a named pipe, not a file")


def test_no_value_of_a_secret_is_told(lion: Lion) -> None:
    files = desk(lion)
    files["value"].write_bytes(b"0123456789\xff")
    told = lion("check", files["manifest"])
    assert_one_line(told, 2, "it is not UTF-8")
    assert "0123" not in told.stderr and "xff" not in told.stderr


QUOTES = [
    pytest.param('\\"' * (LONGEST // 2 - 9), id="escaped-quotes"),
    pytest.param('a = "' + '\\"' * (LONGEST // 2 - 9), id="a-text-without-end"),
    pytest.param('a = """' + '\\"' * (LONGEST // 2 - 9), id="lines-without-end"),
    pytest.param('"\\"' * (LONGEST // 3 - 9), id="keys-of-quotes"),
    pytest.param('""""' * (LONGEST // 4 - 9), id="fours"),
    pytest.param("''''" * (LONGEST // 4 - 9), id="single-fours"),
    pytest.param("a . " * 15 + "a" + " " * (LONGEST // 2), id="spaces"),
    pytest.param("." * (LONGEST - 9), id="dots"),
    pytest.param("\\" * (LONGEST - 9), id="backslashes"),
]


@pytest.mark.parametrize("text", QUOTES)
def test_a_text_is_looked_at_once(text: str) -> None:
    with pytest.raises(OperatorError):
        parse_manifest(text, path=None)


@pytest.mark.parametrize(
    "before",
    [
        'x = """a"""""\n',
        "x = '''a'''''\n",
        'x = { y = """a"""", ',
        "x = { y = '''a'''', ",
        'x = "\\""\n',
        "# ' \" \n",
        "x = '\\'\n",
        'x = """\\""""\n',
    ],
)
def test_no_text_hides_an_endless_key(before: str) -> None:
    key = ".".join(["a"] * (MOST_PARTS + 1))
    with pytest.raises(OperatorError, match="a key of more than 16 parts"):
        parse_manifest(f"{before}{key} = 1", path=None)


def test_a_line_is_found_in_a_list_of_quotes_at_once() -> None:
    text = 'deny = ["""\n' + '\\"' * (LONGEST // 2 - 40) + '\n""", "random"]'
    with pytest.raises(OperatorError, match="no capability"):
        parse_policy(text)


def test_the_lines_of_many_rules_are_found_in_one_pass() -> None:
    def steps(count: int) -> int:
        rules = ",\n".join(f'"kv set a{i}/**"' for i in range(count))
        return count_steps(lambda: parse_policy(f"deny = [\n{rules}]"))

    assert steps(400) < 6 * steps(100)


def test_variables_do_not_multiply() -> None:
    text = f"""
name = "x"
vars.v = "{"v" * (LONGEST // 2)}"
[plugins.p]
component = "p"
config.a = "{"${v}" * 100_000}"
"""
    with pytest.raises(OperatorError, match="the variables that are filled in come to more than"):
        parse_manifest(text, path=None)


def test_variables_do_not_multiply_over_many_texts_of_a_script() -> None:
    text = "[[answer]]\ntext = '${v}'\n" * 4_000
    with pytest.raises(OperatorError, match="shorten 'v', or use it less often"):
        parse_script(text, path=Path("s"), values={"v": "v" * 100_000})


def test_so_many_values_are_no_manifest() -> None:
    head = 'name = "x"\n[plugins.p]\ncomponent = "p"\n'
    fits = ",".join(["1"] * (MOST_VALUES - 10))
    assert parse_manifest(f"{head}config.a = [{fits}]", path=None).holders
    with pytest.raises(OperatorError, match="more than 100,000 values"):
        parse_manifest(f"{head}config.a = [{fits},{fits}]", path=None)


def test_what_was_meant_is_sought_among_some_only() -> None:
    known = [f"{'a' * 90}{i}" for i in range(20_000)]
    alike = [*known, *("a" * (40 + i % 20) + str(i) for i in range(20_000))]
    assert count_steps(lambda: did_you_mean("b" + "a" * 92, alike)) < MOST_GUESSES * 40_000
    assert len(did_you_mean("zzz", known)) < 6_000


def test_a_long_key_makes_no_long_sentence() -> None:
    with pytest.raises(OperatorError) as caught:
        parse_manifest(f'name = "x"\n{"k" * 900_000} = 1', path=None)
    assert len(str(caught.value)) < 1_000


SET = """
name = "set"
vars = {{ web = "http://a.example", who = "ann" }}
[plugins.one]
component = "one.wasm"
config = {{ said = "${{web}} ${{who}}" }}
allow.{grant}
"""


@pytest.mark.parametrize(
    ("grant", "name", "value"),
    [
        ('http = ["GET ${web}/park/**"]', "web", "http://*"),
        ('http = ["GET ${web}/park/**"]', "web", "https://**.example"),
        ('http = ["GET ${web}/park/**"]', "web", "http://a.example/../.."),
        ('tools = ["one.${who}"]', "who", "*"),
        ('fs = [{ path = "/n", at = "data/${who}" }]', "who", "../.."),
        ('fs = [{ path = "/n", at = "data/${who}" }]', "who", "x/../../secrets"),
    ],
)
def test_a_value_from_outside_widens_no_grant(grant: str, name: str, value: str) -> None:
    text = SET.format(grant=grant)
    parse_manifest(text, path=None)
    parse_manifest(text, path=None, sets={"web": "http://b.example:80", "who": "b.b-2"})
    with pytest.raises(OperatorError, match=r"brings a \* or .. into a grant"):
        parse_manifest(text, path=None, sets={name: value})


def test_elsewhere_a_value_is_what_it_is() -> None:
    text = SET.format(grant="kv = { bytes = 1 }").replace("{ bytes = 1 }", '{ bytes = "1 KiB" }')
    plan = parse_manifest(text, path=None, sets={"web": "*", "who": "../x"})
    assert plan.holders["one"].config == {"said": "* ../x"}

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


def linked(lion: Lion) -> Path:
    """The manifest's folder, with links within and out of it."""
    for folder in ("work/real", "out"):
        (lion.folder / folder).mkdir(parents=True)
    (lion.folder / "work/in").symlink_to("real")
    (lion.folder / "work/out").symlink_to("../out")
    return lion.folder


def table(*grants: str) -> str:
    return files(*grants) + '[[run]]\ncall = "files.mounts"\n'


def test_a_directory_is_shown_where_it_really_is(lion: Lion) -> None:
    folder = linked(lion)
    grants = (
        '{ path = "/a", at = "in", write = true }',
        '{ path = "/b", at = "out", follow = true }',
        '{ path = "/c", at = "new", write = true }',
    )
    path = lion.write(table(*grants), "work/manifest.toml")
    real = {"/a": "work/real", "/b": "out", "/c": "work/new"}
    shown = [
        f"/a is in -> {folder}/work/real, may be written",
        f"/b is out -> {folder}/out, to read",
        f"/c is new -> {folder}/work/new, may be written",
    ]
    for words in (("check", path), ("audit", path)):
        result = lion(*words)
        assert result.returncode == 0, result.stderr
        assert all(line in result.stdout for line in shown), result.stdout
        (holder,) = lion.json(*words)["holders"]
        assert [(one["path"], one["real"]) for one in holder["directories"]] == [
            (path, str(folder / inner)) for path, inner in real.items()
        ]
        assert [one["at"] for one in holder["directories"]] == ["in", "out", "new"]
    assert not (folder / "work/new").exists()
    assert lion("run", path).returncode == 0
    (folder / "work/in").unlink()
    result = lion("audit", "last")
    assert all(line in result.stdout for line in shown), "of a run: where it was, from the log"
    (holder,) = lion.json("audit", "last")["holders"]
    assert {one["path"]: one["real"] for one in holder["directories"]} == {
        path: str(folder / inner) for path, inner in real.items()
    }


def test_a_link_out_of_the_manifests_folder(lion: Lion) -> None:
    folder = linked(lion)
    path = lion.write(table('{ path = "/n", at = "out" }'), "work/manifest.toml")
    said = (
        "plugins.files.allow.fs",
        "'out' leads by a link out",
        f"{folder}/out",
        "follow = true",
    )
    assert_one_line(lion("check", path), 2, *said)
    assert_one_line(lion("run", path), 2, *said)
    result = lion("audit", path)
    assert result.returncode == 0 and "warning" in result.stdout
    assert "leads by a link out" in result.stdout and f"-> {folder}/out" in result.stdout
    (shown,) = lion.json("audit", path)["holders"]
    assert "leads by a link out" in shown["directories"][0]["problem"]


def test_a_place_that_is_not_there_yet(lion: Lion) -> None:
    at = lion.folder / ".config"
    both(lion, files(fs(at, write=True)), "it would contain", ".config/lion", "policy")
    assert not at.exists()


def test_the_file_of_a_secret_is_no_guests(lion: Lion) -> None:
    (lion.folder / "keys").mkdir()
    text = f'[a]\nfile = "{lion.folder}/keys/a"\nhosts = ["a.example"]\n'
    lion.write(text, ".config/lion/secrets.toml").chmod(0o600)
    at = lion.folder / "keys"
    both(lion, files(fs(at, write=True)), "it contains", "where the operator keeps a secret")


def test_names_of_directories_are_no_markup(lion: Lion) -> None:
    (lion.folder / "work").mkdir()
    (lion.folder / "work/in").symlink_to("\x1b[31mred")
    (lion.folder / "work/\x1b[31mred").mkdir()
    path = lion.write(table('{ path = "/n", at = "in" }'), "work/manifest.toml")
    for command in ("check", "audit"):
        result = lion(command, path)
        assert (
            result.returncode == 0 and "\x1b" not in result.stdout and "[31mred" in result.stdout
        )


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
    assert f"         fs       /n is link -> {real}, to read\n" in result.stdout
    (holder,) = lion.json("check", lion.folder / "manifest.toml")["holders"]
    assert holder["scopes"][0]["directory"] == str(real)
    assert "home directory" not in result.stdout


def test_ones_own_home_is_refused_and_all_homes_are_warned_of(lion: Lion) -> None:
    """Lion looks for its configuration in the one; in another's it has no business."""
    home = lion.folder / "person"
    home.mkdir()
    path = lion.write(files(fs("person", write=True)))
    assert_one_line(lion("check", path, HOME=str(home)), 2, str(home), "lion looks for")
    result = lion("audit", path, HOME=str(home))
    assert f"fs /n may write all of a home directory: it is {home}" in result.stdout


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
    for command in ("check", "audit"):
        (found,) = [
            line for line in lion(command, path).stdout.splitlines() if "not there" in line
        ]
        assert found.startswith("warning")
        assert found.endswith("granted but not there: tool hello.x*")


def test_the_operator_names_directories_of_the_host(lion: Lion) -> None:
    (lion.folder / ".ssh").mkdir()
    (lion.folder / "harmless").symlink_to(".ssh")
    policy = lion.write('deny = ["fs-at write ~/.ssh/**"]', "policy.toml")
    path = lion.write(table('{ path = "/n", at = "harmless", write = true }'))
    said = f"{lion.folder}/.ssh', may not be written: denied by policy rule"
    for command in ("check", "run"):
        assert_one_line(lion(command, path, "--policy", policy), 2, said, "(policy line 1)")
    audited = lion("audit", path, "--full", "--policy", policy)
    assert audited.returncode == 0 and "denied by policy rule" in audited.stdout
    path = lion.write(table('{ path = "/n", at = "harmless" }'))
    checked = lion("check", path, "--policy", policy)
    assert checked.returncode == 0
    assert 'policy line 1 denies "fs-at write ~/.ssh/**"' in checked.stdout


def test_a_rule_that_can_match_nothing_is_warned_of(lion: Lion) -> None:
    (lion.folder / "n").mkdir()
    policy = lion.write('deny = [\n "fs write /elsewhere/**",\n "tool files",\n]', "policy.toml")
    path = lion.write(table('{ path = "/n", at = "n" }'))
    here = 'warning  policy line 2: "fs write /elsewhere/**" can match nothing: this manifest has'
    never = 'warning  policy line 3: "tool files" can match nothing: tools are named plugin.f'
    for words in (("check", path), ("audit", path), ("audit", path, "--full")):
        result = lion(*words, "--policy", policy)
        assert result.returncode == 0
        assert here in result.stdout and never in result.stdout
    rules = lion.json("check", path, "--policy", policy)["idle_rules"]
    assert [(one["by"], one["is_here"]) for one in rules] == [
        ("policy line 2", True), ("policy line 3", False),
    ]  # fmt: skip


def test_of_many_idle_rules_ten_are_shown(lion: Lion) -> None:
    policy = lion.write(f"deny = {[f'tool t{number}.x' for number in range(12)]}", "policy.toml")
    result = lion("check", lion.write(files()), "--policy", policy)
    assert result.stdout.count("can match nothing") == 10
    assert "… and 2 more rules of that kind" in result.stdout

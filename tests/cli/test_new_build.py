"""Look here if you want to know what `lion new` makes, what it refuses, and when `lion check`
finds a component older than its source. What needs compilers is in tests/toolchain, marked slow.
"""

import errno
import json
import os
import shutil
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from lion.errors import OperatorError
from lion.toolchain.new import new
from lion.toolchain.stamp import make_stamp, write_stamp
from tests.cli.kit import ROOT, WASM, Lion, assert_one_line

COMBINATIONS = [
    ("rust", "plugin"),
    ("rust", "agent"),
    ("assemblyscript", "plugin"),
    ("assemblyscript", "agent"),
    ("python", "system"),
    ("python --sandboxed", "plugin"),
    ("python --sandboxed", "agent"),
    ("javascript", "plugin"),
    ("javascript", "agent"),
    ("typescript", "plugin"),
    ("typescript", "agent"),
]
_WIT = {"wit/world.wit", "wit/deps/lion-host/types.wit"}
SOURCES = {
    "rust": {"src/lib.rs", *_WIT},
    "assemblyscript": {"assembly/index.ts", *_WIT},
    "python": {"src/red_fox.py", "pyproject.toml"},
    "javascript": {"src/index.js", "package-lock.json", *_WIT},
    "typescript": {"src/index.ts", "package-lock.json", "tsconfig.json", *_WIT},
    "python --sandboxed": {"src/app.py", "pyproject.toml", *_WIT},
}


@pytest.mark.parametrize(("language", "kind"), COMBINATIONS)
def test_a_new_folder_is_complete_in_itself(lion: Lion, language: str, kind: str) -> None:
    made = lion("new", "red-fox", "--lang", *language.split(), "--kind", kind)
    assert made.returncode == 0, made.stderr
    folder = lion.folder / "red-fox"
    files = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
    own = {*SOURCES[language], "manifest.toml", "tests/test_red_fox.py", "README.md", ".gitignore"}
    assert own <= set(files)
    assert all(f"     {name}\n" in made.stdout for name in own if "/deps/" not in name)
    assert not any(path.is_symlink() for path in folder.rglob("*"))
    for path in files.values():
        text = path.read_text("utf-8")
        assert str(ROOT) not in text, path
        assert "@name@" not in text and "@Name@" not in text, path
    assert len(files["README.md"].read_text("utf-8").splitlines()) <= 12


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), OSError(errno.ENOSPC, "No space left")])
@pytest.mark.parametrize("is_there", [True, False])
@pytest.mark.parametrize("at", ["_copy", "Path.rename"])
def test_what_breaks_off_leaves_nothing(
    stop: BaseException, is_there: bool, at: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "deep" / "fox"
    if is_there:
        folder.mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    calls = []

    def break_off(*args: object) -> None:
        calls.append(args)
        raise stop

    monkeypatch.setattr(f"lion.toolchain.new.{at}", break_off)
    with pytest.raises((KeyboardInterrupt, OperatorError)):
        new(folder, "rust", None)
    assert calls
    assert sorted(tmp_path.rglob("*")) == before


def test_an_empty_folder_stays_itself(lion: Lion) -> None:
    real = lion.folder / "real"
    real.mkdir(mode=0o750)
    (lion.folder / "fox").symlink_to(real)
    assert lion("new", "fox", "--lang", "rust").returncode == 0
    assert (lion.folder / "fox").is_symlink()
    assert (real / "Cargo.toml").is_file()
    assert not [path for path in real.iterdir() if path.name.startswith(".lion")]
    assert real.stat().st_mode & 0o777 == 0o750


def test_editors_find_the_schema_of_a_new_manifest(lion: Lion) -> None:
    lion("new", "fox", "--lang", "rust")
    first, *_ = (lion.folder / "fox" / "manifest.toml").read_text("utf-8").splitlines()
    marker, _, place = first.partition(" ")
    assert marker == "#:schema"
    schema = (lion.folder / "fox" / place).read_text("utf-8")
    assert schema == lion("schema").stdout


def test_json_says_what_was_made(lion: Lion) -> None:
    made = lion.json("new", "fox", "--lang", "rust")
    assert made["folder"] == str(lion.folder / "fox")
    assert (made["name"], made["language"], made["kind"]) == ("fox", "rust", "plugin")
    assert "src/lib.rs" in made["files"]


def test_an_empty_folder_may_be_used_and_another_may_not(lion: Lion) -> None:
    (lion.folder / "fox").mkdir()
    assert lion("new", "fox", "--lang", "rust").returncode == 0
    before = (lion.folder / "fox" / "src" / "lib.rs").read_bytes()
    again = lion("new", "fox", "--lang", "rust")
    assert_one_line(again, 2, "'fox' has something in it, and nothing is overwritten")
    assert (lion.folder / "fox" / "src" / "lib.rs").read_bytes() == before


@pytest.mark.parametrize(
    ("words", "what", "typed"),
    [
        (("Fox", "--lang", "rust"), "'Fox' cannot be a plugin's name", "lion new fox --lang rust"),
        (("a/1_x", "--lang", "rust"), "'1_x' cannot be a", "lion new a/x --lang rust"),
        (("world", "--lang", "rust"), "meaning of its own in WIT", "lion new my-world"),
        (("match", "--lang", "rust"), "meaning of its own in Rust", "lion new my-match"),
        (("fox",), "nothing says which language", "lion new fox --lang rust"),
        (("fox", "--lang", "cobol"), "'cobol' is not one of", "lion new --help"),
        (
            ("fox", "--lang", "python", "--kind", "plugin"),
            "unless it is sandboxed",
            "--lang python --sandboxed --kind plugin",
        ),
        (("fox", "--lang", "rust", "--sandboxed"), "is sandboxed in any case", "--lang rust"),
        (
            ("fox", "--lang", "python", "--sandboxed", "--kind", "system"),
            "is trusted Python, not sandboxed python",
            "--kind plugin",
        ),
        (("fox", "--lang", "rust", "--kind", "system"), "is trusted Python", "--lang python"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_type(
    lion: Lion, words: tuple[str, ...], what: str, typed: str
) -> None:
    assert_one_line(lion("new", *words), 2, what, typed)
    assert sorted(path.name for path in lion.folder.iterdir() if path.name != "state") == []


def test_where_nothing_can_be_made_it_says_so(lion: Lion) -> None:
    (lion.folder / "file").touch()
    assert_one_line(lion("new", "file/fox", "--lang", "rust"), 2, "cannot be made")


@pytest.mark.parametrize("words", [("nothing",), ("file",), (".",)])
def test_what_is_no_source_is_not_built(lion: Lion, words: tuple[str, ...]) -> None:
    (lion.folder / "file").touch()
    assert_one_line(lion("build", *words), 2)


def test_a_source_without_a_compiler_says_what_to_install(lion: Lion) -> None:
    lion("new", "fox", "--lang", "assemblyscript")
    (lion.folder / "bin").mkdir()
    path = {"PATH": str(lion.folder / "bin")}
    assert_one_line(lion("build", "fox", **path), 2, "node", "apt-get install nodejs npm")
    (lion.folder / "bin" / "node").symlink_to(shutil.which("true") or "/bin/true")
    assert_one_line(lion("build", "fox", **path), 2, "npm, which fetches", "nodejs npm")


@pytest.mark.parametrize("language", ["javascript", "typescript"])
def test_what_javascript_lacks_is_told(lion: Lion, language: str) -> None:
    lion("new", "fox", "--lang", language)
    (lion.folder / "bin").mkdir()
    path = {"PATH": str(lion.folder / "bin")}
    assert_one_line(lion("build", "fox", **path), 2, "node", "apt-get install nodejs npm")
    (lion.folder / "bin" / "node").symlink_to(shutil.which("true") or "/bin/true")
    assert_one_line(lion("build", "fox", **path), 2, "npm, which fetches", "nodejs npm")
    (lion.folder / "fox" / "package-lock.json").unlink()
    (lion.folder / "bin" / "npm").symlink_to(shutil.which("true") or "/bin/true")
    assert_one_line(lion("build", "fox", "--locked", **path), 2, "--locked forbids")
    (entry,) = (lion.folder / "fox" / "src").iterdir()
    entry.unlink()
    assert_one_line(lion("build", "fox"), 2, f"has no src/{entry.name}", f"--lang {language}")
    lion.write('{"name": "x", "lion": {"language": "cobol"}}', "x/package.json")
    assert_one_line(lion("build", "x"), 2, "the language 'cobol'", "javascript, typescript")


def test_several_components_need_a_folder_to_go_to(lion: Lion) -> None:
    for name in ("fox", "owl"):
        lion("new", name, "--lang", "rust")
    refused = lion("build", "fox", "owl", "--out", "one.wasm")
    assert_one_line(refused, 2, "is no folder, and there are 2 components", "mkdir -p one.wasm")


PYTHON_MISTAKES = [
    ("-> str:", "-> object():", "shelf/src/shelf.py:20: the tool 'greet'"),
    ("(SystemPlugin[Settings]):", "(SystemPlugin[Settings]:", "(shelf/src/shelf.py:15)"),
    ("contract = 1", "contract = 99", "it is for contract 99"),
    ("class Shelf(", "class Shelves(", "has no attribute 'Shelf'"),
    ("from typing", "import nothing_like_it\nfrom typing", "(shelf/src/shelf.py:3)"),
    ("from typing", "raise SystemExit(3)\nfrom typing", "(shelf/src/shelf.py:3)"),
    ("from typing", "import os; os._exit(3)\nfrom typing", "ended its process: exit code 3"),
]


def test_a_system_plugin_is_loaded_and_described(lion: Lion) -> None:
    lion("new", "shelf", "--lang", "python")
    built = lion("build", "shelf")
    assert built.returncode == 0, built.stderr
    assert "trusted Python, not sandboxed" in built.stdout
    assert "Greet somebody by name." in built.stdout
    assert "-m pip install --editable shelf" in built.stdout
    told = lion.json("build", "shelf")
    [plugin] = told["plugins"]
    assert (told["language"], told["is_installed"], plugin["use"]) == ("python", False, "shelf")
    assert [tool["name"] for tool in plugin["tools"]] == ["greet"]
    assert plugin["tools"][0]["input_schema"]["required"] == ["name"]


@pytest.mark.parametrize(("old", "new", "said"), PYTHON_MISTAKES)
def test_a_mistake_in_a_system_plugin_is_told(lion: Lion, old: str, new: str, said: str) -> None:
    lion("new", "shelf", "--lang", "python")
    source = lion.folder / "shelf" / "src" / "shelf.py"
    text = source.read_text("utf-8")
    assert old in text
    source.write_text(text.replace(old, new, 1), "utf-8")
    failed = lion("build", "shelf")
    assert failed.returncode == 2, failed.stderr
    assert said in failed.stderr
    assert "Traceback" not in failed.stderr


def test_a_python_project_without_a_system_plugin_says_what_to_write(lion: Lion) -> None:
    lion.write('[project]\nname = "x"\n', "x/pyproject.toml")
    assert_one_line(lion("build", "x"), 2, "names no system plugin", "entry-points")


def test_sandboxed_python_without_its_builder_says_what_to_install(
    lion: Lion, monkeypatch: pytest.MonkeyPatch
) -> None:
    lion("new", "fox", "--lang", "python", "--sandboxed")
    monkeypatch.setattr("importlib.metadata.version", _absent)
    assert_one_line(lion("build", "fox"), 2, "which is not installed", "componentize-py==0.25.1")
    monkeypatch.setattr("importlib.metadata.version", lambda name: "0.9.0")
    assert_one_line(lion("build", "fox"), 2, "componentize-py 0.9.0 is installed", "==0.25.1")


def _absent(name: str) -> str:
    raise PackageNotFoundError(name)


def test_what_sandboxed_python_lacks_is_told(lion: Lion) -> None:
    lion("new", "fox", "--lang", "python", "--sandboxed")
    (lion.folder / "fox" / "src" / "app.py").unlink()
    assert_one_line(lion("build", "fox"), 2, "has no src/app.py", "--sandboxed")
    lion.write('[project]\nname = "x"\n[tool.lion]\nsandboxed = "yes"\n', "x/pyproject.toml")
    assert_one_line(lion("build", "x"), 2, "has sandboxed = 'yes'", "sandboxed = true")


def _with_source(lion: Lion) -> Path:
    """A manifest with hello, beside its source and the note of how it was built."""
    lion("new", "hello", "--lang", "rust")
    folder = lion.folder / "hello"
    component = folder / "hello.wasm"
    shutil.copy(WASM / "hello.wasm", component)
    write_stamp(component, make_stamp(component, folder, [folder / "src"], "a compiler"))
    return folder


def test_check_warns_of_a_component_that_is_older_than_its_source(lion: Lion) -> None:
    folder = _with_source(lion)
    fresh = lion("check", "hello/manifest.toml")
    assert fresh.returncode == 0 and "older" not in fresh.stdout
    (folder / "src" / "lib.rs").write_text("// changed", "utf-8")
    stale = lion("check", "hello/manifest.toml")
    assert "older than its source; build it again: lion build hello" in stale.stdout
    [holder] = lion.json("check", "hello/manifest.toml")["holders"]
    assert any("older than its source" in warning for warning in holder["warnings"])
    component = folder / "hello.wasm"
    _younger(folder / "src" / "lib.rs", component)
    told = "warning  hello is older than its source; build it again: lion build hello\n"
    run = lion("run", "hello/manifest.toml")
    assert (run.returncode, run.stderr) == (0, told)
    write_stamp(component, make_stamp(component, folder, [folder / "src"], "a compiler"))
    assert "older" not in lion("check", "hello/manifest.toml").stdout
    assert lion("run", "hello/manifest.toml").stderr == ""


def _younger(one: Path, other: Path) -> None:
    """Make a file younger than another, however coarse the file system's times are."""
    made = other.stat().st_mtime_ns
    os.utime(one, ns=(made + 1_000_000_000, made + 1_000_000_000))


def test_a_manifest_names_what_was_never_built(lion: Lion) -> None:
    lion("new", "fox", "--lang", "rust")
    assert_one_line(
        lion("run", "fox/manifest.toml"), 2, "cannot be read", f"lion build {lion.folder}/fox"
    )


@pytest.mark.parametrize("command", ["new", "build"])
def test_help_is_the_documentation(lion: Lion, command: str) -> None:
    shown = lion(command, "--help").stdout
    assert "lion build" in shown
    assert {"new": "--kind", "build": "rustup target add wasm32-unknown-unknown"}[command] in shown


def test_the_note_beside_a_component_names_no_path_of_this_machine(lion: Lion) -> None:
    folder = _with_source(lion)
    said = json.loads((folder / "built.json").read_text("utf-8"))
    assert said["hello.wasm"]["folder"] == "."
    assert not os.path.isabs(said["hello.wasm"]["roots"][0])

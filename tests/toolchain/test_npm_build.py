"""Look here if you want to know that a plugin in AssemblyScript is built, tested and run from its
own folder, with what npm fetches for it, and what is said if it cannot be: by the real compiler.
"""

import json
import shutil
from pathlib import Path

import pytest

from tests.system.kit import acme, install
from tests.toolchain.place import ROOT, Place

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("npm") is None, reason="needs node and npm"),
]


def _new(place: Place, kind: str) -> Path:
    """A new plugin; npm has to fetch its packages only for the first test."""
    place.empty("bat")
    assert place.lion("new", "bat", "--lang", "assemblyscript", "--kind", kind).returncode == 0
    fetched = place.folder / "fetched"
    if fetched.is_dir():
        shutil.copytree(fetched, place.folder / "bat" / "node_modules", symlinks=True)
    return place.folder / "bat"


@pytest.fixture
def bat(place: Place) -> Path:
    """A new plugin, built."""
    bat = _new(place, "plugin")
    built = place.lion("build", "bat")
    assert built.returncode == 0, built.stderr
    if not (place.folder / "fetched").is_dir():
        shutil.copytree(bat / "node_modules", place.folder / "fetched", symlinks=True)
    return bat


def test_it_is_built_tested_and_run(place: Place, bat: Path) -> None:
    again = place.lion("build", "bat", "--json")
    assert again.stderr == ""
    told = json.loads(again.stdout)
    assert (told["verdict"], told["language"]) == ("current", "assemblyscript")
    assert set(told["imports"]) == {"lion:host/config@0.1.0", "lion:host/log@0.1.0"}
    [tool] = told["tools"]
    assert tool["description"].startswith("Greet somebody by name.")
    assert told["size"] == (bat / "bat.wasm").stat().st_size <= 12 * 1024
    assert '"Good morning, Ann!"' in place.lion("run", "bat/manifest.toml").stdout
    tested = place.pytest("bat")
    assert tested.returncode == 0, tested.stdout
    assert str(place.folder.parent).encode() not in (bat / "bat.wasm").read_bytes()


def test_the_lock_is_kept_and_what_did_not_change_is_not_touched(place: Place, bat: Path) -> None:
    lock = (bat / "package-lock.json").read_bytes()
    component = bat / "bat.wasm"
    before = component.stat().st_mtime_ns
    assert place.lion("build", "bat", "--force", "--locked").stdout.startswith(
        "same  bat/bat.wasm"
    )
    shutil.rmtree(bat / "assembly" / "bindings")
    assert place.lion("build", "bat").stdout.startswith("current  bat/bat.wasm")
    assert component.stat().st_mtime_ns == before
    (bat / "assembly" / "index.ts").write_text(_source(bat) + "// a comment\n", "utf-8")
    assert "older than its source" in place.lion("check", "bat/manifest.toml").stdout
    assert place.lion("build", "bat").stdout.startswith("same  bat/bat.wasm")
    assert "older" not in place.lion("check", "bat/manifest.toml").stdout
    assert (bat / "package-lock.json").read_bytes() == lock


def _source(bat: Path) -> str:
    return (bat / "assembly" / "index.ts").read_text("utf-8")


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("assembly/index.ts", "name.length", "name.lengths", "assembly/index.ts:8:"),
        ("assembly/index.ts", "greet(name: string)", "greet(name: i32)", "it should be: export"),
        ("assembly/index.ts", "function greet", "function hail", "it should be: export function"),
        ("wit/world.wit", "func(name", "fun(name", "wit/world.wit:8: "),
        ("wit/world.wit", "name: string", "name: strin", "wit/world.wit:8: "),
    ],
)
def test_a_mistake_is_told_by_file_and_line(
    place: Place, bat: Path, file: str, old: str, new: str, said: str
) -> None:
    before = (bat / "bat.wasm").read_bytes()
    _replace(bat / file, old, new)
    failed = place.lion("build", "bat")
    assert failed.returncode == 2, failed.stderr
    assert said in failed.stderr
    assert (bat / "bat.wasm").read_bytes() == before


def test_an_import_that_lion_does_not_lend_is_told_by_its_line(place: Place, bat: Path) -> None:
    world = bat / "wit" / "world.wit"
    _replace(world, "    include", "    import store;\n    include")
    world.write_text(world.read_text("utf-8") + "interface store { put: func(); }\n", "utf-8")
    source = f'import * as store from "./bindings/store";\n{_source(bat)}'
    (bat / "assembly" / "index.ts").write_text(source, "utf-8")
    _replace(bat / "assembly" / "index.ts", "  info(", "  store.put();\n  info(")
    failed = place.lion("build", "bat")
    assert failed.returncode == 3, failed.stderr
    assert "bat/wit/world.wit:5: " in failed.stderr
    assert "it imports bat:bat/store, which lion does not offer" in failed.stderr


def test_what_npm_cannot_fetch_is_the_outsides_fault_or_the_files(place: Place, bat: Path) -> None:
    shutil.rmtree(bat / "node_modules")
    nowhere = {"npm_config_registry": "http://127.0.0.1:9/", "npm_config_fetch_retries": "0"}
    cache = {"npm_config_cache": str(place.folder / "no-cache")}
    failed = place.lion("build", "bat", "--force", **nowhere, **cache)
    assert failed.returncode == 4, failed.stderr
    assert "check the network, then type the same again" in failed.stderr
    _replace(bat / "package.json", '"assemblyscript": "', '"assemblyscript": "999.')
    failed = place.lion("build", "bat", "--force")
    assert failed.returncode == 2, failed.stderr
    assert "npm cannot install what bat/package.json names" in failed.stderr


def test_an_agent_too(place: Place, bat: Path) -> None:
    _new(place, "agent")
    told = json.loads(place.lion("build", "bat", "--json").stdout)
    assert told["is_agent"]
    ran = place.lion("run", "bat/manifest.toml")
    assert ran.returncode == 0 and "Lions eat zebras" in ran.stdout
    tested = place.pytest("bat")
    assert tested.returncode == 0, tested.stdout


def test_it_uses_an_interface_that_a_system_plugin_offers(
    place: Place, bat: Path, tmp_path: Path
) -> None:
    site = install(tmp_path / "site", acme())
    offering = {"PYTHONPATH": f"{ROOT}:{site}"}
    deps = bat / "wit" / "deps" / "shelf"
    deps.mkdir()
    told = place.lion("wit", "books", **offering)
    (deps / "books.wit").write_text(told.stdout, "utf-8")
    world = "    import acme:shelf/books@1.2.0;\n    include"
    _replace(bat / "wit" / "world.wit", "    include", world)
    source = f'import * as books from "./bindings/books";\n{_source(bat)}'
    (bat / "assembly" / "index.ts").write_text(source, "utf-8")
    _replace(
        bat / "assembly" / "index.ts",
        "  info(",
        "  const found = books.find(name);\n"
        "  if (!found.isOk) return Result.err<string, string>(found.error.toString());\n"
        "  const book = found.value;\n"
        "  if (book !== null) return Result.ok<string, string>(`${book.title} ${book.year}`);\n"
        "  info(",
    )
    built = place.lion("build", "bat")
    assert "acme:shelf/books@1.2.0: find\n" in built.stdout, built.stderr
    assert "not lion's: runs where a system plugin offers it" in built.stdout
    manifest = (bat / "manifest.toml").read_text("utf-8")
    grant = '[plugins.bat.allow]\ninterfaces."acme:shelf/books" = ["Lions"]\n'
    for allowed, said in (("", "denied: no grant covers it"), (grant, '"Lions 1972"')):
        text = f'{manifest}\n[system.books]\nuse = "books"\n{allowed}'
        (bat / "books.toml").write_text(text, "utf-8")
        called = place.lion("call", "bat/books.toml", "bat.greet", '{"name":"Lions"}', **offering)
        assert said in called.stdout + called.stderr


def test_in_a_workspace_what_its_root_has_is_used(place: Place, bat: Path) -> None:
    """npm puts the packages of all of a workspace's plugins into the root's node_modules."""
    place.empty("mono")
    mono = place.folder / "mono"
    (mono / "plugins").mkdir(parents=True)
    package = {"name": "mono", "private": True, "workspaces": ["plugins/*"]}
    (mono / "package.json").write_text(json.dumps(package), "utf-8")
    assert place.lion("new", "mono/plugins/owl", "--lang", "assemblyscript").returncode == 0
    shutil.copytree(place.folder / "fetched", mono / "node_modules", symlinks=True)
    library = mono / "node_modules" / "lion-as"
    library.unlink()
    library.symlink_to(mono / "plugins" / "owl" / "vendor" / "lion-as")
    nowhere = {"npm_config_registry": "http://127.0.0.1:9/"}
    built = place.lion("build", "mono/plugins/owl", **nowhere)
    assert built.returncode == 0, built.stderr
    assert "npm fetches" not in built.stderr
    assert not (mono / "plugins" / "owl" / "node_modules").exists()

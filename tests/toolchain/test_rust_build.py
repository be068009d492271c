"""Look here if you want to know that a plugin in Rust is built, tested and run from its own
folder, and what is said if it cannot be: by the real compiler.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from lion.errors import OperatorError
from lion.toolchain.rust.compiler import find_toolchain
from tests.toolchain.place import Place

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _needs_rust() -> None:
    try:
        find_toolchain()
    except OperatorError as exc:
        pytest.skip(str(exc))


@pytest.fixture
def fox(place: Place) -> Iterator[Path]:
    """A new plugin, built."""
    place.empty("fox")
    assert place.lion("new", "fox", "--lang", "rust").returncode == 0
    built = place.lion("build", "fox")
    assert built.returncode == 0, built.stderr
    yield place.folder / "fox"


def test_it_is_built_tested_and_run(place: Place, fox: Path) -> None:
    again = place.lion("build", "fox", "--json")
    assert again.stderr == ""
    told = json.loads(again.stdout)
    assert (told["verdict"], told["language"], told["is_agent"]) == ("current", "rust", False)
    assert set(told["imports"]) == {"lion:host/config@0.1.0", "lion:host/log@0.1.0"}
    [tool] = told["tools"]
    assert tool["description"].startswith("Greet somebody by name.")
    assert told["size"] == (fox / "fox.wasm").stat().st_size <= 30 * 1024
    assert '"Good morning, Ann!"' in place.lion("run", "fox/manifest.toml").stdout
    tested = place.pytest("fox")
    assert tested.returncode == 0, tested.stdout


def test_it_names_no_path_of_the_machine(place: Place, fox: Path) -> None:
    data = (fox / "fox.wasm").read_bytes()
    assert str(place.folder.parent).encode() not in data
    assert b"/home/" not in data and b"/root/" not in data and b".cargo" not in data


def test_what_did_not_change_is_not_touched(place: Place, fox: Path) -> None:
    component = fox / "fox.wasm"
    before = component.stat().st_mtime_ns
    (fox / "README.md").write_text("changed", "utf-8")
    assert place.lion("build", "fox").stdout.startswith("current  fox/fox.wasm")
    assert place.lion("build", "fox", "--force").stdout.startswith("same  fox/fox.wasm")
    assert component.stat().st_mtime_ns == before
    (fox / "src" / "lib.rs").write_text(_source(fox) + "\n// a comment\n", "utf-8")
    assert "older than its source" in place.lion("check", "fox/manifest.toml").stdout
    assert place.lion("build", "fox").stdout.startswith("same  fox/fox.wasm")
    assert "older" not in place.lion("check", "fox/manifest.toml").stdout


def test_another_place_for_the_component(place: Place, fox: Path) -> None:
    place.empty("out")
    (place.folder / "out").mkdir()
    assert place.lion("build", "fox", "--out", "out").returncode == 0
    assert place.lion("build", "fox", "--out", "out/other.wasm").returncode == 0
    made = {path.name for path in (place.folder / "out").iterdir()}
    assert made == {"fox.wasm", "other.wasm", "built.json"}


def _source(fox: Path) -> str:
    return (fox / "src" / "lib.rs").read_text("utf-8")


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("src/lib.rs", "Ok(format", "Ok(5 + format", "--> src/lib.rs:16:"),
        ("src/lib.rs", "fn greet(name: String)", "fn greet(name: u32)", "--> src/lib.rs:10:"),
        ("src/lib.rs", "fn greet(", "fn hail(", "`greet` from trait"),
        ("wit/world.wit", "func(name", "fun(name", "fox/wit/world.wit:8:"),
        ("wit/world.wit", "name: string", "name: strin", "fox/wit/world.wit:8:"),
        ("wit/world.wit", "host/plugin", "host/plugins", "fox/wit/world.wit:5:"),
        (
            "wit/world.wit",
            "include",
            "import lion:host/nothing@0.1.0;\n    include",
            "world.wit:5:",
        ),
    ],
)
def test_a_mistake_is_told_by_file_and_line(
    place: Place, fox: Path, file: str, old: str, new: str, said: str
) -> None:
    before = (fox / "fox.wasm").read_bytes()
    _replace(fox / file, old, new)
    failed = place.lion("build", "fox")
    assert failed.returncode == 2
    assert said in failed.stderr
    last = failed.stderr.splitlines()[-2:]
    assert last[0] == "error: fox did not compile"
    assert "correct what the compiler says above" in last[1]
    assert (fox / "fox.wasm").read_bytes() == before


def test_an_import_that_lion_does_not_lend_is_told_by_its_line(place: Place, fox: Path) -> None:
    world = fox / "wit" / "world.wit"
    _replace(world, "    include", "    import store;\n    include")
    world.write_text(world.read_text("utf-8") + "interface store { put: func(); }\n", "utf-8")
    _replace(
        fox / "src" / "lib.rs",
        "        if name",
        "        fox::fox::store::put();\n        if name",
    )
    failed = place.lion("build", "fox")
    assert failed.returncode == 3, failed.stderr
    assert "fox/wit/world.wit:5: " in failed.stderr
    assert "it imports fox:fox/store, which lion does not offer" in failed.stderr


def test_a_crate_that_is_not_there_is_told(place: Place, fox: Path) -> None:
    _replace(fox / "Cargo.toml", "[dependencies]", '[dependencies]\nserde_json = "99"')
    failed = place.lion("build", "fox")
    assert failed.returncode == 2
    assert "cargo cannot find what fox needs" in failed.stderr
    assert "correct the dependencies in" in failed.stderr


def test_an_unreadable_cargo_toml_and_a_library_are_told(place: Place, fox: Path) -> None:
    _replace(fox / "Cargo.toml", 'crate-type = ["cdylib"]', 'crate-type = ["rlib"]')
    library = place.lion("build", "fox")
    assert library.returncode == 2 and 'crate-type = ["cdylib"]' in library.stderr
    _replace(fox / "Cargo.toml", 'edition = "2021"', 'edition = "1515"')
    unreadable = place.lion("build", "fox")
    assert unreadable.returncode == 2 and "cargo cannot read" in unreadable.stderr


def test_an_agent_too(place: Place) -> None:
    place.empty("fox")  # under this name everything else is compiled already
    assert place.lion("new", "fox", "--lang", "rust", "--kind", "agent").returncode == 0
    told = json.loads(place.lion("build", "fox", "--json").stdout)
    assert told["is_agent"]
    ran = place.lion("run", "fox/manifest.toml")
    assert ran.returncode == 0 and "Lions eat zebras" in ran.stdout
    tested = place.pytest("fox")
    assert tested.returncode == 0, tested.stdout


SERDE = """\
use lion_guest::serde::{Deserialize, Serialize};
use lion_guest::{fs, json};

lion_guest::world!("fox:fox/fox");

#[derive(Serialize, Deserialize)]
struct Seen {
    name: String,
}

struct Fox;

impl Fox {
    fn tried(name: String) -> Result<String, Box<dyn std::error::Error>> {
        let seen: Seen = json::from_str(&json::to_string(&Seen { name })?)?;
        Ok(fs::read_text(&seen.name)?)
    }
}

impl Guest for Fox {
    fn greet(name: String) -> Result<String, String> {
        Self::tried(name).map_err(|error| format!("{error}"))
    }
}

export!(Fox);
"""


def test_serde_derives_and_errors_are_texts(place: Place, fox: Path) -> None:
    (fox / "src" / "lib.rs").write_text(SERDE, "utf-8")
    built = place.lion("build", "fox")
    assert built.returncode == 0, built.stderr
    for name, said in (("/Ann", "denied: no grant covers it"), ("no/path", NO_PATH)):
        called = place.lion("call", "fox/fox.wasm", "fox.greet", json.dumps({"name": name}))
        assert f"the tool's own error: {said}" in called.stderr


NO_PATH = """invalid: a path begins with "/", unlike 'no/path'"""

SHAPES_WORLD = """\
package fox:fox;
package other:nested@1.0.0 { interface deep { f: func(a: string) -> u32; } }

interface words {
    %type: func(%self: u32, %move: string) -> u32;
    record %struct { %fn: u32, %use: list<string> }
    variant %loop { %async(u32), %await }
    %match: func(%enum: %struct) -> option<%loop>;
}
interface again { use words.{%loop as %dyn}; go: func(value: %dyn) -> u32; }

world base { import words; export one: func() -> u32; }

world fox {
    include lion:host/plugin@0.1.0;
    include base with { one as %impl }
    import again;
    import m:d/a@0.1.0;
    import m:d/a@0.2.0;
    import other:nested/deep@1.0.0;
    import here: interface { record r { a: u32 } f: func(r: r) -> r; }
    export there: interface { g: func() -> string; }
    /// Says how much there is.
    export run: func() -> u32;
}
"""
SHAPES_SOURCE = """\
lion_guest::world!("fox:fox/fox");
use fox::fox::{again, words};

struct Fox;

impl Guest for Fox {
    fn impl_() -> u32 { words::type_(1, "x") }
    fn run() -> u32 {
        let found = words::match_(&words::Struct { fn_: 1, use_: vec![] });
        let one = found.map_or(0, |value| again::go(value));
        one + m::d0_1_0::a::x() + m::d0_2_0::a::x(2) + other::nested::deep::f("y")
            + here::f(here::R { a: 1 }).a
    }
}

impl exports::there::Guest for Fox {
    fn g() -> String { "there".into() }
}

export!(Fox);
"""


def test_a_world_of_many_shapes_is_carried_by_rust_too(place: Place, fox: Path) -> None:
    for version, function in (("0.1.0", "x: func() -> u32"), ("0.2.0", "x: func(n: u32) -> u32")):
        folder = fox / "wit" / "deps" / f"md-{version}"
        folder.mkdir()
        text = f"package m:d@{version};\ninterface a {{ {function}; }}\n"
        (folder / "a.wit").write_text(text, "utf-8")
    (fox / "wit" / "world.wit").write_text(SHAPES_WORLD, "utf-8")
    (fox / "src" / "lib.rs").write_text(SHAPES_SOURCE, "utf-8")
    (fox / "lion-build.toml").write_text("foreign = true\n", "utf-8")
    built = place.lion("build", "fox")
    assert built.returncode == 0, built.stderr
    shown = json.loads(place.lion("inspect", "fox/fox.wasm", "--json").stdout)
    asked = {"fox:fox/again", "fox:fox/words", "m:d/a@0.1.0", "m:d/a@0.2.0", "here"}
    assert asked | {"other:nested/deep@1.0.0"} <= set(shown["imports"])
    assert "which lion does not offer" in shown["refused"]


def test_cargo_is_asked_where_it_is_run(
    place: Place, fox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each configuration names a target folder; that of the folder lion was typed in has another
    component in it, as old ones lie about.
    """
    target = place.environ["CARGO_TARGET_DIR"]
    monkeypatch.delitem(place.environ, "CARGO_TARGET_DIR")
    decoy = place.folder / "decoy" / "wasm32-unknown-unknown" / "release"
    decoy.mkdir(parents=True)
    (decoy / "fox.wasm").write_bytes((fox / "fox.wasm").read_bytes())
    for folder, made in ((place.folder, place.folder / "decoy"), (fox, target)):
        (folder / ".cargo").mkdir(exist_ok=True)
        text = f'[build]\ntarget-dir = "{made}"\n'
        (folder / ".cargo" / "config.toml").write_text(text, "utf-8")
    try:
        _replace(fox / "src" / "lib.rs", '"Hello"', '"Howdy"')
        (fox / "assets").mkdir()
        (fox / "assets" / "more.rs").write_text("// one\n", "utf-8")
        with (fox / "src" / "lib.rs").open("a") as file:
            file.write('include!("../assets/more.rs");\n')
        built = place.lion("build", "fox")
        assert built.returncode == 0, built.stderr
        said = place.lion("call", "fox/fox.wasm", "fox.greet", '{"name":"Ann"}').stdout
        assert "Howdy" in said
        assert place.lion("build", "fox").stdout.startswith("current")
        (fox / "assets" / "more.rs").write_text("// two\n", "utf-8")
        assert place.lion("build", "fox").stdout.startswith("same")
        text = (fox / ".cargo" / "config.toml").read_text("utf-8")
        (fox / ".cargo" / "config.toml").write_text(f'{text}[env]\nFOX = "1"\n', "utf-8")
        assert place.lion("build", "fox").stdout.startswith("same"), (
            "built again, for it may matter"
        )
        assert str(target).encode() not in (fox / "fox.wasm").read_bytes()
    finally:
        place.empty(".cargo", "decoy")

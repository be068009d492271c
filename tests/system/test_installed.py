"""Look here if you want to know whether a system plugin that somebody else installed is found,
shown for what it is, and refused where it should be, by the command line.
"""

import json
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import pytest

from lion import __version__
from lion.errors import OperatorError
from lion.system import Deny, discovery, opening
from tests.cli.kit import ROOT, SECONDS, WASM, Lion, assert_one_line
from tests.system.kit import PACKAGE, install, open_system

pytestmark = pytest.mark.usefixtures("lion")

MANIFEST = f"""
name = "reading-room"

[plugins.calculator]
component = "{WASM}/calculator.wasm"

[system.books]
use = "shelf"
settings = {{ deny = ["calculator.divide"], notes = "heard.txt" }}

[system.bad]
use = "bad"

[system.stuck]
use = "bad"
limits = {{ deadline = "200 ms" }}

[agents.ann]
component = "{WASM}/guide.wasm"
allow.tools = ["books.*", "bad.*", "stuck.*", "calculator.*"]

[agents.ann.config]
forbidden = ""
tools = [
    {{ name = "books.find", with = {{ title = "lions" }} }},
    {{ name = "calculator.divide", with = {{ a = 4, b = 2 }} }},
    {{ name = "calculator.add", with = {{ a = 4, b = 2 }} }},
    {{ name = "bad.raises", with = {{}} }},
    {{ name = "stuck.blocks", with = {{}} }},
]

[[run]]
agent = "ann"
task = "read"
"""


def test_it_is_found_and_listed_as_unsandboxed(lion: Lion) -> None:
    path = lion.write(MANIFEST)
    checked = lion("check", path)
    assert checked.returncode == 0, checked.stderr
    assert "system books; tools: ask-other, fetch, find" in checked.stdout
    assert "tool find(title: str, most: int = 2) -> list[acme_shelf.Book]" in checked.stdout
    whose = "UNSANDBOXED: trusted Python, shelf of acme-shelf 1.2.3; judges calls of tools, http"
    assert whose in checked.stdout
    for holders in (lion.json("check", path)["holders"], lion.json("audit", path)["holders"]):
        by_name = {holder["name"]: holder for holder in holders}
        assert {n: h["is_sandboxed"] for n, h in by_name.items()} == {
            "calculator": True, "ann": True, "books": False, "bad": False, "stuck": False,
        }  # fmt: skip
        assert by_name["books"]["system"]["distribution"] == "acme-shelf"
        assert by_name["books"]["system"]["version"] == "1.2.3"
        assert by_name["ann"]["system"] is None
    audit = lion("audit", path, "--full")
    assert f"system books  {whose}" in audit.stdout
    assert 'UNSANDBOXED Python; through books.ask-other: system "shelf"' in audit.stdout


def test_a_run_with_it_ends_and_says_what_happened(lion: Lion) -> None:
    run = lion.process("run", lion.write(MANIFEST))
    assert run.returncode == 0, run.stderr
    assert 'books.find: [{"title":"Hello lions","year":0}' in run.stdout
    assert "calculator.add: 6" in run.stdout
    assert "bad.raises: other: the tool failed (raised): 'raises' raised ValueError" in run.stdout
    assert "stuck.blocks: timeout" in run.stdout  # and its thread does not keep the process
    denied = "denied  ann  tools start calculator.divide   system.books: the shelf says no"
    assert denied in run.stdout
    heard = (lion.folder / "heard.txt").read_text("utf-8").splitlines()
    assert (heard[0].strip(), heard[-1].strip()) == ("RunStarted", "RunEnding")
    audit = lion("audit", "last", "--full").stdout
    assert "system books  UNSANDBOXED: trusted Python, shelf of acme-shelf 1.2.3" in audit
    log = lion("log", "last").stdout
    assert "books: UNSANDBOXED Python, shelf of acme-shelf 1.2.3" in log
    assert "raised: 'raises' raised ValueError: no /home/someone" in log
    assert lion("verify", "last").returncode == 0


def test_a_replay_needs_no_plugin(lion: Lion) -> None:
    assert lion("run", lion.write(MANIFEST)).returncode == 0
    lion.environ["PYTHONPATH"] = str(ROOT)
    replay = lion("replay", "last")
    assert replay.returncode == 0, replay.stderr
    assert "identical" in replay.stdout
    assert lion("audit", "last").returncode == 0


def test_without_it_installed_nothing_runs(lion: Lion) -> None:
    lion.environ["PYTHONPATH"] = str(ROOT)
    path = lion.write(MANIFEST)
    for words in (("check", path), ("run", path), ("audit", path)):
        refused = lion(*words)
        assert_one_line(
            refused, 2, "manifest.toml:8: system.books.use: no system plugin 'shelf' is installed",
            "install the package that has it:", "-m pip install PACKAGE",
        )  # fmt: skip


def table(use: str, *lines: str) -> str:
    """A manifest of one system plugin."""
    return "\n".join(['name = "x"', "[system.one]", f'use = "{use}"', *lines, ""])


@pytest.mark.parametrize(
    ("use", "lines", "said"),
    [
        ("shelv", (), ("no system plugin 'shelv'", "did you mean 'shelf'? or install")),
        ("shelf", ("settings.greting = 'x'",),
         ("m.toml:4: system.one.settings.greting: unknown key", "did you mean 'greeting'?")),
        ("generous", ("settings.hw = 'x'",), ("unknown key 'hw'", "did you mean 'how'?")),
        ("shelf", ("settings.greeting = 5",), ("settings.greeting: Input should be a valid str",)),
        ("generous", (), ("m.toml:2: system.one.settings: 'how' is missing", "add how = ...")),
        ("shelf", ("limits.memory = '1 MiB'",), ("limits.memory: unknown key 'memory'",)),
        ("shelf", ("settings.notes = 'no/notes'",),
         ("the system plugin 'one' (shelf): there is no folder for notes", "make it")),
    ],
)  # fmt: skip
def test_a_mistake_is_one_sentence(
    lion: Lion, use: str, lines: tuple[str, ...], said: tuple[str, ...]
) -> None:
    path = lion.write(table(use, *lines), "m.toml")
    call = "one.how" if use == "generous" else "one.find"
    assert_one_line(lion("call", path, call, '{"title": "x"}'), 2, *said)


WRONG = """
from lion.system import Call, PluginSettings, SystemPlugin, tool
from pydantic import model_validator
import lion.system

class Untyped(SystemPlugin):
    contract = 1
    @tool
    def find(self, title) -> str: ...

class Starred(SystemPlugin):
    contract = 1
    @tool
    def find(self, *titles: str) -> str: ...

class Newer(SystemPlugin):
    contract = 2

class Silent(SystemPlugin):
    pass

class Greedy(SystemPlugin):
    contract = 1
    uses = ("http", "fs")

class Late(SystemPlugin):
    contract = 1
    hears = ("RunFinished",)
    def hear(self, event, host): ...

class Waits(SystemPlugin):
    contract = 1
    async def judge(self, call): ...

class Unmade(SystemPlugin):
    contract = 1
    def __init__(self, settings):
        raise RuntimeError("not today")

class Five(SystemPlugin):
    contract = 1
    uses = 5

class Picky(PluginSettings):
    size: int = 0

    @model_validator(mode="after")
    def check(self):
        return self.size + "1"

class Checked(SystemPlugin[Picky]):
    contract = 1

class Foreign:
    contract = 1

def leave():
    raise SystemExit(0)
"""


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Untyped", "the tool 'find': the parameter 'title' has no annotation"),
        ("Starred", "the tool 'find': *titles has no type: name each parameter"),
        ("Newer", "it is for contract 2, and this lion has contract 1"),
        ("Silent", "Silent does not say which contract it is written for"),
        ("Greedy", "it uses 'fs', which there is not"),
        ("Late", "nothing can be said after RunFinished; hear RunEnding"),
        ("Waits", "judge is `async def`, and a judgement waits for nothing"),
        ("Unmade", "it cannot be made: RuntimeError: not today"),
        ("Five", "it cannot be made: TypeError: 'int' object is not iterable"),
        ("Checked", "it cannot be made: TypeError: unsupported operand"),
        ("Foreign", "'wrong:Foreign' is no class that derives from SystemPlugin"),
        ("leave", "'wrong:leave' is no class that derives from SystemPlugin"),
        ("Missing", "it cannot be imported: AttributeError: "),
    ],
)
def test_a_plugin_that_breaks_the_contract_is_refused_and_named(
    lion: Lion, tmp_path: Path, name: str, said: str
) -> None:
    site = install(tmp_path / "wrong", {"wrong": f"wrong:{name}"}, name="wrong", version="9")
    (site / "wrong.py").write_text(WRONG, "utf-8")
    lion.environ["PYTHONPATH"] += f":{site}"
    checked = lion("check", lion.write(table("wrong")))
    assert_one_line(checked, 2, "the system plugin", "'wrong' of wrong 9: ", said)


@pytest.mark.parametrize("text", ["import nothing_like_it", "raise SystemExit(0)", "1 +"])
def test_a_module_that_cannot_be_imported_is_refused_and_named(
    lion: Lion, tmp_path: Path, text: str
) -> None:
    site = install(tmp_path / "wrong", {"wrong": "wrong:X"}, name="wrong", version="9")
    (site / "wrong.py").write_text(text, "utf-8")
    lion.environ["PYTHONPATH"] += f":{site}"
    checked = lion("check", lion.write(table("wrong")))
    assert_one_line(checked, 2, "'wrong' of wrong 9: it cannot be imported: ")


def test_a_name_that_two_claim_is_nobodys(lion: Lion, tmp_path: Path) -> None:
    points = {"console": "acme_shelf:Shelf", "shelf": "acme_shelf:Bad"}
    site = install(tmp_path / "thief", points, name="thief", version="6.6")
    lion.environ["PYTHONPATH"] += f":{site}"
    for use, owners in (
        ("console", f"lion-host {__version__} and thief 6.6"),
        ("shelf", "acme-shelf 1.2.3 and thief 6.6"),
    ):
        checked = lion("check", lion.write(table(use)))
        said = f"the system plugin '{use}' is claimed by {owners}"
        assert_one_line(checked, 2, said, "remove one of them")
    # Whoever uses neither name is not bothered.
    assert lion("check", lion.write(table("bad"))).returncode == 0


def test_lions_own_are_in_its_metadata_too() -> None:
    import tomllib

    from lion.system.discovery import GROUP, SHIPPED

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["entry-points"][GROUP] == SHIPPED


def page(language: str, word: str) -> str:
    """The first block of its kind in the page on system plugins."""
    text = (ROOT / "docs" / "system-plugins.md").read_text("utf-8")
    return text.partition(f"```{language} {word}\n")[2].partition("```")[0]


async def test_the_pages_plugin_works() -> None:
    names: dict[str, Any] = {"__name__": "page"}
    exec(page("python", "plugin"), names)
    async with open_system(names["Shelf"]) as bench:
        assert await bench.call("find", title="lions", most=2) == ["lions 0", "lions 1"]
        assert bench.judge("tools", "call", "books.burn") == Deny("books are not burnt")
        assert bench.judge("tools", "call", "books.find") is None


def test_the_pages_manifest_checks(lion: Lion) -> None:
    shutil.copy2(ROOT / "examples" / "library" / "library.sqlite", lion.folder)
    checked = lion("check", lion.write('name = "x"\n' + page("toml", "part")))
    assert checked.returncode == 0, checked.stderr
    assert "hears AgentCompleted, RunEnding" in checked.stdout


def test_who_uses_none_imports_nothing_of_them(lion: Lion) -> None:
    code = (
        "import sys, lion.host; "
        "print([m for m in sys.modules if m.startswith(('pydantic', 'lion.system.'))])"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code], env=lion.environ, capture_output=True, text=True, check=True
    ).stdout
    assert printed.strip() == "['lion.system.entry']"


@pytest.mark.slow
def test_pip_installs_one_from_another_folder(tmp_path: Path) -> None:
    folder = tmp_path / "environment"
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    subprocess.run([*pip, str(ROOT), str(PACKAGE)], check=True, timeout=600)
    home = Lion(tmp_path)
    home.environ.pop("PYTHONPATH")
    path = home.write(MANIFEST)
    run = subprocess.run(
        [str(folder / "bin" / "lion"), "run", str(path), "--json"],
        cwd=tmp_path, env=home.environ, capture_output=True, text=True, timeout=SECONDS,
        check=True,
    )  # fmt: skip
    answers = json.loads(json.loads(run.stdout)["endings"][0]["value"]["json"])["answers"]
    assert answers["books.find"]["value"][0] == {"title": "Hello lions", "year": 0}


def test_what_is_installed_while_a_program_runs_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is installed is read once, and anew when a folder of modules has changed."""
    monkeypatch.syspath_prepend(str(tmp_path))
    read: list[str] = []
    entry_points = discovery.entry_points

    def counted(*, group: str) -> Any:
        read.append(group)
        return entry_points(group=group)

    monkeypatch.setattr(discovery, "entry_points", counted)
    assert discovery.claims() is discovery.claims() and len(read) == 1
    info = tmp_path / "late-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: late\nVersion: 1.0\n", "utf-8")
    (info / "entry_points.txt").write_text("[lion.system]\nlate = late:Late\n", "utf-8")
    assert discovery.find_claim("late").owner == "late 1.0"
    shutil.rmtree(info)
    with pytest.raises(OperatorError, match="no system plugin 'late'"):
        discovery.find_claim("late")


def test_a_class_is_described_once() -> None:
    claim = discovery.find_claim("sqlite-query")
    kind = discovery.load_class(claim)
    assert opening._signatures(kind, claim) is opening._signatures(kind, claim)

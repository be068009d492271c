"""Look here if you want to know whether the documents hold together: links, tables, map, lists.

Rule: a list in a page that repeats one of the code is compared with it.
"""

import re
import subprocess
from pathlib import Path

import pytest

from lion.capabilities.secrets.file import KEYS
from lion.cli.lazy_group import COMMANDS
from lion.domain.call import Verdict
from lion.domain.capability import OFFERED
from lion.domain.events import EVENTS, OF_SERVICES, RunFinished
from lion.errors import INTERRUPTED, WORST_FIRST
from lion.scopes.rules import parse_rule
from lion.system.discovery import SHIPPED, find_claim, load_class
from lion.testing import Kit
from lion.testing.options import Options
from lion.testing.system import SystemBench
from tests.cli.documents import (
    PAGES,
    anchors_of,
    first_cells,
    links_of,
    name_of,
    prose_of,
    read_page,
    section,
)
from tests.cli.kit import ROOT

NAMES = [name_of(page) for page in PAGES]
WIDEST = 120


def test_the_readme_is_short() -> None:
    assert len(read_page("README.md").splitlines()) < 200


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("docs/")])
def test_a_page_begins_with_what_it_is_for(name: str) -> None:
    title, empty, purpose, *_ = read_page(name).splitlines()
    assert title.startswith("# ")
    assert not empty
    assert purpose.startswith("For ")
    assert name in links_of("README.md")


@pytest.mark.parametrize("name", NAMES)
def test_no_table_is_wider_than_a_page(name: str) -> None:
    rows = [line for line in prose_of(name).splitlines() if line.startswith("|")]
    # A row that names its tests, or advisories, is as wide as their names.
    wide = [row for row in rows if len(row) > WIDEST and not re.search("`tests/|GHSA-", row)]
    assert not wide


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name: str) -> None:
    for link in links_of(name):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = ((ROOT / name).parent / path).resolve() if path else ROOT / name
        assert target.exists(), f"{name}: {link}"
        if anchor:
            assert anchor in anchors_of(name_of(target)), f"{name}: {link}"


def test_the_table_of_commands_is_the_command_line() -> None:
    table = re.findall(r"^\| `lion (\w+)", read_page("docs/command-line.md"), re.MULTILINE)
    assert sorted(table) == sorted(COMMANDS)


def test_the_exit_codes_are_those_of_errors() -> None:
    codes = re.findall(
        r"^\| (\d+) \|", section("docs/command-line.md", "Exit codes"), re.MULTILINE
    )
    assert sorted(map(int, codes)) == sorted({*WORST_FIRST, INTERRUPTED})


def test_the_table_of_events_has_all_of_them() -> None:
    told = first_cells(section("docs/log-and-audit.md", "What is recorded"))
    assert sorted(told) == sorted(EVENTS)


def test_what_a_listener_hears_is_told_with_all_fields() -> None:
    text = section("docs/system-plugins.md", "What a listener hears")
    told = {
        name: tuple(re.findall(r"`(\w+)`", fields))
        for name, fields in re.findall(r"^- `(\w+)`: (.*(?:\n  .*)*)", text, re.MULTILINE)
    }
    heard = {name: kind.__struct_fields__ for name, kind in EVENTS.items()}
    for name in OF_SERVICES:  # in a chain of their own, not in a run
        del heard[name]
    del heard[RunFinished.__name__]  # the last record, which nobody hears
    assert told == heard


def test_the_keys_of_secrets_are_those_that_are_read() -> None:
    assert sorted(first_cells(section("docs/manifest.md", "Secrets"))) == sorted(KEYS)


def test_the_rules_a_policy_is_shown_with_are_rules() -> None:
    cells = first_cells(section("docs/manifest.md", "The operator's policy"))
    rules = [cell.strip('"') for cell in cells if cell.startswith('"')]
    assert len(rules) > 10
    for rule in rules:
        assert parse_rule(rule, Verdict.DENY).text == rule


def test_what_a_kit_takes_is_told() -> None:
    told = first_cells(section("docs/testing.md", "What can be said"))
    assert sorted(told) == sorted(Options.__annotations__)


def test_what_a_kit_shows_and_what_a_bench_does_is_told() -> None:
    told = section("docs/testing.md", "What can be read")
    names = {name for name in dir(Kit) if name[0] != "_"} | {"reports"}
    assert names - {"call", "run", "run_manifest"} <= set(re.findall(r"\w+", told))
    told = section("docs/system-plugins.md", "Test one")
    assert {name for name in dir(SystemBench) if name[0] != "_"} <= set(re.findall(r"\w+", told))


def test_the_library_for_rust_has_what_the_page_says() -> None:
    rows = re.findall(
        r"^\| ([^|]*) \| ([^|]*) \|$",
        section("docs/plugins.md", "What the host lends, in Rust"), re.MULTILINE,
    )[2:]  # fmt: skip
    source = ROOT / "plugins-src" / "lion-guest" / "src"
    told = set()
    for modules, what in rows:
        names = re.findall(r"`(\w+)`", modules)
        told.update(names)
        files = [source / f"{name.lower()}.rs" for name in names if name != "random"]
        text = "".join(file.read_text("utf-8") for file in files)
        for code in re.findall(r"`([^`]+)`", what):
            assert re.match(r"\w+", code)[0] in text, code  # type: ignore[index]
    assert told >= {path.stem for path in source.glob("*.rs")} - {
        "error", "lib", "packed", "panics", "parse_json", "select",
    }  # fmt: skip


def test_the_host_interfaces_are_told() -> None:
    (row,) = re.findall(r"^\| interfaces \| (.*?) \|", read_page("docs/status.md"), re.MULTILINE)
    assert set(row.split()) == set(OFFERED)


def test_the_shipped_system_plugins_are_told_with_their_settings() -> None:
    text = section("docs/system-plugins.md", "Those that come with lion")
    rows = re.findall(r"^\| `([\w-]+)` \| [^|]* \| (.*) \|$", text, re.MULTILINE)
    told = {name: set(re.findall(r"`([\w-]+)`", settings)) for name, settings in rows}
    assert told == {
        name: {
            field.replace("_", "-")
            for field in load_class(find_claim(name)).settings_model.model_fields
        }
        for name in SHIPPED
    }


def test_the_map_is_the_tree() -> None:
    listed = re.findall(
        r"^\| `([^`]+)` \|", section("docs/architecture.md", "The map"), re.MULTILINE
    )
    assert sorted(listed) == sorted(_folders(ROOT) | _rooms())


def test_the_rooms_are_those_of_the_import_contract() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    (layers,) = [
        contract["layers"]
        for contract in project["tool"]["importlinter"]["contracts"]
        if contract["type"] == "layers"
    ]
    text = section("docs/architecture.md", "Rooms")
    told = text.partition("```text\n")[2].partition("```")[0].splitlines()
    assert told == ["  ".join(layer.split(" | ")) for layer in layers if layer != "__main__"]


def _folders(folder: Path) -> set[str]:
    """Folders that are kept: those with a file git knows or could know."""
    known = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=folder, capture_output=True, text=True, check=False,
    ).stdout  # fmt: skip
    if not known:
        pytest.skip("needs a git checkout")
    folders = {line.partition("/")[0] for line in known.splitlines() if "/" in line}
    return {f"{name}/" for name in folders if not name.startswith(".")}


def _rooms() -> set[str]:
    found = set()
    for path in (ROOT / "lion").iterdir():
        if path.is_dir() and (path / "__init__.py").exists():
            found.add(f"lion/{path.name}/")
        elif path.suffix == ".py" and path.name != "__init__.py":
            found.add(f"lion/{path.name}")
    return found

"""Look here if you want to know whether the documents tell the truth: commands, files, programs.

Rule: what a page says to type is typed here, in the page's order, in a copy of the examples.
"""

import contextlib
import inspect
import re
import runpy
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import trio

from lion.capabilities.secrets.file import open_vault
from lion.manifest.parse import recorded_plan
from lion.manifest.samples import parse_samples
from lion.manifest.script import parse_script
from lion.manifest.tables import HolderTable
from lion.policy.policy_file import parse_policy
from lion.system import SystemPlugin
from lion.testing.system import open_system
from tests.cli.documents import PAGES, Block, all_blocks, blocks_of, name_of
from tests.cli.kit import ROOT, Lion
from tests.cli.serving import served

MARKS = {
    # `javascript`: run by tests/toolchain/test_javascript.py.
    "sh": {"test", "slow", "make", "client", "server", "service", "javascript"},
    # What clients of MCP start; tests/mcp/test_documents.py starts it.
    "json": {"client"},
    "text": {"", "printed"},
    "toml": {"manifest", "part", "policy", "answers", "samples", "secrets", "pyproject"},
    # `guest`: built and called by tests/toolchain/test_sandboxed_python.py.
    "python": {"test", "plugin", "run", "guest"},
    # Files of the first plugin, which the slow suite builds (test_readme.py).
    "wit": {"fox/wit/world.wit"},
    "rust": {"fox/src/lib.rs", "part"},
}
_CHANGING = re.compile(
    r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{8,64}\b"
    r"|\d+\.\d+ s\b|\b\d+(?= (?:host )?calls\b)|\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\b"
)
"""Ids, digests, times and how often guests waited, which no two runs have in common."""


def cases(language: str, *marks: str) -> Any:
    """One case for each block."""
    found = all_blocks(language, *marks)
    assert found, f"no block ```{language} {marks}"
    return pytest.mark.parametrize("block", found, ids=lambda block: block.where)


def test_every_block_says_how_it_is_checked() -> None:
    wrong = [
        f"{block.where}: ```{block.language} {block.mark}".rstrip()
        for block in all_blocks()
        if block.mark not in MARKS.get(block.language, set())
    ]
    assert not wrong


def run_line(stocked: Lion, block: Block, line: str) -> str:
    """What a command of a page prints; `> FILE` puts it there."""
    words = shlex.split(line, comments=True)
    assert words[0] == "lion", f"{block.where}: {line}"
    target = words.pop() if words[-2] == ">" else None
    ran = stocked(*[word for word in words[1:] if word != ">"])
    assert ran.returncode == 0, f"{block.where}: {line}\n{ran.stdout}\n{ran.stderr}"
    if target is not None:
        (stocked.folder / target).write_text(ran.stdout, "utf-8")
    return ran.stdout + ran.stderr


def lines_of(printed: str) -> list[str]:
    """Its lines without what changes from run to run."""
    return [_CHANGING.sub("~", line.rstrip()) for line in printed.splitlines()]


@pytest.mark.parametrize(
    "page", [name_of(page) for page in PAGES if "```sh test" in page.read_text("utf-8")]
)
def test_the_commands_of_a_page_work_and_print_what_it_says(stocked: Lion, page: str) -> None:
    printed: list[str] = []
    for block in blocks_of(page):
        if (block.language, block.mark) == ("sh", "test"):
            told = [run_line(stocked, block, line) for line in block.text.splitlines()]
            printed = lines_of("".join(told))
        elif (block.language, block.mark) == ("text", "printed"):
            missing = [line for line in lines_of(block.text) if line not in (*printed, "...")]
            assert not missing, f"{block.where}\n" + "\n".join(printed)


@cases("sh", "service")
def test_what_a_page_says_to_a_service_works(stocked: Lion, block: Block) -> None:
    first, *lines = block.text.splitlines()
    with served(stocked, *shlex.split(first)[2:]):
        for line in lines:
            run_line(stocked, block, line)


@cases("sh", "make")
def test_the_targets_of_make_are_there(block: Block) -> None:
    targets = set(
        re.findall(r"^(\w+):.*  ## ", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    )
    for line in block.text.splitlines():
        make, target, *_ = line.split()
        assert make == "make"
        assert target in targets, f"{block.where}: {line}"


@cases("toml", "manifest")
def test_manifests_check(stocked: Lion, block: Block) -> None:
    examples = {path.read_text("utf-8"): path for path in stocked.folder.glob("examples/*/*.toml")}
    checked = stocked("check", examples.get(block.text) or stocked.write(block.text))
    assert checked.returncode == 0, f"{block.where}\n{checked.stderr}"


@cases("toml", "part")
def test_parts_of_manifests_are_read(block: Block) -> None:
    part = tomllib.loads(block.text)
    if part.keys() <= HolderTable.model_fields.keys():
        part = {"plugins": {"part": part}}
    for holder in (*part.get("plugins", {}).values(), *part.get("agents", {}).values()):
        if "adapter" not in holder:
            holder.setdefault("component", "part.wasm")
    plan = recorded_plan({"name": "part", **part}, "")
    assert plan.holders or plan.models or plan.service


@cases("rust", "part")
def test_parts_of_sources_are_of_components_that_come_with_lion(block: Block) -> None:
    sources = (ROOT / "plugins-src").glob("*/src/lib.rs")
    assert any(block.text.strip() in path.read_text("utf-8") for path in sources)


@cases("toml", "policy")
def test_policies_are_read(block: Block) -> None:
    assert parse_policy(block.text).deny


@cases("toml", "answers")
def test_answers_are_read(block: Block) -> None:
    assert parse_script(block.text, path=Path(block.page), values={}).answer


@cases("toml", "samples")
def test_samples_are_read(block: Block) -> None:
    assert parse_samples(block.text, Path(block.page)).http


@cases("toml", "secrets")
def test_secrets_are_bound(block: Block, tmp_path: Path) -> None:
    value = tmp_path / "value"
    value.write_text("s3cret-s3cret\n", "utf-8")
    path = tmp_path / "secrets.toml"
    path.write_text(
        re.sub(r'^file = ".*"$', f'file = "{value}"', block.text, flags=re.MULTILINE), "utf-8"
    )
    path.chmod(0o600)
    names = tomllib.loads(block.text).keys()
    vault = open_vault(path, {}, names)
    assert all(vault.has(name) for name in names)


@cases("toml", "pyproject")
def test_entry_points_are_of_the_group(block: Block) -> None:
    assert tomllib.loads(block.text)["project"]["entry-points"]["lion.system"]


@pytest.fixture
def standing(stocked: Lion, monkeypatch: pytest.MonkeyPatch) -> Lion:
    """This process stands in the folder, with the desk's state and cache."""
    monkeypatch.chdir(stocked.folder)
    for name, value in stocked.environ.items():
        monkeypatch.setenv(name, value)
    return stocked


@cases("python", "test")
def test_the_tests_of_a_page_pass(standing: Lion, block: Block) -> None:
    names: dict[str, Any] = {"__name__": "page"}
    exec(compile(block.text, block.where, "exec"), names)
    tests = [one for name, one in names.items() if name.startswith("test_")]
    assert tests
    for test in tests:
        folder = standing.folder / test.__name__
        folder.mkdir()
        given = [folder] if "tmp_path" in inspect.signature(test).parameters else []
        if inspect.iscoroutinefunction(test):
            trio.run(test, *given)
        else:
            test(*given)


@cases("python", "plugin")
async def test_the_system_plugins_of_a_page_open(block: Block) -> None:
    names: dict[str, Any] = {"__name__": "page"}
    exec(compile(block.text, block.where, "exec"), names)
    found = [one for one in names.values() if inspect.isclass(one) and one.__module__ == "page"]
    assert any(issubclass(one, SystemPlugin) for one in found)
    for one in found:
        if issubclass(one, SystemPlugin):
            async with open_system(one) as bench:
                assert bench.info.contract == 1


def test_the_programs_of_the_pages_run(standing: Lion) -> None:
    for block in all_blocks("python", "run"):
        program = standing.write(block.text, "program.py")
        with contextlib.suppress(SystemExit):
            runpy.run_path(str(program), run_name="__main__")

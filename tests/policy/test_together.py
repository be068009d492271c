"""Look here if you want to know how several suggested lines become one that can be written."""

import tomllib
from pathlib import Path

from lion.manifest.parse import parse_manifest
from lion.policy.together import join_suggestions

TOOLS = "agents.ann.allow.tools"
NOTES = '{ path = "/notes", at = "notes" }'
WRITTEN = '{ path = "/notes", at = "notes", write = true }'
MORE = '{ path = "/more", at = "more" }'


def test_lines_for_one_place_are_one_line_and_others_stay() -> None:
    assert join_suggestions([
        f'{TOOLS} = ["a.b", "c.d"]',
        "",
        f'{TOOLS} = ["a.b", "e.f"]',
        'plugins.x.allow.kv = { bytes = "64 KiB" }',
        'plugins.x.allow.kv = { bytes = "64 KiB" }',
    ]) == {TOOLS: f'{TOOLS} = ["a.b", "c.d", "e.f"]'}  # fmt: skip


def test_what_is_to_be_denied_less_is_what_both_leave() -> None:
    joined = join_suggestions([
        'plugins.x.deny = ["log", "clock"]',
        'plugins.x.deny = ["log", "random"]',
    ])  # fmt: skip
    assert joined == {"plugins.x.deny": 'plugins.x.deny = ["log"]'}


def test_a_directory_is_there_once_and_written_if_one_line_says_so() -> None:
    place = "plugins.files.allow.fs"
    lines = [f"{place} = [{NOTES}, {MORE}]", f"{place} = [{WRITTEN}]"]
    for order in (lines, lines[::-1]):
        (line,) = join_suggestions(order).values()
        plan = parse_manifest(
            f'name = "x"\nplugins.files.component = "f.wasm"\n{line}\n', path=Path("/m.toml")
        )
        mounts = [grant.mount for grant in plan.holders["files"].grants]
        assert {(m.path, m.write) for m in mounts if m} == {("/notes", True), ("/more", False)}
        assert len(tomllib.loads(line)["plugins"]["files"]["allow"]["fs"]) == 2

"""Look here if you want to know whether the committed JSON schema of manifests is the models'."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from lion.domain.plan import CLIENTS
from lion.manifest import schema as manifest_schema
from lion.manifest.parse import parse_manifest

from .test_manifest import DESK
from .test_manifest_mistakes import GOOD, MISTAKES

ROOT = Path(__file__).parents[2]
COMMITTED = Path(manifest_schema.__file__).with_name("manifest.schema.json")
EXAMPLES = sorted(ROOT.glob("examples/**/manifest.toml"))

# What only reading can find: relations between keys, and limits of TOML's numbers.
BEYOND_A_SCHEMA = (
    "duplicate",
    "there is no",
    "is a plugin, not",
    'names no tool; write "notes',
    "no variable",
    "a ${ without",
    "refers to a variable",
    "is no name of a variable",
    "does not fit",
    "no finite number",
    "nested too deeply",
    "is no path",
    "not valid TOML",
    "same key twice",
    "thousands of digits",
)


@cache
def _validator() -> Any:
    schema = manifest_schema.build_schema("manifest")
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_the_committed_schema_is_the_models() -> None:
    committed = COMMITTED.read_text(encoding="utf-8")
    assert committed == manifest_schema.render_schema("manifest"), (
        "run: lion schema > lion/manifest/manifest.schema.json"
    )


@pytest.mark.parametrize("text", [DESK, GOOD, 'name = "x"'])
def test_good_manifests_are_valid(text: str) -> None:
    _validator().validate(tomllib.loads(text.replace("2026-01-02", '"2026-01-02"')))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_every_example_is_valid_and_parses(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    _validator().validate(tomllib.loads(text))
    plan = parse_manifest(text, path=path)
    # A client of MCP says what is called.
    assert plan.runs or any(holder.use in CLIENTS for holder in plan.holders.values())


@pytest.mark.parametrize(
    ("old", "new"),
    [(old, new) for old, new, said in MISTAKES if not any(w in said for w in BEYOND_A_SCHEMA)],
)
def test_bad_manifests_are_not_valid(old: str, new: str) -> None:
    assert not _validator().is_valid(tomllib.loads(GOOD.replace(old, new, 1)))


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("policy", 'deny = ["random"]\nlimits.memory = "1 MiB"', "deny = true"),
        ("policy", '[http]\nproxy = "http://p:1"', '[limits]\nmemory = "1 MB/s"'),
        ("policy", "", 'allow = ["random"]'),
        ("answers", '[[answer]]\nstop = "length"\nevery = "20 ms"', '[[answer]]\nstop = "done"'),
        ("answers", "[[answer]]\nchunk = 2", "[[answer]]\nevery = 20"),
        ("answers", '[[answer]]\n[answer.failure]\nkind = "denied"', "[[answers]]"),
    ],
)
def test_the_other_files_have_schemas_too(kind: str, good: str, bad: str) -> None:
    schema = manifest_schema.build_schema(kind)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    validator.validate(tomllib.loads(good))
    assert not validator.is_valid(tomllib.loads(bad))


@pytest.mark.parametrize("kind", manifest_schema.KINDS)
def test_every_key_of_a_schema_says_what_it_means(kind: str) -> None:
    schema = manifest_schema.build_schema(kind)
    for table in (schema, *schema["$defs"].values()):
        for name, key in table["properties"].items():
            assert key["description"].endswith("."), name

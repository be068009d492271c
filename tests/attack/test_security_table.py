"""Look here if you want to know that every test that SECURITY.md names is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"`(?:(tests/[\w/]+\.py)(?:::(?:\w+::)?)?)?(test_\w+)?`")


def rows() -> list[str]:
    text = (ROOT / "SECURITY.md").read_text("utf-8").partition("## Claims, attacks, tests")[2]
    text = text.partition("\n## ")[0]
    found = [line for line in text.splitlines() if line.startswith("| ")]
    return [line for line in found if not line.startswith(("| claim", "| ---"))]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.split("|")[1].strip()[:40])
def test_it_is_there(row: str) -> None:
    _, claim, attack, tests, _ = row.split("|")
    assert claim.strip() and attack.strip()
    file, names = "", 0
    for path, name in NAMED.findall(tests):
        if not path and not name:
            continue
        file, names = path or file, names + 1
        text = (ROOT / file).read_text("utf-8")
        assert not name or re.search(rf"def {name}\(", text), f"{name} is not in {file}"
    assert names


def test_there_are_rows() -> None:
    assert len(rows()) > 10

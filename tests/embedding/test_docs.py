"""Look here if you want to know whether docs/embedding.md tells the truth: each of its snippets
is a program, and prints what its comments say.

Rule: a Python block says ```python run.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import lion
from tests.embedding.kit import ROOT

TEXT = (ROOT / "docs" / "embedding.md").read_text("utf-8")
SNIPPETS = re.findall(r"^```python run\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
SECONDS = 60


def test_every_snippet_is_run() -> None:
    assert len(SNIPPETS) == TEXT.count("```python") == 3


@pytest.mark.parametrize("number", range(len(SNIPPETS)))
def test_a_snippet_prints_what_it_says(number: int, own_home: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", SNIPPETS[number]], cwd=ROOT, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    said = re.findall(r"^ *print\(.*\)  # (.*)$", SNIPPETS[number], re.MULTILINE)
    printed = ran.stdout.splitlines()
    for line in said:
        if not line.startswith("what was"):
            assert line in printed


def test_the_methods_and_errors_it_lists_are_those_there_are() -> None:
    methods = set(re.findall(r"^\| `host\.(\w+)\(", TEXT, re.MULTILINE))
    assert methods <= {name for name in dir(lion.Host) if not name.startswith("_")}
    assert methods <= set(dir(lion.blocking.BlockingHost))
    errors = set(re.findall(r"`(\w+Error|Interrupted)`", TEXT))
    assert errors - {"ToolError"} <= set(lion._PLACES)

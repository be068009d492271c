"""Agents of real frameworks, as the examples have them: their models and tools are lion's, and a
replay goes the same way without the framework.

They run where the framework is installed, in this Python or in that of LION_FRAMEWORKS (a path).
"""

import os
import subprocess
import sys
from typing import Any

import pytest

from tests.embedding.kit import ROOT
from tests.programs.kit import Scene

PYTHON = os.environ.get("LION_FRAMEWORKS", sys.executable)
ANSWERS = """
[[answer]]
when = { tool = "add" }
text = "The tool says 42."
[[answer]]
when = { offers = "add" }
calls = [{ name = "add", with = { a = 17, b = 25 } }]
[[answer]]
when = { user = "42" }
text = "The sum is 42."
"""
EXAMPLES = {
    "langgraph": ("with_langgraph.py", "The sum is 42."),
    "pydantic_ai": ("with_pydantic_ai.py", "The tool says 42."),
}


@pytest.mark.slow
@pytest.mark.parametrize("framework", EXAMPLES)
async def test_it_works_with_lions_models_and_tools(scene: Scene, framework: str) -> None:
    code = f"import importlib.util as u, sys; sys.exit(u.find_spec({framework!r}) is None)"
    if subprocess.run([PYTHON, "-c", code], check=False).returncode:  # noqa: ASYNC221
        pytest.skip(f"needs the framework: pip install {framework.replace('_', '-')}")
    script, words = EXAMPLES[framework]
    path = ROOT / "examples" / "outside-lines" / script
    agent: dict[str, Any] = {"adapter": "lines", "command": [PYTHON, str(path)]}
    models = {"fast": {"provider": "scripted", "script": "frameworks.toml"}}
    (scene.folder / "frameworks.toml").write_text(ANSWERS, "utf-8")
    ending = await scene.run(agent, models=models)
    assert ending.text == words, ending.error

"""Look here if you want to know whether the examples of embedding do what they say."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.embedding.kit import EXAMPLES

SECONDS = 60

SHOP = """\
ann says 'shop.price: 0.25\\n'
ann says 'shop.order: I may not (no grant covers it), so I go on without it\\n'
buy figs: 1 of 2 tools answered
ann: may use log, clock, config, output, tools, poll
  denied shop.order; to allow it: agents.ann.allow.tools = ["shop.price", "shop.order"]
shop: may use log  UNSANDBOXED
"""
PRINTED = {
    "on_trio": SHOP,
    "plain": SHOP,
    "on_asyncio": "[0, 0, 1, 1, 2, 2]\nthe tool says 'division by zero'\n",
    "web": "200 {'result': 3}\n422 {'error': 'division by zero'}\n"
    "400 {'error': 'this cannot be answered'}\n",
}


def test_every_example_is_tried() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} == set(PRINTED)


@pytest.mark.parametrize("name", PRINTED)
def test_an_example_prints_what_it_should(name: str, own_home: Path) -> None:
    ran = subprocess.run(
        [sys.executable, str(EXAMPLES / f"{name}.py")],
        cwd=own_home, env={**os.environ, "PYTHONPATH": str(EXAMPLES.parents[1])},
        capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.endswith(PRINTED[name])
    assert "Traceback" not in ran.stderr


def test_the_one_on_trio_is_short() -> None:
    for name in ("on_trio", "plain"):
        text = (EXAMPLES / f"{name}.py").read_text("utf-8")
        code = [line for line in text.splitlines() if line.strip()]
        assert len(code) <= 40

"""`lion gateway` in a process of its own: it says where it is, answers who has a token, and ends
in order.
"""

import json
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.cli.kit import Lion
from tests.gateway.kit import CALCULATOR, MODELS, SCRIPT, agent

ANN = agent("ann", 'allow.llm = ["fast"]', 'allow.tools = ["calculator.add"]')
BOB = agent("bob", 'allow.llm = ["other"]')


@pytest.fixture
def lion(tmp_path: Path) -> Lion:
    found = Lion(tmp_path)
    found.write(SCRIPT, "answers.toml")
    found.write("\n".join(['name = "served"', MODELS, CALCULATOR, ANN, BOB]))
    return found


def begin(lion: Lion, *words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "lion", "gateway", "manifest.toml", *words], cwd=lion.folder,
        env=lion.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
    )  # fmt: skip


def ask(url: str, token: str, model: str) -> int:
    body = json.dumps({"model": model, "messages": [{"role": "user", "content": "go"}]})
    request = urllib.request.Request(
        f"{url}/v1/chat/completions", body.encode(), {"authorization": f"Bearer {token}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            answer.read()
            return int(answer.status)
    except urllib.error.HTTPError as exc:
        with exc:
            return exc.code


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_answers_until_a_signal(lion: Lion, number: int) -> None:
    process = begin(lion, "--json", "--as", "ann")
    assert process.stdout is not None
    ready = json.loads(process.stdout.readline())
    (place,) = ready["agents"]
    assert (ready["state"], place["agent"]) == ("ready", "ann")
    assert ask(place["url"], place["token"], "fast") == 200
    assert ask(place["url"], place["token"], "other") == 403
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert 'allow.llm = ["fast", "other"]' in err and "1 denied" in err
    assert place["token"] not in "".join(
        path.read_bytes().decode("latin-1") for path in lion.state.rglob("*") if path.is_file()
    )
    assert "identical" in lion("replay", "last").stdout


def test_for_people_it_prints_variables(lion: Lion) -> None:
    process = begin(lion)
    assert process.stdout is not None
    lines = [process.stdout.readline().strip() for _ in range(16)]
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert [line for line in lines if line.startswith("#")] == ["# ann", "# bob"]
    found = dict(line.split("=", 1) for line in lines[:8] if "=" in line)
    assert found["OPENAI_BASE_URL"] == f"{found['ANTHROPIC_BASE_URL']}/v1"
    assert found["OPENAI_API_KEY"].startswith("lion-")


def test_mistakes_are_told(lion: Lion) -> None:
    unknown = lion("gateway", "manifest.toml", "--as", "anna")
    assert unknown.returncode == 2 and "did you mean 'ann'" in unknown.stderr
    lion.write('name = "x"\n', "none.toml")
    nobody = lion("gateway", "none.toml")
    assert nobody.returncode == 2 and 'use = "outside-agent"' in nobody.stderr

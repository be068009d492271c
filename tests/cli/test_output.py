"""An answer held to a form, from manifest to log: with a real agent and a scripted model."""

import json

from tests.cli.kit import WASM, Lion

ANSWERS = """[[answer]]
when = { user = "could not be taken" }
text = "name,count\\nlion,12\\nantelope,40"

[[answer]]
text = "There are lions and antelopes."
"""
MANIFEST = f"""name = "park"
[models.fast]
provider = "scripted"
script = "answers.toml"
[agents.ann]
component = "{WASM / "researcher.wasm"}"
allow.llm = ["fast"]
[[run]]
agent = "ann"
task = "Count the animals."
[run.output]
format = "csv"
again = AGAIN
schema = {{ items = {{ required = ["name", "count"] }} }}
"""


def test_an_agent_answers_again_until_it_is_of_the_form(lion: Lion) -> None:
    lion.write(ANSWERS, "answers.toml")
    run = lion("run", lion.write(MANIFEST.replace("AGAIN", "1")), "--json")
    assert run.returncode == 0, run.stderr
    (ending,) = json.loads(run.stdout.splitlines()[-1])["endings"]
    assert ending["answer"] == [
        {"name": "lion", "count": "12"}, {"name": "antelope", "count": "40"},
    ]  # fmt: skip
    assert ending["asked"] == 2
    log = lion("log", "last").stdout
    assert "answer as csv not taken: there is no row in it, and asked for again" in log
    assert "answer as csv taken" in log
    assert lion("verify", "last").returncode == 0
    replay = lion("replay", "last")
    assert replay.returncode == 0
    assert "2 invocations" in replay.stdout
    assert lion("audit", "last").returncode == 0


def test_an_answer_of_another_form_is_none(lion: Lion) -> None:
    lion.write(ANSWERS, "answers.toml")
    run = lion("run", lion.write(MANIFEST.replace("AGAIN", "0")))
    assert run.returncode == 3
    assert "failed  ann  the answer of 'ann' is not what 'output' says: there is no row in it" in (
        run.stdout
    )
    assert "output = { again = 2, ... }" in run.stdout

"""Look here if you want to know that `output` of a run is what an agent can be held to, or refused
with its line.
"""

from pathlib import Path

import pytest

from lion.domain.plan import Output, RunAgent
from lion.errors import OperatorError
from lion.manifest.parse import parse_manifest

TEXT = """name = "desk"
[agents.ann]
component = "ann.wasm"
[plugins.notes]
component = "notes.wasm"
[[run]]
agent = "ann"
task = "Go"
output = { OUTPUT }
"""


def parse(output: str) -> RunAgent:
    plan = parse_manifest(TEXT.replace("OUTPUT", output), path=Path("/x/m.toml"))
    (run,) = plan.runs
    assert isinstance(run, RunAgent)
    return run


def test_an_output_is_what_was_written() -> None:
    run = parse('format = "json", schema = { type = "object" }, again = 2, repair = true')
    assert run.output == Output(format="json", schema={"type": "object"}, again=2, repair=True)
    assert parse('format = "csv"').output == Output(format="csv")


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ('format = "jsn"', "m.toml:9: run[0].output.format: 'jsn' is no format; write one of"),
        ("again = 1", "'format' is missing"),
        ('format = "json", shema = {}', "unknown key 'shema'; did you mean 'schema'"),
        ('format = "csv", repair = true', "only JSON is mended, and this is 'csv'"),
        ('format = "json", again = 11', "asked for again at most 10 times; write again = 10"),
        ('format = "json", again = -1', "again"),
        ('format = "json", schema = { type = "text" }', "output.schema: the schema.type: it is"),
        ('format = "json", schema = { pattern = "(?=a)" }', "is matched in linear time"),
        ('format = "json", schema = { minimum = inf }', "is no finite number"),
    ],
)  # fmt: skip
def test_what_could_not_be_held_is_refused(output: str, words: str) -> None:
    with pytest.raises(OperatorError) as caught:
        parse(output)
    assert words in str(caught.value)


def test_a_call_has_no_output() -> None:
    text = TEXT.replace('agent = "ann"', 'call = "notes.write"').replace('task = "Go"\n', "")
    with pytest.raises(OperatorError, match="a call's result is of its own type"):
        parse_manifest(text.replace("OUTPUT", 'format = "json"'), path=None)

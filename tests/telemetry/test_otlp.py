"""A trace of a run is one that a collector reads, with the names others use, and no word of what
was said unless it was asked for.
"""

import base64
import json
from typing import Any

import pytest

from tests.cli.conftest import *  # noqa: F403
from tests.cli.kit import WASM, Lion, assert_one_line, tour

SECRET = "the lions sleep"


def spans(lion: Lion, *words: str) -> list[dict[str, Any]]:
    result = lion("export", "last", "--otlp", *words)
    assert (result.returncode, result.stderr) == (0, "")
    found = [json.loads(line) for line in result.stdout.splitlines()]
    return [
        s
        for one in found
        for r in one["resourceSpans"]
        for p in r["scopeSpans"]
        for s in p["spans"]
    ]


def attributes(span: dict[str, Any]) -> dict[str, Any]:
    return {one["key"]: next(iter(one["value"].values())) for one in span["attributes"]}


def test_a_collector_reads_it(lion: Lion) -> None:
    """By OpenTelemetry's own definitions; its JSON has ids in hex where protobuf's has base64."""
    from google.protobuf.json_format import Parse
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    assert lion("run", lion.write(tour())).returncode == 0
    for line in lion("export", "last", "--otlp").stdout.splitlines():
        request = json.loads(line)
        for span in request["resourceSpans"][0]["scopeSpans"][0]["spans"]:
            for name, size in (("traceId", 16), ("spanId", 8), ("parentSpanId", 8)):
                if name in span:
                    raw = bytes.fromhex(span[name])
                    assert len(raw) == size
                    span[name] = base64.b64encode(raw).decode()
        Parse(json.dumps(request), ExportTraceServiceRequest())


def test_each_has_its_parent_and_its_time(lion: Lion) -> None:
    assert lion("run", lion.write(tour())).returncode == 0
    found = {one["spanId"]: one for one in spans(lion)}
    roots = [one for one in found.values() if "parentSpanId" not in one]
    assert [one["name"] for one in roots] == ["run tour"]
    assert len({one["traceId"] for one in found.values()}) == 1
    for one in found.values():
        assert int(one["startTimeUnixNano"]) <= int(one["endTimeUnixNano"])
        if "parentSpanId" in one:
            parent = found[one["parentSpanId"]]
            assert int(parent["startTimeUnixNano"]) <= int(one["endTimeUnixNano"])


def test_it_says_who_did_what_and_what_was_denied(lion: Lion) -> None:
    assert lion("run", lion.write(tour())).returncode == 0
    found = spans(lion)
    names = {one["name"] for one in found}
    assert {"invoke_agent ann", "invoke_agent bob", "execute_tool calculator.add"} <= names
    denied = [one for one in found if attributes(one).get("lion.verdict") == "deny"]
    assert denied
    for one in denied:
        assert one["status"]["code"] == 2
        assert attributes(one)["error.type"] == "denied"
        assert attributes(one)["lion.target"].startswith("notebook.")
    allowed = [one for one in found if attributes(one).get("lion.verdict") == "allow"]
    assert any("allow.tools" in attributes(one)["lion.grant"] for one in allowed)


def test_the_same_run_has_the_same_trace_twice(lion: Lion) -> None:
    assert lion("run", lion.write(tour())).returncode == 0
    assert spans(lion) == spans(lion)


def test_an_answer_of_a_model_is_one_span_with_its_tokens(lion: Lion) -> None:
    lion.write(f'[[answer]]\ntext = "{SECRET}"\n', "answers.toml")
    text = f"""
name = "asks"
[models.fast]
provider = "scripted"
script = "answers.toml"
[agents.ann]
component = "{WASM}/researcher.wasm"
allow.llm = ["fast"]
[[run]]
agent = "ann"
task = "Do they?"
"""
    assert lion("run", lion.write(text)).returncode == 0
    (chat,) = [one for one in spans(lion) if one["name"] == "chat fast"]
    told = attributes(chat)
    assert told["gen_ai.operation.name"] == "chat"
    assert told["gen_ai.provider.name"] == "scripted"
    assert int(told["gen_ai.usage.output_tokens"]) > 0
    assert told["gen_ai.response.finish_reasons"] == {"values": [{"stringValue": "end"}]}
    plain = lion("export", "last", "--otlp").stdout
    assert SECRET not in plain
    assert "Do they?" not in plain
    full = lion("export", "last", "--otlp", "--content").stdout
    assert SECRET in full
    assert "Do they?" in full


@pytest.mark.parametrize(
    ("words", "said"),
    [(["--otlp", "--html"], "different exports"), (["--content"], "--content is of a trace")],
)
def test_what_makes_no_sense_is_refused(lion: Lion, words: list[str], said: str) -> None:
    assert_one_line(lion("export", "last", *words), 2, said)

"""What guests read with the libraries' readers, in Rust and in AssemblyScript, is what the host's
parsers read, however the text is cut or damaged.
"""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lion.parsers import Fault, Prose, Record
from tests.examples import examples
from tests.parsers.samples import LIST, OBJECT, SAMPLES, cut, read

from .built import Instance

GUESTS = ["reader", "reader-as"]
NAMES = [name for name, (format, options, _) in SAMPLES.items()
         if format in ("json", "json-lines", "lines") and "repair" not in options]  # fmt: skip


def by_host(format: str, records: str, pieces: list[str]) -> Any:
    """What the host's parser tells, as the guests do."""
    options = {"records": records} if records else {}
    events, end = read(format, pieces, **options)
    told = {"fault": end.kind} if isinstance(end, Fault) else {"value": end.value}
    return {"events": [shown(one) for one in events], "end": told}


def shown(event: Any) -> Any:
    match event:
        case Record(value):
            return {"record": value}
        case Prose(text):
            return {"prose": text}
        case Fault(kind):
            return {"fault": kind}


def by_guest(guest: Instance, format: str, records: str, pieces: list[str]) -> Any:
    found = guest("read", format, records, json.dumps(pieces))
    return json.loads(getattr(found, "payload", found))


@pytest.mark.parametrize("guest", GUESTS)
@pytest.mark.parametrize("name", NAMES)
def test_each_cut_is_read_as_the_host_reads_it(guest: str, name: str) -> None:
    format, options, text = SAMPLES[name]
    records = options.get("records", "")
    instance = Instance(guest)
    wanted = by_host(format, records, [text])
    for pieces in (list(text), *(cut(text, [place]) for place in range(len(text)))):
        assert by_guest(instance, format, records, pieces) == wanted


MARKS = [*'{}[]"\\,:\n#é', "\r\n", "```", " ", " " * 33, "12", "null", '"a"', ": [", "a.b"]


@examples(300)
@given(st.sampled_from(NAMES), st.lists(st.integers(0, 1_000), max_size=5), st.data())
@pytest.mark.parametrize("guest", GUESTS)
def test_damage_is_read_as_the_host_reads_it(
    guest: str, name: str, places: list[int], data: Any
) -> None:
    format, options, text = SAMPLES[name]
    parts = data.draw(st.lists(st.sampled_from([*cut(text, range(0, len(text), 5)), *MARKS])))
    pieces = cut("".join(parts), places)
    records = options.get("records", "")
    wanted = by_host(format, records, pieces)
    assert by_guest(Instance(guest), format, records, pieces) == wanted


@pytest.mark.parametrize("guest", GUESTS)
def test_a_key_that_is_no_json_on_the_way_to_records(guest: str) -> None:
    for text in (': {"b\\{"x":', '{"a\\x": 1', '{"a\\x": {"b": [1]}}'):
        wanted = by_host("json", "a.b", [text])
        assert by_guest(Instance(guest), "json", "a.b", [text]) == wanted


@pytest.mark.parametrize("guest", GUESTS)
@pytest.mark.parametrize("text", [OBJECT, LIST])
def test_damage_at_every_character_is_a_fault_or_read_rightly(guest: str, text: str) -> None:
    instance = Instance(guest)
    for place in range(len(text)):
        for other in ("", '"', "}", "]", "{", ",", "x"):
            damaged = text[:place] + other + text[place + 1 :]
            end = by_guest(instance, "json", "", [damaged])["end"]
            assert "fault" in end or end["value"] == json.loads(damaged)


@pytest.mark.parametrize("guest", GUESTS)
@pytest.mark.parametrize(
    ("format", "text", "kind"),
    [("json", "[" * 65, "depth"), ("json", "[" + "1," * 10_001, "records"),
     ("json", "x" * (1 << 20) + "x", "size"), ("json-lines", '{"a":' * 65, "depth"),
     ("lines", "\n" * 10_001, "records")],
)  # fmt: skip
def test_what_overruns_a_bound_is_a_fault(guest: str, format: str, text: str, kind: str) -> None:
    assert by_guest(Instance(guest), format, "", [text])["end"] == {"fault": kind}


@pytest.mark.parametrize("guest", GUESTS)
def test_records_are_counted_in_pieces_of_any_size(guest: str) -> None:
    text = "[" + ", ".join(['{"a": "é"}'] * 500) + "]"
    for size in (1, 4, 100_000):
        assert getattr(Instance(guest)("count", "json", text, size), "payload", None) in (
            500,
            None,
        )

"""Old records become today's events; what a newer lion wrote is refused in clear words."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lion.domain.events import EVENTS, LineLogged, encode_body
from lion.domain.events.upcast import UPCASTERS, VERSIONS, event_of
from lion.domain.record import Record
from lion.errors import AuditError
from tests.log.rig import draft, seal


def record(**changes: Any) -> Record:
    return msgspec.structs.replace(seal([draft("hello")])[0], **changes)


def test_current_events_decode() -> None:
    assert event_of(record()) == LineLogged(level="info", message="hello")


def test_every_event_has_a_version_and_a_way_to_it() -> None:
    assert set(VERSIONS) == set(EVENTS)
    steps = {(name, v) for name, current in VERSIONS.items() for v in range(1, current)}
    assert set(UPCASTERS) == steps


def test_old_versions_go_through_each_step() -> None:
    old = record(body=encode_body({"text": "hello"}))
    event = event_of(
        old,
        {"LineLogged": 3},
        {
            ("LineLogged", 1): lambda body: {"line": body["text"]},
            ("LineLogged", 2): lambda body: {"level": "info", "message": body["line"] + "!"},
        },
    )
    assert event == LineLogged(level="info", message="hello!")


@pytest.mark.parametrize("changes", [{"type": "MoonRose"}, {"version": 2}])
def test_a_newer_lion_is_named_as_the_reason(changes: dict[str, Any]) -> None:
    with pytest.raises(AuditError, match="a newer lion wrote it; upgrade lion"):
        event_of(record(**changes))


OK = {"status": "completed", "value": ["ok", 1]}
SAID = {**OK, "capability": "output", "operation": "text"}


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("LineLogged", b""),
        ("LineLogged", b"\xc1"),
        ("LineLogged", encode_body({"level": 1})),
        ("LineLogged", encode_body([1])),
        ("LineLogged", encode_body({"level": "info", "message": "x"}) + b"\xc0"),
        ("PluginResult", b"\x81\xa5value" + b"\x91" * 100_000 + b"\xc0"),
        ("PluginResult", b"\x81\xa5value\xd4\x05\x00"),
        ("PluginResult", b"\x81\xa5value\xa1\xff"),
        ("CallFinished", encode_body({**OK, "status": "vanished"})),
        ("CallFinished", encode_body({**OK, "verdict": "perhaps"})),
        ("CallFinished", encode_body({**OK, "value": None})),
        ("CallFinished", encode_body({**OK, "value": ["maybe", 1]})),
        ("CallFinished", encode_body({**OK, "value": ["err", "denied"]})),
        ("CallFinished", encode_body({**OK, "opinions": [1]})),
        ("AgentPartialOutput", encode_body({**SAID, "args": [3]})),
        ("AgentPartialOutput", encode_body({**SAID, "operation": "progress", "args": ["x"]})),
        ("RunStarted", encode_body({"limits": {"ann": {"memory": "much"}}})),
    ],
)
def test_a_body_that_is_none_is_an_audit_error(kind: str, body: bytes) -> None:
    with pytest.raises(AuditError, match=rf"record 1 of run .* is no {kind}: .*damaged") as caught:
        event_of(record(type=kind, body=body))
    assert caught.value.facts["seq"] == 1


@pytest.mark.parametrize("version", [0, -1])
def test_versions_begin_at_one(version: int) -> None:
    with pytest.raises(AuditError, match=f"there is no version {version}"):
        event_of(record(version=version))


def test_an_old_body_that_an_upcaster_cannot_take_is_an_audit_error() -> None:
    steps = {("LineLogged", 1): lambda body: {"level": body["tone"]}}
    with pytest.raises(AuditError, match="is no LineLogged: KeyError: 'tone'"):
        event_of(record(), {"LineLogged": 2}, steps)


def test_a_record_reads_itself_by_this_and_nothing_else() -> None:
    """No file but this one decodes a body, so no reader can pass it by."""
    lion = Path(__file__).parents[2] / "lion"
    readers = [
        path.relative_to(lion).as_posix()
        for path in lion.rglob("*.py")
        if re.search(r"record\.body|\bEVENTS\[.*type\]", path.read_text("utf-8"))
    ]
    # The others count, digest or copy the bytes.
    log = ["feed.py", "schema_2.py", "sqlite_convert.py", "sqlite_reader.py"]
    counting = [
        "domain/letter.py",
        "kernel/past.py",
        "kernel/recorded.py",
        *(f"log/{name}" for name in log),
    ]
    counting += ["service/tail.py", "web/following.py"]
    assert sorted(readers) == ["domain/events/upcast.py", *counting]

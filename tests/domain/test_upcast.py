"""Old records become today's events; what a newer lion wrote is refused in clear words."""

from typing import Any

import msgspec
import pytest

from lion.domain.events import EVENTS, LineLogged, encode_body
from lion.domain.events.upcast import UPCASTERS, VERSIONS, event_of
from lion.domain.record import Record
from lion.errors import AuditError
from tests.log.rig import draft
from tests.log.test_chain import seal


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


@pytest.mark.parametrize("body", [b"", b"\xc1", encode_body({"level": 1}), encode_body([1])])
def test_a_body_that_is_none_is_an_audit_error(body: bytes) -> None:
    with pytest.raises(AuditError, match=r"is no LineLogged.*lion verify"):
        event_of(record(body=body))

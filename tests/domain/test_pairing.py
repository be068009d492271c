"""The two records of a call with an outside effect are one call again, whoever asks."""

import msgspec

from lion.domain.call import Status, Verdict
from lion.domain.events import CallFinished, CallRequested
from lion.domain.pairing import Pairs
from tests.log.rig import draft, seal

INTENT = CallRequested(
    capability="http", operation="send", target="GET x", args=["x"], verdict=Verdict.ALLOW,
    reason="granted", decided_by="grants", grant="plugins.x: allow.http",
)  # fmt: skip
OUTCOME = CallFinished(Status.FAILED, ("err", ("timeout", "too long")))


def test_request_and_decision_join_the_outcome_once() -> None:
    first, second, other = seal([draft(call=7), draft(call=7), draft(call=8)])
    pairs = Pairs()
    pairs.note(first, INTENT)
    assert pairs.join(other, OUTCOME) == (OUTCOME, False)
    whole, had_intent = pairs.join(second, OUTCOME)
    assert had_intent
    assert (whole.status, whole.value) == (OUTCOME.status, OUTCOME.value)
    for name in INTENT.__struct_fields__:
        assert getattr(whole, name) == getattr(INTENT, name)
    assert pairs.join(second, OUTCOME) == (OUTCOME, False)


def test_a_call_of_one_record_is_whole_already() -> None:
    (record,) = seal([draft(call=1)])
    one = msgspec.structs.replace(OUTCOME, capability="kv", operation="get", verdict=Verdict.ALLOW)
    assert Pairs().join(record, one) == (one, False)

"""Calls that are counted together come out as if each had been looked at by itself."""

from hypothesis import given
from hypothesis import strategies as st

from lion.domain.call import Status, Verdict
from lion.domain.events import CallFinished, CallRequested, Event, PluginLoaded
from lion.domain.record import Draft, Record, Scope
from lion.manifest.parse import parse_manifest
from lion.policy.policy_file import parse_policy
from lion.review import alike
from lion.review.again import Redecision
from lion.review.run import read_uses
from lion.review.use import UseFold
from tests.examples import examples
from tests.log.rig import RUN, seal

PLAN = parse_manifest(
    'name = "n"\n[plugins.guide]\ncomponent = "x.wasm"\nallow.kv = { bytes = "1 KiB" }\n',
    path=None,
)
POLICY = parse_policy('deny = ["kv **"]\n')
LOADED = PluginLoaded("guide", "", ("lion:host/kv@0.1.0#get", "lion:host/kv@0.1.0#set"), ())

CALLS = st.builds(
    CallFinished,
    st.sampled_from([Status.COMPLETED, Status.FAILED]),
    st.just(("ok", None)),
    capability=st.sampled_from(["kv", "config", ""]),
    operation=st.sampled_from(["get", "set"]),
    target=st.sampled_from(["a", "b", "c"]),
    verdict=st.sampled_from([Verdict.ALLOW, Verdict.DENY]),
    decided_by=st.sampled_from(["grant", "policy"]),
)
INTENTS = st.just(
    CallRequested(
        args=[],
        capability="kv",
        operation="set",
        target="a",
        verdict=Verdict.ALLOW,
        reason="",
        decided_by="grant",
    )
)


def records(events: list[Event]) -> list[Record]:
    loaded = Draft(Scope(run=RUN), 0, 0, LOADED)
    scope = Scope(run=RUN, invocation="0", principal="guide", correlation="0")
    return seal([loaded, *(Draft(scope, at, 0, event) for at, event in enumerate(events))])


@examples(60)
@given(st.lists(st.one_of(CALLS, INTENTS), max_size=40), st.sampled_from([1, 3, 4_096]))
def test_counting_together_changes_nothing(events: list[Event], most: int) -> None:
    one_by_one, again = UseFold(PLAN), Redecision(PLAN, POLICY)
    again.note_imports("guide", ("kv",))
    read = records(events)
    for record in read[1:]:
        again.add(record, record.event())
        one_by_one.add(record)
    together, kept = Redecision(PLAN, POLICY), alike.MOST
    alike.MOST = most
    try:
        seen = read_uses(read, PLAN, together)
    finally:
        alike.MOST = kept
    assert seen.last == read[-1].seq
    assert seen.usage.of("guide", ()) == one_by_one.of("guide", ())
    assert (seen.usage.calls, seen.usage.denied) == (one_by_one.calls, one_by_one.denied)
    limits = {"guide": PLAN.holders["guide"].limits}
    found, expected = together.result(limits), again.result(limits)
    assert (found.calls, found.changed, found.unnamed) == (
        expected.calls,
        expected.changed,
        expected.unnamed,
    )
    assert sorted(found.changes, key=repr) == sorted(expected.changes, key=repr)

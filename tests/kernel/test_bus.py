"""Look here if you want to know that messages wait in order and within bounds, and that a bus made
of records holds what the other held.
"""

import msgspec
import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from lion.domain.call import CallError, Status
from lion.domain.events import CallFinished
from lion.domain.record import Record
from lion.kernel.bus import (
    AT_ONCE,
    HEARD_BYTES,
    INBOX_BYTES,
    MOST_WAITING,
    Box,
    Bus,
)
from lion.kernel.message_port import IN_ALL, MessagePort

KIB_64 = 64 * 1024


async def _all(box: Box) -> list[str]:
    found = []
    while box.is_ready:
        found.append((await box.take())[0].payload)
    return found


class Caller(msgspec.Struct):
    """Whose bus it is."""

    holder: str
    path: str = "0"
    number: int = 1


class Receivers:
    """A run of two."""

    id = "run"
    post = None

    def __init__(self, bus: Bus) -> None:
        self.bus = bus

    def has_inbox(self, name: str) -> bool:
        return name in ("ann", "bob")


def _port(bus: Bus, holder: str = "ann", path: str = "0") -> tuple[Caller, MessagePort]:
    caller = Caller(holder, path)
    return caller, MessagePort(caller, Receivers(bus))


async def test_what_is_sent_waits_for_its_receiver_in_order() -> None:
    bus = Bus()
    bus.send("ann", "bob", "1")
    bus.send("carl", "bob", "2")
    assert not bus.inbox("ann").is_ready
    first, missed = await bus.inbox("bob").take()
    assert (first.sender, first.topic, first.payload, missed) == ("ann", None, "1", 0)
    assert await _all(bus.inbox("bob")) == ["2"]


async def test_nobody_is_written_to_who_is_not_there() -> None:
    _, port = _port(Bus())
    with pytest.raises(CallError, match="nobody 'mallory'") as raised:
        port.send("mallory", "1")
    assert raised.value.case == "not-found"


def test_a_full_inbox_refuses() -> None:
    bus = Bus()
    for number in range(MOST_WAITING):
        bus.send(f"s{number % 8}", "bob", "1")
    with pytest.raises(CallError, match="the inbox is full") as raised:
        bus.send("ann", "bob", "1")
    assert raised.value.case == "exhausted"
    bus.send("ann", "carl", "1")


@pytest.mark.parametrize("payload", ["1", "x" * KIB_64])
def test_one_sender_has_at_most_half_of_an_inbox(payload: str) -> None:
    bus = Bus()
    sent = 0
    with pytest.raises(CallError, match="half of the inbox"):
        while True:
            bus.send("mallory", "bob", payload)
            sent += 1
    assert sent == min(MOST_WAITING // 2, INBOX_BYTES // 2 // len(payload))
    bus.send("ann", "bob", payload)


def test_all_other_runs_together_have_at_most_half_of_an_inbox() -> None:
    bus = Bus()
    sent = 0
    with pytest.raises(CallError, match="full of messages of other runs"):
        while True:
            bus.send(f"@east/{sent:012x}/mallory", "bob", "1")
            sent += 1
    assert sent == MOST_WAITING // 2
    bus.send("ann", "bob", "1")
    bus.send("@user anna", "bob", "1")


def test_bytes_are_those_of_utf_8() -> None:
    bus = Bus()
    with pytest.raises(CallError):
        while True:
            bus.send("ann", "bob", "é" * (KIB_64 // 2))
    assert len(bus.inbox("bob").waiting) == INBOX_BYTES // 2 // KIB_64


async def test_who_subscribed_hears_what_its_pattern_names_from_then_on() -> None:
    bus = Bus()
    assert bus.publish("ann", "news.a", "0") == 0
    box = bus.subscribe("1#1", "bob", "news.*")
    assert bus.publish("ann", "news.a", "1") == 1
    assert bus.publish("ann", "news.a.b", "2") == 0
    assert bus.publish("ann", "other", "3") == 0
    message, _ = await box.take()
    assert (message.sender, message.topic, message.payload) == ("ann", "news.a", "1")
    bus.leave("1#1")
    assert bus.publish("ann", "news.a", "4") == 0


async def test_of_what_is_not_read_the_last_is_kept_and_the_reader_is_told() -> None:
    bus = Bus()
    box = bus.subscribe("1#1", "bob", "**")
    for number in range(MOST_WAITING + 10):
        assert bus.publish("ann", "a", str(number)) == 1
    message, missed = await box.take()
    assert (message.payload, missed) == ("10", 10)
    assert (await box.take())[1] == 0
    for _ in range(100):
        bus.publish("ann", "a", "x" * KIB_64)
    assert box.size <= HEARD_BYTES
    assert len(box.waiting) == HEARD_BYTES // KIB_64


def test_subscriptions_of_a_holder_are_bounded_and_others_have_their_own() -> None:
    bus = Bus()
    caller, port = _port(bus)
    for number in range(AT_ONCE):
        caller.number = number
        port.subscribe("a")
    with pytest.raises(CallError, match="32 subscriptions are open"):
        port.subscribe("a")
    _port(bus, "bob", "1")[1].subscribe("a")
    bus.leave("0#3")
    port.subscribe("a")


def test_who_subscribes_and_leaves_for_ever_is_stopped() -> None:
    bus = Bus()
    caller, port = _port(bus)
    for number in range(IN_ALL):
        caller.number = number
        port.leave(port.subscribe("a"))
    with pytest.raises(CallError, match="has subscribed 1,024 times"):
        port.subscribe("a")


async def test_a_waiting_reader_is_woken_and_only_one_gets_it(autojump_clock: object) -> None:
    bus, got = Bus(), list[str]()

    async def read() -> None:
        got.append((await bus.inbox("bob").take())[0].payload)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(read)
        nursery.start_soon(read)
        await trio.sleep(1)
        bus.send("ann", "bob", "1")
        await trio.sleep(1)
        assert got == ["1"]
        bus.send("ann", "bob", "2")
    assert got == ["1", "2"]


def _record(holder: str, number: int, event: CallFinished) -> Record:
    return Record(
        position=number, run="r", seq=number, invocation=holder, call=number, principal=holder,
        component_digest="", cause="", correlation="", time_ns=0, type="CallFinished", version=1,
        body=b"",
    )  # fmt: skip


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["send", "publish", "subscribe", "next", "read"]),
        st.sampled_from(["ann", "bob"]),
        st.sampled_from(["ann", "bob", "a.b", "a.*"]),
    ),
    max_size=60,
)


@given(STEPS, st.sampled_from([4, MOST_WAITING]))
def test_a_bus_made_of_the_records_holds_what_waited(
    steps: list[tuple[str, str, str]], most: int
) -> None:
    trio.run(_folded, steps, most)


async def _folded(steps: list[tuple[str, str, str]], most: int) -> None:
    """Do what a run could, fold its records, and compare what is read from then on."""
    live, again = Bus(), Bus()
    boxes: list[tuple[str, str]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lion.kernel.bus.MOST_WAITING", most)
        for number, (step, who, about) in enumerate(steps):
            event = await _step(live, boxes, number, step, who, about)
            if event is not None:
                again.note(_record(who, number, event), event)
        for who in ("ann", "bob"):
            assert await _all(again.inbox(who)) == await _all(live.inbox(who))
        for _, place in boxes:
            one, other = live.find(place), again.find(place)
            assert one is not None
            assert other is not None
            assert other.missed == one.missed
            assert await _all(other) == await _all(one)


async def _step(
    bus: Bus, boxes: list[tuple[str, str]], number: int, step: str, who: str, about: str
) -> CallFinished | None:
    kept, value, args = None, None, [about, str(number)]
    try:
        match step:
            case "send":
                bus.send(who, about, str(number))
            case "publish" if "*" not in about:
                value = bus.publish(who, about, str(number))
            case "subscribe":
                bus.subscribe(f"{who}#{number}", who, about)
                boxes.append((who, f"{who}#{number}"))
            case "next" if bus.inbox(who).is_ready:
                message, _ = await bus.inbox(who).take()
                step, kept = "subscription.next", {"message": message.number, "place": ""}
            case "read" if any(one == who for one, _ in boxes):
                place = next(place for one, place in boxes if one == who)
                box = bus.find(place)
                if box is None or not box.is_ready:
                    return None
                message, _ = await box.take()
                step, kept = "subscription.next", {"message": message.number, "place": place}
            case _:
                return None
    except CallError as exc:
        value = ("err", (exc.case, exc.text))
        return CallFinished(Status.FAILED, value, args, 0, {}, None, "bus", step, about)
    return CallFinished(Status.COMPLETED, ("ok", value), args, 0, {}, kept, "bus", step, about)

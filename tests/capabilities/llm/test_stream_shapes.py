"""Look here if you want to know that whatever shape an answer comes in, a guest hears what the
model said, or an error with a name; never half of it as the whole, and never a fault of lion's.
"""

import random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lion.capabilities.models.events import Stop, Usage

from .shapes import Outcome, Pieces, Saying, Shape, cut, cuts, hear, hear_each, sayings, shapes

CASES = ("invalid", "denied", "exhausted", "not-found", "timeout", "unavailable", "other")


def plain(saying: Saying, shape: Shape) -> bool:
    """Shapes that say all there is: lines without any end do not."""
    if shape.form == "lines":
        return shape.end != "done"
    return True


def check(outcome: Outcome) -> None:
    """What holds of every answer: an end that is the last and only one, or a failure."""
    stops = [event for event in outcome.events if isinstance(event, Stop)]
    if outcome.failure is not None:
        assert outcome.failure.case in CASES and stops == []
        return
    assert stops == [outcome.events[-1]]
    usage = outcome.events[-2]
    assert isinstance(usage, Usage)
    assert 0 < usage.input < 2**32 and 0 <= usage.output < 2**32
    ids = [call["id"] for call in outcome.reply["tool-calls"]]
    assert len(set(ids)) == len(ids) and all(ids)


@given(sayings, shapes, cuts)
def test_whatever_the_shape_what_was_said_is_heard(
    saying: Saying, shape: Shape, places: list[int]
) -> None:
    assume(plain(saying, shape))
    outcome = hear(Pieces(cut(shape.write(saying), places), shape.ending))
    assert outcome.failure is None, outcome.failure
    check(outcome)
    assert outcome.heard == saying.heard
    assert outcome.events[-1] == Stop("tool-use" if saying.calls else "end")


SAID = Saying(
    texts=("Hé", "llo {"), thoughts=("hm",), calls=(("pay", '{"n": "}"}'), ("get.weather", "{}"))
)


FORMS = [
    ("events", "\n", "both"),
    ("events", "\r\n", "done"),
    ("events", "\r", "reason"),
    ("object", "\n", "both"),
    ("pretty", "\n", "done"),
    ("lines", "\n", "reason"),
    ("lines", "\n", "done"),
]


@pytest.mark.parametrize(("form", "newline", "end"), FORMS)
def test_split_at_every_byte(form: str, newline: str, end: str) -> None:
    shape = Shape(
        form=form, end=end, identity="both", split=6, usage={"prompt_tokens": 7}, newline=newline,
        noise=((1, "data:"), (3, ": alive")), ending="",
    )  # fmt: skip
    raw = shape.write(SAID)
    if not plain(SAID, shape):
        assert hear(Pieces([raw])).failure is not None
        return
    doors = [Pieces([raw[:at], raw[at:]]) for at in range(1, len(raw))]
    doors.append(Pieces([raw[at : at + 1] for at in range(len(raw))]))
    for outcome in hear_each(doors):
        assert outcome.failure is None and outcome.heard == SAID.heard


@given(sayings, shapes, st.integers(0, 5_000))
def test_half_an_answer_is_never_the_whole(saying: Saying, shape: Shape, at: int) -> None:
    raw = shape.write(saying)
    outcome = hear(Pieces(cut(raw[: at % len(raw)], []), shape.ending))
    check(outcome)
    if outcome.failure is None:
        assert outcome.heard == saying.heard


@pytest.mark.parametrize(
    ("form", "ending"),
    [
        ("events", ""),
        ("events", "timeout"),
        ("object", ""),
        ("pretty", "connection"),
        ("lines", ""),
    ],
)
def test_cut_off_at_every_byte(form: str, ending: str) -> None:
    shape = Shape(
        form=form, end="both", identity="both", split=6, usage=None, newline="\n", noise=(),
        ending=ending,
    )  # fmt: skip
    raw = shape.write(SAID)
    outcomes = hear_each(Pieces(cut(raw[:at], []), ending) for at in range(len(raw) + 1))
    for outcome in outcomes:
        check(outcome)
        assert outcome.failure is not None or outcome.heard == SAID.heard
    assert outcomes[-1].failure is None and outcomes[len(raw) // 2].failure is not None


DAMAGE = [
    b"\n", b"\r", b"\0", b"\xff", b"{", b"}", b"[", b"]", b'"', b"\\", b"\\ud800", b"data:",
    b"data: [DONE]\n\n", b": ", b"event: error\n", b"NaN", b"1e999", b"9" * 5_000, b"[" * 2_000,
    b"null", b"\xef\xbb\xbf", b'{"error": {"message": "no"}}\n', b"<html>", b"\xf0\x9f",
]  # fmt: skip


@given(sayings, shapes, st.randoms(use_true_random=False), cuts)
def test_a_damaged_answer_is_an_answer_or_an_error_with_a_name(
    saying: Saying, shape: Shape, chance: random.Random, places: list[int]
) -> None:
    raw = shape.write(saying)
    for _ in range(chance.randint(1, 4)):
        at, to = sorted(chance.randrange(len(raw) + 1) for _ in range(2))
        raw = chance.choice([
            raw[:at] + chance.choice(DAMAGE) + raw[at:],
            raw[:at] + raw[to:],
            raw[:to] + raw[at:to] + raw[to:],
            raw[:at] + chance.choice(DAMAGE) + raw[to:],
        ]) or b"x"  # fmt: skip
    check(hear(Pieces(cut(raw, places), shape.ending)))


@pytest.mark.parametrize("step", [17, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("form", ["events", "object"])
def test_damaged_at_every_byte(form: str, step: int) -> None:
    shape = Shape(
        form=form, end="both", identity="both", split=6, usage=None, newline="\n", noise=(),
        ending="",
    )  # fmt: skip
    raw = shape.write(SAID)
    marks = (b"\0", b"\n", b'"', b"}", b"\xff")
    places = ((raw[:at], marks[at % 5], raw[at + 1 :]) for at in range(0, len(raw), step))
    for outcome in hear_each(Pieces([b"".join(one)]) for one in places):
        check(outcome)


MISSING = ["choices", "index", "delta", "message", "content", "tool_calls", "id", "function",
           "name", "arguments", "finish_reason", "usage", "prompt_tokens", "role"]  # fmt: skip
ODD = [None, 0, -1, 1, 10**25, 1.5, "", "x", [], {}, [[]], [None], {"a": 1}, True, "[DONE]"]


@given(sayings, shapes, st.sampled_from(MISSING), st.sampled_from(ODD), st.booleans())
def test_fields_that_are_missing_or_odd(
    saying: Saying, shape: Shape, field: str, odd: object, is_gone: bool
) -> None:
    import json

    def change(value: object) -> object:
        if isinstance(value, list):
            return [change(one) for one in value]
        if not isinstance(value, dict):
            return value
        kept = {key: change(one) for key, one in value.items() if not (is_gone and key == field)}
        return kept if is_gone or field not in kept else {**kept, field: odd}

    lines = []
    for line in shape.write(saying).decode().splitlines():
        mark, brace, rest = line.partition("{")
        try:
            lines.append(mark + json.dumps(change(json.loads(brace + rest))))
        except ValueError:
            lines.append(line)
    check(hear(Pieces(["\n".join(lines).encode() + b"\n\n"], shape.ending)))


@given(st.binary(max_size=300), shapes, cuts)
def test_bytes_of_all_kinds(raw: bytes, shape: Shape, places: list[int]) -> None:
    check(hear(Pieces(cut(b"data: " + raw, places), shape.ending)))
    check(hear(Pieces(cut(raw, places), shape.ending)))

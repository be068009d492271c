"""An answer that is not of its form is asked for again, so often and no more, with the fault."""

from lion.parsers import Again, Asking, Fault, Parsed

SCHEMA = {"properties": {"n": {"maximum": 9}}, "required": ["n"]}


def test_the_fault_is_said_and_the_next_answer_counts() -> None:
    asking = Asking("json", schema=SCHEMA, times=2)
    assert "JSON alone" in asking.demand
    assert '"maximum":9' in asking.demand
    first = asking.judge('{"n": 12}')
    assert isinstance(first, Again)
    assert "$.n: it is greater than the maximum of 9" in first.words
    assert '{"n": 12}' in first.words
    assert asking.judge('```json\n{"n": 3}\n```') == Parsed({"n": 3})
    assert asking.asked == 2


def test_it_is_asked_so_often_and_no_more() -> None:
    asking = Asking("json", times=2)
    ends = [asking.judge("no") for _ in range(4)]
    assert [type(end) for end in ends] == [Again, Again, Fault, Fault]
    assert asking.asked == 3


def test_a_long_answer_is_quoted_in_part() -> None:
    end = Asking("json", times=1).judge("x" * 100_000)
    assert isinstance(end, Again)
    assert len(end.words) < 3_000

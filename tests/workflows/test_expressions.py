"""Expressions of workflows: what is refused when they are read, what they come to, and what
nobody can make them cost.
"""

import contextlib
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lion.workflows.cost import MOST_SIZE, size_of
from lion.workflows.expressions import BadExpression, Names, Unanswered

ROOT = Path(__file__).parents[2]
TYPES = {
    "input.topic": "string", "input.n": "integer", "input.list": "array", "steps.page": "dyn",
    "item": "dyn",
}  # fmt: skip
NAMES = Names(TYPES)
VALUES: dict[str, Any] = {
    "input": {"topic": "lions", "n": 3, "list": ["a", "b"]},
    "steps": {"page": {"status": 200, "text": "food"}},
    "item": None,
}


def found(text: str, **more: Any) -> Any:
    return NAMES.read(text).evaluate({**VALUES, **more})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("'Write on ' + input.topic + ' from ' + steps.page.text", "Write on lions from food"),
        ("steps.page.status == 200", True),
        ("input.list.map(one, {'url': one})", [{"url": "a"}, {"url": "b"}]),
        ("has(steps.page.nope)", False),
        ("item == null", True),
        ("input.n * 2 + 1", 7),
        ("{'a': [1, 2.5, true, null]}", {"a": [1, 2.5, True, None]}),
        ("input.list.join(', ')", "a, b"),
        ("size(input.list) > 1 ? 'many' : 'one'", "many"),
        ("'%s-%d'.format([input.topic, input.n])", "lions-3"),
    ],
)
def test_values(text: str, value: Any) -> None:
    assert found(text) == value


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("input.topik", "there is no 'input.topik'; did you mean 'input.topic'?"),
        ("steps.pge.text", "did you mean 'steps.page'?"),
        (
            "input.topic + 1",
            "found no matching overload for '_+_' applied to '(string, int)'; string(x) makes",
        ),
        ("input.n +", "column 10: Syntax error"),
        ("now()", "there is no 'now'; functions are size,"),
        ("len(input.list)", "there is no 'len'; CEL has size(x)"),
        ("input.n == None", "CEL has null"),
        ("true and true", "CEL has a && b for 'and'"),
        ("'and' 1", "column 7: Syntax error: extraneous input '1'"),
        ("input.n = 1", "a == b compares"),
        ("On {input.topic}", "texts are joined by +: 'a ' + string(b)"),
        ("input.n + 1.5", "a whole number is written 1.0 beside decimals"),
        ("input.topic == null", "it is never null here"),
        ("input.list.map(x -> x)", "CEL has list.map(x, ...)"),
        ("1" + "+1" * 3_000, "longer than 4,096"),
        ("[0]" + ".map(x, x)" * 9, "more than 8 loops"),
        ("[0].map(a, [0].map(b, [0].map(c, [0].map(d, 1))))", "more than 3 nest"),
        ("[" * 500 + "]" * 500, "recursion"),
    ],
)
def test_what_cannot_be_is_refused_when_it_is_read(text: str, words: str) -> None:
    with pytest.raises(BadExpression, match=re.escape(words)):
        NAMES.read(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("steps.page.nope", "not found"),
        ("1 / (input.n - 3)", "divide by zero"),
        ("b'bytes'", "bytearray"),
        ("timestamp('2026-01-01T00:00:00Z')", "datetime"),
        ("{1: 2}", "keys that are no text"),
        ("1.0 / 0.0", "inf"),
        ("steps.page.text + 1", "overload"),
    ],
)
def test_what_comes_to_nothing_says_why(text: str, words: str) -> None:
    with pytest.raises(Unanswered, match=words):
        found(text)


BIG = "x" * 60_000


@pytest.mark.parametrize(
    "text",
    [
        "['a']" + ".map(a, a + a + a + a + a + a + a + a + a + a)" * 8,
        "['a']" + ".map(a, [a, a, a, a, a, a, a, a, a, a])" * 8,
        "['a']" + ".map(a, {'x': a, 'y': a, 'z': [a, a, a, a, a, a, a]})" * 8,
        "input.list.map(a, input.list.map(b, input.list.map(c, [a, b, c])))",
        "input.list.map(a, item + item + item)",
        "item.replace('x', item)",
        "input.list.join(item)",
        "item.replace('x', item, 1000)",
        "input.list.map(a, item.replace('x', item, 2000)).size()",
        f"{'strings.quote(' * 30}item{')' * 30}",
        f"size({'strings.quote(' * 30}item{')' * 30})",
        "input.list.all(a, item.contains(item.replace('x', 'x', 1)) && item.indexOf(item) < 0)",
        "['%.1000f'].map(f, input.list.map(a, f.format([1e308, 1e308, 1e308, 1e308])))",
        "'%s%s'.format([item, item]).split('').map(a, item)",
        f"[{', '.join(['item'] * 400)}]",
        "input.list.all(a, input.list.all(b, input.list.exists(c, c == 'no')))",
        "input.list.all(a, item.contains('y') || item.matches('(x*)*y'))",
        "input.list.filter(a, input.list.exists(b, a == b + 'c'))",
        "(item + item + item).split('').map(a, a + 'yyy').join('').contains(item + item + 'y')",
    ],
)
def test_what_explodes_is_refused_before_it_costs(text: str) -> None:
    """Each takes seconds and gigabytes without the bound (cost.py)."""
    began = time.thread_time()
    with pytest.raises(Unanswered, match="could"):
        found(text, item=BIG, input={**VALUES["input"], "list": [f"{n}" for n in range(2_000)]})
    assert time.thread_time() - began < 1


LISTS = st.lists(st.text("ab", max_size=4), max_size=6)
BODIES = st.sampled_from(
    [
        "a",
        "a + a",
        "[a, a]",
        "input.topic + a",
        "{'x': a}",
        "a.replace('a', 'bbb')",
        "a.replace('', a, 3)",
        "strings.quote(a + '\"\\\\')",
        "'%.999f%x'.format([1e308, a])",
        "[a, a, a].join(a)",
        "a.split('').join('--')",
        "[a].join()",
        "[a].map(b, a + b)",
    ]
)


@given(LISTS, st.lists(BODIES, min_size=1, max_size=4))
def test_the_bound_is_never_less_than_what_comes_of_it(
    items: list[str], bodies: list[str]
) -> None:
    from lion.workflows.cost import Cost

    text = "input.list" + "".join(f".map(a, {body})" for body in bodies)
    try:
        expression = NAMES.read(text)
    except BadExpression:
        return
    values = {**VALUES, "input": {"topic": "lions", "n": 1, "list": items}}
    sizes = {"input.list": size_of(items), "input.topic": size_of("lions")}
    bound = Cost(lambda name, fields: sizes[name])
    try:
        value = expression.evaluate(values)
    except Unanswered:
        return
    assert size_of(value).bytes <= bound.bound(expression.tree).bytes <= MOST_SIZE


def test_only_what_is_named_is_handed_over() -> None:
    """A value that CEL cannot take does not matter where it is not used."""
    page = {"status": 200, "huge": 2**80}
    assert found("steps.page.status", steps={"page": page}) == 200
    with pytest.raises(Unanswered, match="out of range"):
        found("steps.page", steps={"page": page})


NULLS = """
from lion.workflows.expressions import Names
nulls = Names({"input": "array"}).read("input")
for _ in range(20):
    nulls.evaluate({"input": [None] * 500})
print("alive")
"""


def test_nulls_do_not_end_the_process() -> None:
    """The library lets go of None for each; before Python 3.12 that ends the process."""
    done = subprocess.run([sys.executable, "-c", NULLS], capture_output=True, text=True, cwd=ROOT)
    assert (done.returncode, done.stdout) == (0, "alive\n"), done.stderr


@given(st.text(max_size=60))
def test_any_text_is_an_expression_or_refused(text: str) -> None:
    with contextlib.suppress(BadExpression, Unanswered):
        NAMES.read(text).evaluate(VALUES)

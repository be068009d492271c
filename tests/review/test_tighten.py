"""Look here if you want to know that a tightened manifest decides a run as it was decided, gives
nothing that it did not give, and has no line that the run could do without.
"""

import tomllib
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from lion.domain.call import Status
from lion.domain.capability import OFFERED
from lion.domain.events import CallFinished, encode_body
from lion.domain.plan import Grant, Plan
from lion.domain.question import Question
from lion.domain.record import Record
from lion.manifest.edit import edited
from lion.manifest.parse import parse_manifest
from lion.policy.decide import decide_static
from lion.policy.policy_file import parse_policy
from lion.policy.rights import build_rights
from lion.review.tighten import Needs
from lion.scopes.table import read_question
from lion.values.toml_line import write_value
from tests.examples import examples

HEAD = '# A comment.\nname = "t"\n\n[vars]\nweb = "https://web.example.com"\n\n'
MODELS = "".join(
    f'[models.{name}]\nprovider = "scripted"\nscript = "s.toml"\n' for name in ("fast", "wise")
)
PLUGINS = "".join(f'[plugins.{name}]\ncomponent = "x.wasm"\n' for name in ("db", "mail"))

HTTP = st.lists(
    st.sampled_from(
        [
            "GET ${web}/**", "* https://web.example.com/a/*", "GET,POST ${web}/a/b",
            "GET https://*.example.com/**", "POST https://web.example.com/**?",
            "GET https://web.example.com/a/**", "PUT ${web}/x/y/z", "* ${web}/a*",
        ]
    ),
    unique=True, max_size=4,
)  # fmt: skip
TOOLS = st.lists(
    st.sampled_from(["db.*", "mail.send", "**", "db.query", "*.send"]), unique=True, max_size=3
)
LLM = st.lists(st.sampled_from(["fast", "wise", "*"]), unique=True, max_size=2)
FS = st.lists(
    st.builds(
        lambda path, write: {"path": path, "at": "n"} | ({"write": True} if write else {}),
        st.sampled_from(["/notes", "/notes/inner", "/other"]), st.booleans(),
    ),
    unique_by=lambda one: one["path"], max_size=3,
)  # fmt: skip
TOPICS = ["a.b", "a.c", "a.*", "**", "b.d"]
NAMES = ["a-b", "a-c", "a-*", "*"]
BUS = st.fixed_dictionaries(
    {}, optional={
        way: st.lists(st.sampled_from(texts), unique=True, min_size=1, max_size=3)
        for way, texts in {"publish": TOPICS, "receive": TOPICS, "write": NAMES}.items()
    },
)  # fmt: skip
ALLOWED = st.fixed_dictionaries(
    {}, optional={
        "http": HTTP, "tools": TOOLS, "llm": LLM, "fs": FS, "kv": st.just({"bytes": "1 KiB"}),
        "bus": BUS,
    },
)  # fmt: skip
PATHS = ["/", "/a", "/ab", "/ac", "/a/b", "/a/c", "/a/b/c", "/x/y/z", "/a%2Fb", "/a/b?q=1", "/a/*"]
ASKED = st.one_of(
    st.tuples(
        st.just("http"), st.just("send"),
        st.builds(
            lambda method, host, path: f"{method} https://{host}.example.com{path}",
            st.sampled_from(["GET", "POST", "PUT"]), st.sampled_from(["web", "other"]),
            st.sampled_from(PATHS),
        ),
    ),
    st.tuples(st.just("http"), st.just("exchange.head"), st.just("")),
    st.tuples(
        st.just("tools"), st.sampled_from(["call", "start"]),
        st.sampled_from(["db.query", "db.put", "mail.send", "mail.list"]),
    ),
    st.tuples(st.just("tools"), st.just("list"), st.just("")),
    st.tuples(st.just("llm"), st.just("ask"), st.sampled_from(["fast", "wise"])),
    st.tuples(st.just("llm"), st.just("models"), st.just("")),
    st.tuples(
        st.just("fs"), st.just("open"),
        st.builds(
            lambda access, path: f"{access} {path}", st.sampled_from(["read", "write"]),
            st.sampled_from(["/notes/a", "/notes/inner/b", "/other/c", "/away/d"]),
        ),
    ),
    st.tuples(st.just("fs"), st.just("file.read-at"), st.just("")),
    st.tuples(st.just("kv"), st.just("get"), st.sampled_from(["k", "l"])),
    st.tuples(st.just("bus"), st.just("publish"), st.sampled_from(["a.b", "a.c", "b.d"])),
    st.tuples(st.just("bus"), st.just("subscribe"), st.sampled_from(["a.b", "a.*", "**", "b.*"])),
    st.tuples(st.just("bus"), st.just("send"), st.sampled_from(["a-b", "a-c"])),
    st.tuples(st.just("bus"), st.just("subscription.next"), st.just("")),
)  # fmt: skip


def manifest(allowed: dict[str, Any]) -> str:
    lines = "".join(
        f"allow.{name} = {write_value(value)}\n" for name, value in allowed.items() if name != "fs"
    )
    inner = ", ".join(map(write_value, allowed.get("fs", [])))
    lines += f"allow.fs = [{inner}]\n" if "fs" in allowed else ""
    return f'{HEAD}{MODELS}{PLUGINS}[plugins.ann]\ncomponent = "x.wasm"\n{lines}'


def parse(text: str) -> Plan:
    return parse_manifest(text, path=None)


def allows(plan: Plan, question: Question, without: Grant | None = None) -> bool:
    holder = plan.holders["ann"]
    if without is not None:
        left = tuple(_without(holder.grants, without))
        holder = msgspec.structs.replace(holder, grants=left)
    rights = build_rights(holder, tuple(OFFERED), parse_policy(""))
    return decide_static(question, rights).allowed


def _without(grants: Sequence[Grant], gone: Grant) -> Iterator[Grant]:
    for grant in grants:
        if grant.line == gone.line and grant.mount == gone.mount:
            kept = tuple(one for one in grant.patterns if one not in gone.patterns)
            if kept:
                yield msgspec.structs.replace(grant, patterns=kept)
        else:
            yield grant


def lines_of(plan: Plan) -> Iterator[Grant]:
    """Each line by itself: a grant, or one name of a list of names."""
    for grant in plan.holders["ann"].grants:
        if not grant.patterns:
            yield grant
        for pattern in grant.patterns:
            yield msgspec.structs.replace(grant, patterns=(pattern,))


def record(plan: Plan, seq: int, question: Question) -> Record:
    allowed = allows(plan, question)
    event = CallFinished(
        status=Status.COMPLETED if allowed else Status.DENIED, value=("ok", None),
        capability=question.capability, operation=question.operation,
        target=str(question.target), args=[], verdict="allow" if allowed else "deny",
        reason="", decided_by="grants",
    )  # fmt: skip
    return Record(
        seq, "run", seq, "0", seq, "ann", "", "", "0", seq, "CallFinished", 1, encode_body(event)
    )


@given(ALLOWED, st.lists(ASKED, max_size=8), st.lists(ASKED, max_size=8))
@example(
    {"http": ["GET,POST ${web}/a/b", "GET ${web}/**"]},
    [("http", "send", f"GET https://web.example.com{path}") for path in ("/a/b", "/a/c", "/a")],
    [],
)
@examples(300)
def test_a_tightened_manifest(
    allowed: dict[str, Any], calls: list[tuple[str, str, str]], others: list[tuple[str, str, str]]
) -> None:
    text = manifest(allowed)
    plan = parse(text)
    asked = [read_question("ann", *one) for one in calls]
    needs = Needs(plan)
    for seq, question in enumerate(asked, 1):
        needs.add(record(plan, seq, question))
    changes, told = needs.tightened()
    tightened = edited(text, changes)
    less = parse(tightened)
    for question in asked:
        assert allows(less, question) is allows(plan, question), "it is decided as it was"
    for one in others:
        question = read_question("ann", *one)
        assert not allows(less, question) or allows(plan, question), "nothing is wider"
    for line in lines_of(less):
        without = [one for one in asked if allows(less, one) and not allows(less, one, line)]
        assert without, f"{line.patterns or line.line} was not needed"
    assert tightened.startswith("# A comment.")
    assert bool(told) == (tomllib.loads(tightened) != tomllib.loads(text))


def test_what_was_set_aside_for_an_agent_keeps_its_grant() -> None:
    """Nobody asked that model; but without its grant the agent could not be spawned so."""
    text = manifest({"llm": ["fast", {"model": "wise", "tokens": 9}], "agents": ["db"]})
    text = text.replace("[plugins.", "[agents.")
    plan = parse(text)
    question = read_question("ann", "agents", "spawn", "db")
    made = record(plan, 1, question)
    event = msgspec.structs.replace(made.event(), kept={"budget": {"llm.tokens of wise": 4}})
    needs = Needs(plan)
    needs.add(msgspec.structs.replace(made, body=encode_body(event)))
    less = parse(edited(text, needs.tightened()[0]))
    assert [one.patterns for one in less.holders["ann"].grants if one.capability == "llm"] == [
        ("wise",)
    ]

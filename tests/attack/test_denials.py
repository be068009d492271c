"""Look here if you want to know that a guest whose call is denied learns which right it lacked, as
a record, and nothing of others or of the operator's rules.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from lion.domain.approval import Answer
from lion.domain.call import Decision, Verdict
from lion.domain.denial import Lacking, lacking_of
from lion.testing import kit
from tests.attack.kit import Arena, call, holder, only, open_arena
from tests.capabilities.http.hostile_server import open_server
from tests.wasm.kit import BUILT

WIT = Path(__file__).parents[2] / "wit" / "denials.wit"
OTHERS = holder("calculator", "calculator") + holder(
    "rich", "probe", 'allow.kv = { bytes = "1 KiB" }', 'allow.tools = ["**"]'
)
POLICY = 'deny = ["tool calculator.*"]\nask = ["kv get s3cret-rule/**"]\n'


async def lacked(arena: Arena, *lines: str, first: str, about: str = "") -> Any:
    report = await arena.run(
        holder("probe", "probe", *lines) + OTHERS,
        call("probe.denials-last", first=first, about=about),
    )
    assert (await arena.replay(report.run)).identical
    return json.loads(only(report).value)


@pytest.mark.parametrize(
    ("lines", "first", "about", "line"),
    [
        ((), "kv", "k", "kv get k (ungranted), grantable: true"),
        ((), "tool", "rich.kv-get", "tools call rich.kv-get (ungranted), grantable: true"),
        (('deny = ["clock"]',), "now", "", "clock now (withheld), grantable: true"),
        (
            ('allow.tools = ["calculator.add"]',), "tool", "calculator.add",
            "tools call calculator.add (forbidden), grantable: false",
        ),
        (
            ('allow.kv = { bytes = "1 KiB" }',), "kv", "s3cret-rule/a",
            "kv get s3cret-rule/a (unasked), grantable: false",
        ),
    ],
)  # fmt: skip
async def test_what_lacks(
    lines: tuple[str, ...], first: str, about: str, line: str, tmp_path: Path
) -> None:
    async with open_arena(tmp_path, POLICY) as arena:
        assert await lacked(arena, *lines, first=first, about=about) == [True, line]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (None, "unasked"),
        (lambda _: None, "expired"),
        (Answer(allowed=False, by="anna", via="command", words="s3cret words"), "refused"),
    ],
    ids=["nobody", "late", "no"],
)
def test_a_person_s_silence_and_no_are_three_reasons(answer: Any, why: str) -> None:
    """Who refused, and with which words, stands in the call's own error alone."""
    options = (
        {} if answer is None else {"approvals": answer if callable(answer) else lambda _: answer}
    )
    allow = {"kv": {"bytes": "1 KiB"}}
    with kit(BUILT / "probe.wasm", allow=allow, policy='ask = ["kv get **"]', **options) as lion:
        (_, line) = json.loads(lion.call("probe.denials-last", first="kv", about="a"))
        lion.assert_replays()
    assert line == f"kv get a ({why}), grantable: false"


async def test_nothing_lacks_where_nothing_was_denied(tmp_path: Path) -> None:
    async with open_arena(tmp_path, POLICY) as arena:
        lines = ('allow.kv = { bytes = "1 KiB" }',)
        assert await lacked(arena, *lines, first="kv", about="k") == [False, None]
        assert await lacked(arena, first="none") == [False, None]


async def test_no_word_of_others_or_of_the_policy(tmp_path: Path) -> None:
    """What the log knows (who else is granted it, the rule's text and line) the guest does not."""
    async with open_arena(tmp_path, POLICY) as arena:
        report = await arena.run(
            holder("probe", "probe", 'allow.tools = ["calculator.*"]') + OTHERS,
            call("probe.denials-last", first="tool", about="calculator.add"),
        )
        calls = arena.calls(report.run)
        (denied,) = [one for one in calls if one.verdict == "deny"]
        assert "policy rule" in denied.reason
        (told,) = [one for one in calls if one.capability == "denials"]
        status, record = told.value
        assert (status, record) == (
            "ok",
            {
                "reason": "forbidden", "capability": "tools", "action": "call",
                "subject": "calculator.add",
            },
        )  # fmt: skip


async def test_a_redirect_says_where_it_led(tmp_path: Path) -> None:
    """The last denial is that of the redirect, in AssemblyScript."""
    async with open_server() as server, open_arena(tmp_path) as arena:
        away = server.url.replace("127.0.0.1", "localhost")
        allow = f'allow.http = ["GET {server.url}/**"]'
        for url, expected in (
            (f"{server.url}/ok", None),
            (f"{away}/ok", f"http start GET {away}/ok (ungranted) grantable"),
            (
                f"{server.url}/redirect?to={away}/ok",
                f"http start GET {away}/ok (ungranted) grantable",
            ),
        ):
            report = await arena.run(
                holder("probe", "probe-as", allow), call("probe.lacked", url=url)
            )
            assert only(report).value == (expected or "nothing")
            assert (await arena.replay(report.run)).identical


def test_the_words_are_those_of_the_interface() -> None:
    cases = re.search(r"enum reason \{(.*?)\n    \}", WIT.read_text("utf-8"), re.DOTALL)
    assert cases is not None
    names = re.findall(r"^ *([a-z-]+),$", re.sub("///.*", "", cases[1]), re.MULTILINE)
    assert names == [str(one) for one in Lacking]


@pytest.mark.parametrize(
    ("decided_by", "verdict", "word"),
    [
        ("grants", "deny", "ungranted"), ("ceiling", "deny", "ungranted"),
        ("manifest", "deny", "withheld"), ("policy line 3", "deny", "forbidden"),
        ("approval nobody", "deny", "unasked"), ("approval expired", "deny", "expired"),
        ("approval by expired", "deny", "refused"), ("system.guard", "deny", "forbidden"),
        ("screen", "deny", "secret"), ("door", "deny", "out-of-reach"),
        ("somebody of a later lion", "deny", "forbidden"),
    ],
)  # fmt: skip
def test_each_decider_has_its_word(decided_by: str, verdict: str, word: str) -> None:
    decision = Decision(Verdict(verdict), "for a reason", decided_by)
    assert str(lacking_of(decision)) == word

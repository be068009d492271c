"""Look here if you want to know that a request whose body follows is asked about when that is
complete, and that what was shown is what is sent.
"""

import hashlib
from typing import Any

import pytest

from lion.domain.approval import SHOWN_BODY, Answer, Reach, Request
from lion.domain.events import ApprovalAsked, ApprovalConsumed, ApprovalDecided, CallRedirected
from lion.testing import OwnError, kit
from tests.wasm.kit import BUILT

HTTP = BUILT / "probe-http.wasm"
POST = {"method": "POST", "url": "https://x.example/", "headers": ""}
APPROVALS = ApprovalAsked, ApprovalDecided, ApprovalConsumed


def opened(got: list[bytes], **more: Any) -> Any:
    """A guest that may send to a server which remembers what it got; whoever sends is asked
    about.
    """
    return kit(
        HTTP, allow={"http": ["POST https://x.example/"]}, policy='ask = ["http POST **"]',
        http={"POST https://x.example/": lambda asked: got.append(asked.body) or "ok"}, **more,
    )  # fmt: skip


def test_a_body_that_follows_is_shown_when_it_is_complete_and_sent_as_shown() -> None:
    got: list[bytes] = []
    seen: list[tuple[Request, list[bytes]]] = []
    with opened(got, approvals=lambda one: seen.append((one, [*got])) or True) as lion:
        lion.call("probe-http.http-write", question=POST, pieces=["lions u", "eatu"])
        ((asked, before),) = seen
        assert before == [] and got == [b"lions eat"]
        assert (asked.operation, asked.target) == ("start", "POST https://x.example/")
        assert asked.grant.endswith('allow.http = ["POST https://x.example/"]')
        assert asked.body is not None
        assert (asked.body.size, asked.body.begins) == (9, "lions eat")
        assert asked.body.digest == hashlib.sha256(b"lions eat").hexdigest()
        (start,) = lion.find_calls("http.start")[:1]
        assert (start.verdict, start.decided_by) == ("allow", "approval later")
        decided = [e for e in lion.events if isinstance(e, CallRedirected)]
        assert [(e.operation, e.verdict, e.decided_by) for e in decided] == [
            ("start", "allow", "approval by test")
        ]
        assert [type(e) for e in lion.events if isinstance(e, APPROVALS)] == list(APPROVALS)
        lion.assert_replays()


def test_who_refuses_has_nothing_sent() -> None:
    got: list[bytes] = []
    no = Answer(allowed=False, by="anna", via="command", words="too much")
    with (
        opened(got, approvals=lambda _: no) as lion,
        pytest.raises(OwnError, match="anna refused it: too much"),
    ):
        lion.call("probe-http.http-write", question=POST, pieces=["au"])
    assert got == []


def test_where_nobody_can_be_asked_nothing_is_kept_for_anybody() -> None:
    got: list[bytes] = []
    with opened(got) as lion:
        with pytest.raises(OwnError, match="there is nobody to ask"):
            lion.call("probe-http.http-write", question=POST, pieces=["au"])
        assert lion.find_calls("http.exchange.write") == []
    with (
        opened(got, approvals=lambda _: None) as lion,
        pytest.raises(OwnError, match="nobody approved it within 10 min"),
    ):
        lion.call("probe-http.http-write", question=POST, pieces=["au"])
    assert got == []


def test_an_answer_that_goes_on_is_for_the_next_body_too() -> None:
    got: list[bytes] = []
    seen: list[Request] = []
    always = Answer(allowed=True, reach=Reach.ALWAYS, by="anna", via="command")
    with opened(got, approvals=lambda one: seen.append(one) or always) as lion:
        for piece in ("au", "bu"):
            lion.call("probe-http.http-write", question=POST, pieces=[piece])
    assert len(seen) == 1 and got == [b"a", b"b"]


def test_another_body_is_another_question_and_a_long_one_is_shown_in_part() -> None:
    seen: list[Request] = []
    with opened([], approvals=lambda one: seen.append(one) or True) as lion:
        for pieces in (["au"], ["bu"], ["x" * 60_000 + "u"] * 2):
            lion.call("probe-http.http-write", question=POST, pieces=pieces)
    assert len({one.call_digest for one in seen}) == 3
    assert seen[2].body is not None
    assert (seen[2].body.size, len(seen[2].body.begins)) == (120_000, SHOWN_BODY)


def test_a_rule_that_answers_beforehand_has_it_sent_as_it_comes() -> None:
    got: list[bytes] = []
    policy = 'ask = ["http POST **"]\napprove = ["http POST x.example"]'
    with kit(
        HTTP, allow={"http": ["POST https://x.example/"]}, policy=policy,
        http={"POST https://x.example/": lambda asked: got.append(asked.body) or "ok"},
    ) as lion:  # fmt: skip
        lion.call("probe-http.http-write", question=POST, pieces=["au"])
        assert lion.find_calls("http.start")[0].decided_by == "policy line 2"
    assert got == [b"a"]

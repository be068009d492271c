"""Look here if you want to know that a call which needs an approval waits for one, and that what
was approved is what happens.
"""

import json

import msgspec
import pytest

from lion.domain.approval import Answer, Reach, Request
from lion.domain.events import ApprovalAsked, ApprovalConsumed, ApprovalDecided, ApprovalExpired
from lion.kernel import approvals
from lion.log.memory_desk import MemoryDesk
from lion.testing import OperatorError, OwnError, kit
from tests.wasm.kit import BUILT

NOTEBOOK, FILES = BUILT / "notebook.wasm", BUILT / "probe-fs.wasm"
STORE = {"kv": {"bytes": "1 KiB"}}
ASK = 'ask = ["kv set **"]'
APPROVALS = ApprovalAsked, ApprovalDecided, ApprovalConsumed, ApprovalExpired
PAGE = {"title": "lions", "text": "cats"}


def said(lion) -> list[str]:
    return [type(e).__name__.removeprefix("Approval") for e in lion.events if type(e) in APPROVALS]


def refused(lion, **arguments: str) -> str:
    with pytest.raises(OwnError) as caught:
        lion.call("notebook.write", arguments or PAGE)
    return str(caught.value.value)


class TestAnswers:
    def test_what_is_approved_happens_once_and_is_on_record(self):
        with kit(NOTEBOOK, allow=STORE, policy=ASK, approvals=True) as lion:
            lion.call("notebook.write", PAGE)
            assert said(lion) == ["Asked", "Decided", "Consumed"]
            (call,) = lion.find_calls("kv.set")
            assert call.decided_by == "approval by test"
            lion.call("notebook.write", PAGE)
            assert said(lion) == ["Asked", "Decided", "Consumed"] * 2
            lion.assert_replays()

    def test_a_person_sees_who_asks_what_and_by_which_right(self):
        seen: list[Request] = []
        with kit(
            NOTEBOOK, allow=STORE, policy=ASK, approvals=lambda one: seen.append(one) or True
        ) as lion:
            lion.call("notebook.write", PAGE)
        (one,) = seen
        assert (one.holder, one.capability, one.operation) == ("notebook", "kv", "set")
        assert one.target == "page/lions" and "cats" not in one.target and "lions" in one.arguments
        assert one.asked_by == ("policy line 1",) and one.grant.startswith("plugins.notebook")
        assert one.expires_ns - one.asked_ns == 600 * 10**9
        assert len(one.call_digest) == len(one.component_digest) == len(one.policy_digest) == 64

    def test_a_no_has_a_name_and_words_for_the_guest(self):
        answer = Answer(allowed=False, by="anna", via="command", words="not on a Friday")
        with kit(NOTEBOOK, allow=STORE, policy=ASK, approvals=lambda _: answer) as lion:
            assert "anna refused it: not on a Friday" in refused(lion)
            assert said(lion) == ["Asked", "Decided"]
            assert lion.kv["notebook"] == {}

    def test_nobody_to_ask_is_another_reason(self):
        with kit(NOTEBOOK, allow=STORE, policy=ASK) as lion:
            assert "there is nobody to ask" in refused(lion)
            assert said(lion) == []
        nobody = f'{ASK}\napprovals = {{ wait = "0 s" }}'
        with kit(NOTEBOOK, allow=STORE, policy=nobody, approvals=True) as lion:
            assert "there is nobody to ask" in refused(lion)

    def test_nobody_in_time_is_a_third(self):
        with kit(NOTEBOOK, allow=STORE, policy=ASK, approvals=lambda _: None) as lion:
            assert "nobody approved it within 10 min" in refused(lion)
            assert said(lion) == ["Asked", "Expired"]

    def test_a_test_that_answers_nonsense_is_told(self):
        with pytest.raises(OperatorError, match="answers nothing"), kit(NOTEBOOK, approvals=3):
            pass


class TestBeforehand:
    def test_the_operator_answers_what_others_ask(self):
        policy = f'{ASK}\napprove = ["kv set page/lions"]'
        with kit(NOTEBOOK, allow=STORE, policy=policy) as lion:
            lion.call("notebook.write", PAGE)
            (call,) = lion.find_calls("kv.set")
            assert call.decided_by == "policy line 2"
            assert "nobody to ask" in refused(lion, title="tigers", text="too")

    def test_it_is_no_grant_and_no_way_past_a_refusal(self):
        with kit(NOTEBOOK, policy='approve = ["kv"]') as lion:
            assert "no grant covers it" in refused(lion)
        policy = 'deny = ["kv set **"]\napprove = ["kv"]'
        with kit(NOTEBOOK, allow=STORE, policy=policy) as lion:
            assert "a rule forbids it" in refused(lion)

    def test_nobody_is_asked_about_what_is_refused_anyway(self):
        for policy, allow in (
            (f'{ASK}\ndeny = ["kv set **"]', STORE),
            (ASK, {}),
        ):
            with kit(NOTEBOOK, allow=allow, policy=policy, approvals=True) as lion:
                refused(lion)
                assert said(lion) == []


class TestStanding:
    def once(self, reach: Reach) -> tuple[list[Request], Answer]:
        return [], Answer(allowed=True, reach=reach, by="anna", via="command")

    def test_an_answer_for_the_run_is_for_this_run(self):
        seen, answer = self.once(Reach.RUN)
        with kit(
            NOTEBOOK, allow=STORE, policy=ASK, approvals=lambda one: seen.append(one) or answer
        ) as lion:
            lion.call("notebook.write", PAGE)
            lion.call("notebook.write", PAGE)
        assert len(seen) == 2, "each call of the kit is a run of its own"

    def test_an_answer_for_always_is_for_the_same_rule_only(self):
        seen, answer = self.once(Reach.ALWAYS)
        policy = 'ask = ["kv set page/**", "kv set page/tigers"]'
        with kit(
            NOTEBOOK, allow=STORE, policy=policy, approvals=lambda one: seen.append(one) or answer
        ) as lion:
            lion.call("notebook.write", PAGE)
            lion.call("notebook.write", title="cats", text="too")
            assert [one.target for one in seen] == ["page/lions"]
            lion.call("notebook.write", title="tigers", text="another rule asks, too")
            assert [one.target for one in seen] == ["page/lions", "page/tigers"]
            assert said(lion)[3:6] == ["Asked", "Decided", "Consumed"]
            decided = [e for e in lion.events if isinstance(e, ApprovalDecided)]
            assert decided[1].standing == seen[0].id

    @pytest.mark.parametrize(
        "changed",
        [
            {"owner": "another"},
            {"chain": ("another",)},
            {"component_digest": "1" * 64},
            {"grant": "plugins.notebook.allow.kv = true"},
            {"reasons": ('to be asked by policy rule "kv"',)},
            {"asked_by": ("system.guard",)},
            {"capability": "fs"},
        ],
        ids=lambda one: next(iter(one)),
    )
    def test_what_it_hangs_on(self, changed):
        seen: list[Request] = []
        with kit(
            NOTEBOOK, allow=STORE, policy=ASK, approvals=lambda one: seen.append(one) or True
        ) as lion:
            lion.call("notebook.write", PAGE)
        assert msgspec.structs.replace(seen[0], **changed).basis != seen[0].basis
        moved = msgspec.structs.replace(seen[0], asked_by=("policy line 7",), target="page/x")
        assert moved.basis == seen[0].basis, "a rule that stands elsewhere is the same rule"


class TestOwn:
    def test_a_manifest_can_have_a_person_asked(self, tmp_path):
        manifest = tmp_path / "m.toml"
        manifest.write_text(
            f'name = "m"\n[plugins.notebook]\ncomponent = "{NOTEBOOK}"\n'
            'allow.kv = { bytes = "1 KiB" }\nask = ["kv set page/l**"]\n'
        )
        with kit(manifest) as lion:
            assert "nobody to ask" in refused(lion)
            lion.call("notebook.write", title="tigers", text="free")
        with kit(manifest, approvals=True) as lion:
            lion.call("notebook.write", PAGE)
            (call,) = lion.find_calls("kv.set")
            assert call.decided_by == "approval by test"
            (asked,) = [e.request for e in lion.events if isinstance(e, ApprovalAsked)]
            assert asked.asked_by == ("manifest",)
            assert asked.reasons == ('to be asked by plugins.notebook.ask "kv set page/l**"',)

    @pytest.mark.parametrize(
        ("rule", "words"),
        [("kv sett x", "no operation 'sett'"), ("fs-at ~/x", "operator's policy"), ("", "empty")],
    )
    def test_a_wrong_rule_is_told_with_its_place(self, tmp_path, rule, words):
        manifest = tmp_path / "m.toml"
        manifest.write_text(
            f'name = "m"\n[plugins.n]\ncomponent = "{NOTEBOOK}"\nask = ["kv get **", "{rule}"]\n'
        )
        with (
            pytest.raises(OperatorError, match=rf"m.toml:4: plugins.n.ask.*{words}"),
            kit(manifest),
        ):
            pass


class TestWhatIsApproved:
    def test_a_file_that_is_opened_to_write_says_so(self):
        seen: list[Request] = []
        with kit(
            FILES, allow={"fs": [{"path": "/d", "write": True}]}, policy='ask = ["fs open **"]',
            approvals=lambda one: seen.append(one) or True,
        ) as lion:  # fmt: skip
            lion.call("probe-fs.fs-open", path="/d/a", mode="write create")
        assert [one.note for one in seen] == ["what will be written through it is not shown"]

    def test_the_answer_is_for_that_handle_alone(self):
        seen: list[Request] = []
        with kit(
            FILES, allow={"fs": [{"path": "/d", "write": True}]}, policy='ask = ["fs open **"]',
            approvals=lambda one: seen.append(one) or len(seen) == 1,
        ) as lion:  # fmt: skip
            steps = "append oneu\nappend twou\nopen /d/a write"
            done = lion.call("probe-fs.fs-file", path="/d/a", mode="write create", steps=steps)
        assert json.loads(done) == [0, 3, "denied"] and len(seen) == 2

    def test_a_use_of_a_file_says_of_which(self):
        seen: list[Request] = []
        with kit(
            FILES, allow={"fs": [{"path": "/d", "write": True}]}, files={"/d/a": "x"},
            policy='ask = ["fs file.read-at"]', approvals=lambda one: seen.append(one) or True,
        ) as lion:  # fmt: skip
            lion.call("probe-fs.fs-file", path="/d/a", mode="read", steps="read-at 0 1")
        assert {one.note for one in seen} == {"the file is /d/a"}

    def test_an_answer_that_somebody_else_used_is_none(self, monkeypatch):
        async def taken(desk, id):
            return False

        monkeypatch.setattr(MemoryDesk, "take", taken)
        with kit(NOTEBOOK, allow=STORE, policy=ASK, approvals=True) as lion:
            assert "was used already" in refused(lion)


class TestMany:
    def test_fifty_at_once_each_get_their_own(self, tmp_path):
        starts = "".join(
            f'[[run]]\ncall = "notebook.write"\nwith = {{ title = "{n}", text = "x" }}\n'
            for n in range(50)
        )
        manifest = tmp_path / "m.toml"
        manifest.write_text(
            f'name = "m"\n[plugins.notebook]\ncomponent = "{NOTEBOOK}"\n'
            f'allow.kv = {{ bytes = "8 KiB" }}\n{starts}'
        )
        seen: list[str] = []

        def person(request: Request) -> bool:
            seen.append(request.id)
            return int(request.target.removeprefix("page/")) % 2 == 0

        with kit(manifest, policy=ASK, approvals=person) as lion:
            report = lion.run_manifest()
        assert [ending.ok for ending in report.endings] == [n % 2 == 0 for n in range(50)]
        assert len(set(seen)) == 50

    def test_there_is_a_most(self, tmp_path, monkeypatch):
        monkeypatch.setattr(approvals, "MOST_OPEN", 3)
        starts = "".join(
            f'[[run]]\ncall = "notebook.write"\nwith = {{ title = "{n}", text = "x" }}\n'
            for n in range(9)
        )
        manifest = tmp_path / "m.toml"
        manifest.write_text(
            f'name = "m"\n[plugins.notebook]\ncomponent = "{NOTEBOOK}"\n'
            f'allow.kv = {{ bytes = "8 KiB" }}\n{starts}'
        )
        with kit(manifest, policy=ASK, approvals=lambda _: None) as lion:
            report = lion.run_manifest()
        assert not any(ending.ok for ending in report.endings)
        assert said(lion).count("Asked") == 3
        many = [
            call for call in lion.find_calls("kv.set") if "wait for approvals already" in call.text
        ]
        assert len(many) == 6

"""Look here if you want to know that a budget has a person asked where it says so, and what a yes
gives.
"""

from pathlib import Path
from typing import Any

import pytest

from lion.domain.approval import Answer, Reach, Request
from lion.testing import OperatorError, kit
from tests.wasm.kit import BUILT

NOTEBOOK, HTTP = BUILT / "notebook.wasm", BUILT / "probe-http.wasm"
PAGE = {"title": "lions", "text": "cats"}
RUN = Answer(allowed=True, reach=Reach.RUN, by="anna", via="command")
GET = {"method": "GET", "url": "https://x.example/", "headers": ""}


def writing(folder: Path, times: int, limits: str) -> Path:
    """A manifest that writes so many pages at once: each is one host call more."""
    manifest = folder / "m.toml"
    manifest.write_text(
        f'name = "m"\n[plugins.notebook]\ncomponent = "{NOTEBOOK}"\n'
        f'allow.kv = {{ bytes = "8 KiB" }}\nlimits = {{ {limits} }}\n'
        + '[[run]]\ncall = "notebook.write"\nwith = { title = "a", text = "b" }\n'
        * times
    )
    return manifest


def written(folder: Path, times: int, limits: str, **more: Any) -> tuple[int, int]:
    """How many of so many calls came through, and how many the log has as denied."""
    with kit(writing(folder, times, limits), **more) as lion:
        report = lion.run_manifest()
        if "approvals" in more:
            lion.assert_replays()
    return sum(ending.ok for ending in report.endings), report.denied


class TestCalls:
    def test_at_a_share_a_person_is_asked_and_a_yes_goes_on_to_the_limit(self, tmp_path):
        seen: list[Request] = []
        limits = 'calls = 10, at = "80 %", then = "ask"'
        ok, _ = written(tmp_path, 12, limits, approvals=lambda one: seen.append(one) or True)
        assert ok == 10 and len(seen) >= 1
        assert {one.asked_by for one in seen} == {("budget",)}
        assert seen[0].reasons == ("80 % of budget calls of notebook, 10 a run, are used",)

    def test_a_no_leaves_it_at_the_share(self, tmp_path):
        limits = 'calls = 10, at = "80 %", then = "ask"'
        assert written(tmp_path, 12, limits, approvals=False) == (8, 4)

    def test_where_nobody_can_be_asked_that_is_a_no_before_the_limit_and_the_limit_at_it(
        self, tmp_path
    ):
        assert written(tmp_path, 12, 'calls = 10, at = "80 %", then = "ask"') == (8, 4)
        assert written(tmp_path, 12, 'calls = 10, at = "100 %", then = "ask"') == (10, 2)

    def test_an_answer_for_the_run_goes_on_for_ever(self, tmp_path):
        seen: list[Request] = []
        limits = 'calls = 2, at = "100 %", then = "ask"'
        ok, _ = written(tmp_path, 9, limits, approvals=lambda one: seen.append(one) or RUN)
        assert ok == 9

    def test_a_caller_s_budget_is_asked_about_too(self, tmp_path):
        manifest = tmp_path / "m.toml"
        manifest.write_text(
            f'name = "m"\n[agents.ann]\ncomponent = "{BUILT / "guide.wasm"}"\n'
            'allow.tools = ["**"]\nlimits = { calls = 1, at = "100 %", then = "ask" }\n'
            f'[plugins.calculator]\ncomponent = "{BUILT / "calculator.wasm"}"\n'
        )
        seen: list[Request] = []
        with kit(manifest, approvals=lambda one: seen.append(one) or True) as lion:
            lion.run("ann", "2 + 3")
        assert {one.reasons[0].split(",")[0] for one in seen} == {"budget calls of ann"}


class TestGrants:
    def test_requests_beyond_the_share_are_asked_about(self):
        seen: list[Request] = []
        url = {"url": "GET https://x.example/", "calls": 2, "at": "100 %", "then": "ask"}
        with kit(
            HTTP, allow={"http": [url]}, http={"GET https://x.example/": "ok"},
            approvals=lambda one: seen.append(one) or len(seen) == 1,
        ) as lion:  # fmt: skip
            said = lion.call("probe-http.http-try", questions=[GET] * 5)
            assert [call.status for call in lion.find_calls("http.send")].count("denied") == 1
            lion.assert_replays()
        assert said.count("denied") == 1 and len(seen) == 2, "two, as many again, and a no"
        said = "budget http calls GET https://x.example/, 2 a run, is used up: a yes gives as much"
        assert seen[0].reasons == (f"{said} again",)

    def test_what_a_call_was_refused_for_is_asked_about_next(self):
        seen: list[Request] = []
        url = {"url": "GET https://x.example/", "bytes-in": "150 B", "at": "100 %", "then": "ask"}
        with kit(
            HTTP, allow={"http": [url]}, http={"GET https://x.example/": "x" * 100},
            approvals=lambda one: seen.append(one) or True,
        ) as lion:  # fmt: skip
            said = lion.call("probe-http.http-try", questions=[GET] * 4)
        assert "exhausted" in said and seen and "bytes-in" in seen[0].reasons[0]


class TestWritten:
    @pytest.mark.parametrize(
        ("limits", "words"),
        [
            ('calls = 1, at = "80 %"', 'add then = "ask"'),
            ('calls = 1, then = "ask"', 'add at = "80 %"'),
            ('calls = 1, at = "0 %", then = "ask"', "a share from 1 to 100 %"),
            ('calls = 1, at = 80, then = "ask"', "a share from 1 to 100 %"),
            ('calls = 1, at = "101 %", then = "ask"', "a share from 1 to 100 %"),
            ('calls = 1, at = "80 %", then = "stop"', 'write "ask"'),
        ],
    )
    def test_a_mistake_is_told(self, tmp_path, limits, words):
        with (
            pytest.raises(OperatorError, match=words),
            kit(writing(tmp_path, 1, limits)),
        ):
            pass

    def test_a_share_of_nothing_is_told(self, tmp_path):
        manifest = tmp_path / "m.toml"
        manifest.write_text(
            f'name = "m"\n[models.fast]\nprovider = "scripted"\nscript = "x"\n'
            f'[agents.a]\ncomponent = "{NOTEBOOK}"\n'
            'allow.llm = [{ model = "fast", at = "80 %", then = "ask" }]\n'
        )
        with pytest.raises(OperatorError, match="add tokens, calls or money"), kit(manifest):
            pass

    def test_the_operator_may_ask_too_and_the_earlier_share_holds(self, tmp_path):
        policy = '[limits]\ncalls = 10\nat = "50 %"\nthen = "ask"\n'
        limits = 'calls = 100, at = "80 %", then = "ask"'
        assert written(tmp_path, 9, limits, policy=policy) == (5, 4)

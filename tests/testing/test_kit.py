"""Look here if you want to know that the test kit runs guests on the real host, and what of them a
test can read and assert.
"""

from pathlib import Path
from unittest.mock import ANY

import pytest

from lion.testing import AgentAnswer, GuestError, OperatorError, OwnError, kit
from tests.wasm.kit import BUILT, ROOT

TOUR = ROOT / "examples" / "tour" / "manifest.toml"
HELLO, NOTEBOOK, PROBE = BUILT / "hello.wasm", BUILT / "notebook.wasm", BUILT / "probe.wasm"
STORE = {"kv": {"bytes": "1 KiB"}}


class TestCalling:
    def test_a_bare_component_has_the_defaults(self):
        with kit(HELLO) as lion:
            assert lion.call("hello.greet", name="Ann") == "Hello, Ann!"
            assert lion.logged == [("info", "greeting Ann")]

    def test_config_is_the_tests(self):
        with kit(HELLO, config={"greeting": "Good day"}) as lion:
            assert lion.call("hello.greet", {"name": "Ann"}) == "Good day, Ann!"

    def test_a_tools_own_error_is_raised_with_its_value(self):
        with kit(HELLO) as lion, pytest.raises(OwnError, match="the name is empty") as caught:
            lion.call("hello.greet", name="")
        assert caught.value.value == "nobody to greet: the name is empty"
        assert caught.value.name == "hello.greet"

    def test_a_trap_shows_the_guests_words(self):
        with (
            kit(BUILT / "hostile.wasm") as lion,
            pytest.raises(GuestError, match=r"hostile.panic.*last words: .*what now") as caught,
        ):
            lion.call("hostile.panic", message="what now")
        assert caught.value.ending == "trap"
        assert "what now" in caught.value.words

    @pytest.mark.parametrize(
        ("tool", "given", "words"),
        [
            ("hello.gret", {}, "has no tool 'gret'; did you mean 'greet'"),
            ("helo.greet", {}, "there is no plugin 'helo'"),
            ("hello.greet", {}, "name"),
            ("hello.greet", {"name": 3}, "name"),
        ],
    )
    def test_a_wrong_name_or_argument_is_the_tests_mistake(self, tool, given, words):
        with kit(HELLO) as lion, pytest.raises(OperatorError, match=words):
            lion.call(tool, given)

    def test_keywords_have_underscores_for_dashes(self):
        with kit(BUILT / "probe-llm.wasm") as lion, pytest.raises(OperatorError, match='"a-b"'):
            lion.call("probe-llm.llm-models", a_b=1)

    def test_limits_are_real(self):
        with (
            kit(BUILT / "hostile.wasm", limits={"cpu": "50 ms"}) as lion,
            pytest.raises(GuestError) as caught,
        ):
            lion.call("hostile.spin")
        assert caught.value.ending == "cpu"

    def test_without_a_grant_nothing_of_it_happens(self):
        with kit(NOTEBOOK) as lion:
            with pytest.raises(OwnError, match="denied") as caught:
                lion.call("notebook.write", title="a", text="b")
            (call,) = lion.denied
            assert (call.name, call.target, call.answer, call.error) == (
                "kv.set", "page/a", None, "denied",
            )  # fmt: skip
            assert lion.kv["notebook"] == {}
        notes = caught.value.__notes__
        assert notes[0].startswith("denied: notebook: kv set page/a: ")
        assert notes[1] == 'allow it: plugins.notebook.allow.kv = { bytes = "64 KiB" }'

    def test_its_twin_with_the_grant(self):
        with kit(NOTEBOOK, allow=STORE) as lion:
            lion.call("notebook.write", title="a", text="b")
            assert lion.kv["notebook"] == {"page/a": b"b"}
            lion.assert_nothing_denied()

    def test_a_default_can_be_taken_away(self):
        with kit(PROBE, deny=["clock"]) as lion, pytest.raises(OwnError, match="denied"):
            lion.call("probe.clock-now")

    def test_a_policy_narrows_what_is_granted(self):
        with kit(NOTEBOOK, allow=STORE, policy='deny = ["kv set"]') as lion:
            with pytest.raises(OwnError, match="denied"):
                lion.call("notebook.write", title="a", text="b")
            assert lion.call("notebook.titles") == []
            assert lion.denied[0].decided_by != "grants"

    def test_stores_last_from_call_to_call_and_no_longer(self):
        for _ in range(2):
            with kit(NOTEBOOK, allow=STORE) as lion:
                assert [lion.call("notebook.count") for _ in range(3)] == [1, 2, 3]

    def test_a_store_may_hold_something_already(self):
        with kit(NOTEBOOK, allow=STORE, kv={"notebook": {"counter": "41", "x": b"\xff"}}) as lion:
            assert lion.call("notebook.count") == 42
            assert lion.kv["notebook"] == {"counter": b"42", "x": b"\xff"}

    def test_quotas_are_real(self):
        with (
            kit(NOTEBOOK, allow={"kv": {"bytes": "10 B"}}) as lion,
            pytest.raises(OwnError, match="exhausted"),
        ):
            lion.call("notebook.write", title="a", text="b" * 20)


class TestAgents:
    def test_a_bare_agent_runs_its_task(self):
        with kit(BUILT / "waiter.wasm", config={"times": 1, "pieces": 2}) as lion:
            assert lion.run("waiter", "tea") == AgentAnswer("tea: waited 1 times")
            assert lion.output == "1 of 2\n2 of 2\n"

    def test_an_agents_own_error_is_raised(self):
        with (
            kit(BUILT / "waiter.wasm", config={"times": "many"}) as lion,
            pytest.raises(OwnError) as caught,
        ):
            lion.run("waiter", "tea")
        assert caught.value.value == {"tag": "invalid", "value": "times is not a whole number"}

    def test_an_unknown_agent_is_the_tests_mistake(self):
        with kit(HELLO) as lion, pytest.raises(OperatorError, match="known here: hello"):
            lion.run("ann", "x")

    def test_a_plugin_is_no_agent(self):
        with kit(HELLO) as lion, pytest.raises(GuestError, match="is no agent"):
            lion.run("hello", "x")


class TestManifests:
    def test_an_agent_of_a_manifest_calls_its_plugins(self):
        with kit(TOUR) as lion:
            answer = lion.run("ann", "lions")
            assert answer.text == "lions: 3 of 4 tools answered"
            lion.assert_called("tools.start", "hello.greet", holder="ann")
            lion.assert_denied("tools", "notebook.remove")
            assert [call.holder for call in lion.find_calls("kv")] == ["notebook"]

    def test_the_list_of_runs(self):
        with kit(TOUR) as lion:
            report = lion.run_manifest()
            assert [ending.name for ending in report.endings] == ["ann", "bob"]
            assert lion.reports == [report]

    def test_a_component_has_no_list(self):
        with kit(HELLO) as lion, pytest.raises(OperatorError, match=r"no .*run.* to run"):
            lion.run_manifest()

    def test_variables(self, tmp_path: Path):
        manifest = tmp_path / "m.toml"
        manifest.write_text(
            'name = "m"\n[vars]\nword = "Hi"\n[plugins.hello]\n'
            f'component = "{HELLO}"\nconfig = {{ greeting = "${{word}}" }}\n'
        )
        with kit(manifest, sets={"word": "Ho"}) as lion:
            assert lion.call("hello.greet", name="Ann") == "Ho, Ann!"


class TestMistakes:
    @pytest.mark.parametrize(
        ("source", "options", "words"),
        [
            ("nowhere.wasm", {}, "nowhere.wasm' cannot be read.*working directory"),
            (HELLO, {"alow": {}}, "there is no option alow=; did you mean 'allow'"),
            (HELLO, {"sets": {"a": "b"}}, "sets= is for a manifest"),
            (TOUR, {"allow": STORE}, "allow= is for a bare component"),
            (HELLO, {"allow": {"kw": {}}}, "kv"),
            (HELLO, {"allow": {"kv": {"bytes": "many"}}}, "'many' is no size"),
            (HELLO, {"kv": {"hallo": {}}}, "no plugin 'hallo'; did you mean 'hello'"),
            (HELLO, {"files": {"/a": ""}}, "nobody is granted a directory"),
            (HELLO, {"policy": "deny = 1"}, "deny"),
            (HELLO, {"fakes": {"kv.gett": ""}}, "function 'kv.gett'; did you mean 'kv.get'"),
            (HELLO, {"fakes": {"http.start": ""}}, "a resource.*http="),
            (HELLO, {"fakes": {"fs.file.read-at": ""}}, "a resource.*files="),
            (HELLO, {"fakes": {"kv.get": OSError()}}, "CallError, not OSError"),
            (HELLO, {"tools": {"fetch": ""}}, "names no tool"),
            (TOUR, {"tools": {"calc.add": 1}}, "no plugin 'calc' in the manifest"),
            (TOUR, {"llm": {"fast": "x"}}, "no model 'fast' in the manifest"),
            (HELLO, {"http": {"example.com": ""}}, "GET https://api.example.com"),
        ],
    )  # fmt: skip
    def test_of_a_test_are_told(self, source, options, words):
        with pytest.raises(OperatorError, match=words), kit(source, **options):
            raise AssertionError("it was taken")

    def test_a_text_that_is_no_manifest(self, tmp_path: Path):
        source = tmp_path / "m.toml"
        source.write_bytes(b"\xff\xfe")
        with pytest.raises(OperatorError, match=r"m\.toml"), kit(source):
            raise AssertionError("it was taken")

    async def test_the_sync_kit_in_a_loop_names_the_other(self):
        with pytest.raises(OperatorError, match="open_kit"), kit(HELLO):
            raise AssertionError("it was taken")

    def test_the_machines_policy_and_secrets_are_not_read(self, monkeypatch, tmp_path: Path):
        (tmp_path / "lion").mkdir()
        (tmp_path / "lion" / "policy.toml").write_text('deny = ["config"]')
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
        with kit(HELLO, config={"greeting": "Good day"}) as lion:
            assert lion.call("hello.greet", name="Ann") == "Good day, Ann!"


class TestAssertions:
    """Each with a case where it must fail."""

    def test_called(self):
        with kit(HELLO) as lion:
            with pytest.raises(AssertionError, match=r"config.get\(\.\.\.\).*no such call"):
                lion.assert_called("config.get")
            lion.call("hello.greet", name="Ann")
            lion.call("hello.greet", name="Bob")
            lion.assert_called("config.get")
            lion.assert_called("log.write", "info", times=2)
            lion.assert_called("log.write", ANY, "greeting Bob", times=1)
            with pytest.raises(
                AssertionError, match=r"(?s)'warn', \.\.\..*hello: log.write\('inf"
            ):
                lion.assert_called("log.write", "warn")
            with pytest.raises(AssertionError, match="2 times, not 1"):
                lion.assert_called("log.write", times=1)
            with pytest.raises(AssertionError):
                lion.assert_called("log.write", holder="ann")

    def test_not_called(self):
        with kit(HELLO) as lion:
            lion.assert_not_called("log")
            lion.call("hello.greet", name="Ann")
            lion.assert_not_called("log", holder="ann")
            lion.assert_not_called("kv")
            for name in ("log", "log.write", ""):
                with pytest.raises(AssertionError, match="greeting Ann"):
                    lion.assert_not_called(name)

    def test_denied(self):
        with kit(NOTEBOOK) as lion:
            with pytest.raises(OwnError):
                lion.call("notebook.read", title="a")
            lion.assert_denied("kv")
            lion.assert_denied("kv.get", "page/a", "no grant")
            for wrong in (("kv.set",), ("kv", "page/b"), ("kv", "page/a", "budget"), ("log",)):
                with pytest.raises(AssertionError, match="was not denied"):
                    lion.assert_denied(*wrong)

    def test_what_was_allowed_was_not_denied(self):
        with kit(HELLO) as lion:
            lion.call("hello.greet", name="Ann")
            lion.assert_nothing_denied()
            with pytest.raises(AssertionError, match=r"(?s)was not denied; the calls.*greeting"):
                lion.assert_denied("config.get")

    def test_nothing_denied(self):
        with kit(NOTEBOOK) as lion:
            with pytest.raises(OwnError):
                lion.call("notebook.read", title="a")
            with pytest.raises(AssertionError, match=r"(?s)kv.get\('page/a'\).*allow it: plugins"):
                lion.assert_nothing_denied()

    def test_a_rule_about_a_tool_is_for_guests_and_not_for_who_starts_it(self):
        with kit(TOUR, policy='deny = ["tool calculator.*"]') as lion:
            assert lion.call("calculator.add", a=1, b=2) == 3
            assert lion.denied == []
            lion.run("bob", "sums")
            assert {call.target.partition(".")[0] for call in lion.denied} == {"calculator"}
            assert {call.decided_by for call in lion.denied} == {"policy line 1"}

    def test_calls_by_function_capability_and_holder(self):
        with kit(TOUR) as lion:
            lion.run("bob", "sums")
            everything = lion.calls
            assert {call.holder for call in everything} == {"bob", "notebook"}
            assert lion.find_calls(holder="bob") == [c for c in everything if c.holder == "bob"]
            assert lion.find_calls("kv") == lion.find_calls("kv", "notebook") != []
            assert lion.find_calls("kv", "bob") == lion.find_calls("k") == []
            (write,) = lion.find_calls("kv.compare-and-set")
            assert (write.args, write.answer, write.status) == (
                ["counter", None, "1u"],
                True,
                "completed",
            )
            assert (write.verdict, write.decided_by) == ("allow", "grants")

    def test_records_and_events_are_those_of_the_log(self):
        with kit(HELLO) as lion:
            lion.call("hello.greet", name="Ann")
            assert [record.type for record in lion.records] == [
                "RunStarted", "PluginLoaded", "PluginInvoked", "CallFinished", "CallFinished",
                "PluginResult", "RunFinished",
            ]  # fmt: skip
            assert lion.events[-1].calls == 2

"""Look here if you want to know that what a test fakes is only what lies outside: grants, budgets,
redirects and records around it are the host's.
"""

import json
from pathlib import Path
from typing import Any, ClassVar

import pytest
import trio

from lion.capabilities.http.canned import CannedRequest
from lion.testing import CallError, OperatorError, OwnError, Reply, kit
from tests.wasm.kit import BUILT

PROBE, HELLO, FETCHER, FILES = (
    BUILT / f"{name}.wasm" for name in ("probe", "hello", "fetcher", "files")
)
PAGE = "https://example.com/page"
WEB = {"http": ["GET https://example.com/**"]}


class TestHostFunctions:
    def test_a_value(self):
        with kit(HELLO, fakes={"config.get": "Moin"}) as lion:
            assert lion.call("hello.greet", name="Ann") == "Moin, Ann!"
            (call,) = lion.find_calls("config.get")
            assert (call.answer, call.verdict) == ("Moin", "allow")

    def test_an_error(self):
        with kit(HELLO, fakes={"config.get": CallError("unavailable", "away")}) as lion:
            assert lion.call("hello.greet", name="Ann") == "Hello, Ann!"
            (call,) = lion.find_calls("config.get")
            assert (call.error, call.text, call.status) == ("unavailable", "away", "failed")

    def test_a_function(self):
        with kit(HELLO, fakes={"config.get": str.upper}) as lion:
            assert lion.call("hello.greet", name="Ann") == "GREETING, Ann!"

    def test_an_async_function(self):
        async def get(key: str) -> str:
            await trio.sleep(3600)
            return "Later"

        with kit(HELLO, fakes={"config.get": get}, limits={"deadline": "2 h"}) as lion:
            assert lion.call("hello.greet", name="Ann") == "Later, Ann!"

    def test_a_stored_one(self):
        grant = {"kv": {"bytes": "1 KiB"}}
        with kit(PROBE, allow=grant, fakes={"kv.get": "pagesu"}) as lion:
            assert lion.call("probe.kv-get", key="a") == '"pagesu"'
            assert lion.kv["probe"] == {}

    def test_denials_come_before_fakes(self):
        asked: list[str] = []
        with kit(PROBE, fakes={"kv.get": asked.append}) as lion:
            with pytest.raises(OwnError, match="denied"):
                lion.call("probe.kv-get", key="a")
            assert asked == []
        allow = {"kv": {"bytes": "1 B"}}
        with kit(PROBE, allow=allow, fakes={"kv.get": asked.append}) as lion:
            lion.call("probe.kv-get", key="a")
            assert asked == ["a"]

    def test_what_a_fake_raises_is_the_tests_failure(self):
        def broken(key: str) -> str:
            raise ZeroDivisionError(key)

        with (
            kit(HELLO, fakes={"config.get": broken}) as lion,
            pytest.raises(ZeroDivisionError, match="greeting"),
        ):
            lion.call("hello.greet", name="Ann")

    def test_a_value_of_another_type_is_told(self):
        with (
            kit(HELLO, fakes={"config.get": 3}) as lion,
            pytest.raises(
                OperatorError, match=r"config.get gave 3, .* another type: 3 is no string"
            ),
        ):
            lion.call("hello.greet", name="Ann")

    def test_chance_is_the_same_each_time(self):
        def drawn(seed: int) -> list[str]:
            with kit(PROBE, seed=seed) as lion:
                numbers = [lion.call("probe.random-number") for _ in range(2)]
                return [*numbers, lion.call("probe.random-bytes", length=8)]

        assert drawn(0) == drawn(0) != drawn(1)
        assert len(set(drawn(0))) == 3

    def test_chance_has_its_bounds(self):
        with kit(PROBE) as lion, pytest.raises(OwnError, match="invalid"):
            lion.call("probe.random-bytes", length=4097)


class TestServers:
    def fetch(self, answers: dict[str, Any], url: str = PAGE, **more: Any) -> Any:
        with kit(FETCHER, allow=WEB, http=answers, **more) as lion:
            return lion.call("fetcher.fetch", url=url)

    @pytest.mark.parametrize(
        ("answer", "status", "text", "kind"),
        [
            ("lions", 200, "lions", ""),
            (b"lions", 200, "lions", ""),
            (["lions"], 200, '["lions"]', "application/json"),
            (Reply(404, "gone", {"Content-Type": "text/plain"}), 404, "gone", "text/plain"),
            (lambda request: request.method, 200, "GET", ""),
            (lambda request: Reply(201, request.url), 201, PAGE, ""),
        ],
    )
    def test_answers(self, answer, status, text, kind):
        page = self.fetch({f"GET {PAGE}": answer})
        assert page == {"status": status, "url": PAGE, "kind": kind, "text": text}

    def test_patterns_answer_too_and_the_first_that_fits(self):
        answers = {"GET https://example.com/a/*": "star", "GET,PUT https://example.com/**": "all"}
        assert self.fetch(answers, "https://example.com/a/b")["text"] == "star"
        assert self.fetch(answers, "https://example.com/a/b/c")["text"] == "all"

    def test_a_server_that_does_not_answer(self):
        with pytest.raises(OwnError, match="no way"):
            self.fetch({f"GET {PAGE}": CallError("connection", "no way")})

    def test_a_request_nobody_answers_fails_the_test(self):
        with pytest.raises(AssertionError, match=rf'asked for GET {PAGE} .*http=.*"GET {PAGE}"'):
            self.fetch({"GET https://example.com/other": ""})

    def test_grants_are_real(self):
        with kit(FETCHER, allow=WEB, http={"GET https://**": "secret"}) as lion:
            with pytest.raises(OwnError, match="denied"):
                lion.call("fetcher.fetch", url="https://example.org/")
            lion.assert_denied("http", "GET https://example.org/")

    def test_redirects_are_decided_anew(self):
        there = {"GET https://example.com/": Reply(302, "", {"Location": "/page"})}
        page = self.fetch({**there, f"GET {PAGE}": "lions"}, "https://example.com/")
        assert (page["url"], page["text"]) == (PAGE, "lions")
        away = {"GET https://example.com/": Reply(302, "", {"Location": "https://evil.test/"})}
        with kit(FETCHER, allow=WEB, http={**away, "GET https://evil.test/": "got you"}) as lion:
            with pytest.raises(OwnError, match="denied"):
                lion.call("fetcher.fetch", url="https://example.com/")
            lion.assert_denied("http", "GET https://evil.test/")
            assert [call.status for call in lion.denied] == ["redirected"]

    def test_budgets_of_requests_are_real(self):
        grant = {"http": [{"url": "GET https://example.com/**", "bytes-in": "1 KiB"}]}
        with (
            kit(FETCHER, allow=grant, http={f"GET {PAGE}": "x" * 2000}) as lion,
            pytest.raises(OwnError, match="exhausted"),
        ):
            lion.call("fetcher.fetch", url=PAGE)

    def test_secrets_reach_the_server_and_not_the_guest(self):
        heard: list[CannedRequest] = []

        def answer(request: CannedRequest) -> str:
            heard.append(request)
            return f"you said {dict(request.headers)['authorization']}"

        with kit(
            FETCHER,
            allow={**WEB, "secrets": ["hosted"]},
            secrets={"hosted": "example.com s3cret-value"},
            http={f"GET {PAGE}": answer},
        ) as lion:
            page = lion.call("fetcher.fetch", url=PAGE)
            assert dict(heard[0].headers)["authorization"] == "Bearer s3cret-value"
            assert "s3cret-value" not in page["text"]
            assert "you said" in page["text"]

    def test_streams_pass_through(self):
        with kit(
            BUILT / "probe-http.wasm",
            allow={"http": ["* https://example.com/**"]},
            http={"POST https://example.com/": lambda request: request.body[::-1]},
        ) as lion:
            question = {"method": "POST", "url": "https://example.com/", "headers": "",
                        "body": None, "timeout": None}  # fmt: skip
            said = lion.call("probe-http.http-write", question=question, pieces=["abu", "cdu"])
            assert "dcba" in said
            lion.assert_called("http.exchange.write", times=2)


class TestTools:
    GRANT: ClassVar = {"tools": ["fetcher.*"]}

    def probe(self, answer: Any, tool: str = "tools-call", **more: Any) -> Any:
        with kit(PROBE, allow=self.GRANT, tools={"fetcher.fetch": answer}, **more) as lion:
            return lion.call(f"probe.{tool}", name="fetcher.fetch", arguments='{"url": "x"}')

    @pytest.mark.parametrize("tool", ["tools-call", "tools-start"])
    def test_values_and_functions(self, tool):
        assert self.probe({"status": 200}, tool) == '"{\\"status\\":200}"'
        assert self.probe(lambda given: [given["url"]], tool) == '"[\\"x\\"]"'

    @pytest.mark.parametrize("tool", ["tools-call", "tools-start"])
    def test_errors(self, tool):
        with pytest.raises(OwnError, match=r"other.*no such page"):
            self.probe(OwnError("no such page"), tool)
        with pytest.raises(OwnError, match="timeout"):
            self.probe(CallError("timeout", "slow"), tool)

        def refuse(given: Any) -> Any:
            raise OwnError({"code": 7})

        with pytest.raises(OwnError, match=r"code.*7"):
            self.probe(refuse, tool)

    @pytest.mark.parametrize("tool", ["tools-call", "tools-start"])
    def test_what_a_function_raises_is_the_tests_failure(self, tool):
        def broken(given: Any) -> Any:
            assert given == {}

        with pytest.raises(AssertionError, match="url"):
            self.probe(broken, tool)

    def test_grants_are_real(self):
        tools = {"fetcher.fetch": 1, "notes.read": 2}
        with kit(PROBE, allow=self.GRANT, tools=tools) as lion:
            with pytest.raises(OwnError, match="denied"):
                lion.call("probe.tools-call", name="notes.read", arguments="{}")
            listed = lion.call("probe.tools-list")
            assert "fetcher.fetch" in listed
            assert "notes.read" not in listed

    def test_only_so_many_at_a_time(self):
        async def wait(given: Any) -> None:
            await trio.sleep(5)

        with kit(
            BUILT / "hostile.wasm",
            allow=self.GRANT, limits={"concurrent": 3}, tools={"fetcher.fetch": wait},
        ) as lion:  # fmt: skip
            assert lion.call("hostile.start-flood", n=10, name="fetcher.fetch") == 3

    def test_a_plugin_of_the_manifest_is_stood_in_for(self, tmp_path: Path):
        manifest = tmp_path / "m.toml"
        manifest.write_text(
            f'name = "m"\n[plugins.hello]\ncomponent = "{HELLO}"\n[plugins.probe]\n'
            f'component = "{PROBE}"\nallow.tools = ["hello.greet"]\n'
        )
        asked = {"name": "hello.greet", "arguments": '{"name":"Ann"}'}
        with kit(manifest) as lion:
            assert "Hello, Ann!" in lion.call("probe.tools-call", asked)
            lion.assert_called("log.write", holder="hello")
        with kit(manifest, tools={"hello.greet": "hush"}) as lion:
            assert lion.call("probe.tools-call", asked) == '"\\"hush\\""'
            lion.assert_not_called("", holder="hello")
            assert "hello.greet" in lion.call("probe.tools-list")


class TestModels:
    def researcher(self, said: Any, **more: Any) -> Any:
        return kit(
            BUILT / "researcher.wasm",
            allow={"llm": ["fast"], "tools": ["fetcher.fetch"]},
            llm={"fast": said}, tools={"fetcher.fetch": "a page"}, **more,
        )  # fmt: skip

    def test_one_answer_to_everything(self):
        with self.researcher("Lions sleep.") as lion:
            assert lion.run("researcher", "What do lions do?").text == "Lions sleep."

    def test_answers_of_a_script(self):
        script = [
            {"when": {"results": 0}, "calls": [{"name": "fetcher.fetch", "with": {"url": "x"}}]},
            {"when": {"result": "a page"}, "text": "It says: a page.", "first": "3 s"},
        ]
        with self.researcher(script) as lion:
            assert lion.run("researcher", "What do lions do?").text.startswith("It says: a page.")
            lion.assert_called("tools", "fetcher.fetch")

    def test_a_script_in_a_file(self, tmp_path: Path):
        path = tmp_path / "answers.toml"
        path.write_text('[[answer]]\ntext = "From a file."\n')
        with self.researcher(path) as lion:
            assert lion.run("researcher", "go").text == "From a file."

    def test_a_model_without_a_grant_is_denied(self):
        with kit(BUILT / "researcher.wasm", llm={"fast": "x"}) as lion:
            with pytest.raises(OwnError):
                lion.run("researcher", "go")
            lion.assert_not_called("llm.ask")

    def test_a_server_of_the_manifest_is_stood_in_for(self, tmp_path: Path):
        manifest = tmp_path / "m.toml"
        manifest.write_text(
            'name = "m"\n[models.fast]\nprovider = "openai"\nmodel = "m"\nkey = "hosted"\n'
            'base-url = "https://api.example.com/v1"\n[agents.ann]\n'
            f'component = "{BUILT}/researcher.wasm"\nallow.llm = ["fast"]\n'
        )
        with kit(manifest, llm={"fast": "Here."}) as lion:
            assert lion.run("ann", "go").text == "Here."
        events = [
            {"choices": [{"delta": {"content": "There."}}]},
            {"choices": [{"delta": {}, "finish_reason": "stop"}]},
        ]
        stream = "".join(f"data: {json.dumps(e)}\n\n" for e in events) + "data: [DONE]\n\n"
        reply = Reply(200, stream, {"content-type": "text/event-stream"})
        with kit(
            manifest,
            secrets={"hosted": "api.example.com s3cret-value"},
            http={"POST https://api.example.com/v1/chat/completions": reply},
        ) as lion:
            assert lion.run("ann", "go").text == "There."


class TestFiles:
    GRANT: ClassVar = {"fs": [{"path": "/notes", "write": True}, {"path": "/books"}]}

    def test_are_read_and_written_in_a_folder_of_the_tests(self):
        with kit(FILES, allow=self.GRANT, files={"/books/a.txt": "A", "/notes/b": b"B"}) as lion:
            assert lion.call("files.read", path="/books/a.txt") == "A"
            lion.call("files.append", path="/notes/b", text="!")
            assert lion.files == {"/books/a.txt": b"A", "/notes/b": b"B!"}

    def test_grants_are_real(self):
        with kit(FILES, allow=self.GRANT, files={"/books/a.txt": "A"}) as lion:
            with pytest.raises(OwnError, match="denied"):
                lion.call("files.write", path="/books/a.txt", text="B")
            assert lion.files == {"/books/a.txt": b"A"}
            lion.assert_denied("fs")

    def test_files_and_directories_are_copied(self, tmp_path: Path):
        (tmp_path / "in").mkdir()
        (tmp_path / "in" / "x").write_text("X")
        files = {"/books": tmp_path, "/notes/y": tmp_path / "in" / "x"}
        with kit(FILES, allow=self.GRANT, files=files) as lion:
            lion.call("files.write", path="/notes/y", text="Z")
            assert lion.files == {"/books/in/x": b"X", "/notes/y": b"Z"}
        assert (tmp_path / "in" / "x").read_text() == "X"

    def test_a_manifests_own_directories_are_left_alone(self, tmp_path: Path):
        manifest = tmp_path / "m.toml"
        manifest.write_text(
            f'name = "m"\n[plugins.files]\ncomponent = "{FILES}"\n'
            'allow.fs = [{ path = "/notes", at = "notes", write = true }]\n'
            f'[plugins.more]\ncomponent = "{FILES}"\n'
            'allow.fs = [{ path = "/inner", at = "notes/inner", write = true }]\n'
        )
        with kit(manifest) as lion:
            lion.call("files.write", path="/notes/a", text="A")
            lion.call("more.write", path="/inner/b", text="B")
            assert lion.call("files.list", path="/notes/inner") == ["b"]
        assert [path.name for path in tmp_path.iterdir()] == ["m.toml"]

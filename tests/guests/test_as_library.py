"""Look here if you want to know that what the AssemblyScript library offers on top of the host
works where it is granted, and is refused as a value where it is not.
"""

import functools
import http.server
import json
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from lion.domain.events import AgentPartialOutput, CallRequested
from lion.review.report import RunReport
from tests.attack.kit import Arena, call, holder, only, open_arena
from tests.capabilities.http.hostile_server import open_server

LINES = ["first", "", "grüße 😀", "x" * 70_000, *("é" * 50_001 for _ in range(4)), "last"]
SCRIPT = """
[[answer]]
when = { user = "sum", results = 0, offers = "calculator.add" }
text = "I reckon."
thinking = "Two numbers."
calls = [
    { name = "calculator.add", with = { a = 1, b = 2 } },
    { name = "calculator.divide", with = { a = 1, b = 0 } },
    { name = "nobody.home" },
]

[[answer]]
when = { user = "sum", results = 3 }
text = "It is 3."

[[answer]]
when = { user = "again" }
calls = [{ name = "calculator.add", with = { a = 1, b = 2 } }]

[[answer]]
when = { user = "break" }
text = "I was"
failure = { kind = "unavailable", text = "the server went away" }

[[answer]]
text = "one two three"
"""


@pytest.fixture
async def arena(tmp_path: Path) -> AsyncIterator[Arena]:
    async with open_arena(tmp_path) as opened:
        yield opened


@pytest.fixture
def web(tmp_path: Path) -> Iterator[str]:
    """A server of one file that comes in several pieces, cut within characters."""
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "lines").write_bytes("\r\n".join(LINES).encode())
    handler = functools.partial(Quiet, directory=str(tmp_path / "web"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing."""


async def run(arena: Arena, tool: str, *lines: str, more: str = "", **given: Any) -> RunReport:
    report = await arena.run(
        holder("probe", "probe-as", *lines), more, call(f"probe.{tool}", **given)
    )
    assert (await arena.replay(report.run)).identical
    return report


def value(report: RunReport) -> Any:
    """What the tool gave, or its own error, or what ended it."""
    ending = only(report)
    return ending.value if ending.ok else ending.value or ending.error


def shown(arena: Arena, report: RunReport) -> str:
    """The text that people saw."""
    return "".join(
        e.args[0]
        for e in arena.events(report.run)
        if isinstance(e, AgentPartialOutput) and e.operation == "text" and e.args
    )


class TestServers:
    async def test_lines_of_an_answer(self, arena: Arena, tmp_path: Path) -> None:
        async with open_server() as server:
            report = await run(arena, "fetch-lines", allow(server.url), url=f"{server.url}/echo")
        (line,) = value(report)
        headers = {name.lower(): text for name, text in json.loads(line)["headers"].items()}
        assert headers["accept"] == "text/plain  x-evil: 1", "a header is one line"
        assert "x-evil" not in headers

    async def test_lines_that_come_in_pieces(self, arena: Arena, web: str) -> None:
        report = await run(arena, "fetch-lines", allow(web), url=f"{web}/lines")
        assert value(report) == [shortened(line) for line in LINES]

    async def test_what_is_long_is_sent_in_pieces(self, arena: Arena) -> None:
        async with open_server() as server:
            given = {"url": f"{server.url}/echo", "size": 20_000, "header": "x-LINE"}
            status, header, body = value(
                await run(arena, "post", allow(server.url, "POST"), **given)
            )
            assert (status, header) == ("200", "POST /echo HTTP/1.1")
            assert json.loads(body)["body"] == "x" * 20_000

    async def test_a_body_of_more_than_one_piece(self, arena: Arena) -> None:
        async with open_server() as server:
            given = {"url": f"{server.url}/ok", "size": 200_000, "header": "nothing"}
            report = await run(arena, "post", allow(server.url, "POST"), **given)
            assert value(report) == ["200", "-", "hello"]
            assert server.seen[-1].body == b"x" * 200_000

    async def test_a_status_that_is_no_success(self, arena: Arena) -> None:
        async with open_server() as server:
            given = {"url": f"{server.url}/nothing-here", "size": 1, "header": "a"}
            report = await run(arena, "post", allow(server.url, "POST"), **given)
            assert value(report) == f"not-found: {server.url}/nothing-here answers 404"

    async def test_a_stream_that_was_left_is_over(self, arena: Arena, web: str) -> None:
        report = await run(arena, "first-piece", allow(web), url=f"{web}/lines")
        assert 0 < value(report) <= 262_144

    @pytest.mark.parametrize(
        ("tool", "more"),
        [("fetch-lines", {}), ("post", {"size": 9, "header": "a"}), ("first-piece", {})],
    )
    async def test_not_granted(self, tool: str, more: Any, arena: Arena, web: str) -> None:
        report = await run(arena, tool, url=f"{web}/lines", **more)
        assert value(report).startswith("refused: no grant covers it")
        assert report.denied == 1


def shortened(line: str) -> str:
    """How the probe gives a line that is long."""
    return line if len(line) <= 1000 else f"{line[:4]} {len(line)} {line[-4:]}"


def allow(url: str, method: str = "GET") -> str:
    return f'allow.http = ["{method} {url}/**"]'


class TestFiles:
    async def test_lines_of_a_file_of_several_pieces(self, arena: Arena, tmp_path: Path) -> None:
        (tmp_path / "notes").mkdir()
        lines = ["é" * 5_000 + str(n) for n in range(100)]
        (tmp_path / "notes" / "a").write_text("\n".join(lines) + "\n")
        report = await run(arena, "file-lines", notes(tmp_path), path="/notes/a")
        assert value(report) == [shortened(line) for line in lines]

    async def test_written_added_to_and_read(self, arena: Arena, tmp_path: Path) -> None:
        (tmp_path / "notes").mkdir()
        for size in (2, 65_536, 65_538, 300_000):
            report = await run(
                arena, "write-and-read", notes(tmp_path), path="/notes/a", size=size
            )
            assert value(report) == size + 3
            assert (tmp_path / "notes" / "a").read_text() == "é" * (size // 2) + "end"
            assert [p.name for p in (tmp_path / "notes").iterdir()] == ["a"]

    async def test_nothing_half_written_is_left(self, arena: Arena, tmp_path: Path) -> None:
        (tmp_path / "notes").mkdir()
        (tmp_path / "notes" / "a").write_text("old")
        allowed = (
            f'{{ path = "/notes", at = "{tmp_path}/notes", write = true, bytes = "100 KiB" }}'
        )
        grant = f"allow.fs = [{allowed}]"
        report = await run(arena, "write-and-read", grant, path="/notes/a", size=300_000)
        assert value(report).startswith("exhausted: ")
        assert [p.name for p in (tmp_path / "notes").iterdir()] == ["a"]
        assert (tmp_path / "notes" / "a").read_text() == "old"

    async def test_directories(self, arena: Arena, tmp_path: Path) -> None:
        (tmp_path / "notes").mkdir()
        report = await run(arena, "make-dirs", notes(tmp_path), path="/notes/a/b/c")
        assert value(report) == ["c"]
        assert (tmp_path / "notes/a/b/c").is_dir()

    async def test_a_file_in_the_way(self, arena: Arena, tmp_path: Path) -> None:
        (tmp_path / "notes").mkdir()
        (tmp_path / "notes" / "a").touch()
        report = await run(arena, "make-dirs", notes(tmp_path), path="/notes/a")
        assert value(report).startswith("exists: ")

    async def test_what_is_not_there(self, arena: Arena, tmp_path: Path) -> None:
        (tmp_path / "notes").mkdir()
        report = await run(arena, "file-lines", notes(tmp_path), path="/notes/nothing")
        assert value(report).startswith("not-found: ")

    @pytest.mark.parametrize(
        ("tool", "more"), [("file-lines", {}), ("write-and-read", {"size": 9}), ("make-dirs", {})]
    )
    async def test_not_granted(self, tool: str, more: Any, arena: Arena) -> None:
        report = await run(arena, tool, path="/notes/a", **more)
        assert value(report).startswith("refused: ")
        assert report.denied == 1


def notes(tmp_path: Path) -> str:
    return f'allow.fs = [{{ path = "/notes", at = "{tmp_path}/notes", write = true }}]'


class TestSelect:
    HOUR = 3_600_000_000_000
    NAPS = holder("other", "probe-as")
    GRANT = 'allow.tools = ["other.nap"]'

    async def _race(self, arena: Arena, times: list[int], patience: int, turns: int) -> Any:
        given = {"nap": "other.nap", "times": times, "patience": patience, "turns": turns}
        return value(await run(arena, "race", self.GRANT, more=self.NAPS, **given))

    async def test_who_is_first_comes_first(self, arena: Arena) -> None:
        assert await self._race(arena, [self.HOUR, 0, self.HOUR], self.HOUR, 1) == ["1 0"]

    async def test_the_time_may_come_first(self, arena: Arena) -> None:
        assert await self._race(arena, [self.HOUR], 0, 1) == ["late"]

    async def test_each_comes_once(self, arena: Arena) -> None:
        turns = await self._race(arena, [1, 2, 3], 0, 9)
        assert sorted(turns) == ["0 1", "1 2", "2 3", "late"]

    async def test_not_granted(self, arena: Arena) -> None:
        given = {"nap": "other.nap", "times": [0], "patience": 0, "turns": 1}
        report = await run(arena, "race", more=self.NAPS, **given)
        assert value(report).startswith("refused: ")


class TestModels:
    TOOLS = 'allow.tools = ["calculator.add", "calculator.divide"]'
    MODEL = 'allow.llm = ["fast"]'

    @pytest.fixture
    def more(self, tmp_path: Path) -> str:
        (tmp_path / "answers.toml").write_text(SCRIPT)
        model = f'[models.fast]\nprovider = "scripted"\nscript = "{tmp_path}/answers.toml"\n'
        return model + holder("calculator", "calculator")

    async def _work(self, arena: Arena, more: str, question: str, rounds: int = 3) -> Any:
        given = {"model": "fast", "question": question, "rounds": rounds}
        return value(await run(arena, "work", self.MODEL, self.TOOLS, more=more, **given))

    async def test_it_works_with_tools_until_it_is_done(self, arena: Arena, more: str) -> None:
        text, _, messages = (await self._work(arena, more, "sum")).partition("\n")
        assert text == "It is 3."
        said = json.loads(messages)
        assert [m["role"] for m in said] == [
            "system",
            "user",
            "assistant",
            *["tool"] * 3,
            "assistant",
        ]
        assert said[2]["thinking"] == "Two numbers."
        assert said[2]["tool-calls"][0]["name"] == "calculator.add"
        results = [m["content"] for m in said if m["role"] == "tool"]
        assert results[0] == "3"
        assert json.loads(results[1]) == {"error": "other", "text": '"division by zero"'}
        assert json.loads(results[2]) == {
            "error": "not-found",
            "text": 'there is no tool "nobody.home"',
        }

    async def test_it_is_bounded(self, arena: Arena, more: str) -> None:
        given = {"model": "fast", "question": "again", "rounds": 2}
        report = await run(arena, "work", self.MODEL, self.TOOLS, more=more, **given)
        assert value(report) == "exhausted: the model still wants tools after 2 rounds"
        asked = [e for e in arena.events(report.run) if isinstance(e, CallRequested)]
        assert sum(e.capability == "llm" for e in asked) == 3

    async def test_people_hear_it(self, arena: Arena, more: str) -> None:
        given = {"model": "fast", "question": "sum", "rounds": 3}
        report = await run(arena, "work", self.MODEL, self.TOOLS, more=more, **given)
        assert shown(arena, report) == "I reckon.It is 3."

    async def test_events_until_the_end(self, arena: Arena, more: str) -> None:
        given = {"model": "fast", "question": "count", "most": 99}
        said = value(await run(arena, "events", self.MODEL, more=more, **given))
        assert said == ["text: one ", "text: two ", "text: three", "usage", "stop"]

    async def test_an_answer_that_is_left(self, arena: Arena, more: str) -> None:
        given = {"model": "fast", "question": "count", "most": 1}
        assert value(await run(arena, "events", self.MODEL, more=more, **given)) == ["text: one "]

    async def test_an_answer_that_breaks(self, arena: Arena, more: str) -> None:
        given = {"model": "fast", "question": "break", "most": 99}
        said = value(await run(arena, "events", self.MODEL, more=more, **given))
        assert said[-1] == "unavailable: the server went away"

    @pytest.mark.parametrize("tool", ["events", "work"])
    async def test_not_granted(self, tool: str, arena: Arena, more: str) -> None:
        given = {"model": "fast", "question": "count"}
        given |= {"rounds": 1} if tool == "work" else {"most": 1}
        report = await run(arena, tool, self.TOOLS, more=more, **given)
        assert value(report).startswith("refused: no grant covers it")
        assert report.denied == 1


class TestTheRest:
    async def test_settings(self, arena: Arena) -> None:
        config = 'config = { list = [1, "a"], text = "no JSON" }'
        assert value(await run(arena, "setting", config, key="list")) == '[1,"a"]'
        assert value(await run(arena, "setting", config, key="nothing")) == "null"
        assert "invalid: JSON: " in value(await run(arena, "setting", config, key="text"))

    async def test_what_is_kept(self, arena: Arena) -> None:
        report = await run(arena, "keep", 'allow.kv = { bytes = "1 KiB" }', key="k", text="grüße")
        assert value(report) == ["k", "k.bytes", "grüße", "grüße"]

    async def test_nothing_is_kept_without_a_grant(self, arena: Arena) -> None:
        report = await run(arena, "keep", key="k", text="grüße")
        assert value(report).startswith("refused: ")

    async def test_elements(self, arena: Arena) -> None:
        grant = 'allow.elements = { count = 10, bytes = "64 KiB" }'
        report = await run(arena, "arrange", grant, texts=["a", "b", "c", "d"])
        assert value(report) == [
            "conflict", 'text 1 "d"', 'text 2 "second"', 'text 1 "c"', 'text 2 "first"',
            "true order",
        ]  # fmt: skip

    async def test_elements_without_a_grant(self, arena: Arena) -> None:
        report = await run(arena, "arrange", texts=["a"])
        assert value(report).startswith("refused: ")

    async def test_messages(self, arena: Arena) -> None:
        grant = 'allow.bus = { publish = ["n.*"], receive = ["n.*"], write = ["probe"] }'
        report = await run(arena, "mail", grant, to="probe", topic="n.a", text="grüße")
        assert value(report) == ["1", 'probe - {"text":"grüße"}', 'probe n.a "grüße"']

    async def test_messages_without_a_grant(self, arena: Arena) -> None:
        report = await run(arena, "mail", to="probe", topic="n.a", text="x")
        assert value(report).startswith("refused: ")

    async def test_what_people_see(self, arena: Arena) -> None:
        report = await run(arena, "show", size=200_000)
        assert only(report).ok, only(report).error
        assert shown(arena, report) == "é" * 100_000 + "!\n"
        calls = arena.calls(report.run)
        assert [c.args for c in calls if c.operation == "partial"] == [['{"size":200000}']]
        assert [c.args for c in calls if c.capability == "log"] == [
            ["debug", "a fault?"], ["info", "it goes on"], ["warn", "perhaps"], ["error", "wrong"],
        ]  # fmt: skip


class TestAgents:
    async def test_one_shows_and_gives_and_has_a_share(self, arena: Arena) -> None:
        given = {"agent": "bob", "task": '[["say", "hi"]]', "allow": "kv", "calls": 9}
        lines = 'allow.agents = ["bob"]', "limits = { calls = 99 }"
        bob = holder("bob", "stepper", kind="agents")
        report = await run(arena, "spawned", *lines, more=bob, **given)
        assert value(report) == ["hi\n", "bob 8", "[null]"]

    async def test_without_the_grant_it_is_refused(self, arena: Arena) -> None:
        given = {"agent": "bob", "task": "[]", "allow": "", "calls": 1}
        report = await run(arena, "spawned", more=holder("bob", "stepper", kind="agents"), **given)
        assert value(report).startswith("refused: ")

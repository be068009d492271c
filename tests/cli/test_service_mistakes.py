"""What people type wrong at a service: one line says what, one what to type; none is a bug of
lion's, and nobody is left waiting without a word.
"""

import os
import signal

import pytest

from tests.cli.kit import WASM, Lion, assert_one_line
from tests.cli.serving import served

BYTES = os.fsdecode(b"\xff")


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    lion = Lion(tmp_path_factory.mktemp("mistaken"))
    path = lion.write(f"""
name = "mistaken"
[plugins.hello]
component = "{WASM}/hello.wasm"
[agents.ann]
component = "{WASM}/guide.wasm"
""")
    with served(lion, path, "--port", "0"):
        yield lion


@pytest.mark.parametrize(
    "words",
    [
        ("task", "submit", "ann", BYTES),
        ("task", "submit", "ann", "x", "--key", BYTES),
        ("task", "show", BYTES),
        ("task", "cancel", "x", "--reason", BYTES),
        ("plugin", "show", BYTES),
        ("plugin", "invoke", f"{BYTES}.x", "{}"),
        ("agent", "send", "x", f'"{BYTES}"'),
        ("token", "create", BYTES, "--role", "viewer"),
        ("token", "revoke", BYTES),
    ],
)
def test_bytes_that_are_no_text_are_told_so(asked: Lion, words: tuple[str, ...]) -> None:
    assert_one_line(asked(*words), 2, "no text", "UTF-8")


@pytest.mark.parametrize(
    ("value", "part"),
    [
        ("99999999999999999999", "the arguments.name: an integer of more than 64 bits"),
        ("1e999", "the arguments.name: inf is no JSON"),
        ('"\\ud800"', "the arguments.name: text with half a surrogate pair"),
    ],
)
@pytest.mark.parametrize("command", [("task", "submit"), ("plugin", "invoke")])
def test_json_that_no_record_can_have_is_told_so(
    asked: Lion, command: tuple[str, str], value: str, part: str
) -> None:
    assert_one_line(asked(*command, "hello.greet", f'{{"name": {value}}}'), 2, part)
    assert_one_line(asked("call", WASM / "hello.wasm", "greet", f'{{"name": {value}}}'), 2, part)


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("--retry", "99999999999999999999"), "use at most 1,000 retries"),
        (("--retry", "1", "--retry-wait", "2 d"), 'use at most "1 d"'),
        (("--retry", "1", "--retry-on", "bogus"), "no task ends with 'bogus'"),
        (("--deadline", "99999 d"), "at most ten years"),
    ],
)
def test_terms_are_refused_with_what_may_be_typed(
    asked: Lion, words: tuple[str, ...], part: str
) -> None:
    assert_one_line(asked("task", "submit", "ann", "x", *words), 2, part)


def test_a_tool_that_is_not_named_is_asked_for_by_its_plugin(asked: Lion) -> None:
    assert_one_line(asked("plugin", "invoke", "hello.", "{}"), 2, "write hello.TOOL")


def test_a_token_that_lasts_no_time_is_not_one_for_ever(asked: Lion) -> None:
    result = asked("token", "create", "late", "--role", "viewer", "--expires", "0 s")
    assert_one_line(result, 2, "lasts no time")
    assert "late" not in asked("token", "list").stdout


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="nothing tells who is stopped")
def test_a_service_that_is_stopped_keeps_nobody_waiting(lion: Lion) -> None:
    with served(lion) as process:
        os.kill(process.pid, signal.SIGSTOP)
        try:
            for words in (("status",), ("task", "list"), ("task", "submit", "ann", "x", "-f")):
                result = lion.process(*words)
                assert_one_line(result, 4, "is stopped", f"kill -CONT {process.pid}")
        finally:
            os.kill(process.pid, signal.SIGCONT)
        assert lion("status").stdout.startswith("ready")

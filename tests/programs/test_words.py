"""The lines that an agent of others says, split and corrupted at every byte: each is a message, a
printed line or a typed error, however it comes.
"""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lion.conductor.words import BadLine, Done, read_line
from lion.programs.lines import Lines
from tests.examples import examples

SAID = (
    '{"type":"text","text":"Löwe 🦁\\n"}',
    '{"type":"partial","value":{"a":[1,null]}}',
    '{"type":"log","text":"x","level":"warn"}',
    '{"type":"call","id":1,"tool":"calculator.add","with":{"a":1,"b":2}}',
    '{"type":"ask","id":"q","model":"fast","messages":[],"max-tokens":5,"stream":true}',
    '{"type":"tools","id":1}',
    '{"type":"cancel","id":1}',
    '{"type":"done","text":"x","value":{"b":[]}}',
    "printed",
)
WHOLE = "".join(f"{line}\n" for line in SAID).encode()


class Pieces:
    """A stream that gives these pieces."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = [*pieces, b""]

    async def receive_some(self, most: int | None = None) -> bytes:
        """The next one that is not empty, or the end."""
        while len(self._pieces) > 1 and not self._pieces[0]:
            self._pieces.pop(0)
        return self._pieces.pop(0)


async def heard(*pieces: bytes) -> list[str | None]:
    """The lines of a stream that comes in these pieces."""
    lines = Lines(Pieces(*pieces), 1_000, skips=False)  # type: ignore[arg-type]
    found: list[str | None] = []
    while True:
        try:
            line = await lines.next()
        except EOFError:
            return found
        found.append(None if line is None else line.decode("utf-8", "replace"))


async def test_split_at_every_byte_it_is_the_same() -> None:
    wanted = [read_line(line) for line in SAID]
    for at in range(len(WHOLE)):
        lines = await heard(WHOLE[:at], WHOLE[at:])
        assert [read_line(line) for line in lines if line is not None] == wanted
    assert wanted[-1] is None and isinstance(wanted[-2], Done)


async def test_corrupted_at_every_byte_each_line_is_one_thing_or_a_typed_error() -> None:
    for at in range(len(WHOLE)):
        for byte in (0, 10, 34, 91, 123, 255, WHOLE[at] ^ 1):
            bad = WHOLE[:at] + bytes([byte]) + WHOLE[at + 1 :]
            for line in await heard(bad):
                assert line is not None
                with contextlib.suppress(BadLine):
                    read_line(line)


@given(st.text())
@examples(300)
def test_any_text_is_a_message_printed_or_a_typed_error(text: str) -> None:
    for line in (text, "{" + text, '{"type":"done","text":' + text + "}"):
        with contextlib.suppress(BadLine):
            read_line(line)


@pytest.mark.parametrize("inner", ["[" * 65, '{"a":' * 65, '"[[[[" , ' + "[" * 64])
def test_how_deep_it_is_nested_does_not_depend_on_the_stack(inner: str) -> None:
    with pytest.raises(BadLine, match="64 levels"):
        read_line('{"type":"partial","value":' + inner)


def test_brackets_in_texts_are_no_levels() -> None:
    text = "[{" * 1_000 + '\\"' + "[" * 100
    assert read_line(f'{{"type":"text","text":"{text}"}}') is not None

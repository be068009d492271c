"""What may be loaded: components only, allowed features only, interfaces that lion offers only."""

import json
import re
from pathlib import Path

import pytest

from lion.domain.call import ERROR_CASES
from lion.errors import GuestError, LionError, OperatorError
from lion.wasm.freeze import reflect_interfaces
from lion.wasm.offers import Offers, offered
from lion.wasm.sections import MOST_DOCS, custom_sections, function_docs
from tests.wasm.kit import WAT, assemble, built, open_bench

FEATURES = sorted(p.stem for p in WAT.glob("feature-*.wat"))


def _wat(name: str) -> bytes:
    return assemble((WAT / f"{name}.wat").read_text("utf-8"))


async def _refusal(data: bytes) -> LionError:
    with pytest.raises(LionError) as caught:
        async with open_bench(data, offers=offered()):
            raise AssertionError("it was loaded")
    error = caught.value
    assert "\n" not in error.what and len(error.what) < 400
    return error


def test_there_is_a_file_for_every_refused_feature() -> None:
    assert len(FEATURES) >= 8


@pytest.mark.parametrize("feature", FEATURES)
async def test_refused_features(feature: str) -> None:
    error = await _refusal(_wat(feature))
    assert isinstance(error, OperatorError)
    assert "no component that can run here" in error.what


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"name = 'a manifest'\n", "no WebAssembly at all"),
        (b"\0asm\x01\0\0\0", "core module, not a component"),
        (b"\0asm\x07\0\x05\0", "a layer or version"),
        (b"\0asm\x0d\0\x01\0\xff\xff\xff", "no component that can run here"),
    ],
)
async def test_what_is_no_component(data: bytes, words: str) -> None:
    error = await _refusal(data)
    assert isinstance(error, OperatorError)
    assert words in error.what and error.hint


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
async def test_a_truncated_component(share: float) -> None:
    data = built("hello")
    assert isinstance(await _refusal(data[: int(len(data) * share)]), OperatorError)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("unknown-import", "which lion does not offer"),
        ("unknown-function", "a function lion does not offer"),
        ("unknown-version", "which lion does not offer"),
        ("wasi-import", "wasi:"),
        ("root-import", "without an interface"),
        ("renamed-import", "but here it is"),
    ],
)
async def test_imports_beyond_the_offer(name: str, words: str) -> None:
    error = await _refusal(_wat(name))
    assert isinstance(error, GuestError)
    assert error.ending == "world"
    assert words in error.what


async def test_the_same_component_loads_once() -> None:
    async with open_bench(built("hello"), offers=offered()) as bench:
        again = await bench.runtime.load(built("hello"), "again")
        assert again is bench.component


def test_released_interfaces_are_frozen() -> None:
    """interfaces-0.1.0.json equals wit/ as built, and what is written in it stays."""
    path = Path(reflect_interfaces.__code__.co_filename).parent / "interfaces-0.1.0.json"
    written = json.loads(path.read_text("utf-8"))
    assert reflect_interfaces(built("imports")) == written
    functions = sum(len(face) for face in written.values())
    assert functions == sum(1 for face in offered().interfaces.values() for _ in face)
    for face, entries in written.items():
        for name, kind in entries.items():
            assert kind == "resource" or ") -> result<" in kind, f"{face}.{name} cannot refuse"


def test_every_error_case_is_there_from_the_start() -> None:
    kind = offered().interfaces["lion:host/kv@0.1.0"]["get"]
    assert re.findall(r"([a-z-]+)\(string\)", kind) == list(ERROR_CASES)


def test_a_near_name_is_suggested() -> None:
    offers = Offers({"lion:host/clock@0.1.0": {}})
    with pytest.raises(GuestError, match=r"did you mean lion:host/clock@0\.1\.0"):
        offers.check_interface("lion:host/clok@0.1.0")


def test_docs_come_from_the_component() -> None:
    docs = function_docs(built("calculator"))
    assert docs["add"]
    assert "package-docs" in [name for name, _ in custom_sections(built("calculator"))]


@pytest.mark.parametrize("cut", range(0, 200, 7))
def test_sections_of_rubbish_end(cut: int) -> None:
    data = built("calculator")
    list(custom_sections(data[: len(data) - cut]))
    list(custom_sections(data[:8] + data[cut + 9 :]))
    function_docs(data[:8] + bytes([0, 255, 255, 255, 255, 255, 255]))


def _documented(payload: bytes) -> bytes:
    """A component with a `package-docs` section."""
    name = b"package-docs"
    body = bytes([len(name)]) + name + payload
    size = len(body)
    leb = bytes([size & 127 | 128, size >> 7 & 127 | 128, size >> 14 & 127 | 128, size >> 21])
    return built("hello") + b"\0" + leb + body


@pytest.mark.parametrize(
    "payload",
    [
        b'\1{"worlds":' + b"[" * 200_000,
        b'\1{"worlds":' + b'{"a":' * 200_000 + b"1" + b"}" * 200_001,
        b'\1{"interfaces":{"x":{"funcs":{"other":"' + b"x" * MOST_DOCS + b'"}}}}',
        b"\1no JSON",
    ],
)
async def test_documentation_that_is_none_documents_nothing(payload: bytes) -> None:
    data = _documented(payload)
    assert function_docs(data).keys() == function_docs(built("hello")).keys()
    async with open_bench(data, offers=offered()) as bench:
        assert bench.exports["greet"]

"""Look here if you want to know which Python types cross into WIT, and which are refused."""

import math
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Literal

import pytest

from lion.domain.call import CallError
from lion.system import F32, S8, U8, U64, Failure, PluginHost, SystemPlugin, function
from lion.system.functions import functions_of
from lion.system.scalars import NoFit
from lion.system.shape import BadShape, Shapes, kebab
from lion.system.signature import BadSignature
from lion.values.wit import render


class Colour(Enum):
    DARK_RED = 1
    BLUE = 2


@dataclass
class Point:
    x: int
    of: Colour | None


@dataclass
class Node:
    next: "Node | None"


@dataclass
class Empty:
    pass


@dataclass
class Both:
    one_two: int
    oneTwo: int


class Twice(Enum):
    A_B = 1
    a_b = 2


class Unnamed(Enum):
    pass


class Odd(Enum):
    ÄRGER = 1


def other_point() -> type:
    @dataclass
    class Point:
        y: int

    return Point


POINT = "record{x: s64, of: option<enum{dark-red, blue}>}"
RED = {"x": 1, "of": "dark-red"}


@pytest.mark.parametrize(
    ("hint", "wit", "python", "guest"),
    [
        (bool, "bool", True, True),
        (str, "string", "ü", "ü"),
        (int, "s64", -(2**63), -(2**63)),
        (float, "f64", 0.1, 0.1),
        (U8, "u8", 255, 255),
        (S8, "s8", -128, -128),
        (U64, "u64", 2**64 - 1, 2**64 - 1),
        (F32, "f32", 0.5, 0.5),
        (Annotated[str, "a note"], "string", "x", "x"),
        (bytes, "string", b"\xff", "/w==b"),
        (list[int], "list<s64>", [1, 2], [1, 2]),
        (tuple[int, ...], "list<s64>", (1, 2), [1, 2]),
        (tuple[int, str], "tuple<s64, string>", (1, "a"), (1, "a")),
        (str | None, "option<string>", None, None),
        (Colour, "enum{dark-red, blue}", Colour.BLUE, "blue"),
        (Point, POINT, Point(1, Colour.DARK_RED), RED),
        (list[Point | None], f"list<option<{POINT}>>", [None, Point(1, Colour.BLUE)],
         [None, {"x": 1, "of": "blue"}]),
    ],
)  # fmt: skip
def test_values_cross_both_ways(hint: Any, wit: str, python: Any, guest: Any) -> None:
    shape = Shapes().of(hint)
    assert render(shape.type) == wit
    assert shape.write(python) == guest
    assert shape.read(guest) == python


@pytest.mark.parametrize(
    ("hint", "value"),
    [
        (bool, 1), (str, b"x"), (str, "\ud800"), (int, True), (int, 2**63), (int, 1.0),
        (U8, 256), (U8, -1), (S8, 128), (U64, 2**64), (float, "1"), (float, 2**53 + 1),
        (float, 10**400), (F32, 1e39), (float, True), (bytes, "x"), (bytes, bytearray(b"x")),
        (list[int], {1}), (list[int], "12"), (list[int], [1, "2"]), (tuple[int, str], [1, "a"]),
        (tuple[int, str], (1,)), (Colour, "blue"), (Colour, 2), (Point, RED),
        (Point, Point("1", None)),
        (str | None, 0),
    ],
)  # fmt: skip
def test_what_its_annotation_does_not_say_is_refused(hint: Any, value: Any) -> None:
    with pytest.raises(NoFit):
        Shapes().of(hint).write(value)


def test_a_mistake_names_its_place() -> None:
    with pytest.raises(NoFit, match=r"^\[1\]\.of: 3 is no Colour$"):
        Shapes().of(list[Point]).write([Point(1, None), Point(1, 3)])  # type: ignore[arg-type]


def test_numbers_of_32_bits_are_rounded_and_nan_crosses() -> None:
    shape = Shapes().of(F32)
    assert shape.write(0.1) != 0.1
    assert shape.write(0.1) == pytest.approx(0.1)
    assert math.isnan(shape.write(math.nan))
    assert math.isinf(Shapes().of(float).write(math.inf))


def test_bytes_that_are_none_are_the_guests_mistake() -> None:
    with pytest.raises(CallError, match="packed"):
        Shapes().of(bytes).read("abc")


@pytest.mark.parametrize(
    ("hint", "said"),
    [
        (dict[str, str], "write a list of tuples"),
        (list, r"list has no WIT; write list\[T\]"),
        (tuple, r"write tuple\[A, B\]"),
        (Any, "write the type it is"),
        (set[int], "has no WIT; write bool"),
        (object, "object has no WIT"),
        (Literal["a"], "has no WIT"),
        (int | str, r"write one type, or that \| None"),
        (int | str | None, "write one type"),
        (Node, "Node holds itself"),
        (Empty, "Empty has no fields"),
        (Both, "two of its names are 'one-two' in WIT"),
        (Odd, "'ÄRGER' is no name in WIT"),
        (Twice, "the members of Twice do not differ"),
        (Unnamed, "the members of Unnamed do not differ"),
    ],
)
def test_an_annotation_without_wit_is_refused(hint: Any, said: str) -> None:
    with pytest.raises(BadShape, match=said):
        Shapes().of(hint)


def test_two_types_of_one_name_are_refused() -> None:
    shapes = Shapes()
    shapes.of(Point)
    shapes.of(Point)
    with pytest.raises(BadShape, match="another type is called 'point'"):
        shapes.of(other_point())
    with pytest.raises(BadShape, match="another type is called 'error'"):
        shapes.of(Enum("Error", ["A"]))


@pytest.mark.parametrize(
    ("python", "wit"),
    [("find_all", "find-all"), ("FindAll", "find-all"), ("HTTPAnswer", "http-answer"),
     ("from_", "from"), ("BLUE", "blue"), ("v2", "v2")],
)  # fmt: skip
def test_names_in_wits_writing(python: str, wit: str) -> None:
    assert kebab(python) == wit


@pytest.mark.parametrize("name", ["_x", "a__b", "a_2", "ü", "x" * 65, "_"])
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(BadShape, match="is no name in WIT"):
        kebab(name)


class WithDefault(SystemPlugin):
    @function
    def get(self, key: str = "a") -> str:
        return key


class NoTarget(SystemPlugin):
    @function(target="name")
    def get(self, key: str) -> str:
        return key


class NumberTarget(SystemPlugin):
    @function(target="key")
    def get(self, key: int) -> int:
        return key


class BytesTarget(SystemPlugin):
    @function(target="key")
    def get(self, key: bytes) -> None:
        return None


class Unannotated(SystemPlugin):
    @function
    def get(self, key, host: PluginHost) -> None:  # type: ignore[no-untyped-def]
        return None


class Alike(SystemPlugin):
    @function
    def get_it(self) -> None:
        return None

    @function
    def getIt(self) -> None:
        return None


class AlikeParameters(SystemPlugin):
    @function
    def get(self, a_b: str, aB: str) -> None:
        return None


class Nothing(SystemPlugin):
    pass


@pytest.mark.parametrize(
    ("kind", "interface", "said"),
    [
        (
            WithDefault,
            "a:b/c@1.0.0",
            "the function 'get': 'key' has a default, and WIT knows none",
        ),
        (NoTarget, "a:b/c@1.0.0", "it has no parameter 'name', which should be its target"),
        (NumberTarget, "a:b/c@1.0.0", "its target 'key' is no str"),
        (BytesTarget, "a:b/c@1.0.0", "its target 'key' is no str"),
        (Unannotated, "a:b/c@1.0.0", "the parameter 'key' has no annotation"),
        (Alike, "a:b/c@1.0.0", "'get_it' and 'getIt' are both 'get-it'"),
        (AlikeParameters, "a:b/c@1.0.0", "the function 'get': two of its names are 'a-b' in WIT"),
        (Nothing, "a:b/c@1.0.0", "has no @function in it"),
        (BytesTarget, "", "has no|its target"),
        (WithDefault, "", "'key' has a default"),
    ],
)
def test_a_function_that_cannot_be_offered_is_refused(
    kind: type[Any], interface: str, said: str
) -> None:
    with pytest.raises(BadSignature, match=said):
        functions_of(kind, interface)


class Good(SystemPlugin):
    @function
    def nothing(self) -> None:
        """Nothing."""


@pytest.mark.parametrize(
    "interface",
    ["", "a:b/c", "a:b/c@1.0", "a:b@1.0.0", "A:b/c@1.0.0", "lion:b/c@1.0.0", "wasi:b/c@1.0.0",
     "a:b/c@01.0.0", "a:b/c@1.0.0-rc1"],
)  # fmt: skip
def test_an_interface_that_is_no_name_is_refused(interface: str) -> None:
    with pytest.raises(BadSignature, match="interface"):
        functions_of(Good, interface)


def test_nothing_is_written_for_none_and_only_for_it() -> None:
    functions, _ = functions_of(Good, "a:b/c@1.0.0")
    assert functions["nothing"].write(None) is None
    with pytest.raises(NoFit, match="0 is not None"):
        functions["nothing"].write(0)


def test_a_failure_has_a_case_that_guests_know() -> None:
    assert str(Failure("exists", "it is")) == "exists: it is"
    for case in ("denied", "cancelled", "boom"):
        with pytest.raises(ValueError, match=r"is no case of types\.error"):
            Failure(case, "it is")

"""Look here if you want to know that the WIT and the executors name the same functions."""

import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from lion.capabilities.table import ROOMS, ROOMS_OF_OUR_OWN, build_operations, host_functions
from lion.domain.capability import OF_PROGRAMS, OF_WORKFLOWS, OFFERED
from lion.domain.events import AgentPartialOutput
from lion.ports import Kind, Operation

WIT = Path(__file__).parents[2] / "wit"
OPERATIONS = build_operations()
FUNCTION = re.compile(r"^\s*%?([a-z0-9-]+): func\((.*)\)", re.MULTILINE)
RESOURCE = re.compile(r"^ *resource ([a-z0-9-]+) \{(.*?)^ *\}$", re.MULTILINE | re.DOTALL)


def read_functions(path: Path) -> Iterator[tuple[tuple[str, str], int]]:
    """Every function of a WIT file as imported, with the number of its arguments."""
    text = re.sub(r"///.*", "", path.read_text())
    for resource, body in RESOURCE.findall(text):
        for name, parameters in FUNCTION.findall(body):
            yield (path.stem, f"[method]{resource}.{name}"), 1 + parameters.count(":")
    for name, parameters in FUNCTION.findall(RESOURCE.sub("", text)):
        yield (path.stem, name), parameters.count(":")


INTERFACES = [path for path in WIT.glob("*.wit") if path.stem not in ("types", "worlds")]
FUNCTIONS = {key: count for path in INTERFACES for key, count in read_functions(path)}


def test_every_function_of_the_wit_has_an_operation_and_no_other():
    assert len(FUNCTIONS) >= 20
    assert set(OPERATIONS) == set(FUNCTIONS)


def test_no_room_has_an_operation_that_the_table_lacks():
    names = [ROOMS.get(name, name) for name in OFFERED]
    names += [ROOMS_OF_OUR_OWN.get(name, name) for name in (*OF_WORKFLOWS, OF_PROGRAMS.name)]
    found = [
        one for name in names for one in import_module(f"lion.capabilities.{name}").OPERATIONS
    ]
    known = list(host_functions().values())
    assert len(found) == len(known) and all(one in known for one in found)


def test_what_is_given_is_not_made_up_for():
    given = {("kv", "get"): OPERATIONS["log", "write"]}
    functions = host_functions(given)
    assert functions["kv", "get"] is given["kv", "get"]
    assert ("log", "write") not in functions and ("agents", "start") in functions


def test_a_method_is_known_by_the_name_a_component_imports():
    assert OPERATIONS["tools", "[method]pending.take"].name == "pending.take"


@pytest.mark.parametrize("key", sorted(FUNCTIONS), ids="/".join)
def test_an_executor_takes_the_arguments_of_its_function(key: tuple[str, str]):
    operation = OPERATIONS[key]
    context = 2 if operation.kind is Kind.STORED else 1
    assert len(inspect.signature(operation.execute).parameters) == context + FUNCTIONS[key]
    is_async = inspect.iscoroutinefunction(operation.execute)
    assert is_async == (operation.kind is Kind.WAITING)


@pytest.mark.parametrize(
    "operation", OPERATIONS.values(), ids=lambda o: f"{o.capability}.{o.name}"
)
def test_only_output_is_recorded_as_output(operation: Operation):
    assert (operation.event is AgentPartialOutput) == (operation.capability == "output")
    shows = operation.capability in ("output", "log")
    assert (operation.output_bytes is not None) == shows


@pytest.mark.parametrize(
    ("key", "args", "target"),
    [
        (("config", "get"), ["name"], "name"),
        (("kv", "get"), ["a"], "a"),
        (("kv", "set"), ["a", "xu"], "a"),
        (("kv", "delete"), ["a"], "a"),
        (("kv", "list"), ["notes/", None, 10], "notes/"),
        (("kv", "compare-and-set"), ["a", None, "xu"], "a"),
        (("tools", "call"), ["notes.add", "{}"], "notes.add"),
        (("tools", "start"), ["notes.add", "{}"], "notes.add"),
    ],
)
def test_targets(key: tuple[str, str], args: list[object], target: str):
    describe = OPERATIONS[key].target
    assert describe is not None
    assert describe(args) == target

"""Look here if you want to know whether the table of capabilities says what the WIT files say."""

import re
from pathlib import Path

import pytest

from lion.domain.capability import OFFERED
from lion.domain.plan import DEFAULT_CAPABILITIES

WIT = Path(__file__).parents[2] / "wit"


def _functions(text: str) -> set[str]:
    """The functions of an interface, methods as `resource.method`."""
    text = re.sub(r"//[^\n]*", "", text)
    names = set()
    for resource, body in re.findall(r"resource ([a-z-]+) \{(.*?)\}", text, re.DOTALL):
        names |= {f"{resource}.{name}" for name in re.findall(r"([a-z-]+): func\(", body)}
    text = re.sub(r"resource [a-z-]+ \{.*?\}", "", text, flags=re.DOTALL)
    return names | set(re.findall(r"([a-z-]+): func\(", text))


@pytest.mark.parametrize("name", OFFERED)
def test_operations_are_the_functions_of_the_interface(name: str) -> None:
    text = (WIT / f"{name}.wit").read_text(encoding="utf-8")
    assert _functions(text) == set(OFFERED[name].operations)


def test_every_interface_of_the_world_is_offered() -> None:
    worlds = (WIT / "worlds.wit").read_text(encoding="utf-8")
    assert set(re.findall(r"^    import ([a-z-]+);", worlds, re.MULTILINE)) == set(OFFERED)


@pytest.mark.parametrize("capability", OFFERED.values(), ids=lambda c: c.name)
def test_targets_have_a_separator(capability) -> None:  # type: ignore[no-untyped-def]
    assert set(capability.listings) <= set(capability.targeted) <= set(capability.operations)
    assert bool(capability.targeted) == bool(capability.separator)


def test_defaults_are_offered() -> None:
    assert set(DEFAULT_CAPABILITIES) <= set(OFFERED)


def test_executors_name_targets_where_the_table_says_so() -> None:
    """A rule would be idle where no target is named, and blind where the table knows none."""
    from lion.capabilities import (
        clock,
        config,
        elements,
        kv,
        log,
        output,
        poll,
        random,
        tools,
    )

    for module in (clock, config, elements, kv, log, output, poll, random, tools):
        for operation in module.OPERATIONS:
            capability = OFFERED[operation.capability]
            assert operation.name in capability.operations
            if operation.target is None:
                only = set(capability.targeted) - set(capability.listings)
                assert operation.name not in only
            else:
                assert operation.name in capability.targeted

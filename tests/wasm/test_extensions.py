"""Look here if you want to know which versions and types of an extension serve a component."""

import pytest
from wasmtime import wat2wasm

from lion.errors import GuestError
from lion.ports import Import
from lion.values.wit import Function, Prim
from lion.wasm.extension_imports import check_extensions
from lion.wasm.offers import Offers
from tests.wasm.kit import open_bench

NONE = Offers({})
GET = Function((("key", Prim("string")),), Prim("u8"))
KIND = "func(key: string) -> u8"


def check(asked: str, offered: dict[str, dict[str, str]]) -> None:
    check_extensions(NONE, [Import(f"a:b/c{asked}", "get", GET)], offered)


@pytest.mark.parametrize(
    ("asked", "offered"),
    [("1.2.3", "1.2.3"), ("1.2.3", "1.2.4"), ("1.2.3", "1.10.0"), ("0.2.1", "0.2.9"),
     ("0.0.3", "0.0.3")],
)  # fmt: skip
def test_a_compatible_version_serves(asked: str, offered: str) -> None:
    check(f"@{asked}", {f"a:b/c@{offered}": {"get": KIND}})


@pytest.mark.parametrize(
    ("asked", "offered"),
    [("@1.2.3", "1.2.2"), ("@1.2.3", "2.0.0"), ("@2.0.0", "1.9.9"), ("@0.2.1", "0.3.0"),
     ("@0.0.3", "0.0.4"), ("@1.0.0-rc1", "1.0.0"), ("@1.0", "1.0.0")],
)  # fmt: skip
def test_another_version_does_not(asked: str, offered: str) -> None:
    with pytest.raises(GuestError, match="no system plugin of this manifest offers") as caught:
        check(asked, {f"a:b/c@{offered}": {"get": KIND}})
    assert f"here it is a:b/c@{offered}" in caught.value.hint


def test_each_function_has_its_type() -> None:
    with pytest.raises(GuestError, match=r"imports a:b/c@1.0.0.get, a function that"):
        check("@1.0.0", {"a:b/c@1.0.0": {"set": KIND}})
    with pytest.raises(GuestError, match=r"as func\(key: string\) -> u8, but here it is func\(\)"):
        check("@1.0.0", {"a:b/c@1.0.0": {"get": "func()"}})
    check("@1.0.0", {"a:b/c": {}})  # a test's: whatever it is


async def test_without_a_version_it_is_nobodys() -> None:
    wat = """(component (import "a:b/c" (instance (export "get" (func (result u8))))))"""
    with pytest.raises(GuestError, match="imports a:b/c, which lion does not offer"):
        async with open_bench(bytes(wat2wasm(wat)), offers=NONE):
            raise AssertionError


def test_lions_own_are_not_asked_for_here() -> None:
    check_extensions(NONE, [Import("lion:host/kv@0.1.0", "get", GET)], {})


async def test_a_resource_of_an_extension_is_refused() -> None:
    wat = """(component
      (import "a:b/c@1.0.0" (instance (export "r" (type (sub resource)))
        (export "get" (func (result u8))))))"""
    with pytest.raises(GuestError, match=r"imports a:b/c@1.0.0.r, a resource, and no extension"):
        async with open_bench(bytes(wat2wasm(wat)), offers=NONE):
            raise AssertionError

"""Look here if you want to know that the library's bindings of lion:host are those the generator
makes, and that a guest's own lead to them.
"""

from lion.toolchain.assemblyscript.generate import generate, generate_bindings
from lion.toolchain.assemblyscript.library import library_files
from tests.wasm.kit import BUILT, ROOT, built

HOST = ROOT / "plugins-src" / "lion-as" / "host"
AGAIN = "python -m lion.toolchain.assemblyscript.library plugins-wasm plugins-src/lion-as/host"


def test_the_library_has_the_bindings_the_generator_makes() -> None:
    here = {path.name: path.read_text("utf-8") for path in HOST.glob("*.ts")}
    assert here == library_files(BUILT), f"make them again: {AGAIN}"


def test_a_guests_bindings_of_the_host_are_the_librarys() -> None:
    found = generate(built("critic"))
    assert found["llm.ts"].endswith('\nexport * from "lion-as/host/llm";\n')
    assert {path.name for path in HOST.glob("*.ts")} > {
        name for name, text in found.items() if "lion-as/host/" in text
    }


def test_an_agents_own_functions_cross_with_the_librarys_types() -> None:
    found = generate(built("critic"))
    needed = generate_bindings(built("critic")).imports["index"]
    assert 'import { Error_, Output } from "./bindings/types";' in needed
    assert "class" not in found["types.ts"]


def test_interfaces_of_others_are_written_out() -> None:
    found = generate(built("mirror"))
    assert not any("lion-as/host/" in text for text in found.values())

"""Worlds nobody here wrote: WASI 0.2, taken from the crate wasip2, is carried whole."""

import shutil
import subprocess
from pathlib import Path

import pytest
from wasmtime import Engine
from wasmtime.component import Component

from lion.toolchain.assemblyscript.build import (
    build_assemblyscript,
    project_wit,
    write_bindings,
)
from lion.toolchain.assemblyscript.node_tools import find_packages
from tests.toolchain.whole import use_everything, write_exports
from tests.toolchain.worlds import PACKAGES, ready_packages

pytestmark = pytest.mark.slow

CRATE = 'wasip2 = "=1.0.1"'
"""WASI 0.2.4; cargo checks its digest."""
WORLD = """\
package test:wasi;

world everything {
    import wasi:io/poll@0.2.4;
    import wasi:io/streams@0.2.4;
    import wasi:clocks/wall-clock@0.2.4;
    import wasi:clocks/monotonic-clock@0.2.4;
    import wasi:filesystem/types@0.2.4;
    import wasi:filesystem/preopens@0.2.4;
    import wasi:sockets/tcp@0.2.4;
    import wasi:sockets/udp@0.2.4;
    import wasi:sockets/ip-name-lookup@0.2.4;
    import wasi:random/random@0.2.4;
    import wasi:cli/environment@0.2.4;
    import wasi:http/types@0.2.4;
    import wasi:http/outgoing-handler@0.2.4;
    export wasi:http/incoming-handler@0.2.4;
    export wasi:cli/run@0.2.4;
}
"""
MAKER = """\
package test:wasi;

world maker {
    import wasi:http/types@0.2.4;
    import wasi:filesystem/types@0.2.4;
    export wasi:io/error@0.2.4;
    export wasi:io/poll@0.2.4;
    export wasi:io/streams@0.2.4;
    export wasi:clocks/monotonic-clock@0.2.4;
    export wasi:filesystem/types@0.2.4;
    export wasi:http/types@0.2.4;
    export wasi:http/outgoing-handler@0.2.4;
}
"""
"""All of it made by the guest itself, and some of it imported too, as who stands between does."""
HANDLER = """\
import { Fields, IncomingRequest, OutgoingResponse } from "./bindings/http-types";
import { ErrorCode, ResponseOutparam } from "./bindings/http-types";
import { Result } from "lion-as";

export function handle(request: IncomingRequest, out: ResponseOutparam): void {
  const path = request.pathWithQuery();
  const response = OutgoingResponse.create(Fields.create());
  response.setStatusCode(path === null ? 404 : 200);
  ResponseOutparam.set(out, Result.ok<OutgoingResponse, ErrorCode>(response));
  request.drop();
}
"""
RUN = """\
import { Result, Unit } from "lion-as";

export function run(): Result<Unit, Unit> {
  return Result.done<Unit>();
}
"""


def _cargo() -> str:
    found = shutil.which("cargo") or "/usr/bin/cargo"
    assert Path(found).exists(), "cargo fetches the WIT"
    return found


def _new(folder: Path, world: str, deps: Path) -> Path:
    """An AssemblyScript project with this world and the packages it is made of."""
    shutil.copytree(deps, folder / "wit" / "deps")
    (folder / "wit" / "world.wit").write_text(world, "utf-8")
    (folder / "node_modules").symlink_to(PACKAGES / "node_modules")
    (folder / "assembly").mkdir()
    (folder / "assembly" / "index.ts").write_text("export {};\n", "utf-8")
    return folder


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with WASI's packages in its WIT."""
    ready_packages()
    folder = tmp_path_factory.mktemp("wasi")
    crate = folder / "crate"
    (crate / "src").mkdir(parents=True)
    (crate / "src" / "lib.rs").touch()
    head = '[package]\nname = "wit"\nversion = "0.0.0"\nedition = "2021"\n\n[dependencies]\n'
    (crate / "Cargo.toml").write_text(head + CRATE + "\n", "utf-8")
    subprocess.run(
        [_cargo(), "vendor", "--quiet", "vendor"], cwd=crate, check=True, capture_output=True
    )
    _new(folder, WORLD, crate / "vendor" / "wasip2" / "wit" / "deps")
    for name, text in {"incoming-handler": HANDLER, "run": RUN}.items():
        (folder / "assembly" / f"{name}.ts").write_text(text, "utf-8")
    return folder


def test_a_handler_of_requests_is_a_component(project: Path) -> None:
    built = build_assemblyscript(project, project / "everything.wasm")
    engine = Engine()
    found = Component.from_file(engine, str(built.path)).type
    exports = set(found.exports(engine))
    assert exports == {"wasi:http/incoming-handler@0.2.4", "wasi:cli/run@0.2.4"}
    # Only what it uses, and where its types come from.
    assert "wasi:http/types@0.2.4" in found.imports(engine)
    assert "wasi:sockets/tcp@0.2.4" not in found.imports(engine)


def test_every_function_and_method_compiles(project: Path, tmp_path: Path) -> None:
    build_assemblyscript(project, project / "everything.wasm")
    made = project / "assembly" / "bindings"
    files = {p.name: p.read_text("utf-8") for p in made.glob("*.ts") if p.name != "entry.ts"}
    target = tmp_path / "assembly" / "bindings"
    target.mkdir(parents=True)
    (tmp_path / "node_modules").symlink_to(PACKAGES / "node_modules")
    whole = use_everything(files)
    assert sum(text.count("export function use_") for text in whole.values()) > 200
    for name, text in whole.items():
        (target / name).write_text(text, "utf-8")
    asc = PACKAGES / "node_modules" / "assemblyscript" / "bin" / "asc.js"
    options = ["--runtime", "incremental", "--use", "abort=assembly/bindings/abort/abort"]
    command = ["node", asc, *(f"assembly/bindings/{name}" for name in whole), *options]
    done = subprocess.run(
        [*command, "--disableWarning", "--outFile", "whole.wasm"],
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "whole.wasm").stat().st_size > 50_000


def test_a_world_of_resources_of_its_own_compiles(project: Path, tmp_path: Path) -> None:
    maker = _new(tmp_path / "maker", MAKER, project / "wit" / "deps")
    bindings = write_bindings(maker, project_wit(maker, "maker"), find_packages(maker))
    assert len(bindings.classes) == 17
    for name, text in write_exports(bindings).items():
        (maker / "assembly" / f"{name}.ts").write_text(text, "utf-8")
    built = build_assemblyscript(maker, maker / "maker.wasm")
    engine = Engine()
    found = Component.from_file(engine, str(built.path)).type
    faces = {n: f.ty.exports(engine) for n, f in found.exports(engine).items()}
    assert len(faces) == 7
    assert sum(len(face) for face in faces.values()) > 150

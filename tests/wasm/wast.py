"""Look here if you want to know how components are taken out of the scripts (.wast) in which the
component model's own tests are written.

A script is a list of forms. Components stand in it as text, as quoted text, or as escaped bytes;
alone, as definitions, or inside an assertion that they are malformed or invalid.

    python -m tests.wasm.wast

fetches the scripts (crate `wasmtime-cli`) and writes tests/wasm/suite.json.xz: all that is in
them, under the licence of the crate.
"""

import base64
import json
import lzma
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from wasmtime import WasmtimeError, wat2wasm

CRATE: Final = "43.0.2"
SOURCE: Final = f"crate wasmtime-cli {CRATE}, tests/**/*component*/**/*.wast"
SUITE: Final = Path(__file__).with_name("suite.json.xz")
_TOKEN = re.compile(
    r"(?P<space>\s+|;;[^\n]*)|(?P<block>\(;)|(?P<open>\()|(?P<close>\))"
    r'|(?P<text>"(?:[^"\\]|\\.)*")|(?P<word>[^\s();"]+)',
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F_]+)\}|([0-9a-fA-F]{2})|(.))", re.DOTALL)
_PLAIN = {"t": "\t", "n": "\n", "r": "\r", '"': '"', "'": "'", "\\": "\\"}


def _skip_block(script: str, at: int) -> int:
    """The end of a block comment, which may hold others, that begins at `at`."""
    depth = 0
    for mark in re.finditer(r"\(;|;\)", script[at:]):
        depth += 1 if mark.group() == "(;" else -1
        if not depth:
            return at + mark.end()
    return len(script)


def tokens(script: str) -> Iterator[tuple[str, str, int]]:
    """Kind, text and place of each token; space and comments are left out."""
    at = 0
    while at < len(script):
        found = _TOKEN.match(script, at)
        assert found, f"no token at {at}: {script[at : at + 40]!r}"
        kind = found.lastgroup or ""
        if kind == "block":
            at = _skip_block(script, at)
            continue
        if kind != "space":
            yield kind, found.group(), at
        at = found.end()


def _bytes(literal: str) -> bytes:
    def one(found: "re.Match[str]") -> str:
        code, byte, plain = found.groups()
        if code:
            return chr(int(code.replace("_", ""), 16)).encode().decode("latin-1")
        return chr(int(byte, 16)) if byte else _PLAIN[plain]

    # Each character stands for one byte.
    return _ESCAPE.sub(one, literal[1:-1].encode().decode("latin-1")).encode("latin-1")


def _component(script: str, found: list[tuple[str, str, int]], start: int, end: int) -> bytes:
    """The bytes of one component form; `found` are its tokens. Raises WasmtimeError for text that
    is none.
    """
    words = [text for kind, text, _ in found[2:5] if kind == "word"]
    literals = b"".join(_bytes(text) for kind, text, _ in found if kind == "text")
    if "binary" in words:
        return literals
    if "quote" in words:
        return bytes(wat2wasm(f"(component {literals.decode('utf-8', 'replace')})"))
    text = script[start:end]
    return bytes(wat2wasm(re.sub(r"^\(\s*component\s+definition", "(component", text)))


def components(script: str) -> Iterator[bytes]:
    """The bytes of every component in a script that has a binary form at all."""
    stack: list[int] = []
    all_tokens = list(tokens(script))
    inside = 0
    for index, (kind, _, at) in enumerate(all_tokens):
        if kind == "open":
            stack.append(index)
            following = all_tokens[index + 1][1] if index + 1 < len(all_tokens) else ""
            # Nested components are part of the outermost.
            if following == "component" and not inside:
                inside = len(stack)
        elif kind == "close":
            first = stack.pop()
            if inside == len(stack) + 1:
                inside = 0
                found = all_tokens[first : index + 1]
                if len(found) > 3 and found[2][1] == "instance":
                    continue  # (component instance $a $b): of one that is defined elsewhere
                try:
                    yield _component(script, found, found[0][2], at + 1)
                except (WasmtimeError, UnicodeDecodeError):
                    continue


def of_crate(folder: Path) -> dict[bytes, str]:
    """Every component of the component model's scripts in an unpacked `wasmtime-cli` crate, with
    the script it was first found in.
    """
    # The scripts are older than the rule that `core` is written in references.
    os.environ["WAST_STRICT_COMPONENT_INDICES"] = "0"
    try:
        found: dict[bytes, str] = {}
        for path in sorted((folder / "tests").rglob("*.wast")):
            name = path.relative_to(folder / "tests").as_posix()
            if "component" in name:
                for component in components(path.read_text("utf-8")):
                    found.setdefault(component, name)
        return found
    finally:
        del os.environ["WAST_STRICT_COMPONENT_INDICES"]


def fetch_crate(into: Path) -> Path:
    """Fetch the crate with cargo, which has a command that shows one and unpacks it for that."""
    subprocess.run(
        ["cargo", "info", "--quiet", f"wasmtime-cli@{CRATE}"],
        env=os.environ | {"CARGO_HOME": str(into)}, cwd=into,
        stdout=subprocess.DEVNULL, check=True,
    )  # fmt: skip
    (folder,) = (into / "registry" / "src").glob(f"*/wasmtime-cli-{CRATE}")
    return folder


def write_suite(found: dict[bytes, str], path: Path) -> None:
    """Write them all to one file."""
    texts = {base64.b64encode(data).decode(): name for data, name in found.items()}
    suite = {"source": SOURCE, "licence": "Apache-2.0 WITH LLVM-exception", "components": texts}
    path.write_bytes(lzma.compress(json.dumps(suite).encode(), preset=9))


def read_suite(path: Path = SUITE) -> dict[bytes, str]:
    """What was written: components with the script each is from."""
    suite = json.loads(lzma.decompress(path.read_bytes()))
    return {base64.b64decode(text): name for text, name in suite["components"].items()}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        write_suite(of_crate(fetch_crate(Path(temporary))), SUITE)

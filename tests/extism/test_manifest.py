"""Look here if you want to know that Extism's own files are taken as they are: what its manifest
asks for is granted, shown and limited, and what lion does not do is refused by name.
"""

import base64
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from lion.errors import OperatorError
from lion.foreign import extism_plan, function_name, read_plugin
from lion.testing import kit
from tests.cli.conftest import lion as lion
from tests.cli.kit import WASM, Lion, assert_one_line
from tests.extism.modules import committed

VAR = committed() / "var.wasm"
HELLO = committed() / "hello.wasm"


def _written(folder: Path, manifest: Any, name: str = "plugin.json") -> Path:
    path = folder / name
    path.write_text(manifest if isinstance(manifest, str) else json.dumps(manifest))
    return path


def _of(path: Path, **more: Any) -> dict[str, Any]:
    return {"wasm": [{"path": str(path)}], **more}


def test_what_it_asks_for_is_what_check_shows(lion: Lion) -> None:
    (lion.folder / "data").mkdir()
    manifest = _written(
        lion.folder,
        _of(
            VAR,
            config={"greeting": "${not} a variable"},
            allowed_hosts=["api.example.com", "*.example.org"],
            allowed_paths={"data": "/data", "ro:data": "more"},
            timeout_ms=1500,
            memory={"max_pages": 600, "max_var_bytes": 5000, "max_http_response_bytes": 99},
        ),
    )
    (holder,) = lion.json("check", manifest)["holders"]
    assert holder["guest"]["kind"] == "extism"
    assert holder["guest"]["digest"] == hashlib.sha256(read_plugin(manifest)).hexdigest()
    plan = extism_plan(manifest)
    (own,) = plan.holders.values()
    assert own.config == {"greeting": "${not} a variable"}
    assert own.limits.deadline_ns == 1_500_000_000
    assert own.limits.memory == 600 * 65_536 * 2
    urls = [g.patterns[0] for g in own.grants if g.capability == "http"]
    assert urls == [
        "* http://api.example.com/**", "* https://api.example.com/**",
        "* http://*.example.org/**", "* https://*.example.org/**",
    ]  # fmt: skip
    assert {g.quota["bytes-in"] for g in own.grants if g.capability == "http"} == {99}
    assert [g.quota["bytes"] for g in own.grants if g.capability == "kv"] == [5000]
    mounts = [(g.mount.path, g.mount.write) for g in own.grants if g.mount]
    assert mounts == [("/data", True), ("/more", False)]
    text = lion("check", manifest).stdout
    assert "an Extism plug-in" in text and "kv" in text


def test_it_is_called_with_its_input_as_it_stands(lion: Lion) -> None:
    manifest = _written(lion.folder, _of(committed() / "replace.wasm"))
    said = lion("call", manifest, "run_test", '{"no": "arguments"}')
    assert said.returncode == 0, said.stderr
    assert (
        lion("call", manifest, "run-test", "-", stdin='{"no": "arguments"}').stdout == said.stdout
    )
    assert lion("call", committed() / "hello.wasm", "run_test").stdout == '"Hello, world!"\n'
    assert lion("replay", "last").returncode == 0


def test_a_plugins_own_tests_run_it_on_the_real_host(tmp_path: Path) -> None:
    manifest = _written(tmp_path, _of(VAR))
    with kit(manifest) as host:
        assert host.call("plugin.run-test", input="") == "a: 0"
        host.assert_called("kv.set")
        host.assert_replays()
    with kit(committed() / "config.wasm", config={"thing": "hello"}) as host:
        assert host.call("config.run-test", input="") == '{"config": "hello"}'


def test_the_log_has_the_digest_of_the_original(lion: Lion) -> None:
    assert lion("call", HELLO, "run_test").returncode == 0
    digest = hashlib.sha256(HELLO.read_bytes()).hexdigest()
    assert f"of extism sha256:{digest[:12]}" in lion("log", "last").stdout


def test_it_runs_if_it_has_one_function(lion: Lion) -> None:
    one = _written(lion.folder, _of(HELLO))
    ran = lion("run", one)
    assert ran.returncode == 0 and "Hello, world!" in ran.stdout
    two = _written(lion.folder, _of(committed() / "host_multiple.wasm"), "two.json")
    several = lion("run", two)
    assert several.returncode in (2, 3)


def test_variables_are_kept_by_the_file(lion: Lion) -> None:
    manifest = _written(lion.folder, _of(VAR))
    assert lion("call", manifest, "run_test").returncode == 0
    (store,) = lion.json("kv", "list")
    assert store["owner"] == str(manifest.resolve())
    none = _written(lion.folder, _of(VAR, memory={"max_var_bytes": 0}), "none.json")
    denied = lion("call", none, "run_test")
    assert denied.returncode == 1 and "var: denied" in denied.stderr


def test_the_operators_policy_limits_it(lion: Lion) -> None:
    manifest = _written(lion.folder, _of(VAR))
    policy = lion.write('deny = ["kv set"]', "policy.toml")
    denied = lion("call", manifest, "run_test", "--policy", policy)
    assert denied.returncode == 1 and "policy" in denied.stderr


def test_modules_are_what_their_hashes_say(lion: Lion) -> None:
    data = HELLO.read_bytes()
    good = hashlib.sha256(data).hexdigest()
    inline = {"data": base64.b64encode(data).decode(), "hash": good.upper()}
    assert lion("run", _written(lion.folder, {"wasm": [inline]})).returncode == 0
    bad = {"path": str(HELLO), "hash": "0" * 64}
    refused = lion("run", _written(lion.folder, {"wasm": [bad]}, "bad.json"))
    assert refused.returncode == 2
    assert f"its hash is {good}, not {'0' * 64}" in refused.stderr


def test_several_modules_of_one_plugin(lion: Lion) -> None:
    modules = [
        {"path": str(committed() / "main.wasm"), "name": "main"},
        {"path": str(committed() / "lib.wasm"), "name": "lib"},
    ]
    manifest = _written(lion.folder, {"wasm": modules})
    assert lion("call", manifest, "run_test", "ann").stdout == '"Hello, ANN"\n'
    info = lion.json("inspect", manifest)
    assert info["guest"]["kind"] == "extism"
    assert "lib.capitalize" not in info["guest"]["imports"]


def test_inspect_names_its_own_imports_and_what_stands_behind(lion: Lion) -> None:
    imports = lion.json("inspect", committed() / "fs.wasm")["guest"]["imports"]
    assert imports["extism:host/env.alloc"] == []
    assert imports["wasi_snapshot_preview1.path_open"] == ["fs.open", "fs.stat"]
    host = lion.json("inspect", committed() / "host_memory.wasm")["guest"]["imports"]
    assert host["host.to_upper"] == ["extism:user/host.to-upper"]
    text = lion("inspect", committed() / "fs.wasm").stdout
    assert "its own imports" in text and "path_open: fs.open, fs.stat" in text
    assert hashlib.sha256((committed() / "fs.wasm").read_bytes()).hexdigest() in text


WRONG: list[tuple[Any, str]] = [
    ("{", "is no JSON"),
    ({"wasm": []}, "has 0 modules"),
    ({"wasm": [{"path": "x.wasm"}] * 9}, "has 9 modules"),
    ({"wasm": [{"url": "https://example.com/x.wasm"}]}, "lion fetches no code"),
    ({"wasm": [{"name": "x"}]}, "needs either path or data"),
    ({"wasm": [{"path": "none.wasm"}]}, "none.wasm' cannot be read"),
    ({"wasm": [{"path": str(WASM / "hello.wasm")}]}, "is no core module"),
    ({"wasm": [{"data": "!!"}]}, "no base64"),
    (_of(HELLO, alowed_hosts=["x"]), "did you mean 'allowed_hosts'?"),
    (_of(HELLO, allowed_hosts=["api-*.example.com"]), "no pattern of lion's"),
    (_of(HELLO, allowed_hosts=["x.org/path"]), "no pattern of lion's"),
    (_of(HELLO, timeout_ms=0), "timeout_ms"),
    (_of(HELLO, memory={"max_pages": 0}), "max_pages"),
    (_of(HELLO, config={"n": 1}), "config"),
]


@pytest.mark.parametrize(("manifest", "words"), WRONG, ids=lambda v: str(v)[-30:])
def test_what_is_wrong_is_said_in_a_line(manifest: Any, words: str, lion: Lion) -> None:
    path = _written(lion.folder, manifest)
    for command in (("check", path), ("call", path, "run_test")):
        assert_one_line(lion(*command), 2, words)


def test_it_takes_no_variables(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="has no variables"):
        extism_plan(_written(tmp_path, _of(HELLO)), {"a": "b"})


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("count_vowels", "count-vowels"), ("x.countVowels", "x.count-vowels"),
        ("run-test", "run-test"), ("_start", "start"), ("f_2", "f2"), ("2", "2"),
    ],
)  # fmt: skip
def test_names_of_functions(word: str, name: str) -> None:
    assert function_name(word) == name


@pytest.mark.parametrize("name", ["pipe", "pipe.json", "pipe.wasm"])
def test_a_pipe_keeps_nobody_waiting(name: str, lion: Lion) -> None:
    os.mkfifo(lion.folder / name)
    for command in (("call", name, "run_test"), ("run", name), ("inspect", name), ("check", name)):
        assert_one_line(lion(*command), 2, "is a named pipe, not a file")

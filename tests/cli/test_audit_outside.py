"""`lion audit` of runs that asked servers and models: what was used, what was refused where."""

import functools
import http.server
import json
import re
import threading
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.kit import ROOT, WASM, Lion

DESK = ROOT / "examples" / "research-desk"
POLL = 0.01
"""Seconds between two looks of the server whether it should end."""
METADATA = "http://169.254.169.254/latest/meta-data"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def web() -> Iterator[str]:
    """The desk's pages."""
    handler = functools.partial(Quiet, directory=str(DESK / "web"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(POLL,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def fetches(*urls: str, allow: str) -> str:
    calls = "".join(f'[[run]]\ncall = "fetcher.fetch"\nwith = {{ url = "{u}" }}\n' for u in urls)
    return f'name = "x"\n[plugins.fetcher]\ncomponent = "{WASM}/fetcher.wasm"\n{allow}\n{calls}'


def of(audit: Any, name: str) -> Any:
    (found,) = (holder for holder in audit["holders"] if holder["name"] == name)
    return found["use"]


def desk(lion: Lion) -> Path:
    answers = (DESK / "answers.toml").read_text("utf-8")
    fast = re.sub(r'^(every|first) = ".*"$', r'\1 = "1 ms"', answers, flags=re.MULTILINE)
    lion.write(fast, "answers.toml")
    text = (DESK / "manifest.toml").read_text().replace("../../plugins-wasm", str(WASM))
    return lion.write(text)


def test_the_desk_tells_who_asked_servers_and_models_and_who_was_refused(
    lion: Lion, web: str
) -> None:
    assert lion("run", desk(lion), "--set", f"web={web}").returncode == 0
    audit = lion.json("audit")
    fetcher, ann = of(audit, "fetcher"), of(audit, "ann")
    (asked,) = (o for o in fetcher["operations"] if (o["capability"], o["operation"])
                == ("http", "start"))  # fmt: skip
    assert [t["target"].rpartition("/")[2] for t in asked["targets"]] == [
        "food.html", "hunting.html", "water.html",
    ]  # fmt: skip
    assert [(g["scope"], g["calls"]) for g in fetcher["grants"]] == [(f"GET {web}/park/**", 3)]
    (denial,) = fetcher["denied"]
    assert denial["target"] == f"GET {web}/staff/diary.html"
    assert (denial["suggestion"].count("diary.html"), denial["together"]) == (1, "")
    (chats,) = (o for o in ann["operations"] if (o["capability"], o["operation"])
                == ("llm", "start"))  # fmt: skip
    assert (chats["calls"], chats["targets"][0]["target"]) == (3, "fast")
    spent = {budget["budget"]: budget for budget in ann["budgets"]}
    assert spent["llm.calls of fast"]["used"] == 3
    assert 0 < spent["llm.tokens of fast"]["used"] < spent["llm.tokens of fast"]["limit"]
    text = lion("audit", "--full").stdout
    assert "no http of its own; through fetcher.fetch: http" in text
    shut = lion.write('deny = ["http * GET http://**"]', "shut.toml")
    again = lion.json("audit", "last", "--policy", shut)["again"]
    assert {(c["holder"], c["before"], c["after"]) for c in again["changes"]} == {
        ("fetcher", "allow", "deny")
    }


def test_several_denials_of_one_holder_have_one_line_for_all(lion: Lion, web: str) -> None:
    urls = (f"{web}/staff/diary.html", f"{web}/park/food.html")
    path = lion.write(fetches(*urls, allow=f'allow.http = ["GET {web}/park/water.html"]'))
    report = json.loads(lion("run", path, "--json").stdout)
    (line,) = {denial["together"] for denial in report["denials"]}
    granted = tomllib.loads(line)["plugins"]["fetcher"]["allow"]["http"]
    assert granted[0] == f"GET {web}/park/water.html"
    assert sorted(granted[1:]) == sorted(f"GET {url}" for url in urls)
    shown = lion("run", path).stdout
    assert shown.count("allow all: ") == 1 and "allow it: " not in shown
    assert lion("audit").stdout.count("allow all: ") == 1
    (written,) = (row.strip() for row in shown.splitlines() if row.strip().startswith("allow."))
    path = lion.write(fetches(*urls, allow=written))
    report = json.loads(lion("run", path, "--json").stdout)
    assert (report["exit_code"], report["denials"]) == (0, [])


def test_an_address_that_the_door_refuses_is_a_denial_without_a_line(lion: Lion, web: str) -> None:
    """A star names no address: the request was allowed by its words, and went nowhere."""
    path = lion.write(fetches(METADATA, allow='allow.http = ["GET http://**/latest/**"]'))
    report = json.loads(lion("run", path, "--json").stdout)
    (denial,) = report["denials"]
    assert (report["exit_code"], report["denied"]) == (1, 1)
    assert (denial["holder"], denial["target"]) == ("fetcher", f"GET {METADATA}")
    assert denial["reason"] == "169.254.169.254 is a metadata address, which no grant names"
    assert denial["suggestion"] == "", "an address of this kind is never offered"
    use = of(lion.json("audit"), "fetcher")
    assert use["denied"] == [denial]
    assert "http start GET http://169.254.169.254/latest/meta-data  once: 169.254" in (
        lion("audit").stdout
    )
    log = lion("log", "--type", "CallRedirected").stdout
    assert " http.start stopped " in log
    assert "-> deny: 169.254" in log
    assert lion("replay").returncode == 0


def test_a_link_that_leads_out_is_a_denial_too(lion: Lion) -> None:
    (lion.folder / "notes").mkdir()
    (lion.folder / "notes" / "out").symlink_to("../manifest.toml")
    path = lion.write(f"""
name = "x"
[plugins.files]
component = "{WASM}/files.wasm"
allow.fs = [{{ path = "/n", at = "notes" }}]
[[run]]
call = "files.read"
with = {{ path = "/n/out" }}
""")
    report = json.loads(lion("run", path, "--json").stdout)
    (denial,) = report["denials"]
    assert (denial["operation"], denial["target"]) == ("read", "read /n/out")
    assert denial["reason"] == "the symlink leads out of the grant"
    assert of(lion.json("audit"), "files")["denied"] == [denial]

"""Every function of `http`, called by a real component: granted it answers, not granted it is
denied; and what a hostile server, a redirect or a budget comes to.
"""

import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import trio

from lion.domain.events import BudgetWarned, CallFinished, CallRedirected, CallRequested
from tests.attack.kit import Arena, call, holder, only, open_arena
from tests.capabilities.http.hostile_server import Server, open_server


def ask(url: str, method: str = "GET", **more: Any) -> dict[str, Any]:
    return {"method": method, "url": url, "headers": "", **more}


def probe(*entries: str | dict[str, Any]) -> str:
    """The holder `probe` with these entries of allow.http."""
    import tomli_w

    allow = tomli_w.dumps({"allow": {"http": list(entries)}}) if entries else ""
    allow = allow.replace("[allow]\n", "allow.").replace(
        "[[allow.http]]", "[[plugins.probe.allow.http]]"
    )
    return holder("probe", "probe-http", allow)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with open_server() as server:
        yield server


@pytest.fixture
async def arena(tmp_path: Path) -> AsyncIterator[Arena]:
    async with open_arena(tmp_path) as arena:
        yield arena


CALLS: list[tuple[str, dict[str, Any], list[str]]] = [
    ("http-send", {"question": {"path": "/ok"}}, ["send"]),
    ("http-start", {"question": {"path": "/ok"}}, ["start"]),
    (
        "http-read",
        {"question": {"path": "/ok"}, "max": 3},
        ["start", "exchange.head", "exchange.read"],
    ),
    (
        "http-write",
        {
            "question": {"path": "/echo", "method": "POST"},
            "pieces": ["one u", "dHdvb", "u"],
        },
        ["start", "exchange.write", "exchange.finish", "exchange.head", "exchange.read"],
    ),
    ("http-race", {"paths": ["/ok", "/ok"]}, ["start", "exchange.head"]),
]


def arguments(server: Server, given: dict[str, Any]) -> dict[str, Any]:
    """Paths made URLs of this server."""
    made = {k: v for k, v in given.items() if k not in ("question", "paths")}
    if "paths" in given:
        made["urls"] = [server.url + path for path in given["paths"]]
    if "question" in given:
        question = dict(given["question"])
        made["question"] = ask(server.url + question.pop("path"), **question)
    return made


@pytest.mark.parametrize(("tool", "given", "operations"), CALLS)
async def test_granted(
    tool: str, given: dict[str, Any], operations: list[str], server: Server, arena: Arena
) -> None:
    report = await arena.run(
        probe(f"GET,POST {server.url}/**"), call(f"probe.{tool}", **arguments(server, given))
    )
    ending = only(report)
    assert ending.ok, (ending.error, ending.value)
    assert report.denied == 0
    asked = [e for e in arena.events(report.run) if isinstance(e, CallRequested | CallFinished)]
    assert {e.operation for e in asked if e.capability == "http"} == set(operations)
    replayed = await arena.replay(report.run)
    assert replayed.identical
    if tool in ("http-read", "http-write"):
        value = json.loads(ending.value)
        assert value["head"]["status"] == 200
        assert value["pieces"] >= 1


@pytest.mark.parametrize(("tool", "given", "operations"), CALLS)
async def test_not_granted(
    tool: str, given: dict[str, Any], operations: list[str], server: Server, arena: Arena
) -> None:
    made = arguments(server, given)
    for grants in (
        [],
        [f"GET {server.url}/other", f"PUT {server.url}/**", "GET https://*.com/**"],
    ):
        report = await arena.run(probe(*grants), call(f"probe.{tool}", **made))
        ending = only(report)
        assert not ending.ok and ending.value.startswith("denied: ")
        (refused,) = [c for c in arena.calls(report.run) if c.capability == "http"]
        assert (refused.status, refused.verdict) == ("denied", "deny")
        assert refused.target.endswith(("/ok", "/echo"))
        assert (await arena.replay(report.run)).identical
    assert server.seen == []


async def test_what_is_not_started_has_no_methods(arena: Arena) -> None:
    """The methods' own twin: without a grant of http none of them is covered."""
    from lion.domain.plan import Grant
    from lion.domain.question import Question
    from lion.policy.grants import covers

    for operation in ("write", "finish", "head", "read"):
        question = Question("probe", "http", f"exchange.{operation}", "")
        assert not covers(Grant("http", "line"), question)


async def test_the_suggested_line_allows_exactly_this_request(
    server: Server, arena: Arena
) -> None:
    wanted = call("probe.http-send", question=ask(f"{server.url}/ok?q=1"))
    refused = await arena.run(probe(f"GET {server.url}/other"), wanted)
    (denial,) = refused.denials
    place, _, line = denial.suggestion.partition("allow.http = ")
    assert (place, line) == (
        "plugins.probe.",
        f'["GET {server.url}/other", "GET {server.url}/ok?q=1"]',
    )
    again = await arena.run(holder("probe", "probe-http", f"allow.http = {line}"), wanted)
    assert only(again).ok and again.denied == 0
    never = await arena.run(probe("GET http://10.0.0.1/x"), wanted)
    assert never.denials[0].suggestion == "", "a private address nobody granted is never offered"


async def tried(
    arena: Arena, server: Server, manifest: str, *questions: dict[str, Any]
) -> list[Any]:
    """What became of each request, by one guest that goes on after each."""
    report = await arena.run(manifest, call("probe.http-try", questions=list(questions)))
    assert only(report).ok
    assert (await arena.replay(report.run)).identical
    return list(json.loads(only(report).value))


async def test_redirects_are_decided_anew_and_recorded(server: Server, arena: Arena) -> None:
    async with open_server() as other:
        targets = [
            f"{server.url}/ok", f"{server.url}/echo", f"{other.url}/ok", "http://10.0.0.1/",
            "http://169.254.169.254/latest/meta-data", "file:///etc/passwd", "https://example.com/",
        ]  # fmt: skip
        questions = [ask(f"{server.url}/redirect?to={quote(to, safe='')}") for to in targets]
        manifest = probe(
            f"GET {server.url}/redirect", f"GET {server.url}/ok", "GET http://**/latest/**"
        )
        report = await arena.run(manifest, call("probe.http-try", questions=questions))
        came = json.loads(only(report).value)
        assert other.seen == []
    assert came[0]["url"] == f"{server.url}/ok"
    assert [one.split(":")[0] for one in came[1:]] == [*["denied"] * 4, "redirects", "denied"]
    hops = [e for e in arena.events(report.run) if isinstance(e, CallRedirected)]
    assert [(hop.target, hop.verdict) for hop in hops] == [
        (f"GET {server.url}/ok", "allow"),
        (f"GET {server.url}/echo", "deny"),
        (f"GET {other.url}/ok", "deny"),
        ("GET http://10.0.0.1/", "deny"),
        ("GET http://169.254.169.254/latest/meta-data", "allow"),
        ("GET http://169.254.169.254/latest/meta-data", "deny"),
        ("GET https://example.com/", "deny"),
    ]
    assert [hop.decided_by for hop in hops if hop.target == hops[4].target] == ["grants", "door"]
    assert "no grant names" in came[4], "a star names no address"
    assert [seen.line.split()[1] for seen in server.seen].count(b"/ok") == 1
    assert (await arena.replay(report.run)).identical


async def test_urls_that_two_could_read_differently_are_refused(
    server: Server, arena: Arena
) -> None:
    host = f"127.0.0.1:{server.port}"
    bad = [
        f"http://me:pw@{host}/ok", f"http://{host}/a%2f..%2fok", f"http://{host}/a%5cok",
        f"http://{host}/ok%00", f"http://{host}/ok\r\nX: y", f"http://{host}\\@evil.example/ok",
        f"file://{host}/ok", "http:///ok", "http://0x7f.1/ok", "http://2130706433/ok", "ok", "",
    ]  # fmt: skip
    came = await tried(
        arena, server, probe("GET http://127.0.0.1/**", f"GET {server.url}/**"), *map(ask, bad)
    )
    assert [one.split(":")[0] for one in came] == ["invalid"] * len(bad)
    headers = ["host: x", "content-length: 3", "nocolon", "a: \u00e9", "x: " + "y" * 20_000]
    asked = [{**ask(f"{server.url}/ok"), "headers": text} for text in headers]
    came = await tried(arena, server, probe(f"GET {server.url}/**"), *asked)
    assert [one.split(":")[0] for one in came] == ["invalid"] * len(headers)
    assert server.seen == []


async def test_the_path_is_decided_as_it_is_sent(server: Server, arena: Arena) -> None:
    questions = [
        ask(server.url + path) for path in ("/pub/../ok", "/pub/%2e%2e/ok", "/%6Fk", "//ok")
    ]
    came = await tried(arena, server, probe(f"GET {server.url}/pub/**"), *questions)
    assert [one.split(":")[0] for one in came] == ["denied"] * 4
    assert server.seen == []
    came = await tried(arena, server, probe(f"GET {server.url}/ok"), *questions[:3])
    assert [one["status"] for one in came] == [200] * 3
    assert {seen.line for seen in server.seen} == {b"GET /ok HTTP/1.1"}


async def test_a_hostile_server_is_an_error_each_time_and_the_guest_goes_on(
    server: Server, arena: Arena
) -> None:
    paths = {
        "/drop": "connection", "/short": "connection", "/garbage": "protocol",
        "/switch": "protocol",
        "/endless-headers": "protocol", "/silent": "timeout", "/drip": "timeout",
        "/drip-head": "timeout", "/loop": "redirects", "/bomb": "exhausted",
        "/endless": "exhausted",
    }  # fmt: skip
    questions = [ask(server.url + path) for path in [*paths, "/ok"]]
    # Only who keeps silent is to run out of time, however slow this machine is today.
    times = {path: "300 ms" if case == "timeout" else "30 s" for path, case in paths.items()}
    entries = [
        {
            "url": f"GET {server.url}{path}",
            "bytes-in": "600 KiB",
            "timeout": times.get(path, "30 s"),
        }
        for path in [*paths, "/ok"]
    ]
    report = await arena.run(probe(*entries), call("probe.http-try", questions=questions))
    came = json.loads(only(report).value)
    assert {p: one.split(":")[0] for p, one in zip(paths, came[:-1], strict=True)} == paths
    assert came[-1]["body"] == "hellou"
    # Each is in the log with what became of it, and the guest that met it went on.
    sent = [e for e in arena.calls(report.run) if e.capability in ("", "http")]
    assert [e.status for e in sent] == ["failed"] * len(paths) + ["completed"]
    assert [e.value[1][0] for e in sent[:-1]] == list(paths.values())
    assert (await arena.replay(report.run)).identical


class Changing(trio.abc.HostnameResolver):
    """Each look-up of a name gives the next of these addresses."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = list(addresses)

    async def getaddrinfo(self, host, port, *_, **__):  # type: ignore[no-untyped-def]
        address = self.addresses.pop(0)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    async def getnameinfo(self, *_):  # type: ignore[no-untyped-def]
        raise AssertionError("nobody asks for names")


async def test_a_name_whose_address_changes_leads_to_no_other_one(
    server: Server, arena: Arena
) -> None:
    """Each connection is to the address that was vetted, and a new one is vetted anew."""
    resolver = Changing("127.0.0.1", "10.0.0.1", "169.254.169.254", "127.0.0.1")
    name = f"http://rebind.example:{server.port}"
    entry = {"url": f"GET {name}/**", "addresses": ["127.0.0.1"]}
    questions = [ask(f"{name}/close") for _ in range(4)]
    before = trio.socket.set_custom_hostname_resolver(resolver)
    try:
        report = await arena.run(probe(entry), call("probe.http-try", questions=questions))
    finally:
        trio.socket.set_custom_hostname_resolver(before)
    came = json.loads(only(report).value)
    assert [one if isinstance(one, str) else one["status"] for one in came] == [
        200,
        "denied: rebind.example is a private address, which no grant names",
        "denied: rebind.example is a metadata address, which no grant names",
        200,
    ]
    assert resolver.addresses == [], "one look-up for one connection"
    assert [seen.header("host") for seen in server.seen] == [f"rebind.example:{server.port}"] * 2
    assert report.denied == 2
    assert {(d.target, d.suggestion) for d in report.denials} == {(f"GET {name}/close", "")}
    assert (await arena.replay(report.run)).identical


async def test_budgets_are_of_the_grant_and_for_the_run(server: Server, arena: Arena) -> None:
    entries = [
        {"url": f"GET {server.url}/ok", "calls": 2},
        {"url": f"GET {server.url}/body", "bytes-in": "1 KiB"},
        {"url": f"POST {server.url}/ok", "bytes-out": "1 KiB"},
        {"url": f"GET {server.url}/echo", "rate": "1/h"},
    ]
    ok, echo, big = (
        ask(f"{server.url}/ok"),
        ask(f"{server.url}/echo"),
        ask(f"{server.url}/body?size=2000"),
    )
    long = {**ask(f"{server.url}/ok", "POST"), "body": "x" * 2_000 + "u"}
    manifest = probe(*entries)
    questions = [ok, ok, ok, big, long, echo, echo]
    report = await arena.run(manifest, call("probe.http-try", questions=questions))
    came = json.loads(only(report).value)
    kinds = [one if isinstance(one, str) else one["status"] for one in came]
    assert [k if k == 200 else k.split(":")[0] for k in kinds] == [
        200, 200, "exhausted", "exhausted", "exhausted", 200, "exhausted",
    ]  # fmt: skip
    assert f"http calls GET {server.url}/ok: more than 2" in kinds[2]
    assert len(server.seen) == 4, "what is over its budget is not sent"
    assert any(isinstance(e, BudgetWarned) for e in arena.events(report.run))


async def test_a_large_answer_needs_start(server: Server, arena: Arena) -> None:
    manifest = probe(f"GET {server.url}/**")
    big = ask(f"{server.url}/body?size=1000000")
    (came,) = await tried(arena, server, manifest, big)
    assert came.startswith("exhausted: the answer's body has more than 262,144 bytes")
    report = await arena.run(manifest, call("probe.http-read", question=big, max=262_144))
    value = json.loads(only(report).value)
    assert len(value["body"]) == 1_000_001
    assert (await arena.replay(report.run)).identical


async def test_dropping_an_exchange_ends_it(server: Server, arena: Arena) -> None:
    import trio

    report = await arena.run(
        probe(f"GET {server.url}/**"),
        call("probe.http-read", question=ask(f"{server.url}/silent", timeout=50_000_000), max=9),
        call("probe.http-start", question=ask(f"{server.url}/endless")),
    )
    first, second = report.endings
    assert first.value.startswith("timeout: ")
    assert second.ok
    with trio.fail_after(60):
        await server.cut.wait()


async def test_whichever_answers_first_is_ready_first(server: Server, arena: Arena) -> None:
    urls = [f"{server.url}/drip-head", f"{server.url}/ok"]
    # Only the drip is to run out of time, however slow this machine is today.
    times = dict(zip(urls, ("1 s", "30 s"), strict=True))
    manifest = probe(*({"url": f"GET {url}", "timeout": time} for url, time in times.items()))
    report = await arena.run(manifest, call("probe.http-race", urls=urls))
    ending = only(report)
    assert ending.value.startswith("timeout: "), "the drip is asked for its head in the end"
    heads = [c for c in arena.calls(report.run) if c.operation == "exchange.head"]
    assert [c.value[0] for c in heads] == ["ok", "err"]


async def test_the_operators_rule_wins_over_the_manifest(server: Server, tmp_path: Path) -> None:
    wanted = call("probe.http-send", question=ask(f"{server.url}/ok"))
    for number, rule in enumerate(
        ("http", "http * 127.0.0.1/**", "http send GET http://127.0.0.1", "http * **/ok")
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        async with open_arena(folder, f"deny = ['{rule}']") as arena:
            report = await arena.run(probe(f"GET {server.url}/**"), wanted)
            assert only(report).value.startswith("denied: ")
            # A redirect comes up against the same rule.
            (refused,) = [c for c in arena.calls(report.run) if c.capability == "http"]
            assert rule in refused.reason
    folder = tmp_path / "redirect"
    folder.mkdir()
    async with open_arena(folder, "deny = ['http * **/ok']") as arena:
        sent = call("probe.http-send", question=ask(f"{server.url}/redirect?to=/ok"))
        report = await arena.run(probe(f"GET {server.url}/**"), sent)
        assert only(report).value.startswith("denied: ")
    assert [seen.line for seen in server.seen] == [b"GET /redirect?to=/ok HTTP/1.1"]


async def test_the_fetcher_fetches(server: Server, arena: Arena) -> None:
    manifest = holder("fetcher", "fetcher", f'allow.http = ["GET {server.url}/**"]')
    report = await arena.run(
        manifest,
        call("fetcher.fetch", url=f"{server.url}/ok"),
        call("fetcher.fetch", url="http://x.y/"),
    )
    good, bad = report.endings
    page = good.value
    assert page == {
        "status": 200,
        "url": f"{server.url}/ok",
        "kind": "text/plain",
        "text": "hello",
    }
    assert bad.value == "denied: no grant covers it"


SLASHED = ["/p/group%2Fproject", "/p%2fgroup", "/p/x%2F..%2F..%2Fstaff"]


@pytest.mark.parametrize(
    ("entry", "rule", "came"),
    [
        ({"path": "/**"}, "", ["ok", "ok", "invalid"]),
        ({"path": "/p/**"}, "", ["ok", "denied", "invalid"]),
        ({"path": "/p/*"}, "", ["denied", "denied", "invalid"]),
        ({"path": "/p/*", "encoded-slash": True}, "", ["ok", "denied", "invalid"]),
        ({"path": "/**"}, "**/p/group/**", ["denied", "ok", "invalid"]),
        ({"path": "/**", "encoded-slash": True}, "**/p/group**", ["denied", "denied", "invalid"]),
    ],
)
async def test_an_encoded_slash_is_decided_as_sent_or_in_both_readings(
    entry: dict[str, Any], rule: str, came: list[str], server: Server, tmp_path: Path
) -> None:
    url = f"GET {server.url}{entry['path']}"
    granted = {"url": url, **{key: value for key, value in entry.items() if key != "path"}}
    policy = f'deny = ["http send {rule}"]' if rule else ""
    async with open_arena(tmp_path, policy) as arena:
        asked = [ask(server.url + path) for path in SLASHED]
        outcomes = await tried(arena, server, probe(granted), *asked)
    kinds = ["ok" if isinstance(one, dict) else one.split(":")[0] for one in outcomes]
    assert kinds == came
    sent = [seen.line.split()[1].decode() for seen in server.seen]
    assert sent == [
        path.replace("%2f", "%2F")
        for path, kind in zip(SLASHED, came, strict=True)
        if kind == "ok"
    ]

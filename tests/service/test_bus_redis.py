"""A Redis that is away, that others write to, that refuses; and what of it is in the log."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trio
import trustme

from lion.brokers.errors import BrokerError
from lion.brokers.redis import NEW, SEEN, Login, open_link
from lion.brokers.sealed import Seals
from lion.domain.bus_terms import RedisPlace
from lion.domain.events import BrokerChanged
from lion.domain.hidden import Hidden
from lion.domain.letter import Letter
from lion.domain.plan import Plan
from lion.errors import OperatorError
from lion.history import open_history
from lion.letters import open_seals
from lion.manifest.parse import parse_manifest
from lion.service.living import Living
from lion.service.outbox import OF_ONE
from lion.service.post import OLD
from lion.service.status import status_of
from lion.serving import open_living
from tests.service.bus_rig import (
    bus_terms,
    called,
    does,
    office,
    refusals,
    said,
    settings_at,
    taken,
)
from tests.service.redis_server import KEY, PASSWORD, RedisServer, redis_in
from tests.service.rig import ANN, ROOT

SEALS = Seals(Hidden(KEY))
LATER = 2**62
"""After every service of the tests was there, in nanoseconds."""


def _payloads(lines: list[str]) -> list[Any]:
    return [json.loads(one)["payload"] for one in lines if one.startswith("{")]


def _login(redis: RedisServer, password: str = PASSWORD) -> Login:
    place = bus_terms("west", redis.url).redis
    assert place is not None
    return Login(place=place, password=Hidden(password))


def _letter(place: int, to: str, payload: str, time_ns: int = LATER) -> bytes:
    letter = Letter(
        service="west", epoch=1, position=place, sender="@west/ann", to=to, payload=payload,
        time_ns=time_ns,
    )  # fmt: skip
    return SEALS.write(letter, "east")


async def _broker(living: Living, state: str) -> None:
    """Wait until the service says this of its Redis."""
    while state not in status_of(living.service, ANN)["bus"]["redis"]:
        await living.service.chain.changed.wait()


async def test_what_is_sent_while_redis_is_away_waits_and_comes_once(tmp_path: Path) -> None:
    with redis_in(tmp_path / "redis") as redis:
        redis.stop()
        async with (
            office(tmp_path / "west", "west", redis.url) as west,
            office(tmp_path / "east", "east", redis.url) as east,
        ):
            await _broker(west, "nobody answers")
            bob = await does(east, "bob", "inbox", "next 0", "next 0", "poll 0")
            await called(east, bob, "inbox")
            lines = ["send @east/bob 1", "send @east/bob 2"]
            assert await said(west, await does(west, "ann", *lines)) == ["null", "null"]
            assert status_of(west.service, ANN)["bus"]["waiting"] == 2
            redis.start()
            assert _payloads(await said(east, bob)) == ["1", "2"]
            await _broker(west, "connected")


def _desk(name: str, url: str) -> Plan:
    """An example, at this Redis."""
    path = ROOT / "examples" / "debate" / f"{name}.toml"
    text = path.read_text("utf-8").replace("redis://127.0.0.1:6379", url)
    return parse_manifest(text, path=path)


async def test_the_debate_of_the_examples_is_held_between_two_services(tmp_path: Path) -> None:
    with redis_in(tmp_path / "redis", password="") as redis:
        plans = [_desk(name, redis.url) for name in ("east", "west")]
        settings = [settings_at(tmp_path / plan.name, redis.url) for plan in plans]
        async with (
            open_living(settings[0], plans[:1]) as east,
            open_living(settings[1], plans[1:]) as west,
        ):
            bob = await does(east, "bob", "no")
            await called(east, bob, "inbox")
            ann = await does(west, "ann", "yes")
            await called(west, ann, "inbox")
            judge = await does(west, "judge", "Should a park feed its lions?")
            (verdict,) = await said(west, judge)
            assert verdict.startswith("bob: he answered that hunting")
            assert (len(await said(east, bob)), len(await said(west, ann))) == (2, 2)


async def test_more_than_may_wait_is_refused(tmp_path: Path) -> None:
    with redis_in(tmp_path / "redis") as redis:
        redis.stop()
        async with office(tmp_path / "west", "west", redis.url) as west:
            ann = await does(
                west, "ann", f"many {OF_ONE} send @east/bob 1", "send @east/bob 1",
                "publish shared.a 1", "publish own.a 1",
            )  # fmt: skip
            first, *refused, own = await said(west, ann)
            assert (first, own) == ("null", "0")
            assert all(one.startswith("exhausted: 256 messages of this run") for one in refused)


async def test_junk_forgeries_and_repetitions_are_dropped_and_the_rest_comes(
    tmp_path: Path,
) -> None:
    forged = Seals(Hidden("a-key-of-somebody-who-has-none-at-all"))
    letter = Letter(
        service="west", epoch=9, position=9, sender="@west/ann", to="@east/bob", payload="0"
    )
    with redis_in(tmp_path / "redis") as redis:
        async with office(tmp_path / "east", "east", redis.url) as east:
            bob = await does(east, "bob", "inbox", "next 0", "next 0")
            await called(east, bob, "inbox")
            once = _letter(1, "@east/bob", "1")
            assert redis.ask("XADD", "lion:bus:east", "*", "a", "b").startswith(b"$")
            async with open_link(_login(redis)) as link:
                for data in (
                    b"", b"junk", forged.write(letter, "east"), SEALS.write(letter, "north"),
                    once, once, _letter(2, "@east/bob", "2"),
                ):  # fmt: skip
                    await link.write([("east", data)], 100)
            assert _payloads(await said(east, bob)) == ["1", "2"]
            later = await does(east, "bob", "inbox", "next 0")
            await called(east, later, "inbox")
            async with open_link(_login(redis)) as link:
                # Another run is at work under this name: it has none of what the first one had.
                await link.write([("east", once), ("east", _letter(3, "@east/bob", "3"))], 100)
            assert _payloads(await said(east, later)) == ["3"]
    why = list(refusals(taken(tmp_path / "east")).values())
    assert sorted(why) == [
        "it has no size of a letter", "it has no size of a letter", "it is no letter",
        "its seal is not right", "its seal is not right",
    ]  # fmt: skip


async def test_what_was_kept_of_an_earlier_service_of_that_name_is_not_heard_again(
    tmp_path: Path,
) -> None:
    with redis_in(tmp_path / "redis") as redis:
        async with office(tmp_path / "east", "east", redis.url) as east:
            began = east.service.chain.state.marks.epoch
            bob = await does(east, "bob", "inbox", "next 0")
            await called(east, bob, "inbox")
            kept = _letter(1, "@east/bob", "0", began - 3_600 * 10**9)
            slow = _letter(2, "@east/bob", "1", began - 10**9)  # its clock is behind
            async with open_link(_login(redis)) as link:
                await link.write([("east", kept), ("east", slow)], 100)
            assert _payloads(await said(east, bob)) == ["1"]
    assert list(refusals(taken(tmp_path / "east")).values()) == [OLD]


async def test_a_stream_that_nobody_reads_is_bounded(tmp_path: Path) -> None:
    with redis_in(tmp_path / "redis") as redis:
        async with open_link(_login(redis)) as link:
            for first in range(0, 1_000, 100):
                letters = [
                    ("east", _letter(n, "@east/bob", "1")) for n in range(first, first + 100)
                ]
                await link.write(letters, 100)
        assert int(redis.ask("XLEN", "lion:bus:east")[1:]) <= 200


async def test_a_stream_that_is_something_else_is_told_and_harms_nobody(tmp_path: Path) -> None:
    with redis_in(tmp_path / "redis") as redis:
        assert redis.ask("SET", "lion:bus:west", "1") == b"+OK"
        async with office(tmp_path / "west", "west", redis.url) as west:
            await _broker(west, "it refused: WRONGTYPE")
            bob = await does(west, "bob", "inbox", "next 0")
            await called(west, bob, "inbox")
            await does(west, "ann", "send @west/bob 1")
            assert _payloads(await said(west, bob)) == ["1"]


async def test_a_wrong_password_is_told_and_no_secret_is_in_the_log(tmp_path: Path) -> None:
    with redis_in(tmp_path / "redis") as redis:
        with pytest.raises(BrokerError, match="WRONGPASS"):
            async with open_link(_login(redis, "another-password")):
                pass
        async with office(tmp_path / "west", "west", redis.url) as west:
            await _broker(west, "connected")
            ann = await does(west, "ann", "send @east/bob 1")
            await said(west, ann)
    for path in (tmp_path / "west").rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        assert PASSWORD.encode() not in data
        assert KEY.encode() not in data


async def test_a_redis_with_tls_is_spoken_to_if_its_certificate_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(
        str(tmp_path / "server.pem")
    )
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    pem = str(tmp_path / "server.pem")
    tls = [
        "--tls-cert-file", pem, "--tls-key-file", pem, "--tls-ca-cert-file",
        str(tmp_path / "authority.pem"), "--tls-auth-clients", "no",
    ]  # fmt: skip
    with redis_in(tmp_path / "redis", tls=tls) as redis:
        place = RedisPlace(host="127.0.0.1", port=redis.tls_port, is_tls=True)
        login = Login(place=place, password=Hidden(PASSWORD))
        with pytest.raises(BrokerError, match="no certificate that is trusted"):
            async with open_link(login):
                pass
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
        async with open_link(login) as link:
            await link.join("east")
            await link.write([("east", b"1" * 100)], 10)
            (entry,) = await link.read("east", NEW)
            assert entry.data == b"1" * 100
            await link.acknowledge("east", [entry])
            assert await link.read("east", SEEN) == []


async def test_a_broker_that_hangs_up_again_and_again_is_told_once(tmp_path: Path) -> None:
    calls, enough = 0, trio.Event()

    async def slams(stream: trio.SocketStream) -> None:
        nonlocal calls
        calls += 1
        if calls > 2:
            enough.set()
        await stream.aclose()

    async with trio.open_nursery() as nursery:
        (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
        nursery.start_soon(trio.serve_listeners, slams, [listener])
        url = f"redis://127.0.0.1:{listener.socket.getsockname()[1]}"
        async with office(tmp_path / "west", "west", url) as west:
            await enough.wait()
            settings = west.settings
        nursery.cancel_scope.cancel()
    with open_history(settings) as reader:
        found = [one.event() for chain in reader.chains() for one in reader.records(chain)]
    assert [one.error for one in found if isinstance(one, BrokerChanged)] == [
        "the connection broke"
    ]


def test_a_secret_goes_to_no_other_redis_than_the_operator_says(tmp_path: Path) -> None:
    settings = settings_at(tmp_path, "redis://127.0.0.1:7000")
    with pytest.raises(OperatorError, match=r"not for redis://127\.0\.0\.1:7001"):
        open_seals(settings, bus_terms("west", "redis://127.0.0.1:7001"))
    with pytest.raises(OperatorError, match="not for rediss://"):
        open_seals(settings, bus_terms("west", "rediss://127.0.0.1:7000"))
    with pytest.raises(OperatorError, match="bound to no value"):
        open_seals(
            msgspec.structs.replace(settings, variables={}),
            bus_terms("west", "redis://127.0.0.1:7000"),
        )
    assert open_seals(settings, bus_terms("west", "redis://127.0.0.1:7000")) is not None

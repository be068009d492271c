"""Runs of one service, and of two with a real Redis between, write to each other: what comes, who
it is from, and what is refused.
"""

import json
from pathlib import Path

from tests.service.bus_rig import called, does, office, refusals, said, taken
from tests.service.redis_server import redis_in


async def test_runs_of_one_service_write_to_each_other_and_hear_of_each_other(
    tmp_path: Path,
) -> None:
    async with office(tmp_path, "west") as west:
        bob = await does(west, "bob", "inbox", "subscribe shared.*", "next 0", "next 1", "poll 1")
        await called(west, bob, "subscribe")
        ann = await does(
            west, "ann", "subscribe shared.*", f"send @west/{bob.id} 1", "publish shared.a 2",
            "publish own.a 3", "poll 0",
        )  # fmt: skip
        assert await said(west, ann) == ["opened", "null", "1", "0", "[0]"]
        _, _, sent, heard, more = await said(west, bob)
        sender = f"@west/{ann.id}/ann"
        assert json.loads(sent) == {"sender": sender, "topic": None, "payload": "1", "missed": 0}
        assert json.loads(heard)["topic"] == "shared.a"
        assert json.loads(heard)["sender"] == sender
        assert more == "[]"


async def test_what_came_can_be_answered_at_its_sender(tmp_path: Path) -> None:
    async with office(tmp_path, "west") as west:
        ann = await does(west, "ann", "inbox", "next 0")
        await called(west, ann, "inbox")
        bob = await does(west, "bob", "send @west/ann 1", "inbox", "next 0")
        sender = json.loads((await said(west, ann))[1])["sender"]
        assert sender == f"@west/{bob.id}/bob"
        back = await does(west, "ann", f"send {sender} 2")
        assert json.loads((await said(west, bob))[2])["payload"] == "2"
        assert await said(west, back) == ["null"]


async def test_who_is_not_there_gets_nothing_and_the_chain_says_so(tmp_path: Path) -> None:
    async with office(tmp_path, "west") as west:
        bob = await does(west, "bob", "inbox", "next 0")
        await called(west, bob, "inbox")
        ann = await does(
            west, "ann", "send @north/ann 1", "send @west/carl 2", f"send @west/{bob.id} 3"
        )
        first, second, third = await said(west, ann)
        assert "there is no service 'north'" in first
        assert (second, third) == ("null", "null")
        assert json.loads((await said(west, bob))[1])["payload"] == "3"
    (why,) = refusals(taken(tmp_path)).values()
    assert why == "nobody of that name is at work"


async def test_agents_of_two_services_write_to_each_other(tmp_path: Path) -> None:
    with redis_in(tmp_path / "redis") as redis:
        async with (
            office(tmp_path / "west", "west", redis.url) as west,
            office(tmp_path / "east", "east", redis.url) as east,
        ):
            bob = await does(east, "bob", "inbox", "subscribe shared.*", "next 0", "next 1")
            await called(east, bob, "subscribe")
            ann = await does(
                west, "ann", "inbox", f"send @east/{bob.id} 1", "publish shared.a 2", "next 0"
            )
            _, _, sent, heard = await said(east, bob)
            sender = f"@west/{ann.id}/ann"
            assert json.loads(sent) == {
                "sender": sender, "topic": None, "payload": "1", "missed": 0
            }  # fmt: skip
            assert (json.loads(heard)["topic"], json.loads(heard)["sender"]) == (
                "shared.a",
                sender,
            )
            await does(east, "ann", f"send {sender} 3")
            assert json.loads((await said(west, ann))[3])["payload"] == "3"

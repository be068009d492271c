"""Look here if you want to know that tool calls keep their bounds and end with their handles."""

import pytest
import trio

from lion.capabilities import tools
from lion.domain.call import CallError
from lion.testing.caller import FakeCaller, FakeTools

KIB_64 = 64 * 1024


@pytest.fixture
def fake() -> FakeTools:
    return FakeTools({"notes.add": "1", "notes.all": CallError("other", '"no"')}, concurrent=2)


@pytest.fixture
def caller(fake: FakeTools) -> FakeCaller:
    return FakeCaller(tools=fake, handle_limit=3)


class TestCall:
    async def test_list_names_the_tools(self, caller):
        assert [tool["name"] for tool in await tools.list_(caller)] == ["notes.add", "notes.all"]

    async def test_a_result_comes_back(self, caller, fake):
        assert await tools.call(caller, "notes.add", '{"text":"x"}') == "1"
        assert fake.calls == [("notes.add", '{"text":"x"}')]

    @pytest.mark.parametrize(("name", "case"), [("notes.all", "other"), ("no.tool", "not-found")])
    async def test_an_error_comes_as_it_is(self, caller, name, case):
        with pytest.raises(CallError) as raised:
            await tools.call(caller, name, "{}")
        assert raised.value.case == case

    async def test_arguments_have_at_most_64_kib(self, caller, fake):
        assert await tools.call(caller, "notes.add", " " * KIB_64) == "1"
        with pytest.raises(CallError) as raised:
            await tools.call(caller, "notes.add", " " * (KIB_64 + 1))
        assert raised.value.case == "invalid"
        with pytest.raises(CallError) as raised:
            tools.start(caller, "notes.add", " " * (KIB_64 + 1))
        assert raised.value.case == "invalid"
        assert len(fake.calls) == 1

    async def test_results_have_at_most_64_kib(self):
        caller = FakeCaller(tools=FakeTools({"fit": "x" * KIB_64, "big": "x" * (KIB_64 + 1)}))
        assert len(await tools.call(caller, "fit", "{}")) == KIB_64
        with pytest.raises(CallError, match="65,537") as raised:
            await tools.call(caller, "big", "{}")
        assert raised.value.case == "exhausted"


class TestStart:
    async def test_goes_on_and_is_taken_once(self, caller, fake, nursery, autojump_clock):
        started = tools.start(caller, "notes.add", "{}")
        assert started == {"call": 1, "handle": 1}

        async def finish_later() -> None:
            await trio.sleep(2)
            fake.started[0].finish("done")

        nursery.start_soon(finish_later)
        assert await tools.take(caller, started["call"]) == "done"
        assert trio.current_time() == 2
        with pytest.raises(CallError) as raised:
            await tools.take(caller, started["call"])
        assert raised.value.case == "invalid"

    async def test_its_error_comes_from_take(self, caller, fake):
        started = tools.start(caller, "notes.add", "{}")
        fake.started[0].finish(CallError("other", "{}"))
        with pytest.raises(CallError, match="other"):
            await tools.take(caller, started["call"])

    async def test_a_result_too_long_is_exhausted(self, caller, fake):
        started = tools.start(caller, "notes.add", "{}")
        fake.started[0].finish("x" * (KIB_64 + 1))
        with pytest.raises(CallError) as raised:
            await tools.take(caller, started["call"])
        assert raised.value.case == "exhausted"

    @pytest.mark.parametrize("end", ["drop", "close"])
    def test_the_call_ends_with_its_handle(self, caller, fake, end):
        rep = tools.start(caller, "notes.add", "{}")["call"]
        assert not fake.started[0].is_cancelled
        if end == "drop":
            caller.handles.drop(rep)
        else:
            caller.handles.close()
        assert fake.started[0].is_cancelled

    def test_more_than_may_be_under_way_are_exhausted(self, caller, fake):
        tools.start(caller, "notes.add", "{}")
        tools.start(caller, "notes.add", "{}")
        with pytest.raises(CallError) as raised:
            tools.start(caller, "notes.add", "{}")
        assert raised.value.case == "exhausted"
        fake.started[0].finish("1")
        assert tools.start(caller, "notes.add", "{}") == {"call": 3, "handle": 3}

    def test_a_call_without_room_for_its_handle_is_cancelled(self, caller, fake):
        for _ in range(3):
            caller.handles.add("other", object())
        with pytest.raises(CallError) as raised:
            tools.start(caller, "notes.add", "{}")
        assert raised.value.case == "exhausted"
        assert [pending.is_cancelled for pending in fake.started] == [True]

    @pytest.mark.parametrize("rep", [0, 2, 99])
    async def test_a_handle_that_is_no_call_is_not_found(self, caller, rep):
        tools.start(caller, "notes.add", "{}")
        caller.handles.add("body", object())
        with pytest.raises(CallError, match="no pending has the number") as raised:
            await tools.take(caller, rep)
        assert raised.value.case == "not-found"

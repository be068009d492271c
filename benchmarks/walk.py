"""Look here if you want to know how far one host call walks: how many files and functions of
lion's an `http.start` enters in the broker, and how often it goes from one file to another.

Counted by `sys.setprofile`, from the call of `Broker.handle` to its answer; the request itself is
then under way beside it and not counted. Run it: `python benchmarks/walk.py`.
"""

import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import trio

sys.path.insert(0, str(Path(__file__).parents[1]))

from lion.capabilities.http.functions import OPERATIONS
from lion.capabilities.opened import Opened
from lion.domain.plan import Holder, Plan
from lion.kernel.broker import Broker
from lion.kernel.run_state import LiveHolder, LiveRun
from lion.kernel.system_clock import SystemClock
from lion.kernel.tool_calls import build_root
from lion.log.memory import MemoryLog
from lion.policy.policy_file import parse_policy
from lion.policy.rights import build_rights
from lion.scopes import http_url
from lion.scopes.http_grant import build_http_grant

HERE = Path(http_url.__file__).parents[1]
POLICY = 'deny = ["http * **.internal/**", "http * POST *.example.com/admin/**"]'
ASKED = {
    "method": "GET", "url": "https://api.example.com/v1/lions?name=ann", "headers": "accept: */*",
    "body": None, "timeout": None,
}  # fmt: skip


class Walk:
    """Where the interpreter goes, lion's own code only."""

    def __init__(self) -> None:
        self.entered: set[tuple[str, str]] = set()
        self.files: set[str] = set()
        self.moves = self.parsed = 0
        self._last = ""

    def __call__(self, frame: Any, event: str, arg: Any) -> None:
        """What `sys.setprofile` calls."""
        path = frame.f_code.co_filename
        if event != "call" or not path.startswith(str(HERE)):
            return
        self.entered.add((path, frame.f_code.co_qualname))
        self.files.add(path)
        self.moves += path != self._last
        self.parsed += frame.f_code.co_name == "parse_url"
        self._last = path


class NoComponent:
    """Stands for a component that was loaded; nothing of it is called."""

    digest = "0" * 64
    exports = imports = ()


@asynccontextmanager
async def _answer(request: Any) -> Any:
    await trio.sleep_forever()
    yield


class NoDoor:
    """A door that never answers: what happens behind it is another walk."""

    open = staticmethod(_answer)


async def walk() -> Walk:
    """Make the call twice, since much is compiled when it is met first, and count the second."""
    grant = build_http_grant("plugins.one.allow", "GET https://api.example.com/v1/**")
    holder = Holder(name="one", kind="plugin", grants=(grant,))
    plan = Plan(name="walk", path=None, text="", holders={"one": holder}, runs=(), resolved={})
    log = MemoryLog()
    await log.start_run("r", "walk")
    live = LiveRun("r", plan, log, SystemClock())
    live.services = Opened(door=NoDoor())
    rights = build_rights(holder, ["http"], parse_policy(POLICY))
    index = [one.name for one in OPERATIONS].index("start")
    invocation = build_root(live, LiveHolder(holder, NoComponent(), rights, OPERATIONS), "0")
    broker, counted = Broker(invocation), Walk()
    async with trio.open_nursery() as invocation.nursery:
        await broker.handle(index, [{**ASKED, "url": ASKED["url"] + "&more=1"}, False])
        sys.setprofile(counted)
        answer = await broker.handle(index, [ASKED, False])
        sys.setprofile(None)
        assert answer[0] == "ok", answer
        invocation.nursery.cancel_scope.cancel()
    return counted


if __name__ == "__main__":
    found = trio.run(walk)
    print(
        f"http.start: {len(found.files)} files, {len(found.entered)} functions, "
        f"{found.moves} moves between files, {found.parsed} URLs parsed"
    )

"""A program on trio lends an agent a function, follows what it says, and sees what it may not."""

from pathlib import Path

import trio

import lion

PRICES = {"apple": 0.5, "fig": 0.25}


def price(fruit: str) -> float:
    """What one fruit costs."""
    return PRICES[fruit]


def order(title: str) -> str:
    """Buy something: granted to nobody below."""
    raise AssertionError(title)


ASKS = [{"name": "shop.price", "with": {"fruit": "fig"}}]
ANN = {
    "component": Path(__file__).parents[2] / "plugins-wasm/guide.wasm",
    "allow": {"tools": ["shop.price"]},
    "config": {"tools": ASKS, "forbidden": "shop.order"},
}
MANIFEST = {"name": "fruit", "agents": {"ann": ANN}, "run": [{"agent": "ann", "task": "buy figs"}]}


async def main() -> None:
    async with lion.open_host() as host:
        host.lend("shop", {"price": price, "order": order})
        run = await host.start(MANIFEST)
        async for record in run:
            match record.event():
                case lion.events.AgentPartialOutput(operation="text", args=[piece]):
                    print(record.principal, "says", repr(piece))  # it is no text of ours
        report = await run
        print(report.endings[0].text)
        for holder in (await host.audit(run.id)).holders:
            mark = "" if holder.is_sandboxed else "  UNSANDBOXED"
            print(f"{holder.name}: may use {', '.join(holder.may_use)}{mark}")
            for denial in holder.use.denied if holder.use else ():
                print(f"  denied {denial.target}; to allow it: {denial.suggestion}")


if __name__ == "__main__":
    trio.run(main)

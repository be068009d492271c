"""A program on asyncio: calls that wait are made in threads, and lion runs them side by side."""

import asyncio
from pathlib import Path

import lion

CALCULATOR = Path(__file__).parents[2] / "plugins-wasm/calculator.wasm"


async def main() -> None:
    with lion.blocking.open_host() as host:

        async def divide(a: int, b: int) -> object:
            return await asyncio.to_thread(host.call, CALCULATOR, "divide", {"a": a, "b": b})

        print(await asyncio.gather(*(divide(n, 2) for n in range(6))))
        try:
            await divide(1, 0)
        except lion.OwnError as error:
            print("the tool says", repr(error.value))


if __name__ == "__main__":
    asyncio.run(main())

"""Look here if you want to know what a step of a workflow costs: a tool's call in a fresh
instance, decided and recorded from both sides, beside a step of DBOS if that is installed
(`pip install dbos`); and how long a workflow of a thousand steps takes to be checked.
"""

import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import trio

import lion
from benchmarks.measure import Contest, Work
from lion.domain.workflow import Job, Step, Workflow
from lion.manifest.parse import parse_manifest
from lion.workflows.engine import Do, Done
from lion.workflows.registry import build_engine

WASM = Path(__file__).parents[1] / "plugins-wasm"
STEPS = 1_000


def fan_out(count: int) -> dict[str, Any]:
    """A manifest whose workflow makes so many calls, sixteen at a time."""
    step = {"each": "=input.list", "call": "calculator.add", "with": {"a": "=item", "b": 1}}
    flow = {
        "allow": {"tools": ["calculator.add"]}, "input": {"list": "list"}, "items": 100_000,
        "steps": {"all": step}, "output": "=steps.all.size()", "limits": {"log": "none"},
    }  # fmt: skip
    return {
        "name": "bench",
        "plugins": {"calculator": {"component": WASM / "calculator.wasm"}},
        "workflows": {"w": flow},
        "run": [{"workflow": "w", "with": {"list": list(range(count))}}],
    }


def in_a_row(count: int) -> str:
    """A manifest's text with so many steps, each of which needs the one before."""
    steps = "".join(
        f'[workflows.w.steps.s{n}]\ncall = "calculator.add"\n'
        f"with = {{ a = {_before(n)}, b = 1 }}\n"
        for n in range(count)
    )
    path = WASM / "calculator.wasm"
    return (
        f'name = "bench"\n[plugins.calculator]\ncomponent = "{path}"\n'
        f'[workflows.w]\nallow.tools = ["calculator.add"]\n{steps}'
    )


def _before(n: int) -> str:
    return f'"=steps.s{n - 1}"' if n else "1"


async def _engine(count: int) -> None:
    """The strategy alone, told at once what came of each."""
    job = Job(kind="call", target="t.x", given={"a": "=item", "b": 1})
    step = Step(name="all", job=job, each="input.list")
    flow = Workflow(name="w", input={"type": "object"}, steps=(step,), items=100_000)
    engine = build_engine(flow)
    waiting = list(engine.start({"list": list(range(count))}))
    while engine.end is None:
        action = waiting.pop()
        assert isinstance(action, Do)
        waiting += engine.on(Done(key=action.key, value=1))


@contextmanager
def _dbos(folder: Path) -> Iterator[Work]:
    """A workflow of so many steps, in a thread."""
    from dbos import DBOS  # type: ignore[import-not-found, unused-ignore]

    url = f"sqlite:///{folder / 'dbos.sqlite'}"
    settings = {"name": "bench", "system_database_url": url, "run_admin_server": False}
    DBOS(config={**settings, "log_level": "ERROR"})
    step: Any = DBOS.step()(_add)

    def repeat(count: int) -> None:
        for n in range(count):
            assert step(n) == n + 1

    workflow: Any = DBOS.workflow()(repeat)
    DBOS.launch()

    async def work(count: int) -> None:
        await trio.to_thread.run_sync(workflow, count)

    try:
        yield work
    finally:
        DBOS.destroy()


def _add(n: int) -> int:
    return n + 1


@asynccontextmanager
async def _open_steps() -> AsyncIterator[dict[str, Work]]:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        host = await stack.enter_async_context(lion.open_host(state=folder / "state"))

        async def run(count: int) -> None:
            report = await host.run(fan_out(count))
            assert report.endings[0].value == count, report.endings

        works: dict[str, Work] = {"lion": run, "strategy alone": _engine}
        if find_spec("dbos") is not None:
            works["DBOS"] = stack.enter_context(_dbos(folder))
        yield works


@asynccontextmanager
async def _open_check() -> AsyncIterator[dict[str, Work]]:
    text = in_a_row(STEPS)

    async def check(count: int) -> None:
        for _ in range(count):
            parse_manifest(text, path=None)

    yield {"lion": check}


def _contest(name: str, title: str, count: int, open: Callable[[], Any], note: str) -> Contest:
    return Contest(name=name, title=title, count=count, open=open, note=note)


CONTESTS = (
    _contest(
        "workflow_step", "a step of a workflow: a tool in a fresh instance, recorded", 1_000,
        _open_steps, "a step of DBOS is a Python function, without sandbox or policy",
    ),
    _contest(
        "workflow_check", f"a manifest with {STEPS:,} steps, read and checked", 2, _open_check,
        "all of its expressions are checked for names and types",
    ),
)  # fmt: skip

"""Look here if you want to know how the pictures in README.md are made: by a browser, of the real
page of a real service of the research desk. Run it: python -m tests.page.pictures
"""

import base64
import sys
from pathlib import Path
from typing import Any, Final

from lion.domain.events import CallFinished
from lion.domain.record import Record
from lion.history import open_history
from lion.settings import Settings
from tests.page.desk import TASKS, Desk, open_desk

ROOT: Final = Path(__file__).parents[2]
PLACE: Final = ROOT / "docs" / "pictures"
WIDTH, HEIGHT = 1360, 860
_QUALITY = 0.82
_TO_WEBP: Final = """async ([data, quality]) => {
  const image = new Image()
  image.src = `data:image/png;base64,${data}`
  await image.decode()
  const canvas = document.createElement("canvas")
  Object.assign(canvas, { width: image.width, height: image.height })
  canvas.getContext("2d").drawImage(image, 0, 0)
  return canvas.toDataURL("image/webp", quality).split(",")[1]
}"""


def main() -> None:
    """Make them all anew."""
    PLACE.mkdir(exist_ok=True)
    with open_desk(pace="150 ms") as desk:
        page = desk.open("/live", WIDTH, HEIGHT)
        page.wait_for_selector('#link:text-is("live")')
        ann, *others = desk.spawn(*TASKS)
        page.wait_for_selector(f'[data-key="{ann}"] .host.denied')
        page.wait_for_selector(f'[data-key="{ann}"] .stream >> text=a male about')
        _take(desk, page, "live")
        run = desk.wait(ann)["run"]
        for task in others:
            desk.wait(task)
        denial = f"/run/{run}?record={denied(desk, run)}"
        for name, path in (("run", denial), ("rights", "/rights")):
            page.goto(f"{desk.origin}{path}")
            page.wait_for_timeout(2_000)
            _take(desk, page, name)


def _take(desk: Desk, page: Any, name: str) -> None:
    """A picture of a page as it is, light and dark."""
    taken = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        taken[scheme] = page.screenshot()
    for scheme, png in taken.items():
        _keep(desk, png, PLACE / f"{name}-{scheme}.webp")


def denied(desk: Desk, run: str) -> int:
    """The record of a run's first denial."""
    with open_history(Settings(state=desk.state, cache=desk.state)) as reader:
        return next(one.seq for one in reader.records(run, denied=True) if is_denied(one))


def is_denied(record: Record) -> bool:
    """Whether it is of a call that was refused."""
    event = record.event()
    return isinstance(event, CallFinished) and event.status == "denied"


def _keep(desk: Desk, png: bytes, file: Path) -> None:
    blank: Any = desk.blank()
    found = blank.evaluate(_TO_WEBP, [base64.b64encode(png).decode(), _QUALITY])
    file.write_bytes(base64.b64decode(found))
    print(f"{file.relative_to(ROOT)}  {file.stat().st_size // 1024} KiB", file=sys.stderr)


if __name__ == "__main__":
    main()

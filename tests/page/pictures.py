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
    with open_desk() as desk:
        for name, path in screens(desk).items():
            for scheme in ("light", "dark"):
                page = desk.open(path, WIDTH, HEIGHT, scheme)
                page.wait_for_timeout(1_500)
                _keep(desk, page.screenshot(), PLACE / f"{name}-{scheme}.webp")
                page.context.close()


def screens(desk: Desk) -> dict[str, str]:
    """What is shown, with three agents at work and one denial on record."""
    (first, *_) = desk.spawn("ann")
    run = desk.wait(first)["run"]
    desk.spawn(*TASKS)
    seq = denied(desk, run)
    return {"live": "/live", "run": f"/run/{run}?record={seq}", "rights": "/rights"}


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

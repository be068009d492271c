"""The lines that show a question: what a guest wrote in them is escaped, wherever it stands."""

import hashlib

import msgspec

from lion.cli.asking import render_request
from lion.cli.screen import open_screen
from lion.domain.approval import Body
from tests.log.test_desk import REQUEST

FORGED = "x\n\x1b[2J\x1b[Happrove?  0000  you have approved everything\u202e\r    why        "


def test_no_part_of_a_question_looks_like_another_one() -> None:
    body = Body(size=9, digest=hashlib.sha256(b"").hexdigest(), begins=FORGED)
    hostile = msgspec.structs.replace(
        REQUEST, target=FORGED, arguments=FORGED, chain=(FORGED, "ann"), reasons=(FORGED,),
        grant=FORGED, note=FORGED, body=body,
    )  # fmt: skip
    lines = list(render_request(hostile, open_screen("stdout")))
    assert len(lines) == 8 and sum(line.startswith("approve?") for line in lines) == 1
    assert not set("\n\r\x1b\u202e") & set("".join(lines))
    assert [line.split()[0] for line in lines[1:]] == [
        "why", "arguments", "body", "begins", "mind", "granted", "or"
    ]  # fmt: skip

"""Look here if you want to know how a test answers for a system plugin that is not installed."""

import pytest

from lion.testing import CallError, GuestError, OperatorError, OwnError, kit
from tests.wasm.kit import BUILT

EXTENSION = "acme:shelf/books"
REST = {
    f"{EXTENSION}.{name}": CallError("unavailable", "not now")
    for name in ("find", "put", "cover-of", "misbehave")
}


class TestExtensions:
    """An interface that a system plugin would offer, where none is installed."""

    WORM = BUILT / "bookworm.wasm"

    def test_it_is_granted_or_not(self):
        fakes = {**REST, f"{EXTENSION}.count": lambda: 7}
        with kit(self.WORM, allow={"interfaces": {EXTENSION: True}}, fakes=fakes) as lion:
            assert lion.call("bookworm.count") == 7
            with pytest.raises(OwnError, match="unavailable: not now"):
                lion.call("bookworm.find", title="Lions")
            (call,) = lion.find_calls(f"{EXTENSION}.count")
            assert (call.answer, call.verdict) == (7, "allow")
            lion.assert_replays()
        denied = pytest.raises(OwnError, match="denied: no grant covers it")
        with kit(self.WORM, fakes=fakes) as lion, denied:
            lion.call("bookworm.count")

    def test_what_no_fake_answers_is_said(self):
        open_ = pytest.raises(OperatorError, match=f"nobody answers {EXTENSION}.find")
        with kit(self.WORM, fakes={f"{EXTENSION}.count": 7}) as lion, open_:
            lion.call("bookworm.count")
        none = pytest.raises(GuestError, match="no system plugin of this manifest offers")
        with kit(self.WORM) as lion, none:
            lion.call("bookworm.count")

    def test_a_value_of_another_type_is_the_tests_mistake(self):
        fakes = {**REST, f"{EXTENSION}.count": "seven"}
        allow = {"interfaces": {EXTENSION: True}}
        wrong = pytest.raises(OperatorError, match=r"count gave 'seven'")
        with kit(self.WORM, allow=allow, fakes=fakes) as lion, wrong:
            lion.call("bookworm.count")

"""help(lion.testing) tells all that a test may put in place of the world."""

import pydoc
import re

import lion.testing
from lion.testing import Options


def test_help_names_every_option() -> None:
    told = pydoc.plain(pydoc.render_doc(lion.testing)).split("PACKAGE CONTENTS")[0]
    words = set(re.findall(r"\w+", told))
    assert set(Options.__annotations__) <= words
    assert "class Options" in pydoc.plain(pydoc.render_doc(lion.testing))

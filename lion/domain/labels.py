"""Look here if you want to know what the name of a function of elsewhere is called here."""

import re


def label(name: str) -> str:
    """A name as the component model has it: `count_vowels` is `count-vowels`. A word begins with a
    letter, so digits join the word before. Empty if nothing is left.
    """
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1-\2", name).lower()
    words = re.sub(r"[^a-z0-9]+", "-", spaced).strip("-")
    return re.sub(r"-(?=[0-9])", "", re.sub(r"^[0-9-]+", "", words))

"""Look here if you want to know which names a plugin cannot have, and what they mean already."""

from typing import Final

from lion.values.wit import KEYWORDS

_RUST = """abstract alloc as async await become box break const continue core crate do dyn else
enum extern false final fn for gen if impl in let loop macro match mod move mut override priv
proc-macro pub ref return self static std struct super test trait true try type typeof unsafe
unsized use virtual where while yield"""
_PYTHON = """and assert class def del elif except finally global is lambda nonlocal not or pass
raise"""
_LION = "lion lion-guest lion-as lion-host"

RESERVED: Final = {
    **dict.fromkeys(_PYTHON.split(), "Python"),
    **dict.fromkeys(_RUST.split(), "Rust"),
    **dict.fromkeys(sorted(KEYWORDS), "WIT"),
    **dict.fromkeys(_LION.split(), "lion"),
}
"""Words by the language they belong to, whichever language the plugin is in."""

"""Look here if you want to know which guests of other kinds become components when they are
loaded, and that this costs no loop its time.

Rule: the step is pure (bytes and what is offered in, bytes out) and runs in a thread; what it made
last is remembered by what it was made of.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import trio

from lion.ports import Adapted, Extensions
from lion.reading import COMPONENT_SIZE, too_large
from lion.values.core_modules import is_core, is_packed
from lion.wasm.offers import Offers
from lion.wasm.sections import MAGIC, imports_wasi

KEPT: Final = 16
"""Compositions that are remembered."""
KEPT_BYTES: Final = 64 * 1024 * 1024
"""Bytes of them."""


class Adapter:
    """Makes components of what is none yet."""

    def __init__(self, offers: Offers) -> None:
        self._offers = offers
        self._made: OrderedDict[tuple[str, str], Adapted] = OrderedDict()

    async def adapt(
        self, data: bytes, origin: str, extensions: Extensions | None
    ) -> Adapted | None:
        """What a guest becomes, None for a component of lion's (and for what is nothing lion
        knows).

        Raises GuestError(ending="world") for one that cannot become one, OperatorError for one
        that is too large.
        """
        if data[:4] != MAGIC:
            return None
        adapt = self._way(data, extensions)
        if adapt is None:
            return None
        if len(data) > COMPONENT_SIZE:
            raise too_large(origin)
        key = await trio.to_thread.run_sync(_key, data, extensions)
        if key not in self._made:
            made = await trio.to_thread.run_sync(adapt, data)
            if made is None:
                return None
            self._keep(key, made)
        return self._made[key]

    def _way(
        self, data: bytes, extensions: Extensions | None
    ) -> Callable[[bytes], Adapted | None] | None:
        """What makes a component of it, if anything does: only who has such a guest pays for the
        import.
        """
        if imports_wasi(data):
            from lion.wasm.wasi.adapt import adapt as adapt_wasi

            return adapt_wasi
        if not is_core(data):
            return None
        return partial(_adapt_core, extensions=extensions, host=self._offers.interfaces)

    def _keep(self, key: tuple[str, str], made: Adapted) -> None:
        self._made[key] = made
        while len(self._made) > 1 and (
            len(self._made) > KEPT or sum(len(m.data) for m in self._made.values()) > KEPT_BYTES
        ):
            self._made.popitem(last=False)


def _adapt_core(
    data: bytes, extensions: Extensions | None, host: Mapping[str, Mapping[str, str]]
) -> Adapted | None:
    """A core module, or several packed: a program for WASI preview 1, or a plug-in of Extism's."""
    from lion.wasm.extism.adapt import adapt
    from lion.wasm.wasi.adapt import adapt_command

    program = None if is_packed(data) else adapt_command(data)
    return adapt(data, extensions=extensions, host=host) if program is None else program


def _key(data: bytes, extensions: Extensions | None) -> tuple[str, str]:
    offered = extensions or {}
    asked = {name: dict(offered[name]) for name in sorted(offered) if name.startswith("extism:")}
    return hashlib.sha256(data).hexdigest(), repr(asked)

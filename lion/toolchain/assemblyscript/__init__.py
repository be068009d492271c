"""Look here if you want to know how AssemblyScript becomes a component: bindings from a world,
and the build.
"""

from lion.toolchain.assemblyscript.generate import generate

__all__ = ["generate"]

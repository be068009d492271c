"""Look here if you want to know what lion's public name is; everything else is in the rooms below."""

__version__ = "0.1.0"

"""Look here if you want to know lion's version; everything else is in the rooms below."""

__version__ = "0.1.0"

"""Look here if you want to know which version of lion this is."""

VERSION = "0.1.0"

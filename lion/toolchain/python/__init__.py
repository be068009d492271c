"""Look here if you want to know how a system plugin is built and described."""

"""Look here if you want to know the command line."""

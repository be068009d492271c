"""Look here if you want to know how the log is written, verified and read."""

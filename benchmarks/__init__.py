"""Look here if you want to know how fast lion is, measured against others on the same work."""

"""Look here if you want to know how WIT values look as JSON, and which schemas they have."""

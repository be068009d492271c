"""Look here if you want to know how source becomes a component, and how a new plugin begins."""

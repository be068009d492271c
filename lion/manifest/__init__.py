"""Look here if you want to know how the text of a manifest becomes a plan."""

"""Look here if you want to know what lion ships for testing plugins."""

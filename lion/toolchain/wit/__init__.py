"""Look here if you want to know what lion reads from WIT."""

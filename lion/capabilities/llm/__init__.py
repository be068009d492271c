"""Look here if you want to know how guests get at models."""

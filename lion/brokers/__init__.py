"""Look here if you want to know how letters travel between services: through a Redis."""
